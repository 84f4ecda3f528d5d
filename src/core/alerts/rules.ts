import { previewsPerDay } from '../grants/previews.js';
import { viewsPerDay } from '../referrals/referral.js';
import { alertDay, mostRecordsBehind, type FoundAlert } from './alert.js';

/** An alarm of the budgets (grants room). */
export interface BudgetAlarmFact {
  /** Such as `OFFICER:AUS-BORDER:o-1`, `GRANT:0b7c…`. */
  readonly account: string;
  /** QUESTIONS, PEOPLE, MISSES, the width of an anchor, or RELEASE: break-glass. */
  readonly kind: string;
  readonly stage: 'NEAR' | 'SPENT';
  readonly raisedAt: Date;
  readonly partner: string;
}

const levelWords: Readonly<Record<string, string>> = {
  OFFICER: 'an officer',
  GRANT: 'a grant',
  PARTNER: 'all grants',
  STATE: 'the state',
};

/**
 * Budgets near their end, and what looks like fishing: values tried around one anchor, people or
 * misses beyond the budget. Only the number of questions says nothing but that many were asked.
 */
export function budgetAlert(alarm: BudgetAlarmFact): FoundAlert {
  const { account, kind, stage, raisedAt, partner } = alarm;
  const whose = levelWords[account.split(':', 1)[0] ?? ''] ?? 'an account';
  if (kind === 'RELEASE') {
    return {
      kind: 'BUDGET_NEAR',
      severity: 'MEDIUM',
      key: `budget ${account} ${kind} ${raisedAt.toISOString()}`,
      reason: `${partner}: a duty officer let five further questions through under a spent budget; look at it, and say so (grant releases, grant review)`,
      partner,
      records: [],
    };
  }
  const isProbing = kind !== 'QUESTIONS' && stage === 'SPENT';
  const what =
    kind === 'QUESTIONS'
      ? 'questions'
      : kind === 'PEOPLE'
        ? 'different people'
        : kind === 'MISSES'
          ? 'questions about nobody'
          : 'values tried around one person';
  return {
    kind: isProbing ? 'PROBING' : 'BUDGET_NEAR',
    severity: isProbing ? 'HIGH' : stage === 'SPENT' ? 'MEDIUM' : 'LOW',
    key: `budget ${account} ${kind} ${stage} ${raisedAt.toISOString()}`,
    reason:
      stage === 'SPENT'
        ? `${partner}: the budget of ${whose} for ${what} is spent`
        : `${partner}: the budget of ${whose} for ${what} is nearly spent`,
    partner,
    records: [],
  };
}

/** Matches that are not followed by a crossing: the alarm for an informed fisher (design, section 8). */
export function confirmationAlert(alarm: {
  /** `OFFICER:...` or `PARTNER:...`. */
  readonly account: string;
  readonly kind: string;
  readonly severe: boolean;
  readonly partner: string;
  readonly people: number;
  readonly raisedAt: Date;
}): FoundAlert {
  const { account, kind, severe, partner, people, raisedAt } = alarm;
  const whose = levelWords[account.split(':', 1)[0] ?? ''] ?? 'an account';
  return {
    kind: 'MATCHES_UNCONFIRMED',
    severity: severe ? 'HIGH' : 'MEDIUM',
    key: `unconfirmed ${account} ${kind} ${raisedAt.toISOString()}`,
    reason: `${partner}: ${people} people matched by ${whose} have not been confirmed at any crossing`,
    partner,
    records: [],
  };
}

/**
 * A question that named somebody only a stolen list has, or somebody kept from who asked.
 *
 * The alert stands in clear in the database and leaves for other systems, and what the screen found is
 * sealed: so it names neither question nor partner, only the round it was found in. Whoever reads the
 * database in league with a partner would learn from the question which of the people it asked for is
 * fictional, or kept from it. Who may know reads the findings of the round, which is recorded.
 */
export function screenAlert(finding: {
  readonly kind: 'HONEY_ASKED_FOR' | 'SUPPRESSED_ASKED_FOR';
  readonly round: string;
}): FoundAlert {
  const { kind, round } = finding;
  const isHoney = kind === 'HONEY_ASKED_FOR';
  return {
    kind: isHoney ? 'HONEY_ASKED' : 'SUPPRESSED_ASKED',
    severity: isHoney ? 'CRITICAL' : 'HIGH',
    key: `screen ${kind} ${round}`,
    reason: isHoney
      ? 'a question named a honey record; whoever asks has seen where it stood (see the findings of the screen)'
      : 'a question was about somebody who is kept from the partner that asked, or its state (see the findings of the screen)',
    partner: null,
    records: [],
  };
}

