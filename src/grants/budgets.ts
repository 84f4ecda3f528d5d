import { createHmac } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import { encodeParts } from '../core/bytes.js';
import {
  budgetAccounts,
  budgetLimits,
  missesPerMatch,
  missWindowDays,
  peopleWindowHours,
  windowEnd,
  type AnchorWidth,
  type BudgetAccount,
  type BudgetKind,
  type BudgetLevel,
  type BudgetTerms,
  type Charges,
} from '../core/budget/index.js';
import { GatewayError } from '../core/errors.js';
import type { GrantId, PartnerCode, StateCode } from '../core/ids.js';
import { authorityVersionSql } from './authority.js';
import { chargeJson, unlimited } from './charge-json.js';
import { giveBackMiss, guardMatched } from './give-back-miss.js';
import {
  anchorBytes,
  encodeKeptCharge,
  personBytes,
  questionBytes,
  valueBytes,
  type KeptCharge,
} from './kept-charge.js';

/** A question as the budgets see it. */
export interface ChargedQuestion {
  readonly partner: PartnerCode;
  readonly state: StateCode;
  readonly officer?: string;
  readonly grant: { readonly id: GrantId } & BudgetTerms;
  /** A test grant has a budget of its own, and no part in any other. */
  readonly isTest?: boolean;
  /** Grants in force of the partner, and of the partners of its state: what they may use together. */
  readonly peers: {
    readonly partner: readonly BudgetTerms[];
    readonly state: readonly BudgetTerms[];
  };
  readonly requestId: string;
  /** Canonical text of the whole question; only its keyed fingerprint is stored. */
  readonly canonicalQuestion: string;
  readonly charges: Charges;
  /** A referral: no release of a duty officer pays for it. */
  readonly isReferral?: true;
}

export interface Charged {
  /** Live version of the register. */
  readonly register: bigint;
  /** Live version of authority. */
  readonly authority: bigint;
  /** What was charged, for the sealed part of the record (kept-charge.ts); null when nothing was. */
  readonly kept: string | null;
  /**
   * Gives the miss back; runs in the transaction of the access record of a MATCH.
   *
   * @param reference the partner's own reference for the person: each person earns once a day
   */
  giveBackMiss(manager: EntityManager, reference: string): Promise<void>;
}

/** One budget of a grant and its use. */
export interface BudgetUse {
  readonly kind: BudgetKind;
  readonly limit: number;
  readonly used: number;
  readonly resetsAt: Date;
}

/** What a verification needs of the budgets. */
export interface BudgetLedger {
  /**
   * Charges one question before anything is looked up, and learns the live versions.
   *
   * @throws {GatewayError} ERR_BUDGET_SPENT with `budget` and `retryAt`, ERR_REQUEST_ID_REUSED;
   * ERR_BUSY when it cannot be told whether anything is left
   */
  charge(question: ChargedQuestion, now: Date): Promise<Charged>;
  /**
   * A person was told of although the question had been a miss: new values around them count from now
   * on as after a match. Nothing is given back. Runs in the transaction of the access record.
   */
  noteReferredMatch(
    manager: EntityManager,
    match: {
      readonly partner: PartnerCode;
      readonly state: StateCode;
      readonly officer?: string;
      readonly grant: GrantId;
      readonly charges: Charges;
    },
    at: Date,
  ): Promise<void>;
  /**
   * Use of a grant's own budgets at `now`, in the order of the kinds. `resetsAt` of a sliding one says
   * when the first of its use is forgotten (PEOPLE), or all of it (MISSES).
   */
  use(grant: { readonly id: GrantId } & BudgetTerms, now: Date): Promise<readonly BudgetUse[]>;
}

interface Verdict {
  readonly verdict: 'CHARGED' | 'RELEASED' | 'REPEATED' | 'REUSED' | 'SPENT';
  readonly kind?: BudgetKind;
  readonly retryAt?: string;
}

interface UseRow {
  readonly kind: 'QUESTIONS' | 'PEOPLE' | 'MISSES' | AnchorWidth;
  readonly used: number | null;
  /** When the first of it is forgotten. */
  readonly lapsesAt: Date | null;
}

const hoursAfter = (time: Date, hours: number): Date =>
  new Date(time.getTime() + hours * 3_600_000);

/**
 * Budgets of the database of record: atomic for all gateways over it, one round trip a question.
 *
 * @param key 32 bytes for the fingerprints; nothing stored can be searched without it
 * @param registerVersionSql SQL expression for the live version of the register
 */
export class Budgets implements BudgetLedger {
  constructor(
    private readonly dataSource: DataSource,
    private readonly key: Uint8Array,
    private readonly registerVersionSql: string,
  ) {}

