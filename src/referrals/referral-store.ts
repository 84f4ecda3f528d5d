import type { DataSource, EntityManager } from 'typeorm';
import type { ReferralsFact } from '../core/alerts/rules.js';
import { GatewayError } from '../core/errors.js';
import type { PartnerCode, SubjectId } from '../core/ids.js';
import type { PersonEvidenceInput } from '../core/matching/index.js';
import {
  collectHours,
  deadlineOf,
  keptDays,
  type ReferralDecision,
  type ReferralFacts,
  type ReferralReason,
  type ReferralState,
  type ReferralUse,
} from '../core/referrals/referral.js';
import type { OwnPlace } from './own-cursors.js';
import type { ToldKey, ToldKeys } from './told-keys.js';

/** What is sealed of a referral as long as it is kept: nothing of a person. */
export interface ReferralContent {
  readonly verificationId: string;
  readonly requestId: string;
  readonly grant: string;
  readonly grantVersion: number;
  readonly purpose: string;
  readonly reason: ReferralReason;
  readonly officer: string | null;
  /** Of the verification. */
  readonly caseReference: string | null;
  /** Whether its grant was of high assurance when it was requested. */
  readonly needsSecond: boolean;
}

/** What the partner supplied; sealed, and gone once nothing can be confirmed or told by it. */
export interface ReferralEvidence {
  readonly person: PersonEvidenceInput;
  /** `person` as it was sent: what receipts commit to. */
  readonly sent: unknown;
}

/** A referral whose month's key is there. */
export interface Referral extends ReferralFacts {
  readonly id: string;
  readonly partner: PartnerCode;
  /** Who asked, as budgets and alarms name them. */
  readonly account: string;
  /** With a confirmation: whether two stand behind it. */
  readonly byTwo: boolean;
  readonly content: ReferralContent;
  readonly evidence: ReferralEvidence | null;
  readonly decidedAt: Date | null;
  /** Whom an officer confirmed. */
  readonly choice: SubjectId | null;
  readonly key: ToldKey;
}

export interface NewReferral {
  readonly id: string;
  readonly partner: PartnerCode;
  readonly account: string;
  readonly requestedAt: Date;
  /** Of the verification: its month's key is the referral's. */
  readonly verifiedAt: Date;
  readonly content: ReferralContent;
  readonly evidence: ReferralEvidence;
}

interface Row {
  readonly id: string;
  readonly epoch: string;
  readonly partner: PartnerCode;
  readonly account: string;
  readonly byTwo: boolean;
  readonly requestedAt: Date;
  readonly content: Buffer;
  readonly evidence: Buffer | null;
  readonly decision: ReferralDecision | null;
  readonly decidedAt: Date | null;
  readonly choice: Buffer | null;
  readonly withdrawn: boolean;
  readonly told: ReferralFacts['told'];
}

const contentBytes = 1024;
const evidenceBytes = 32 * 1024;
const choiceBytes = 256;

const columns = `id, epoch, partner, account, needs_second AS "byTwo",
  requested_at AS "requestedAt", content, evidence, decision, decided_at AS "decidedAt", choice,
  withdrawn_at IS NOT NULL AS withdrawn, told`;

/** core/referrals, `toldState`, over rows; `$now` is a parameter. */
const stateSql = (now: string) => `CASE
  WHEN withdrawn_at IS NOT NULL THEN 'WITHDRAWN' WHEN told = 'CONFIRMED' THEN 'CONFIRMED'
  WHEN ${now}::timestamptz < deadline THEN 'OPEN'
  WHEN ${now}::timestamptz < deadline + interval '${collectHours} hours' THEN 'NOT_CONFIRMED'
  ELSE 'EXPIRED' END`;

const isKept = (now: string) => `deadline > ${now}::timestamptz - interval '${keptDays} days'`;

type Querier = Pick<EntityManager, 'query'>;
type Updated = readonly [readonly { readonly id: string }[], number];