/** One asker, as the alerts of their conduct need them. */
export interface AskerFact {
  readonly partner: string;
  /** Keyed name of the asker, which says nothing; part of the key. */
  readonly asker: string;
  /** An officer was named, or a system asked by itself. */
  readonly named: boolean;
}

const whoAsked = ({ named }: AskerFact): string => (named ? 'one officer' : 'one system');

/** So many refusals after each other are no misspelt form. */
export const refusalsInARow = 10;

/** @param latest the asker's newest records, the latest first */
export function refusalsAlert(
  asker: AskerFact,
  latest: readonly { readonly id: string; readonly outcome: string; readonly at: Date }[],
): FoundAlert | undefined {
  // Who is stopped by the host and tries again has done nothing.
  const own = latest.filter(({ outcome }) => outcome !== 'ERR_STOPPED');
  const end = own.findIndex(({ outcome }) => !outcome.startsWith('ERR_'));
  const run = end < 0 ? own : own.slice(0, end);
  const [newest] = run;
  if (newest === undefined || run.length < refusalsInARow) return undefined;
  return {
    kind: 'REFUSALS_IN_A_ROW',
    severity: 'MEDIUM',
    key: `refusals ${asker.asker} ${alertDay(newest.at)}`,
    reason: `${asker.partner}: ${whoAsked(asker)} was refused ${refusalsInARow} times or more in a row`,
    partner: asker.partner,
    records: run.slice(0, mostRecordsBehind).map(({ id }) => id),
  };
}

/** What one asker did in one hour, UTC. */
export interface HourOfAsking {
  readonly at: Date;
  readonly count: number;
}

/** Days with records before anything can be unusual, and how many records. */
export const leastDaysKnown = 5;
const leastRecordsKnown = 20;
/** Nobody is unusual below so many in a day. */
const leastVolume = 30;
const timesTheMost = 3;
const hourMs = 3_600_000;

/**
 * An hour of the day at which this asker never asks, one hour to either side included; and a day on
 * which they ask more than three times as much as on their fullest day before.
 *
 * @param hours the asker's hours of the last weeks, in any order
 * @param records newest records of the asker, for the alert
 */
export function unusualAlerts(
  asker: AskerFact,
  hours: readonly HourOfAsking[],
  now: Date,
  records: readonly string[],
): readonly FoundAlert[] {
  const today = alertDay(now);
  const before = hours.filter(({ at }) => alertDay(at) < today);
  const byDay = new Map<string, number>();
  for (const { at, count } of before) {
    byDay.set(alertDay(at), (byDay.get(alertDay(at)) ?? 0) + count);
  }
  const known = before.reduce((sum, { count }) => sum + count, 0);
  if (byDay.size < leastDaysKnown || known < leastRecordsKnown) return [];
  const found: FoundAlert[] = [];
  const common = { partner: asker.partner, records: records.slice(0, mostRecordsBehind) };
  const usual = new Set(
    before.flatMap(({ at }) => [-1, 0, 1].map((beside) => (at.getUTCHours() + beside + 24) % 24)),
  );
  const current = hours.find(
    ({ at }) => Math.floor(at.getTime() / hourMs) === Math.floor(now.getTime() / hourMs),
  );
  if (current !== undefined && current.count > 0 && !usual.has(now.getUTCHours())) {
    found.push({
      ...common,
      kind: 'UNUSUAL_HOUR',
      severity: 'LOW',
      key: `hour ${asker.asker} ${today}`,
      reason: `${asker.partner}: ${whoAsked(asker)} asks at ${now.getUTCHours()} h UTC, as never before`,
    });
  }
  const asked = hours
    .filter(({ at }) => alertDay(at) === today)
    .reduce((sum, { count }) => sum + count, 0);
  const most = Math.max(...byDay.values());
  if (asked > Math.max(leastVolume, timesTheMost * most)) {
    found.push({
      ...common,
      kind: 'UNUSUAL_VOLUME',
      severity: 'MEDIUM',
      key: `volume ${asker.asker} ${today}`,
      reason: `${asker.partner}: ${whoAsked(asker)} has asked more than ${timesTheMost} times as often today as on any day before`,
    });
  }
  return found;
}

/** A member of staff who previews grants with one person of the register after another. */
export function previewsAlert(refused: {
  /** Account; part of the key. */
  readonly account: string;
  readonly record: string;
  readonly at: Date;
}): FoundAlert {
  const { account, record, at } = refused;
  return {
    kind: 'UNUSUAL_VOLUME',
    severity: 'HIGH',
    key: `previews ${account} ${alertDay(at)}`,
    reason: `a member of staff asked to preview grants with more than ${previewsPerDay} people of the register in a day, and was refused`,
    partner: null,
    records: [record],
  };
}

