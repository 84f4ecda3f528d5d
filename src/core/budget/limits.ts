import type { PartnerCode, StateCode } from '../ids.js';

/**
 * Budgets: how much may be asked, counted in questions, people, misses and values tried, never in
 * requests. This file owns the numbers; how a question is counted is in charge.ts, what is counted
 * around one person in probing.ts, the counting itself in one function of the database.
 */

export const budgetKinds = ['QUESTIONS', 'PEOPLE', 'MISSES', 'VALUES'] as const;
/**
 * QUESTIONS: asked in one UTC day. PEOPLE: distinct people asked about in the last 24 hours. MISSES:
 * questions that were no MATCH, fading over a week; one without a document counts twice, and each
 * further name or document once more, of which a match keeps one for each other person. VALUES:
 * distinct values tried around one person, one name or one run of document numbers in 30 days.
 */
export type BudgetKind = (typeof budgetKinds)[number];

/** Who is counted, from the narrowest: the named officer, the grant, the partner, its state. */
export const budgetLevels = ['OFFICER', 'GRANT', 'PARTNER', 'STATE'] as const;
export type BudgetLevel = (typeof budgetLevels)[number];

/**
 * How much a set of values around one anchor may hold. `NARROW`: the anchor is one person. `TAILS`:
 * the anchor is a run of a thousand document numbers. `WIDE`: the anchor is shared by many people, as
 * a name is.
 */
export const anchorWidths = ['NARROW', 'TAILS', 'WIDE'] as const;
export type AnchorWidth = (typeof anchorWidths)[number];

/** What a grant says of its budgets; the others follow from `questionsPerDay`. */
export interface GrantBudgets {
  readonly peoplePerDay?: number;
  /** Misses in one week before any match has earned more. */
  readonly missesPerWeek?: number;
  /** Distinct values tried around one person in 30 days. */
  readonly valuesPerPerson?: number;
}

export interface BudgetTerms {
  readonly questionsPerDay: number;
  readonly budgets?: GrantBudgets;
}

export interface BudgetLimits {
  readonly questions: number;
  readonly people: number;
  readonly misses: number;
  readonly values: Readonly<Record<AnchorWidth, number>>;
  /** Values around one person that may be new after that person was matched, in 30 days. */
  readonly afterMatch: number;
}

/** Misses each distinct person matched on a day earns: five misses in six are let pass. */
export const missesPerMatch = 5;
/** In which a whole limit of misses fades; people are counted over the other. */
export const missWindowDays = 7;
export const peopleWindowHours = 24;
/** In which distinct values around one anchor are counted; their fingerprints go with it. */
export const valueWindowDays = 30;
/** Totals of days are kept for oversight so long; the database has the number from a migration. */
export const totalsKeptDays = 400;
/** A slip of the pen is put right once or twice; a value is not guessed at in so few. */
const leastAfterMatch = 2;

/** The smallest number of misses after which a run without any match is no chance. */
const leastMisses = 40;
/** Of a month of a busy crossing, no person had more than four dates, names or documents. */
const defaultValuesPerPerson = 6;
/** A run of numbers holds families that queued together. */
const tailsPerValue = 2;
const leastWide = 20;

/**
 * What a level may use of what a grant may: an officer a part of the grant; a partner and its state
 * more than their most generous grant, but not the sum of all, so that many grants are not a way
 * round each.
 */
const shares: Readonly<Record<BudgetLevel, { readonly count: number; readonly values: number }>> = {
  OFFICER: { count: 0.5, values: 0.8 },
  GRANT: { count: 1, values: 1 },
  PARTNER: { count: 1.5, values: 1.2 },
  STATE: { count: 2, values: 2 },
};

/**
 * Limits of one level, from the terms of grants alone.
 *
 * @param grants the grant asked under for OFFICER and GRANT; the grants in force of the partner or of
 *   the state's partners for the others, of which the most generous counts. At least one
 */
