import type { DataSource, EntityManager } from 'typeorm';
import { budgetKinds, tellUse, type DayOfUse } from '../core/budget/index.js';
import { GatewayError } from '../core/errors.js';
import { decideAct, type StaffAct } from '../core/staff/acts.js';
import { staffReferences, uuidForm, type StaffCaller } from '../staff/index.js';
import type { Authority } from './authority.js';
import type { BudgetLedger, BudgetUse } from './budgets.js';
import { unknownGrant } from './lifecycle.repository.js';

/** An alarm of the budgets: an account, no person of the register. */
export interface BudgetAlarm {
  /** As budgets name it, e.g. `GRANT:0b7c…`, `OFFICER:ALPHA-BORDER:o-7`. */
  readonly account: string;
  readonly kind: string;
  /** NEAR: three quarters used, or a release; SPENT: refused. */
  readonly stage: 'NEAR' | 'SPENT';
  readonly raisedAt: Date;
  readonly partner: string;
}

/** A duty officer's release of five questions. */
export interface BudgetRelease {
  readonly id: string;
  readonly grant: string;
  readonly releasedBy: string;
  readonly approvedBy: string | null;
  readonly releasedAt: Date;
  readonly until: Date;
  /** Questions of it nobody has asked. */
  readonly leftOver: number;
  readonly reason: string;
  readonly reviewedBy: string | null;
  readonly reviewedAt: Date | null;
}

/** RELEASES: of a spent budget by a duty officer, an act of the host. */
export const counterKinds = [...budgetKinds, 'RELEASES'] as const;
export type CounterKind = (typeof counterKinds)[number];

/** Use under one grant on one UTC day that is over; small numbers are not told. */
export interface UseCounter {
  readonly grant: string;
  readonly partner: string;
  readonly kind: CounterKind;
  readonly endedAt: Date;
  readonly used: number | null;
}

const mostListed = 200;
/** Days of grants in one reading: a year of seven, or a month of eighty. */
const mostDays = 2_500;
/** After a day, until no match of it can still give a miss back: what is told stays as it is. */
const settlingMinutes = 60;

/** Alarms since an instant, the latest first, at most 200. */
export async function listBudgetAlarms(
  manager: Pick<EntityManager, 'query'>,
  since: Date,
): Promise<readonly BudgetAlarm[]> {
  return manager.query<BudgetAlarm[]>(
    `SELECT account, kind, stage, raised_at AS "raisedAt", partner FROM budget_alarm
     WHERE raised_at >= $1 ORDER BY raised_at DESC, account LIMIT ${mostListed}`,
    [since],
  );
}

/** Ids of all test grants there have been: what counts of earnest questions leave out. */
export async function listTestGrants(
  manager: Pick<EntityManager, 'query'>,
): Promise<readonly string[]> {
  const rows = await manager.query<{ id: string }[]>('SELECT id FROM access_grant WHERE test');
  return rows.map(({ id }) => id);
}

/** Budgets and counters as people of the host read them. */
export class ReadBudgets {
  constructor(
    private readonly dataSource: DataSource,
    private readonly authority: Pick<Authority, 'refresh' | 'grant'>,
    private readonly budgets: Pick<BudgetLedger, 'use'>,
    private readonly now: () => Date,
  ) {}

  /** Use of a grant's own budgets now. @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_NOT_FOUND */
  async use(caller: StaffCaller, grantId: string): Promise<readonly BudgetUse[]> {
    permit('BUDGET_READ', caller);
    await this.authority.refresh();
    const grant = uuidForm.test(grantId) ? this.authority.grant(grantId) : undefined;
    if (grant === undefined) throw unknownGrant();
    return this.budgets.use(grant, this.now());
  }

  /** {@link listBudgetAlarms}. */
  async alarms(caller: StaffCaller, since: Date): Promise<readonly BudgetAlarm[]> {
    permit('BUDGET_READ', caller);
    return listBudgetAlarms(this.dataSource.manager, since);
  }