/** Whether evidence fits the one size it is kept in. */
export const fitsEvidence = (evidence: ReferralEvidence): boolean =>
  Buffer.byteLength(JSON.stringify(evidence)) <= evidenceBytes - 4;

/** Rows of `referral`: sealed, opened, changed by compare-and-set. */
export class ReferralStore {
  constructor(private readonly keys: ToldKeys) {}

  private get dataSource(): DataSource {
    return this.keys.dataSource;
  }

  /** Outside of any transaction. */
  get querier(): Querier {
    return this.dataSource;
  }

  /**
   * What inserts a referral, prepared before the transaction.
   *
   * @returns run it in the transaction; it throws {GatewayError} ERR_ROW_CONFLICT when the verification
   *   has one
   */
  async prepare(one: NewReferral): Promise<(manager: EntityManager) => Promise<void>> {
    const { id, partner, account, requestedAt, verifiedAt, content, evidence } = one;
    const key = await this.keys.at(verifiedAt);
    const verification = verificationOf(key, partner, content.verificationId);
    const sealed = key.seal(content, contentBytes, ...placeOf(one, 'content'));
    const supplied = key.seal(evidence, evidenceBytes, ...placeOf(one, 'evidence'));
    return async (manager) => {
      const written = await manager.query<unknown[]>(
        `INSERT INTO referral (id, epoch, verification, partner, account, grant_id, needs_second,
           requested_at, deadline, content, evidence)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT DO NOTHING RETURNING id`,
        [
          id,
          key.epoch,
          verification,
          partner,
          account,
          content.grant,
          content.needsSecond,
          requestedAt,
          deadlineOf(requestedAt),
          sealed,
          supplied,
        ],
      );
      if (written.length === 0) throw new GatewayError('ERR_ROW_CONFLICT');
    };
  }

  /** The partner's own; `undefined` for none, another's, one that is kept no longer alike. */
  async find(partner: PartnerCode, id: string, now: Date): Promise<Referral | undefined> {
    return this.one('id = $1 AND partner = $2', [id, partner], now);
  }

  /** The one of a verification of the partner's own. */
  async ofVerification(
    partner: PartnerCode,
    verificationId: string,
    verifiedAt: Date,
    now: Date,
  ): Promise<Referral | undefined> {
    const key = await this.keys.at(verifiedAt);
    const verification = verificationOf(key, partner, verificationId);
    return this.one('verification = $1 AND partner = $2', [verification, partner], now);
  }

  /** Any partner's, for people of the host. */
  async findCase(id: string, now: Date): Promise<Referral | undefined> {
    return this.one('id = $1', [id], now);
  }

  /** Cases nobody has decided, the first deadline first, at most `most`. */
  async listOpen(now: Date, most: number): Promise<readonly Referral[]> {
    return this.many(
      `decision IS NULL AND withdrawn_at IS NULL AND told IS NULL AND deadline > $1
       ORDER BY deadline, id LIMIT $2`,
      [now, most],
    );
  }

  /** Confirmed and not told yet, of one partner, but under none of these grants. */
  async listUntold(
    partner: PartnerCode,
    exceptGrants: readonly string[],
    now: Date,
  ): Promise<readonly Referral[]> {
    return this.many(
      `partner = $1 AND decision = 'CONFIRMED' AND told IS NULL AND withdrawn_at IS NULL
         AND grant_id::text <> ALL ($2) AND deadline > $3::timestamptz - interval '${collectHours} hours'
       ORDER BY requested_at, id`,
      [partner, exceptGrants, now],
    );
  }

  /** A page of the partner's own, the latest first. */
  async page(
    partner: PartnerCode,
    wanted: {
      readonly first: number;
      readonly after: OwnPlace | undefined;
      readonly state: ReferralState | undefined;
      readonly exceptGrants: readonly string[];
    },
    now: Date,
  ): Promise<readonly Referral[]> {
    const { first, after, state, exceptGrants } = wanted;
    return this.many(
      `partner = $1 AND ($2::timestamptz IS NULL OR (requested_at, id) < ($2, $3::uuid))
         AND ($4::text IS NULL OR ${stateSql('$5')} = $4) AND grant_id::text <> ALL ($6)
         AND ${isKept('$5')}
       ORDER BY requested_at DESC, id DESC LIMIT $7`,
      [partner, after?.since ?? null, after?.id ?? null, state ?? null, now, exceptGrants, first],
    );
  }

