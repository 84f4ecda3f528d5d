import { Budgets1764000000001 } from './budgets.migration.js';
import { SlidingBudgets1769100000000 } from './sliding-budgets.migration.js';
import { GrantLifecycle1764000000002 } from './lifecycle.migration.js';
import { Grants1763800000002 } from './grants.migration.js';

export { Authority, type Caller, type ProvenIdentity } from './authority.js';
export {
  AcceptGrant,
  addGrantKey,
  grantSignaturePayload,
  grantSignatureType,
  type Acceptance,
} from './accept-grant.js';
export { listBudgetAlarms, releaseBudget, reviewRelease, type BudgetAlarm } from './break-glass.js';
export { GrantHistory, GrantLifecycle, type GrantOfficer } from './lifecycle.js';
export type { GrantEvent } from './lifecycle.repository.js';
export { previewGrant, type GrantPreview } from './preview-grant.js';
export { putGrantInForce, type AgreedGrant } from './put-grant-in-force.js';
export {
  Budgets,
  type BudgetLedger,
  type BudgetUse,
  type Charged,
  type ChargedQuestion,
} from './budgets.js';

export const grantMigrations = [
  Grants1763800000002,
  Budgets1764000000001,
  GrantLifecycle1764000000002,
  SlidingBudgets1769100000000,
];