  async charge(question: ChargedQuestion, now: Date): Promise<Charged> {
    const { partner, state, officer, grant } = question;
    const accounts = budgetAccounts({
      partner,
      state,
      grant: grant.id,
      ...(officer === undefined ? {} : { officer }),
      ...(question.isTest === true ? { isTest: true } : {}),
    });
    const request = this.requestOf(question);
    const charge = this.fingerprints(question);
    const termsAt: Readonly<Record<BudgetLevel, readonly BudgetTerms[]>> = {
      OFFICER: [grant],
      GRANT: [grant],
      PARTNER: [grant, ...question.peers.partner],
      STATE: [grant, ...question.peers.state],
    };
    const limited = accounts.map(({ name, level }) => ({
      name,
      limits: budgetLimits(termsAt[level], level),
    }));
    const row = await this.askDatabase(
      request,
      charge,
      chargeJson(charge, { grant: grant.id, partner }, limited, now, question.isReferral !== true),
      now,
    );
    const verdict = row?.verdict;
    switch (verdict?.verdict) {
      case 'CHARGED':
      case 'RELEASED':
      case 'REPEATED':
        return {
          register: BigInt(row?.register ?? 0),
          authority: BigInt(row?.authority ?? 0),
          kept: verdict.verdict === 'RELEASED' ? null : encodeKeptCharge(charge),
          giveBackMiss: async (manager, reference) =>
            this.giveBack(manager, {
              partner,
              grant: grant.id,
              request,
              accounts,
              charge,
              reference,
              at: now,
            }),
        };
      case 'REUSED':
        throw new GatewayError('ERR_REQUEST_ID_REUSED', { argument: 'requestId' });
      case 'SPENT':
        if (verdict.kind === undefined || verdict.retryAt === undefined) break;
        throw new GatewayError('ERR_BUDGET_SPENT', {
          budget: verdict.kind,
          retryAt: new Date(verdict.retryAt),
        });
      case undefined:
    }
    throw new GatewayError('ERR_BUSY', { detail: 'the budget could not be charged' });
  }

  async use(
    grant: { readonly id: GrantId } & BudgetTerms,
    now: Date,
  ): Promise<readonly BudgetUse[]> {
    const account = `GRANT:${grant.id}`;
    const ends = (kind: BudgetKind) => windowEnd(kind, now);
    const limits = budgetLimits([grant], 'GRANT');
    const rows = await this.dataSource.query<UseRow[]>(
      `SELECT kind, max(used)::int AS used, NULL::timestamptz AS "lapsesAt" FROM budget_use
         WHERE account = $1 AND ends_at = CASE kind WHEN 'QUESTIONS' THEN $2 ELSE $3 END::timestamptz
           AND kind IN ('QUESTIONS', 'NARROW', 'TAILS', 'WIDE')
         GROUP BY kind
       UNION ALL
       SELECT 'PEOPLE', sum(used)::int, min(ends_at) FROM budget_use
         WHERE account = $1 AND kind = 'PEOPLE' AND anchor = '' AND ends_at > $4
       UNION ALL
       SELECT 'MISSES', ceil(greatest(-$5::int,
           coalesce((SELECT faded_misses(score, at, $4, $5) FROM miss_score WHERE account = $1), 0)
           - coalesce(sum(cost), 0)
           - $6::int * count(DISTINCT matched) FILTER (WHERE NOT EXISTS (
               SELECT FROM budget_seen s WHERE s.account = r.account AND s.kind = 'MATCHED'
                 AND s.anchor = '' AND s.value = r.matched))))::int, NULL
         FROM miss_returned r WHERE account = $1`,
      [account, ends('QUESTIONS'), ends('VALUES'), now, limits.misses, missesPerMatch],
    );
    const row = (kind: string) => rows.find((one) => one.kind === kind);
    const used = (kind: string) => row(kind)?.used ?? 0;
    const misses = Math.max(0, used('MISSES'));
    const values = widest(limits.values, used);
    return [
      {
        kind: 'QUESTIONS',
        limit: limits.questions,
        used: used('QUESTIONS'),
        resetsAt: ends('QUESTIONS'),
      },
      {
        kind: 'PEOPLE',
        limit: limits.people,
        used: used('PEOPLE'),
        resetsAt: row('PEOPLE')?.lapsesAt ?? hoursAfter(now, peopleWindowHours),
      },
      {
        kind: 'MISSES',
        limit: limits.misses,
        used: misses,
        resetsAt: hoursAfter(now, (missWindowDays * 24 * misses) / Math.max(1, limits.misses)),
      },
      { kind: 'VALUES', ...values, resetsAt: ends('VALUES') },
    ];
  }

  async noteReferredMatch(
    manager: EntityManager,
    match: Parameters<BudgetLedger['noteReferredMatch']>[1],
    at: Date,
  ): Promise<void> {
    await guardMatched(manager, {
      accounts: budgetAccounts(match).map(({ name }) => name),
      anchors: match.charges.guards.map((guard) => this.anchor(guard)),
      anchorsEndAt: windowEnd('VALUES', at),
    });
  }

