import type { EntityManager } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import type { PartnerCode } from '../core/ids.js';
import type { Receipt } from '../core/log/receipt.js';
import type { Caller } from '../grants/index.js';
import { reviewAccount } from './confirmation-alarms.js';
import {
  checkClaim,
  checkNearMatch,
  claimJson,
  isId,
  isSameClaim,
  type ConfirmCrossingCommand,
  type CorrectCrossingCommand,
  type Crossing,
  type CrossingClaim,
} from './crossing.js';
import type { Asked, PartnerRecord } from './partner-record.js';
import type { FoundMatch, ToldFacts } from './told-facts.js';
import type { ToldKeys } from './told-keys.js';

/** A confirmation and the proof that it is on record. */
export interface RecordedCrossing {
  readonly confirmation: Crossing;
  readonly receipt: Receipt;
}

interface CrossingRow {
  readonly id: string;
  readonly revision: number;
  readonly match: Buffer;
  readonly recordedAt: Date;
  readonly sealed: Buffer;
}

const sealedBytes = 512;

/**
 * Crossing confirmations: a partner's word that the person of one of its own matches stood at a border
 * point. Nothing is disclosed by one; it answers with what the partner said itself. A verification
 * that does not exist, is another partner's, was no MATCH or is too old is one refusal.
 */
export class Crossings {
  constructor(
    private readonly keys: ToldKeys,
    private readonly facts: ToldFacts,
    private readonly records: PartnerRecord,
    private readonly now: () => Date,
    private readonly newId: () => string,
  ) {}

  /**
   * Confirms a crossing. Saying the same again changes nothing and gives the same confirmation.
   *
   * @throws {GatewayError} ERR_VERIFICATION_NOT_USABLE; ERR_CROSSING_CONFIRMED when something else was
   * said of this verification; ERR_INPUT_INVALID; ERR_LOG_UNAVAILABLE, and then nothing was recorded
   */
  async confirm(caller: Caller, command: ConfirmCrossingCommand): Promise<RecordedCrossing> {
    const { requestId, verificationId, state, borderPoint, crossedAt } = command;
    const claim = { state, borderPoint, crossedAt };
    const asked = { requestId, said: { verificationId, ...claimJson(claim) } };
    return this.records.recorded(caller, asked, async (id) => {
      const now = this.now();
      checkClaim(claim, now);
      const match = isId(verificationId)
        ? await this.facts.find(caller.partner, verificationId, now)
        : undefined;
      if (match === undefined) throw notUsable();
      checkNearMatch(crossedAt, match.matchedAt);
      const standing = await this.latest(match);
      if (standing !== undefined && !isSameClaim(standing.crossing, claim)) {
        throw new GatewayError('ERR_CROSSING_CONFIRMED');
      }
      const before = standing && { ...standing, unchanged: true };
      return this.record(id, caller, asked, match, claim, now, before);
    });
  }

  /**
   * Corrects a confirmation of the partner's own, or takes it back.
   *
   * @throws {GatewayError} as {@link confirm}; an unknown confirmation is ERR_VERIFICATION_NOT_USABLE
   */
  async correct(caller: Caller, command: CorrectCrossingCommand): Promise<RecordedCrossing> {
    const { requestId, confirmationId, crossing } = command;
    const asked = {
      requestId,
      said: { confirmationId, crossing: crossing === undefined ? null : claimJson(crossing) },
    };
    return this.records.recorded(caller, asked, async (id) => {
      const now = this.now();
      if (crossing !== undefined) checkClaim(crossing, now, 'crossing.');
      const match = isId(confirmationId)
        ? await this.matchOf(caller.partner, confirmationId, now)
        : undefined;
      const standing = match && (await this.latest(match));
      if (match === undefined || standing === undefined) throw notUsable();
      if (crossing !== undefined) checkNearMatch(crossing.crossedAt, match.matchedAt, 'crossing.');
      const unchanged = isSameClaim(standing.crossing, crossing);
      return this.record(id, caller, asked, match, crossing, now, { ...standing, unchanged });
    });
  }

