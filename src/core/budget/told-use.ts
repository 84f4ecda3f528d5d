import { leastCount, tellableCount } from '../small-numbers.js';
import { budgetKinds, type BudgetKind } from './limits.js';

/** What was asked under one grant on one UTC day. */
export interface DayOfUse {
  /** Charged; repeated and refused ones are not, nor those a duty officer let through. */
  readonly questions: number;
  /** Nobody asked about under the grant in the 24 hours before. */
  readonly people: number;
  /** What the questions were charged for not being a match, whatever became of them. */
  readonly misses: number;
  /** Questions that were a match, and the misses given back for them, whenever that was. */
  readonly matched: number;
  readonly returned: number;
  /** Tried around a person, a name or a run of numbers for the first time in 30 days. */
  readonly values: number;
}

/** One number of a day as it is told. */
export interface ToldUse {
  readonly kind: BudgetKind;
  /** Null for fewer than {@link leastCount}, none included. */
  readonly used: number | null;
}

/**
 * What oversight is told of a day: use of each kind of budget, cut to the ten below. Nothing of it is
 * to say more by another number than by itself:
 *
 * - of a day with fewer than ten questions nothing is told, however many values were tried by them;
 * - MISSES are those charged and kept, where ten or more questions were a match. Of fewer nothing is
 *   taken off: questions without the misses would count the people who were found.
 */
export function tellUse(day: DayOfUse): readonly ToldUse[] {
  if (day.questions < leastCount) return [];
  const used: Readonly<Record<BudgetKind, number>> = {
    QUESTIONS: day.questions,
    PEOPLE: day.people,
    MISSES: day.misses - (day.matched < leastCount ? 0 : day.returned),
    VALUES: day.values,
  };
  return budgetKinds.map((kind) => ({ kind, used: tellableCount(used[kind]) }));
}
