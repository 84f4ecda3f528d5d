import type { DataSource, EntityManager } from 'typeorm';
import type { PartnerCode } from '../core/ids.js';
import {
  isSevere,
  lookBackDays,
  overdueHours,
  standingAlarms,
  type ConfirmationAlarm,
  type MatchedPerson,
} from '../core/crossings/unconfirmed.js';

/** An alarm about matches nobody arrives after: an account and counts, no person. */
export interface ConfirmationAlarmRow {
  /** `OFFICER:<partner>:<sub>` or `PARTNER:<partner>`. */
  readonly account: string;
  readonly kind: ConfirmationAlarm;
  readonly severe: boolean;
  readonly partner: PartnerCode;
  /** People matched and not confirmed when it was raised. */
  readonly people: number;
  readonly raisedAt: Date;
  /** When the rule no longer held; null while it stands. */
  readonly clearedAt: Date | null;
}

/** Counts of one account in the last 30 days. */
export interface ConfirmationCounts {
  readonly partner: PartnerCode;
  readonly account: string;
  readonly matches: number;
  readonly people: number;
  readonly confirmed: number;
  /** People without a crossing, and of those the ones for more than 72 hours. */
  readonly outstanding: number;
  readonly overdue: number;
}

export interface Account {
  readonly partner: PartnerCode;
  readonly account: string;
}

/** What `match_history` of the database gives. */
export interface MatchHistoryJson {
  readonly confirms: boolean;
  readonly asker: readonly { readonly matchedAt: string; readonly confirmed: boolean }[];
  readonly whole: readonly { readonly matchedAt: string; readonly confirmed: boolean }[];
  readonly open: readonly { readonly account: string; readonly kind: ConfirmationAlarm }[];
}

const rowsAtReview = 2_000;
const lookBackMs = lookBackDays * 86_400_000;

/** Brings the open alarms of an account, and of its partner as a whole, to what the rule says. */
export async function reviewAccount(
  manager: EntityManager,
  { partner, account }: Account,
  now: Date,
): Promise<void> {
  const [row] = await manager.query<{ history: MatchHistoryJson }[]>(
    'SELECT match_history($1, $2, $3, $4) AS history',
    [partner, account, new Date(now.getTime() - lookBackMs), rowsAtReview],
  );
  if (row !== undefined) await setAlarms(manager, { partner, account }, row.history, now, true);
}

/** The same from the latest matches only: what only time brings (OVERDUE) is left as it is. */
export async function raiseAlarms(
  manager: EntityManager,
  account: Account,
  history: MatchHistoryJson,
  now: Date,
): Promise<void> {
  await setAlarms(manager, account, history, now, false);
}

async function setAlarms(
  manager: EntityManager,
  { partner, account }: Account,
  history: MatchHistoryJson,
  now: Date,
  isWhole: boolean,
): Promise<void> {
  const { confirms, open } = history;
  const [asker, whole] = [peopleOf(history.asker), peopleOf(history.whole)];
  const partnerAccount = `PARTNER:${partner}`;
  const found = [
    ...standingAlarms({ level: 'ASKER', partnerConfirms: confirms, people: asker }, now).map(
      (kind) => ({ account, kind, people: asker }),
    ),
    ...standingAlarms({ level: 'PARTNER', partnerConfirms: confirms, people: whole }, now).map(
      (kind) => ({ account: partnerAccount, kind, people: whole }),
    ),
  ];
  const isLooked = ({ kind }: { readonly kind: ConfirmationAlarm }) =>
    isWhole || kind !== 'OVERDUE';
  const isOpen = (one: { readonly account: string; readonly kind: ConfirmationAlarm }) =>
    open.some(({ account: name, kind }) => name === one.account && kind === one.kind);
  for (const one of found.filter((alarm) => isLooked(alarm) && !isOpen(alarm))) {
    await manager.query(
      `INSERT INTO confirmation_alarm (account, kind, severe, partner, people, raised_at)
       VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (account, kind) WHERE cleared_at IS NULL DO NOTHING`,
      [one.account, one.kind, isSevere(one.kind), partner, unconfirmed(one.people), now],
    );
  }
  const isStanding = (one: { readonly account: string; readonly kind: ConfirmationAlarm }) =>
    found.some(({ account: name, kind }) => name === one.account && kind === one.kind);
  for (const one of open.filter((alarm) => isLooked(alarm) && !isStanding(alarm))) {
    await manager.query(
      `UPDATE confirmation_alarm SET cleared_at = $3
       WHERE account = $1 AND kind = $2 AND cleared_at IS NULL`,
      [one.account, one.kind, now],
    );
  }
}

const peopleOf = (people: MatchHistoryJson['asker']): readonly MatchedPerson[] =>
  people.map(({ matchedAt, confirmed }) => ({ matchedAt: new Date(matchedAt), confirmed }));

const unconfirmed = (people: readonly MatchedPerson[]): number =>
  people.filter(({ confirmed }) => !confirmed).length;

/** For security: what is outstanding, by account, and which alarms stand. Counts, no people. */
export class ConfirmationAlarms {
  constructor(private readonly dataSource: DataSource) {}

  /** Looks at every account with matches in the last 30 days, for what only time brings. */
  async review(now: Date): Promise<void> {
    const accounts = await this.dataSource.query<Account[]>(
      `SELECT partner, account FROM match_told WHERE matched_at >= $1
       UNION
       SELECT partner, account FROM confirmation_alarm WHERE cleared_at IS NULL
       ORDER BY 1, 2`,
      [new Date(now.getTime() - lookBackMs)],
    );
    for (const account of accounts) {
      await this.dataSource.transaction(async (manager) => reviewAccount(manager, account, now));
    }
  }

  /** Alarms raised since an instant or still standing, the latest first, at most 200. */
  async list(since: Date): Promise<readonly ConfirmationAlarmRow[]> {
    return this.dataSource.query<ConfirmationAlarmRow[]>(
      `SELECT account, kind, severe, partner, people, raised_at AS "raisedAt",
         cleared_at AS "clearedAt"
       FROM confirmation_alarm WHERE raised_at >= $1 OR cleared_at IS NULL
       ORDER BY raised_at DESC, id DESC LIMIT 200`,
      [since],
    );
  }

  /** By account, those with most outstanding first, at most 200. */
  async counts(now: Date): Promise<readonly ConfirmationCounts[]> {
    return this.dataSource.query<ConfirmationCounts[]>(
      `SELECT partner, account, sum(matches)::int AS matches, count(*)::int AS people,
         count(*) FILTER (WHERE confirmed)::int AS confirmed,
         count(*) FILTER (WHERE NOT confirmed)::int AS outstanding,
         count(*) FILTER (WHERE NOT confirmed AND first <= $2)::int AS overdue
       FROM (
         SELECT partner, account, count(*) AS matches, min(matched_at) AS first,
           bool_or(confirmed_at IS NOT NULL) AS confirmed
         FROM match_told WHERE matched_at >= $1 GROUP BY partner, account, person) AS told
       GROUP BY partner, account ORDER BY outstanding DESC, partner, account LIMIT 200`,
      [new Date(now.getTime() - lookBackMs), new Date(now.getTime() - overdueHours * 3_600_000)],
    );
  }
}
