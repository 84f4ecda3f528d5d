import { createHmac } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import { encodeParts } from '../core/bytes.js';
import { GatewayError } from '../core/errors.js';
import { deriveKey, seal, unseal } from '../platform/keys/keys.js';

/**
 * Keys behind what partners were told of whom, made so that they can be destroyed.
 *
 * One key of 32 random bytes for each UTC month, wrapped under a key of the host; of it are derived a
 * key for fingerprints and one for seals. Rows name their month. Once a month is `keptDays` past, its
 * row of `told_key` goes, and with it every meaning of what was kept under it. A backup of the database
 * holds it, wrapped, so that notices that are due are not lost; it is to be destroyed after 35 days, when
 * nobody it holds can be read any more (docs/operations.md, "A backup").
 */
export interface ToldKey {
  /** UTC month, e.g. `2026-03`. */
  readonly epoch: string;
  /** HMAC-SHA-256 over length-prefixed parts, 32 bytes. */
  fingerprint(label: string, ...parts: readonly string[]): Buffer;
  /** Sealed JSON of a fixed size, bound to its place. */
  seal(content: object, sizeBytes: number, ...place: readonly string[]): Buffer;
  /** @throws {GatewayError} ERR_SEALED_DATA_DAMAGED */
  open(sealed: Uint8Array, ...place: readonly string[]): unknown;
}

/** Days a month's key outlives the month. */
export const keptDays = 90;
const sealLabel = 'safeconduct/told/seal/v1';
const epochForm = /^[0-9]{4}-[0-9]{2}$/;
const epochOf = (at: Date): string => at.toISOString().slice(0, 7);

/** First instant after a month. */
function endOf(epoch: string): Date {
  const [year = 0, month = 0] = epoch.split('-').map(Number);
  return new Date(Date.UTC(year, month, 1));
}

export class ToldKeys {
  readonly #wrapping: Buffer;
  readonly #random: (sizeBytes: number) => Uint8Array;
  readonly #known = new Map<string, ToldKey>();

  /** @param secret 32 bytes */
  constructor(
    readonly dataSource: DataSource,
    secret: Uint8Array,
    random: (sizeBytes: number) => Uint8Array,
  ) {
    this.#wrapping = deriveKey(secret, 'safeconduct/told/wrap/v1');
    this.#random = random;
  }

  /** The key of a time; made on the first use, before anything is written under it. */
  async at(time: Date, querier: Pick<EntityManager, 'query'> = this.dataSource): Promise<ToldKey> {
    const epoch = epochOf(time);
    const known = this.#known.get(epoch);
    if (known !== undefined) return known;
    const context = encodeParts('safeconduct/told/key/v1', epoch);
    await querier.query(
      'INSERT INTO told_key (epoch, wrapped) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [epoch, seal(this.#wrapping, this.#random(32), context)],
    );
    // Another gateway may have been first: what the row holds is the key.
    const key = (await this.live(querier)).find((one) => one.epoch === epoch);
    if (key === undefined) {
      throw new GatewayError('ERR_DATABASE_UNAVAILABLE', { detail: 'a key of told facts' });
    }
    return key;
  }

  /** Every key that is not destroyed, the latest first. */
  async live(querier: Pick<EntityManager, 'query'> = this.dataSource): Promise<readonly ToldKey[]> {
    const rows = await querier.query<{ epoch: string; wrapped: Buffer }[]>(
      'SELECT epoch, wrapped FROM told_key ORDER BY epoch DESC',
    );
    const there = new Set(rows.map(({ epoch }) => epoch));
    for (const epoch of this.#known.keys()) if (!there.has(epoch)) this.#known.delete(epoch);
    return rows.map(({ epoch, wrapped }) => {
      const key = this.#known.get(epoch) ?? this.#unwrap(epoch, wrapped);
      this.#known.set(epoch, key);
      return key;
    });
  }

  /** Destroys what is past its time: keys first, then the rows kept under them. */
  async forget(manager: EntityManager, now: Date): Promise<readonly string[]> {
    const rows = await manager.query<{ epoch: string }[]>('SELECT epoch FROM told_key');
    const past = rows.flatMap(({ epoch }) =>
      epochForm.test(epoch) && now.getTime() - endOf(epoch).getTime() > keptDays * 86_400_000
        ? [epoch]
        : [],
    );
    if (past.length === 0) return past;
    await manager.query('DELETE FROM told_key WHERE epoch = ANY ($1)', [past]);
    for (const table of ['crossing', 'mistake_report', 'notice', 'match_told', 'screen_round']) {
      await manager.query(`DELETE FROM ${table} WHERE epoch = ANY ($1)`, [past]);
    }
    for (const epoch of past) this.#known.delete(epoch);
    return past;
  }

  #unwrap(epoch: string, wrapped: Buffer): ToldKey {
    const secret = unseal(this.#wrapping, wrapped, encodeParts('safeconduct/told/key/v1', epoch));
    if (secret === undefined) {
      throw new GatewayError('ERR_KEY_UNUSABLE', { detail: `the key of told facts of ${epoch}` });
    }
    return toldKey(epoch, secret);
  }
}

function toldKey(epoch: string, secret: Uint8Array): ToldKey {
  const forFingerprints = deriveKey(secret, 'safeconduct/told/fingerprint/v1');
  const forSeals = deriveKey(secret, sealLabel);
  return {
    epoch,
    fingerprint: (label, ...parts) =>
      createHmac('sha256', forFingerprints)
        .update(encodeParts(label, ...parts))
        .digest(),
    seal: (content, sizeBytes, ...place) => {
      const json = Buffer.from(JSON.stringify(content), 'utf8');
      if (json.length > sizeBytes - 4) throw new TypeError('more than a sealed fact holds');
      const plaintext = Buffer.alloc(sizeBytes);
      plaintext.writeUInt32BE(json.length);
      json.copy(plaintext, 4);
      return seal(forSeals, plaintext, encodeParts(sealLabel, ...place));
    },
    open: (sealed, ...place) => {
      const plaintext = unseal(forSeals, sealed, encodeParts(sealLabel, ...place));
      if (plaintext === undefined) {
        throw new GatewayError('ERR_SEALED_DATA_DAMAGED', { detail: 'a fact a partner was told' });
      }
      const json = plaintext.toString('utf8', 4, 4 + plaintext.readUInt32BE());
      return JSON.parse(json) as unknown;
    },
  };
}