  /**
   * Charges a restored database for a question it has forgotten, as it was charged then; nothing is
   * charged twice. Limits of today hold back nothing but misses, whose fading depends on them.
   *
   * @param forgotten `matched`: the partner's reference for the person of a MATCH
   */
  async recharge(
    manager: EntityManager,
    forgotten: {
      readonly partner: PartnerCode;
      readonly state: StateCode;
      readonly officer?: string;
      readonly grant: GrantId;
      /** Asked under a test grant: charged to it alone, as it was. */
      readonly isTest?: boolean;
      /** Of the grant, of the partner's grants, of the grants of its state; at least one. */
      readonly terms: Readonly<Record<BudgetLevel, readonly BudgetTerms[]>>;
      readonly requestId: string;
      readonly charge: KeptCharge;
      readonly matched: string | null;
      readonly at: Date;
    },
  ): Promise<void> {
    const { partner, grant, terms, charge, matched, at } = forgotten;
    const accounts = budgetAccounts(forgotten);
    const request = this.requestOf(forgotten);
    const limited = accounts.map(({ name, level }) => ({
      name,
      limits: { ...unlimited, misses: budgetLimits(terms[level], level).misses },
    }));
    await manager.query('SELECT charge_question($1, $2, $3, $4)', [
      request,
      charge.question,
      at,
      JSON.stringify(chargeJson(charge, { grant, partner }, limited, at)),
    ]);
    if (matched === null) return;
    const reference = matched;
    await this.giveBack(manager, { partner, grant, request, accounts, charge, reference, at });
  }

  private async giveBack(
    manager: EntityManager,
    match: {
      readonly partner: PartnerCode;
      readonly grant: GrantId;
      readonly request: Buffer;
      readonly accounts: readonly BudgetAccount[];
      readonly charge: KeptCharge;
      readonly reference: string;
      readonly at: Date;
    },
  ): Promise<void> {
    const { partner, grant, request, accounts, charge, reference, at } = match;
    const day = at.toISOString().slice(0, 10);
    await giveBackMiss(manager, {
      request,
      grant,
      accounts: accounts.map(({ name }) => name),
      matched: this.fingerprint('safeconduct/matched/v1', partner, reference, day),
      anchors: charge.guards,
      anchorsEndAt: windowEnd('VALUES', at),
    });
  }

  private async askDatabase(request: Buffer, { question }: KeptCharge, charge: object, now: Date) {
    try {
      const rows = await this.dataSource.query<
        { verdict: Verdict; register: string; authority: string }[]
      >(
        `SELECT charge_question($1, $2, $3, $4) AS verdict,
           (${this.registerVersionSql}) AS register, ${authorityVersionSql} AS authority`,
        [request, question, now, JSON.stringify(charge)],
      );
      return rows[0];
    } catch (cause) {
      throw new GatewayError('ERR_BUSY', { detail: 'the budget could not be charged', cause });
    }
  }

  /** Everything a question charges, as fingerprints. */
  private fingerprints({
    partner,
    grant,
    canonicalQuestion,
    charges,
  }: ChargedQuestion): KeptCharge {
    const short = (sizeBytes: number, label: string, ...parts: readonly string[]) =>
      this.fingerprint(label, ...parts).subarray(0, sizeBytes);
    const anchor = (parts: readonly string[]) => this.anchor(parts);
    return {
      question: short(questionBytes, 'safeconduct/asked/v1', partner, grant.id, canonicalQuestion),
      people: charges.people.map((one) => short(personBytes, 'safeconduct/person/v1', one)),
      missCost: charges.missCost,
      guards: charges.guards.map(anchor),
      probes: charges.probes.map((probe) => ({
        width: probe.width,
        anchor: anchor(probe.anchor),
        value: short(valueBytes, 'safeconduct/value/v1', probe.value),
        ...(probe.guard === undefined ? {} : { guard: anchor(probe.guard) }),
      })),
    };
  }

  private anchor(parts: readonly string[]): Buffer {
    return this.fingerprint('safeconduct/anchor/v1', ...parts).subarray(0, anchorBytes);
  }

  /** One request id may be used in rehearsal and in earnest. */
  private requestOf({
    partner,
    requestId,
    isTest,
  }: Pick<ChargedQuestion, 'partner' | 'requestId' | 'isTest'>): Buffer {
    const label = isTest === true ? 'safeconduct/test-request/v1' : 'safeconduct/request/v1';
    return this.fingerprint(label, partner, requestId);
  }

  private fingerprint(label: string, ...parts: readonly string[]): Buffer {
    return createHmac('sha256', this.key)
      .update(encodeParts(label, ...parts))
      .digest();
  }
}

/** The budget of values nearest to its end. */
function widest(
  limits: Readonly<Record<AnchorWidth, number>>,
  usedOf: (width: AnchorWidth) => number,
): { readonly limit: number; readonly used: number } {
  const all = (['NARROW', 'TAILS', 'WIDE'] as const).map((width) => ({
    limit: limits[width],
    used: usedOf(width),
  }));
  return all.reduce((most, one) => (one.used / one.limit > most.used / most.limit ? one : most));
}
