import type { BudgetKind, DayOfUse } from '../../src/core/budget/index.js';

/**
 * What oversight is told of one day of one grant, by hand. Held to by the rule
 * (core/budget/budget.spec.ts) and by the staff door (test/grants-door.e2e-spec.ts).
 */
export interface ToldUseRow {
  readonly rule: string;
  readonly day: DayOfUse;
  /** Nothing at all, or each kind in the order of the kinds. */
  readonly told: Readonly<Record<BudgetKind, number | null>> | null;
}

const row = (
  rule: string,
  [questions, people, misses, values]: readonly [number, number, number, number],
  [matched, returned]: readonly [number, number],
  told: readonly [number, number | null, number | null, number | null] | null,
): ToldUseRow => ({
  rule,
  day: { questions, people, misses, values, matched, returned },
  told:
    told === null
      ? null
      : { QUESTIONS: told[0], PEOPLE: told[1], MISSES: told[2], VALUES: told[3] },
});

export const toldUseRows: readonly ToldUseRow[] = [
  row('a day without a question is not told', [0, 0, 0, 0], [0, 0], null),
  row('nor one of nine, whatever their misses and values', [9, 9, 90, 99], [0, 0], null),
  row('ten of each are told', [10, 10, 10, 10], [0, 0], [10, 10, 10, 10]),
  row('everything is cut to the ten below', [47, 39, 58, 211], [0, 0], [40, 30, 50, 210]),
  row('nine people are not told', [10, 9, 10, 30], [0, 0], [10, null, 10, 30]),
  row('nor nine values', [40, 10, 40, 9], [0, 0], [40, 10, 40, null]),
  row('ten matches are taken off the misses', [40, 40, 40, 90], [10, 10], [40, 40, 30, 90]),
  row('nine are not: who was found would be counted', [40, 40, 40, 90], [9, 9], [40, 40, 40, 90]),
  row('fewer than ten misses kept are not told', [40, 40, 40, 90], [31, 31], [40, 40, null, 90]),
  row('nor none', [40, 40, 40, 90], [40, 40], [40, 40, null, 90]),
  row('what came back is what was charged', [20, 20, 40, 90], [10, 30], [20, 20, 10, 90]),
];
