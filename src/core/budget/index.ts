export { chargesOf, type Charges } from './charge.js';
export { guardsOf, probesOf, type Probe } from './probing.js';
export { tellUse, type DayOfUse, type ToldUse } from './told-use.js';
export {
  anchorWidths,
  budgetAccounts,
  budgetKinds,
  budgetLevels,
  budgetLimits,
  missesPerMatch,
  missWindowDays,
  peopleWindowHours,
  totalsKeptDays,
  valueWindowDays,
  windowEnd,
  type AnchorWidth,
  type BudgetAccount,
  type BudgetKind,
  type BudgetLevel,
  type BudgetLimits,
  type BudgetTerms,
  type GrantBudgets,
} from './limits.js';