  /** Releases, the latest first, at most 200; those nobody has reviewed when `waiting`. */
  async releases(caller: StaffCaller, waiting: boolean): Promise<readonly BudgetRelease[]> {
    permit('BUDGET_READ', caller);
    const rows = await this.dataSource.query<BudgetRelease[]>(
      `SELECT id, grant_id AS "grant", released_by AS "releasedBy", approved_by AS "approvedBy",
         released_at AS "releasedAt", until, left_over AS "leftOver", reason,
         reviewed_by AS "reviewedBy", reviewed_at AS "reviewedAt"
       FROM budget_release WHERE NOT $1 OR reviewed_by IS NULL
       ORDER BY released_at DESC, id LIMIT ${mostListed}`,
      [waiting],
    );
    const people = await staffReferences(this.dataSource);
    const named = (account: string | null) =>
      account === null ? null : (people.get(account) ?? account);
    return rows.map((row) => ({
      ...row,
      releasedBy: named(row.releasedBy) ?? '',
      approvedBy: named(row.approvedBy),
      reviewedBy: named(row.reviewedBy),
    }));
  }

  /**
   * Use of each kind of budget under each grant, over time, for those who are to see no person in
   * it: whole days that have been over for an hour, as {@link tellUse} tells them, the latest first.
   * Releases are told as they are. Rehearsals are not counted.
   */
  async counters(
    caller: StaffCaller,
    { from, until }: { readonly from: Date; readonly until: Date },
  ): Promise<readonly UseCounter[]> {
    permit('COUNTERS_READ', caller);
    const settled = new Date(this.now().getTime() - settlingMinutes * 60_000);
    const days = await this.dataSource.query<DayRow[]>(
      `WITH used AS (
         SELECT grant_id, ends_at, questions, people, misses, tried,
           d.matched + later.matched AS matched, d.returned + later.returned AS returned
         FROM use_of_day d, LATERAL (
           SELECT count(*)::int AS matched, coalesce(sum(cost), 0)::int AS returned
           FROM use_returned r WHERE r.grant_id = d.grant_id AND r.ends_at = d.ends_at) AS later
         WHERE ends_at > $1 AND ends_at <= $2),
       released AS (
         SELECT grant_id, date_trunc('day', released_at, 'UTC') + interval '24 hours' AS ends_at,
           count(*)::int AS releases
         FROM budget_release
         WHERE released_at > $1::timestamptz - interval '24 hours' AND released_at < $2
         GROUP BY 1, 2)
       SELECT g.id AS "grant", g.partner, ends_at AS "endedAt", coalesce(questions, 0) AS questions,
         coalesce(people, 0) AS people, coalesce(misses, 0) AS misses,
         coalesce(tried, 0) AS "values", coalesce(matched, 0) AS matched,
         coalesce(returned, 0) AS returned, coalesce(releases, 0) AS releases
       FROM used FULL JOIN released USING (grant_id, ends_at) JOIN access_grant g ON g.id = grant_id
       WHERE NOT g.test AND ends_at > $1 AND ends_at <= $2
       ORDER BY ends_at DESC, g.partner, g.id LIMIT ${mostDays}`,
      [from, until < settled ? until : settled],
    );
    return days.flatMap((day) => {
      const { grant, partner, endedAt, releases } = day;
      const told: readonly Pick<UseCounter, 'kind' | 'used'>[] = [
        ...tellUse(day),
        ...(releases > 0 ? [{ kind: 'RELEASES' as const, used: releases }] : []),
      ];
      return told.map(({ kind, used }) => ({ grant, partner, kind, endedAt, used }));
    });
  }
}

interface DayRow extends DayOfUse {
  readonly grant: string;
  readonly partner: string;
  readonly endedAt: Date;
  readonly releases: number;
}

function permit(act: StaffAct, caller: StaffCaller): void {
  const decision = decideAct(act, caller);
  if (!decision.allow) throw new GatewayError(decision.code);
}