/** A liaison officer who opens case after case: each shows people. */
export function casesAlert({
  account,
  record,
  at,
}: Parameters<typeof previewsAlert>[0]): FoundAlert {
  return {
    kind: 'UNUSUAL_VOLUME',
    severity: 'HIGH',
    key: `cases ${account} ${alertDay(at)}`,
    reason: `a member of staff asked to open more than ${viewsPerDay} referred cases in a day, and was refused`,
    partner: null,
    records: [record],
  };
}

/** Referrals of one account that are over, of the last month. */
export interface ReferralsFact {
  /** `OFFICER:...` or `PARTNER:...`. */
  readonly account: string;
  readonly partner: string;
  /** Past their deadline; withdrawn ones as well. */
  readonly over: number;
  /** Of these. */
  readonly confirmed: number;
  /** The last deadline that has come. */
  readonly lastAt: Date;
}

/** So many before it is told. */
const leastOver = 10;
/** One in so many is confirmed of who refers what is unclear. */
const confirmedIn = 10;

/** Somebody who has people looked for, and hardly ever anybody found: fishing through officers. */
export function referralsAlert(fact: ReferralsFact): FoundAlert | undefined {
  const { account, partner, over, confirmed, lastAt } = fact;
  if (over < leastOver || confirmed * confirmedIn >= over) return undefined;
  const whose = account.startsWith('OFFICER:') ? 'one officer' : 'one system';
  return {
    kind: 'REFERRALS_DECLINED',
    severity: 'MEDIUM',
    key: `referrals ${account} ${alertDay(lastAt)}`,
    reason: `${partner}: of ${over} cases ${whose} put before liaison officers in 30 days, ${confirmed} were confirmed`,
    partner,
    records: [],
  };
}

/** A certificate, client or token that was revoked and was shown all the same. */
export function revokedAlert(fact: {
  /** Partner, where it can be told. */
  readonly partner: string | null;
  readonly cause: string;
  readonly count: number;
  readonly record: string;
  readonly at: Date;
}): FoundAlert | undefined {
  if (!/revoked/.test(fact.cause)) return undefined;
  const { partner, count, record, at } = fact;
  return {
    kind: 'REVOKED_CREDENTIAL_USED',
    severity: 'HIGH',
    key: `revoked ${partner ?? ''} ${alertDay(at)}`,
    reason: `${partner === null ? '' : `${partner}: `}a credential that was revoked was used (${count} times in a minute) and refused`,
    partner,
    records: [record],
  };
}

/** What ends: a certificate, a CA, a revocation list, a key, an agreement (grants room). */
export interface EndingFact {
  readonly kind: string;
  readonly partner: string | null;
  /** How it is found again; never in the reason. */
  readonly id: string;
  readonly at: Date;
}

const endingDays = [30, 7, 1] as const;
const dayMs = 24 * hourMs;

/** Once within 30, 7 and 1 days of the end; of a revocation list when it is over. */
export function endingAlert(
  { kind, partner, id, at }: EndingFact,
  now: Date,
): FoundAlert | undefined {
  const left = at.getTime() - now.getTime();
  const whose = partner === null ? '' : `${partner}: `;
  const isList = kind === 'REVOCATION_LIST';
  if (isList && left <= 0) {
    return {
      kind: 'REVOCATION_LIST_STALE',
      severity: 'HIGH',
      key: `stale ${id} ${at.toISOString()}`,
      reason: `${whose}the revocation list of a CA is past its next update; a day later every client of the CA is refused`,
      partner,
      records: [],
    };
  }
  const within = [...endingDays].reverse().find((days) => left <= days * dayMs);
  if (left <= 0 || within === undefined || (isList && within > 1)) return undefined;
  const what = kind.toLowerCase().replaceAll('_', ' ');
  return {
    kind: 'ENDS_SOON',
    severity: within === 1 ? 'HIGH' : within === 7 ? 'MEDIUM' : 'LOW',
    key: `ends ${kind} ${id} ${at.toISOString()} ${within}`,
    reason: `${whose}a ${what} ends, or is due, within ${within === 1 ? 'a day' : `${within} days`}`,
    partner,
    records: [],
  };
}

/** After so long without a cosignature of a witness somebody should ask the partner. */
export const cosignatureMinutes = 60;

export function cosignatureAlert(
  witness: {
    readonly verifierKey: string;
    readonly partner: string;
    readonly registeredAt: Date;
    readonly cosignedAt: Date | null;
  },
  now: Date,
): FoundAlert | undefined {
  const { verifierKey, partner, registeredAt, cosignedAt } = witness;
  const silentMs = now.getTime() - (cosignedAt ?? registeredAt).getTime();
  if (silentMs <= cosignatureMinutes * 60_000) return undefined;
  return {
    kind: 'COSIGNATURE_MISSING',
    severity: silentMs > dayMs ? 'HIGH' : 'MEDIUM',
    key: `cosignature ${verifierKey} ${alertDay(now)}${silentMs > dayMs ? ' day' : ''}`,
    reason: `${partner}: its witness has cosigned nothing for ${silentMs > dayMs ? 'more than a day' : 'more than an hour'}`,
    partner,
    records: [],
  };
}