export function budgetLimits(grants: readonly BudgetTerms[], level: BudgetLevel): BudgetLimits {
  const [first, ...others] = grants.map((terms) => limitsUnder(terms, level));
  if (first === undefined) throw new TypeError('limits follow from a grant');
  return others.reduce(
    (most, one) => ({
      questions: Math.max(most.questions, one.questions),
      people: Math.max(most.people, one.people),
      misses: Math.max(most.misses, one.misses),
      values: {
        NARROW: Math.max(most.values.NARROW, one.values.NARROW),
        TAILS: Math.max(most.values.TAILS, one.values.TAILS),
        WIDE: Math.max(most.values.WIDE, one.values.WIDE),
      },
      afterMatch: Math.max(most.afterMatch, one.afterMatch),
    }),
    first,
  );
}

function limitsUnder(terms: BudgetTerms, level: BudgetLevel): BudgetLimits {
  const { questionsPerDay, budgets = {} } = terms;
  const share = shares[level];
  const count = (number: number) => Math.ceil(number * share.count);
  const values = budgets.valuesPerPerson ?? defaultValuesPerPerson;
  const misses = budgets.missesPerWeek ?? Math.max(leastMisses, Math.ceil(questionsPerDay / 10));
  const around = (number: number) => Math.ceil(number * share.values);
  return {
    questions: count(questionsPerDay),
    people: count(budgets.peoplePerDay ?? questionsPerDay),
    // Chance is as uneven for one officer as for all: fewer misses would stop honest ones.
    misses: Math.ceil(misses * Math.max(1, share.count)),
    values: {
      NARROW: around(values),
      TAILS: around(values * tailsPerValue),
      WIDE: count(Math.max(leastWide, Math.ceil(questionsPerDay / 10))),
    },
    afterMatch: Math.max(leastAfterMatch, Math.ceil(values / 5)),
  };
}

/** One who is counted. */
export interface BudgetAccount {
  readonly level: BudgetLevel;
  /** As stored and as alarms name it, e.g. `GRANT:0b7c…`, `STATE:AUS`. */
  readonly name: string;
}

/**
 * The accounts one question is charged to, narrowest first: every charge takes them in this order,
 * so that no two wait for each other.
 */
export function budgetAccounts(asking: {
  readonly partner: PartnerCode;
  readonly state: StateCode;
  readonly officer?: string;
  readonly grant: string;
  /** Asked about made-up people: charged to its own grant alone. */
  readonly isTest?: boolean;
}): readonly BudgetAccount[] {
  const { partner, state, officer, grant, isTest } = asking;
  if (isTest === true) return [{ level: 'GRANT', name: `GRANT:${grant}` }];
  return [
    ...(officer === undefined
      ? []
      : [{ level: 'OFFICER' as const, name: `OFFICER:${partner}:${officer}` }]),
    { level: 'GRANT', name: `GRANT:${grant}` },
    { level: 'PARTNER', name: `PARTNER:${partner}` },
    { level: 'STATE', name: `STATE:${state}` },
  ];
}

const millisecondsPerDay = 86_400_000;
/** 1 January 1970 was a Thursday: weeks begin on Mondays. */
const firstMonday = 4;
const windows: Readonly<Record<BudgetKind, { readonly days: number; readonly from: number }>> = {
  QUESTIONS: { days: 1, from: 0 },
  PEOPLE: { days: 1, from: 0 },
  MISSES: { days: 7, from: firstMonday },
  VALUES: { days: valueWindowDays, from: 0 },
};

/**
 * When the window of a budget that holds `now` ends, and its use begins anew. People and misses slide:
 * for them it is the time within which one alarm is enough.
 */
export function windowEnd(kind: BudgetKind, now: Date): Date {
  const { days, from } = windows[kind];
  const day = Math.floor(now.getTime() / millisecondsPerDay) - from;
  return new Date((Math.floor(day / days + 1) * days + from) * millisecondsPerDay);
}