  /** What an account and its partner have before their deadline. */
  async use(
    querier: Querier,
    { partner, account }: { readonly partner: PartnerCode; readonly account: string },
    now: Date,
  ): Promise<ReferralUse> {
    const [row] = await querier.query<ReferralUse[]>(
      `SELECT count(*) FILTER (WHERE account = $2)::int AS "ofAccount", count(*)::int AS "ofPartner",
         min(deadline) FILTER (WHERE account = $2) AS "accountFreeAt",
         min(deadline) AS "partnerFreeAt"
       FROM referral WHERE partner = $1 AND deadline > $3`,
      [partner, account, now],
    );
    return row ?? { ofAccount: 0, ofPartner: 0, accountFreeAt: null, partnerFreeAt: null };
  }

  /** Whether it was open to its partner still, and is withdrawn now. Its evidence goes. */
  async withdraw(manager: Querier, id: string, at: Date): Promise<boolean> {
    const [rows] = await manager.query<Updated>(
      `UPDATE referral SET withdrawn_at = $2, evidence = NULL, choice = NULL
       WHERE id = $1 AND withdrawn_at IS NULL AND told IS NULL AND deadline > $2 RETURNING id`,
      [id, at],
    );
    return rows.length > 0;
  }

  /** Whether the confirmation still stands as it was read, and is told now. */
  async noteTold(
    manager: Querier,
    { id, decidedAt }: Pick<Referral, 'id' | 'decidedAt'>,
    at: Date,
  ): Promise<boolean> {
    const [rows] = await manager.query<Updated>(
      `UPDATE referral SET told = 'CONFIRMED', told_at = coalesce(told_at, $2)
       WHERE id = $1 AND decision = 'CONFIRMED' AND decided_at = $3 AND withdrawn_at IS NULL
         AND told IS DISTINCT FROM 'NOT_CONFIRMED' RETURNING id`,
      [id, at, decidedAt],
    );
    return rows.length > 0;
  }

  /**
   * What is past its deadline and was not told as confirmed is NOT_CONFIRMED for good.
   *
   * @param only one of them
   * @returns which
   */
  async settle(
    manager: Querier,
    partner: PartnerCode,
    at: Date,
    {
      only,
      exceptGrants = [],
    }: { readonly only?: string; readonly exceptGrants?: readonly string[] },
  ): Promise<readonly string[]> {
    const [rows] = await manager.query<Updated>(
      `UPDATE referral SET told = 'NOT_CONFIRMED', told_at = $2, evidence = NULL, choice = NULL
       WHERE partner = $1 AND deadline <= $2 AND told IS NULL AND withdrawn_at IS NULL
         AND ($3::uuid IS NULL OR id = $3) AND grant_id::text <> ALL ($4) RETURNING id`,
      [partner, at, only ?? null, exceptGrants],
    );
    return rows.map(({ id }) => id);
  }

  /** Whether nobody was first. */
  async confirm(
    manager: Querier,
    { id, key, partner }: Pick<Referral, 'id' | 'key' | 'partner'>,
    choice: SubjectId,
    { act, at, byTwo }: { readonly act: string; readonly at: Date; readonly byTwo: boolean },
  ): Promise<boolean> {
    const place = placeOf({ id, partner }, 'choice');
    const [rows] = await manager.query<Updated>(
      `UPDATE referral SET decision = 'CONFIRMED', decided_at = $2, act = $3, choice = $4,
         needs_second = $5
       WHERE id = $1 AND decision IS NULL AND withdrawn_at IS NULL AND told IS NULL
         AND deadline > $2 RETURNING id`,
      [id, at, act, key.seal({ subject: choice }, choiceBytes, ...place), byTwo],
    );
    return rows.length > 0;
  }

