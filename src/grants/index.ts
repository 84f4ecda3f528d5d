import { ActsNamed1771000000601 } from './acts-named.migration.js';
import { Budgets1764000000001 } from './budgets.migration.js';
import { ComparedWidens1773000000602 } from './compared-widens.migration.js';
import { DayOfUse1773000000601 } from './day-of-use.migration.js';
import { NearBudgets1770000000702 } from './near-budgets.migration.js';
import { SlidingBudgets1769100000000 } from './sliding-budgets.migration.js';
import { GrantLifecycle1764000000002 } from './lifecycle.migration.js';
import { GrantActs1769000000301 } from './grant-acts.migration.js';
import { Grants1763800000002 } from './grants.migration.js';
import { PreviewsCounted1772000000602 } from './previews-counted.migration.js';
import { TestGrants1770000000101 } from './test-grant.migration.js';
import { ReferralCharge1774000001000 } from './referral-charge.migration.js';
import { ValuesDefault1771000000101 } from './values-default.migration.js';

export { Authority, type Caller, type ProvenIdentity } from './authority.js';
export {
  AcceptGrant,
  addGrantKey,
  grantSignaturePayload,
  grantSignatureType,
  type Acceptance,
} from './accept-grant.js';
export {
  endingWithin,
  endsWithinDays,
  endKinds,
  keyLifetimeDays,
  warningDays,
  type End,
  type EndKind,
} from './ends.js';
export { ReadEnds } from './read-ends.js';
export { readGrantCaseloads } from './read-grant-caseloads.js';
export { readAgreements, type Agreement } from './read-agreements.js';
export { grantActs } from './grant-acts.js';
export { GrantLifecycle, type GrantOfficer } from './lifecycle.js';
export {
  ReadGrants,
  type GrantDocument,
  type GrantPaper,
  type GrantView,
  type VersionView,
} from './read-grants.js';
export {
  counterKinds,
  listBudgetAlarms,
  listTestGrants,
  ReadBudgets,
  type BudgetAlarm,
  type BudgetRelease,
  type UseCounter,
} from './read-budgets.js';
export type { GrantEvent } from './lifecycle.repository.js';
export { grantKeyActs, ReadGrantKeys, type GrantKeyView } from './grant-key-acts.js';
export { testGrantActs, withTestGrant } from './test-grant.js';
export {
  madeUpPerson,
  PreviewGrant,
  type GrantPreview,
  type PreviewedRegister,
} from './preview-grant.js';
export { putGrantInForce, type AgreedGrant } from './put-grant-in-force.js';
export { rechargeRestored } from './recharge.js';
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
  GrantActs1769000000301,
  SlidingBudgets1769100000000,
  TestGrants1770000000101,
  NearBudgets1770000000702,
  ValuesDefault1771000000101,
  ActsNamed1771000000601,
  PreviewsCounted1772000000602,
  DayOfUse1773000000601,
  ComparedWidens1773000000602,
  ReferralCharge1774000001000,
];
