import { missesPerMatch, windowEnd, type BudgetLimits } from '../core/budget/index.js';
import type { GrantId, PartnerCode } from '../core/ids.js';
import type { KeptCharge } from './kept-charge.js';

/** A repeated `requestId` is free within this window (contract)... */
const repeatMinutes = 10;
/** ...and counts as a new question after so many, so that free repeats cannot average out noise. */
const repeatLimit = 10;
/** Seconds between new values once three quarters of a VALUES budget are used. */
const slowSeconds = 60;

/** More than is ever asked (and a quarter of what an int holds): it was within its limits when made. */
export const unlimited: BudgetLimits = {
  questions: 100_000_000,
  people: 100_000_000,
  misses: 100_000_000,
  values: { NARROW: 100_000_000, TAILS: 100_000_000, WIDE: 100_000_000 },
  afterMatch: 100_000_000,
};

/**
 * The charge as charge_question takes it (sliding-budgets.migration.ts).
 *
 * @param accounts those it is charged to, narrowest first
 */
export function chargeJson(
  { people, missCost, probes }: KeptCharge,
  { grant, partner }: { readonly grant: GrantId; readonly partner: PartnerCode },
  accounts: readonly { readonly name: string; readonly limits: BudgetLimits }[],
  now: Date,
  /** False for what a duty officer's release never pays for. */
  released = true,
): object {
  return {
    grant,
    partner,
    accounts: accounts.map(
      ({ name, limits: { questions, people, misses, values, afterMatch } }) => ({
        name,
        QUESTIONS: questions,
        PEOPLE: people,
        MISSES: misses,
        ...values,
        AFTER: afterMatch,
      }),
    ),
    people: people.map((one) => one.toString('hex')),
    missCost,
    // Who else was asked about was tried in vain.
    missBack: missCost - (people.length - 1),
    probes: probes.map(({ width, anchor, value, guard }) => ({
      width,
      anchor: anchor.toString('hex'),
      value: value.toString('hex'),
      ...(guard === undefined ? {} : { guard: guard.toString('hex') }),
    })),
    ends: {
      QUESTIONS: windowEnd('QUESTIONS', now),
      PEOPLE: windowEnd('PEOPLE', now),
      MISSES: windowEnd('MISSES', now),
      VALUES: windowEnd('VALUES', now),
    },
    missesPerMatch,
    repeatMinutes,
    repeatLimit,
    slowSeconds,
    released,
  };
}
