import { createHmac } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import { encodeParts } from '../core/bytes.js';
import { toldDays } from '../core/crossings/unconfirmed.js';
import { GatewayError } from '../core/errors.js';
import { deriveKey, seal, unseal } from '../platform/keys/keys.js';

/**
 * Keys behind what partners were told of whom, made so that they can be destroyed.
 *
 * One key of 32 random bytes for each UTC month; of it are derived a key for fingerprints and one for
 * seals. Rows name their month. Once a month is `toldDays` past, its row of `told_key` goes, and with it
 * every meaning of what was kept under it.
 *
 * ```
 * inner    seal(HKDF(log key), month's key)                      bound to the month
 * wrapped  seal(HKDF(key of the week's erasure epoch), inner)    bound to month and epoch
 * ```
 *
 * Both are needed, and the second is in no backup and moves on each week: a copy of the database tells
 * nothing of whom partners were told once the epoch's key is destroyed, 35 days after its week began,
 * whoever has the log key. `epoch_id` is null only until the first start after the release that
 * brought the second one.
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

/** Keys of erasure epochs, as far as told keys need them. */
export interface EpochWrapping {
  /** Of now; durable before it is given. Never inside a transaction. */
  current(): Promise<WrappingKey>;
  /** @throws {GatewayError} ERR_KEY_UNUSABLE when it is gone */
  key(epochId: number, querier: Pick<EntityManager, 'query'>): Promise<Uint8Array>;
}

export interface WrappingKey {
  readonly id: number;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

interface KeyRow {
  readonly epoch: string;
  /** Null: of the previous release, still up while this one starts beside it. */
  readonly epoch_id: number | null;
  readonly wrapped: Buffer;
}

/** Whose rows are kept under a month's key. */
const tables = [
  'crossing',
  'mistake_report',
  'notice',
  'match_told',
  'referral',
  'screen_round',
] as const;

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
  #epochs: EpochWrapping | undefined;
  /** Of the opening: for a transaction, which cannot wait for another. */
  #atOpening: WrappingKey | undefined;

  /** @param secret 32 bytes */
  constructor(
    readonly dataSource: DataSource,
    secret: Uint8Array,
    random: (sizeBytes: number) => Uint8Array,
  ) {
    this.#wrapping = deriveKey(secret, 'safeconduct/told/wrap/v1');
    this.#random = random;
  }

  /**
   * Has to be done before anything else: puts keys of an earlier release under the epoch's, and opens
   * every one, so that a start without a key that is needed is refused.
   *
   * @throws {GatewayError} ERR_KEY_UNUSABLE
   */
  async open(epochs: EpochWrapping): Promise<void> {
    this.#epochs = epochs;
    const bare = await this.dataSource.query<Omit<KeyRow, 'epoch_id'>[]>(
      'SELECT epoch, wrapped FROM told_key WHERE epoch_id IS NULL',
    );
    const to = await epochs.current();
    this.#atOpening = to;
    for (const { epoch, wrapped } of bare) {
      await this.dataSource.query(
        `UPDATE told_key SET epoch_id = $2, wrapped = $3 WHERE epoch = $1 AND epoch_id IS NULL`,
        [epoch, to.id, wrapUnder(to, epoch, wrapped)],
      );
    }
    // Rewrites the table's file: the bytes of what was wrapped once would stay in the old one.
    if (bare.length > 0) await this.dataSource.query('VACUUM FULL told_key');
    await this.live();
  }

  /**
   * Moves keys that are under an epoch up to `last` to another; interrupted, it goes on the next time.
   *
   * @returns for each the epoch it was under
   */
  async move(to: WrappingKey, last: number): Promise<readonly number[]> {
    const rows = await this.dataSource.query<KeyRow[]>(
      'SELECT epoch, epoch_id, wrapped FROM told_key WHERE epoch_id <= $1',
      [last],
    );
    for (const row of rows) {
      const inner = await this.#unwrapEpoch(row, this.dataSource);
      await this.dataSource.query(
        'UPDATE told_key SET epoch_id = $2, wrapped = $3 WHERE epoch = $1 AND epoch_id = $4',
        [row.epoch, to.id, wrapUnder(to, row.epoch, inner), row.epoch_id],
      );
    }
    return rows.flatMap(({ epoch_id: from }) => from ?? []);
  }

