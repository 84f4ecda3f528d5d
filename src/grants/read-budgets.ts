import type { DataSource, EntityManager } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import { tellableCount } from '../core/small-numbers.js';
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

/** What was asked under one grant on one UTC day that is over; small numbers are not told. */
export interface UseCounter {
  readonly grant: string;
  readonly partner: string;
  readonly kind: string;
  readonly endedAt: Date;
  readonly used: number | null;
}

const mostListed = 200;

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
   * What was asked under each grant, over time, for those who are to see no person in it: whole
   * days that are over, small numbers left out, all others cut to the ten below. Rehearsals are not
   * counted.
   */
  async counters(
    caller: StaffCaller,
    { from, until }: { readonly from: Date; readonly until: Date },
  ): Promise<readonly UseCounter[]> {
    permit('COUNTERS_READ', caller);
    const now = this.now();
    const rows = await this.dataSource.query<
      { grant: string; partner: string; kind: string; ends_at: Date; used: number }[]
    >(
      `SELECT g.id AS grant, g.partner, u.kind, d.ends_at, sum(u.used)::int AS used
       FROM budget_use u JOIN access_grant g ON u.account = 'GRANT:' || g.id::text,
         LATERAL (SELECT date_trunc('day', u.ends_at - interval '1 ms', 'UTC')
           + interval '1 day' AS ends_at) AS d
       WHERE u.anchor = '' AND u.kind IN ('QUESTIONS', 'PEOPLE') AND NOT g.test
         AND d.ends_at > $1 AND d.ends_at <= $2
       GROUP BY g.id, g.partner, u.kind, d.ends_at
       ORDER BY d.ends_at DESC, g.partner, g.id, u.kind LIMIT 5000`,
      [from, until < now ? until : now],
    );
    return rows.map(({ ends_at, used, ...row }) => ({
      ...row,
      endedAt: ends_at,
      used: tellableCount(used),
    }));
  }
}

function permit(act: StaffAct, caller: StaffCaller): void {
  const decision = decideAct(act, caller);
  if (!decision.allow) throw new GatewayError(decision.code);
}