  /** Writes a revision with its access record; an unchanged one is recorded, and not written. */
  private async record(
    id: string,
    caller: Caller,
    asked: Asked,
    match: FoundMatch,
    crossing: CrossingClaim | undefined,
    now: Date,
    before: (Crossing & { readonly unchanged: boolean }) | undefined,
  ): Promise<RecordedCrossing> {
    const { verificationId } = match;
    const confirmation: Crossing =
      before?.unchanged === true
        ? before
        : {
            id: before?.id ?? this.newId(),
            verificationId,
            revision: (before?.revision ?? 0) + 1,
            crossing,
            recordedAt: now,
          };
    const alongside = async (manager: EntityManager) =>
      this.write(manager, caller.partner, match, confirmation, now);
    const receipt = await this.records.append(
      id,
      caller,
      asked,
      match,
      before === undefined ? 'CROSSING_CONFIRMED' : 'CROSSING_CORRECTED',
      before?.unchanged === true ? {} : { alongside },
    );
    const { id: confirmationId, revision, recordedAt } = confirmation;
    return {
      confirmation: { id: confirmationId, verificationId, revision, crossing, recordedAt },
      receipt,
    };
  }

  /** @throws {GatewayError} ERR_ROW_CONFLICT when another request was first */
  private async write(
    manager: EntityManager,
    partner: PartnerCode,
    { match, key, account }: FoundMatch,
    { id, revision, crossing, recordedAt, verificationId }: Crossing,
    now: Date,
  ): Promise<void> {
    const content = {
      verificationId,
      crossing: crossing === undefined ? null : claimJson(crossing),
    };
    const sealed = key.seal(content, sealedBytes, 'crossing', id, String(revision));
    const written = await manager.query<unknown[]>(
      `INSERT INTO crossing (id, revision, epoch, match, partner, recorded_at, sealed)
       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id`,
      [id, revision, key.epoch, match, partner, recordedAt, sealed],
    );
    if (written.length === 0) throw new GatewayError('ERR_ROW_CONFLICT');
    await manager.query('UPDATE match_told SET confirmed_at = $2 WHERE match = $1', [
      match,
      crossing === undefined ? null : now,
    ]);
    await reviewAccount(manager, { partner, account }, now);
  }

  /** The newest revision of what was said of a match. */
  private async latest({ match, key }: FoundMatch): Promise<Crossing | undefined> {
    const [row] = await this.keys.dataSource.query<CrossingRow[]>(
      `SELECT id, revision, match, recorded_at AS "recordedAt", sealed FROM crossing
       WHERE match = $1 ORDER BY revision DESC LIMIT 1`,
      [match],
    );
    if (row === undefined) return undefined;
    const { id, revision, recordedAt, sealed } = row;
    const content = key.open(sealed, 'crossing', id, String(revision)) as {
      readonly verificationId: string;
      readonly crossing: { state: string; borderPoint: string; crossedAt: string } | null;
    };
    const crossing =
      content.crossing === null
        ? undefined
        : { ...content.crossing, crossedAt: new Date(content.crossing.crossedAt) };
    return { id, verificationId: content.verificationId, revision, crossing, recordedAt };
  }

  private async matchOf(
    partner: PartnerCode,
    confirmationId: string,
    now: Date,
  ): Promise<FoundMatch | undefined> {
    const [row] = await this.keys.dataSource.query<{ match: Buffer }[]>(
      'SELECT match FROM crossing WHERE id = $1 AND partner = $2 LIMIT 1',
      [confirmationId, partner],
    );
    const match = row === undefined ? undefined : await this.facts.ofMatch(row.match);
    return match && this.facts.find(partner, match.verificationId, now);
  }
}

const notUsable = () => new GatewayError('ERR_VERIFICATION_NOT_USABLE');