  /**
   * The key of a time; made on the first use, before anything is written under it.
   *
   * @param querier the transaction it is needed in, where that is the only connection
   */
  async at(time: Date, querier: Pick<EntityManager, 'query'> = this.dataSource): Promise<ToldKey> {
    const epoch = epochOf(time);
    const known = this.#known.get(epoch);
    if (known !== undefined) return known;
    const inner = seal(this.#wrapping, this.#random(32), keyContext(epoch));
    const opening = querier === this.dataSource ? undefined : this.#atOpening;
    const to = opening ?? (await this.#wrappingKeys.current());
    await querier.query(
      'INSERT INTO told_key (epoch, epoch_id, wrapped) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
      [epoch, to.id, wrapUnder(to, epoch, inner)],
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
    const rows = await querier.query<KeyRow[]>(
      'SELECT epoch, epoch_id, wrapped FROM told_key ORDER BY epoch DESC',
    );
    const there = new Set(rows.map(({ epoch }) => epoch));
    for (const epoch of this.#known.keys()) if (!there.has(epoch)) this.#known.delete(epoch);
    const keys: ToldKey[] = [];
    for (const row of rows) {
      const key = this.#known.get(row.epoch) ?? (await this.#unwrap(row, querier));
      this.#known.set(row.epoch, key);
      keys.push(key);
    }
    return keys;
  }

  /** Destroys what is past its time: keys first, then the rows kept under them. */
  async forget(manager: EntityManager, now: Date): Promise<readonly string[]> {
    const rows = await manager.query<{ epoch: string }[]>('SELECT epoch FROM told_key');
    const past = rows.flatMap(({ epoch }) =>
      epochForm.test(epoch) && now.getTime() - endOf(epoch).getTime() > toldDays * 86_400_000
        ? [epoch]
        : [],
    );
    if (past.length === 0) return past;
    await manager.query('DELETE FROM told_key WHERE epoch = ANY ($1)', [past]);
    for (const table of tables) {
      await manager.query(`DELETE FROM ${table} WHERE epoch = ANY ($1)`, [past]);
    }
    for (const epoch of past) this.#known.delete(epoch);
    return past;
  }

  async #unwrap(row: KeyRow, querier: Pick<EntityManager, 'query'>): Promise<ToldKey> {
    const inner = await this.#unwrapEpoch(row, querier);
    const secret = unseal(this.#wrapping, inner, keyContext(row.epoch));
    if (secret === undefined) {
      throw unusable(row, 'SAFECONDUCT_LOG_KEY_FILE holds another key');
    }
    return toldKey(row.epoch, secret);
  }

  async #unwrapEpoch(row: KeyRow, querier: Pick<EntityManager, 'query'>): Promise<Buffer> {
    const { epoch, epoch_id: id, wrapped } = row;
    if (id === null) return wrapped;
    const key = await this.#wrappingKeys.key(id, querier);
    const inner = unseal(wrappingOf(key), wrapped, epochContext(epoch, id));
    if (inner === undefined) throw unusable(row, `it is not under the key of epoch ${id}`);
    return inner;
  }

  get #wrappingKeys(): EpochWrapping {
    if (this.#epochs === undefined) throw new TypeError('told keys were not opened');
    return this.#epochs;
  }
}

const unusable = ({ epoch }: KeyRow, why: string): GatewayError =>
  new GatewayError('ERR_KEY_UNUSABLE', {
    detail: `the key of what partners were told in ${epoch} cannot be opened: ${why}`,
  });

const keyContext = (epoch: string): Buffer => encodeParts('safeconduct/told/key/v1', epoch);
const epochContext = (epoch: string, id: number): Buffer =>
  encodeParts('safeconduct/told/epoch/v1', epoch, String(id));
const wrappingOf = (key: Uint8Array): Buffer => deriveKey(key, 'safeconduct/told/epoch/v1');
const wrapUnder = (to: WrappingKey, epoch: string, inner: Uint8Array): Buffer =>
  seal(wrappingOf(to.key), inner, epochContext(epoch, to.id));

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
