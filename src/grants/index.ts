import { Budget1763800000003 } from './budget.migration.js';
import { Budgets1764000000001 } from './budgets.migration.js';
import { Grants1763800000002 } from './grants.migration.js';

export { Authority, type Caller, type ProvenIdentity } from './authority.js';
export { putGrantInForce, type AgreedGrant } from './put-grant-in-force.js';
export {
  Budgets,
  type BudgetLedger,
  type BudgetUse,
  type Charged,
  type ChargedQuestion,
} from './budgets.js';

export const grantMigrations = [Grants1763800000002, Budget1763800000003, Budgets1764000000001];