  /** Whether it was undecided, or confirmed and not told. Its evidence goes. */
  async decline(
    manager: Querier,
    id: string,
    { act, at }: { readonly act: string; readonly at: Date },
  ): Promise<boolean> {
    const [rows] = await manager.query<Updated>(
      `UPDATE referral SET decision = 'DECLINED', decided_at = $2, act = $3, evidence = NULL,
         choice = NULL
       WHERE id = $1 AND withdrawn_at IS NULL AND told IS NULL AND (
         decision IS NULL AND deadline > $2 OR
         decision = 'CONFIRMED' AND deadline > $2::timestamptz - interval '${collectHours} hours')
       RETURNING id`,
      [id, at, act],
    );
    return rows.length > 0;
  }

  /** Of each account, those past their deadline that are kept, and how many of them were confirmed. */
  async countOver(now: Date): Promise<readonly ReferralsFact[]> {
    return this.dataSource.query<ReferralsFact[]>(
      `SELECT account, partner, count(*)::int AS over,
         count(*) FILTER (WHERE told = 'CONFIRMED')::int AS confirmed, max(deadline) AS "lastAt"
       FROM referral WHERE deadline <= $1 AND ${isKept('$1')} GROUP BY account, partner
       ORDER BY account`,
      [now],
    );
  }

  /** Evidence of what cannot be confirmed or told any more goes, and rows after their time. */
  async tidy(now: Date): Promise<void> {
    await this.dataSource.query(
      `UPDATE referral SET evidence = NULL, choice = NULL
       WHERE (evidence IS NOT NULL OR choice IS NOT NULL) AND deadline <= $1
         AND (decision IS DISTINCT FROM 'CONFIRMED'
           OR deadline <= $1::timestamptz - interval '${collectHours} hours')`,
      [now],
    );
    await this.dataSource.query(`DELETE FROM referral WHERE NOT (${isKept('$1')})`, [now]);
  }

  private async one(
    condition: string,
    parameters: readonly unknown[],
    now: Date,
  ): Promise<Referral | undefined> {
    const at = parameters.length + 1;
    const [found] = await this.many(`${condition} AND ${isKept(`$${at}`)} LIMIT 1`, [
      ...parameters,
      now,
    ]);
    return found;
  }

  private async many(
    condition: string,
    parameters: readonly unknown[],
  ): Promise<readonly Referral[]> {
    const rows = await this.dataSource.query<Row[]>(
      `SELECT ${columns} FROM referral WHERE ${condition}`,
      [...parameters],
    );
    if (rows.length === 0) return [];
    const keys = await this.keys.live();
    return rows.flatMap((row) => {
      const key = keys.find(({ epoch }) => epoch === row.epoch);
      return key === undefined ? [] : [open(row, key)];
    });
  }
}

const verificationOf = (key: ToldKey, partner: PartnerCode, verificationId: string): Buffer =>
  key.fingerprint('safeconduct/told/referral/v1', partner, verificationId);

/** What a sealed part is bound to: a row that is given to another partner cannot be opened. */
const placeOf = (
  { id, partner }: Pick<Referral, 'id' | 'partner'>,
  part: string,
): readonly string[] => ['referral', id, partner, part];

function open(row: Row, key: ToldKey): Referral {
  const { epoch: _, content, evidence, choice, ...facts } = row;
  const part = <Content>(sealed: Buffer | null, name: string): Content | null =>
    sealed === null ? null : (key.open(sealed, ...placeOf(row, name)) as Content);
  return {
    ...facts,
    key,
    content: key.open(content, ...placeOf(row, 'content')) as ReferralContent,
    evidence: part<ReferralEvidence>(evidence, 'evidence'),
    choice: part<{ readonly subject: SubjectId }>(choice, 'choice')?.subject ?? null,
  };
}