/** What a start found between database and journal. */
export interface ReconciliationFact {
  readonly repaired: boolean;
  readonly completedFromDatabase: number;
  readonly restoredFromJournal: number;
  readonly reappliedActs: number;
  readonly restoredRounds: number;
}

export function reconciliationAlert(fact: ReconciliationFact, at: Date): FoundAlert | undefined {
  const { completedFromDatabase: completed, restoredFromJournal: restored, reappliedActs } = fact;
  const lost = restored + reappliedActs + fact.restoredRounds;
  if (!fact.repaired && completed + lost === 0) return undefined;
  return {
    kind: 'RECONCILIATION',
    severity: lost > 0 ? 'HIGH' : 'MEDIUM',
    key: `reconciliation ${at.toISOString()}`,
    reason:
      `at the start database and journal differed: ${completed} records completed in the journal, ` +
      `${restored} records and ${reappliedActs} acts put back into the database`,
    partner: null,
    records: [],
  };
}

/**
 * A log that was found to contradict itself while it runs: nothing is recorded, so nothing disclosed,
 * until people have looked at it.
 *
 * @param cause tree and leaf, in words of ours
 */
export function contradictionAlert(cause: string, at: Date): FoundAlert {
  return {
    kind: 'RECONCILIATION',
    severity: 'CRITICAL',
    key: `contradiction ${cause} ${alertDay(at)}`,
    reason:
      'the access log contradicts itself; nothing is recorded or disclosed until it is put right ' +
      `(docs/operations.md): ${cause}`,
    partner: null,
    records: [],
  };
}

/** Rows of search that the check of the log found changed or gone; they have been made again. */
export interface RelistedFact {
  /** Opaque id of the tree. */
  readonly tree: string;
  readonly partner: string | null;
  /** Leaves that were listed again. */
  readonly leaves: readonly number[];
  /** Rows that listed none, and were taken away. */
  readonly taken: number;
}

export function relistedAlert(
  { tree, partner, leaves, taken }: RelistedFact,
  at: Date,
): FoundAlert {
  const [first] = leaves;
  const what =
    first === undefined
      ? `${taken} rows of search that list no record`
      : `rows of search of ${leaves.length} records, the first of them leaf ${first}`;
  return {
    kind: 'RECONCILIATION',
    severity: 'HIGH',
    key: `relisted ${tree} ${first === undefined ? 'taken' : 'listed'} ${alertDay(at)}`,
    reason:
      `somebody has written to the database beside the gateway: of tree ${tree}, ${what}, were changed or ` +
      'taken away; they have been made again (docs/operations.md, "Rows of search were changed")',
    partner,
    records: [],
  };
}

/** So many late answers in one interval say that the fixed delay no longer hides anything. */
export const lateReleasesNoticed = 10;

export function lateAlert(late: number, at: Date, gateway: string): FoundAlert | undefined {
  if (late < lateReleasesNoticed) return undefined;
  return {
    kind: 'LATE_RELEASES',
    severity: 'MEDIUM',
    key: `late ${gateway} ${at.toISOString().slice(0, 13)}`,
    reason: `${late} answers missed their release: work takes longer than SAFECONDUCT_RELEASE_DELAY_MS`,
    partner: null,
    records: [],
  };
}

/** Seconds by which a clock may move against steady time, or differ from the database's. */
export const clockSeconds = 30;

/**
 * A clock that jumps moves grants, tokens and retention with it.
 *
 * @param movedMs the wall clock's advance less that of a steady clock
 * @param aheadMs the wall clock less the database's
 */
export function clockAlert(
  movedMs: number,
  aheadMs: number,
  at: Date,
  gateway: string,
): FoundAlert | undefined {
  const isJump = Math.abs(movedMs) > clockSeconds * 1000;
  const isAway = Math.abs(aheadMs) > clockSeconds * 1000;
  if (!isJump && !isAway) return undefined;
  const by = Math.round(Math.abs(isJump ? movedMs : aheadMs) / 1000);
  const way = (isJump ? movedMs : aheadMs) > 0 ? 'ahead' : 'back';
  return {
    kind: 'CLOCK_JUMP',
    severity: 'HIGH',
    key: `clock ${gateway} ${at.toISOString().slice(0, 13)}`,
    reason: isJump
      ? `the clock of a gateway jumped ${by} seconds ${way}`
      : `the clock of a gateway is ${by} seconds ${way} of the database's`,
    partner: null,
    records: [],
  };
}
