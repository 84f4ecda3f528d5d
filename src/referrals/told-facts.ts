import type { EntityManager } from 'typeorm';
import type { PartnerCode, SubjectId } from '../core/ids.js';
import { lookBackDays } from '../core/crossings/unconfirmed.js';
import { raiseAlarms, type MatchHistoryJson } from './confirmation-alarms.js';
import type { ToldKey, ToldKeys } from './told-keys.js';

/** One MATCH, as it is kept for confirmations and notices. */
export interface ToldMatch {
  readonly verificationId: string;
  readonly partner: PartnerCode;
  /** Opaque `sub` of the named officer, if any. */
  readonly officer: string | undefined;
  readonly at: Date;
  readonly subject: SubjectId;
  /** The partner's own reference for the person. */
  readonly reference: string;
  readonly grant: string;
  readonly grantVersion: number;
  readonly purpose: string;
  /** What was told, in contract names. */
  readonly fields: readonly (readonly [field: string, level: string])[];
}

/** What is sealed of a match: never the person's data. */
export type ToldContent = Pick<
  ToldMatch,
  'verificationId' | 'subject' | 'reference' | 'grant' | 'grantVersion' | 'purpose' | 'fields'
>;

/** A match found again by its verification. */
export interface FoundMatch extends ToldContent {
  readonly match: Buffer;
  readonly account: string;
  readonly matchedAt: Date;
  readonly key: ToldKey;
}

const contentBytes = 1024;
/** Rows looked at when a match is noted: more than the rule needs of people. */
const rowsAtMatch = 120;

/** Who asked, as budgets and alarms name them. */
export const accountOf = (partner: PartnerCode, officer: string | undefined): string =>
  officer === undefined ? `PARTNER:${partner}` : `OFFICER:${partner}:${officer}`;

/** Fingerprint of a partner's knowledge of a person: another for every partner. */
export const personOf = (key: ToldKey, partner: PartnerCode, subject: SubjectId): Buffer =>
  key.fingerprint('safeconduct/told/person/v1', partner, subject);

const matchOf = (key: ToldKey, partner: PartnerCode, verificationId: string): Buffer =>
  key.fingerprint('safeconduct/told/match/v1', partner, verificationId);

/** What partners were told of whom, as far as confirmations and notices need it. */
export class ToldFacts {
  constructor(private readonly keys: ToldKeys) {}

  /**
   * Prepares a match to be noted; what it returns runs in the transaction of the access record, in one
   * round trip unless an alarm changes. It locks no row of another's, so that the log waits for nobody.
   *
   * @param querier the transaction, where one is open already
   */
  async prepare(
    told: ToldMatch,
    querier?: Pick<EntityManager, 'query'>,
  ): Promise<(manager: EntityManager) => Promise<void>> {
    const { partner, officer, at, verificationId, subject } = told;
    const key = await this.keys.at(at, querier);
    const match = matchOf(key, partner, verificationId);
    const { reference, grant, grantVersion, purpose, fields } = told;
    const content: ToldContent = {
      verificationId,
      subject,
      reference,
      grant,
      grantVersion,
      purpose,
      fields,
    };
    const sealed = key.seal(content, contentBytes, 'match', match.toString('hex'));
    const account = accountOf(partner, officer);
    return async (manager) => {
      const person = personOf(key, partner, subject);
      const since = new Date(at.getTime() - lookBackDays * 86_400_000);
      const [row] = await manager.query<{ history: MatchHistoryJson }[]>(
        'SELECT note_match($1, $2, $3, $4, $5, $6, $7, $8, $9) AS history',
        [match, key.epoch, account, partner, person, at, sealed, since, rowsAtMatch],
      );
      if (row !== undefined) await raiseAlarms(manager, { partner, account }, row.history, at);
    };
  }

  /** The partner's own match of this verification; `undefined` for none, another's, too old alike. */
  async find(
    partner: PartnerCode,
    verificationId: string,
    now: Date,
  ): Promise<FoundMatch | undefined> {
    const keys = await this.keys.live();
    const candidates = keys.map((key) => matchOf(key, partner, verificationId));
    const [row] = await this.keys.dataSource.query<MatchRow[]>(
      `SELECT match, epoch, account, matched_at AS "matchedAt", sealed FROM match_told
       WHERE match = ANY ($1) AND partner = $2 AND matched_at > $3`,
      [candidates, partner, new Date(now.getTime() - lookBackDays * 86_400_000)],
    );
    return row === undefined ? undefined : openMatch(row, keys);
  }

  /** The match of one of the partner's confirmations. */
  async ofMatch(match: Buffer): Promise<FoundMatch | undefined> {
    const [row] = await this.keys.dataSource.query<MatchRow[]>(
      `SELECT match, epoch, account, matched_at AS "matchedAt", sealed FROM match_told
       WHERE match = $1`,
      [match],
    );
    return row === undefined ? undefined : openMatch(row, await this.keys.live());
  }
}

export interface MatchRow {
  readonly match: Buffer;
  readonly epoch: string;
  readonly account: string;
  readonly matchedAt: Date;
  readonly sealed: Buffer;
}

/** `undefined` when the key of its month is destroyed. */
export function openMatch(row: MatchRow, keys: readonly ToldKey[]): FoundMatch | undefined {
  const { match, account, matchedAt, sealed } = row;
  const key = keys.find(({ epoch }) => epoch === row.epoch);
  if (key === undefined) return undefined;
  const content = key.open(sealed, 'match', match.toString('hex')) as ToldContent;
  return { ...content, match, account, matchedAt, key };
}
