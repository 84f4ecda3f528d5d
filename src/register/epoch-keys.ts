import type { DataSource } from 'typeorm';
import { encodeParts, equalInConstantTime } from '../core/bytes.js';
import { GatewayError } from '../core/errors.js';
import type { EpochKeyProvider } from '../platform/keys/epoch-key-files.js';
import { deriveKey, type MasterKey } from '../platform/keys/keys.js';
import {
  epochBegin,
  epochOf,
  lastEndedEpoch,
  type EpochKey,
  type Querier,
} from './register-keys.js';

export interface EpochKeysOptions {
  readonly dataSource: DataSource;
  readonly masterKey: MasterKey;
  readonly provider: EpochKeyProvider;
  readonly random: (sizeBytes: number) => Uint8Array;
}

interface EpochRow {
  readonly id: number;
  readonly key_check: Buffer | null;
  /** Only until the first start after the release that moved keys out of the database. */
  readonly key_wrapped: Buffer | null;
  readonly master_key_id: string | null;
}

const columns = 'id, key_check, key_wrapped, master_key_id';

/**
 * The erasure-epoch keys, each unwrapped once and kept in this process. The provider holds them; the
 * database has a row for each epoch something hangs on, with a check value that tells the right key
 * from a wrong one and nothing of the key itself.
 */
export class EpochKeys {
  readonly provider: EpochKeyProvider;
  readonly #options: EpochKeysOptions;
  readonly #unwrapped = new Map<number, Promise<Buffer>>();
  /** Epoch whose row is committed; one of a transaction may be gone again. */
  #committed: number | undefined;

  private constructor(options: EpochKeysOptions) {
    this.#options = options;
    this.provider = options.provider;
  }

  /**
   * Opens the keys of every epoch the database names, and moves those out of the database that an
   * earlier release kept there.
   *
   * @throws {GatewayError} ERR_KEY_UNUSABLE naming the epoch whose key is missing, another, or open
   *   to others
   */
  static async open(options: EpochKeysOptions): Promise<EpochKeys> {
    const keys = new EpochKeys(options);
    const { dataSource, provider } = options;
    const rows = await dataSource.query<EpochRow[]>(
      `SELECT ${columns} FROM erasure_epoch ORDER BY id`,
    );
    const inDatabase = rows.filter((row) => row.key_wrapped !== null);
    for (const row of inDatabase) await keys.#moveOut(row);
    // Rewrites the table's file: the bytes of what was moved would stay in the old one.
    if (inDatabase.length > 0) await dataSource.query('VACUUM FULL erasure_epoch');

    const missing: number[] = [];
    for (const { id } of rows) {
      if ((await provider.read(id)) !== undefined) await keys.load(dataSource, [id]);
      else if (!(await keys.#dropUnused(id))) missing.push(id);
    }
    if (missing.length > 0) throw keys.#missing(missing);
    await Promise.all(keys.#unwrapped.values());
    return keys;
  }

  /**
   * The key of the epoch `now` is in, made when missing: kept by the provider before anything is
   * sealed under it, so that a transaction that rolls back loses no key.
   *
   * @param manager transaction in which something is about to be sealed; none when absent
   */
  async current(now: Date, manager?: Querier): Promise<EpochKey> {
    const id = epochOf(now);
    // A destroyed key does not live on in a process that runs for months.
    for (const known of this.#unwrapped.keys()) {
      if (known <= lastEndedEpoch(now)) this.#unwrapped.delete(known);
    }
    if (manager !== undefined || this.#committed !== id || !this.#unwrapped.has(id)) {
      const querier = manager ?? this.#options.dataSource;
      const key = await this.#obtain(id);
      await querier.query(
        'INSERT INTO erasure_epoch (id, key_check) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING',
        [id, checkOf(key)],
      );
      await this.load(querier, [id]);
      if (manager === undefined) this.#committed = id;
    }
    return { id, key: await this.key(id) };
  }

  /** Reads the epochs that are not in this process yet. */
  async load(querier: Querier, ids: Iterable<number>): Promise<void> {
    const missing = [...new Set(ids)].filter((id) => !this.#unwrapped.has(id));
    if (missing.length === 0) return;
    const rows = await querier.query<EpochRow[]>(
      `SELECT ${columns} FROM erasure_epoch WHERE id = ANY ($1)`,
      [missing],
    );
    for (const row of rows) {
      const key = this.#read(row);
      this.#unwrapped.set(row.id, key);
      key.catch(() => this.#unwrapped.delete(row.id));
    }
  }

  /** @throws {GatewayError} ERR_KEY_UNUSABLE when the epoch was not loaded or does not open */
  async key(id: number): Promise<Buffer> {
    const key = this.#unwrapped.get(id);
    if (key === undefined) {
      throw new GatewayError('ERR_KEY_UNUSABLE', { detail: `no key of ${nameOf(id)}` });
    }
    return key;
  }

  /**
   * The key of an epoch, whether or not the database names it: for what is kept outside it.
   *
   * @throws {GatewayError} ERR_KEY_UNUSABLE when it is gone
   */
  async provided(id: number): Promise<Buffer> {
    const kept = await this.provider.read(id);
    if (kept === undefined) throw this.#missing([id]);
    return this.#unwrap(id, kept.wrapped);
  }

  /**
   * Destroys the keys of ended epochs that the database no longer names.
   *
   * @returns their numbers, in order
   */
  async destroyEnded(now: Date): Promise<readonly number[]> {
    const last = lastEndedEpoch(now);
    const ended = (await this.provider.list()).filter((id) => id <= last);
    if (ended.length === 0) return [];
    const used = await this.#options.dataSource.query<{ id: number }[]>(
      'SELECT id FROM erasure_epoch WHERE id = ANY ($1)',
      [ended],
    );
    const gone = ended.filter((id) => used.every((row) => row.id !== id));
    for (const id of gone) {
      await this.provider.destroy(id);
      this.#unwrapped.delete(id);
    }
    return gone;
  }

  /** Wraps an epoch's key under the master key at hand; false when it is under it already. */
  async rewrap(id: number): Promise<boolean> {
    const { masterKey } = this.#options;
    const kept = await this.provider.read(id);
    if (kept === undefined || kept.masterKeyId === masterKey.id) return false;
    const key = await masterKey.unwrap(kept.wrapped, epochContext(id));
    await this.provider.replace(id, await this.#wrap(id, key));
    return true;
  }

  async #read(row: EpochRow): Promise<Buffer> {
    const { masterKey, provider } = this.#options;
    // Of the previous release, still up while this one starts beside it.
    if (row.key_wrapped !== null) return masterKey.unwrap(row.key_wrapped, epochContext(row.id));
    const kept = await provider.read(row.id);
    if (kept === undefined) throw this.#missing([row.id]);
    const key = await this.#unwrap(row.id, kept.wrapped);
    if (row.key_check === null || !equalInConstantTime(checkOf(key), row.key_check)) {
      throw new GatewayError('ERR_KEY_UNUSABLE', {
        detail: `${provider.name}: the key of ${nameOf(row.id)} is not the one this register was sealed under`,
      });
    }
    return key;
  }

  /** The provider's key of an epoch, made when there is none. */
  async #obtain(id: number): Promise<Buffer> {
    const { provider, random } = this.#options;
    let kept = await provider.read(id);
    if (kept === undefined) {
      await provider.create(id, await this.#wrap(id, random(32)));
      // Another replica may have been first.
      kept = await provider.read(id);
    }
    if (kept === undefined) throw this.#missing([id]);
    return this.#unwrap(id, kept.wrapped);
  }

  async #moveOut(row: EpochRow): Promise<void> {
    const { dataSource, masterKey, provider } = this.#options;
    if (row.key_wrapped === null) return;
    const key = await masterKey.unwrap(row.key_wrapped, epochContext(row.id));
    await provider.create(row.id, await this.#wrap(row.id, key));
    const kept = await provider.read(row.id);
    if (kept === undefined || !key.equals(await this.#unwrap(row.id, kept.wrapped))) {
      throw new GatewayError('ERR_KEY_UNUSABLE', {
        detail: `${provider.name} holds another key of ${nameOf(row.id)} than the database`,
      });
    }
    await dataSource.query(
      `UPDATE erasure_epoch SET key_check = $2, key_wrapped = NULL, master_key_id = NULL
       WHERE id = $1`,
      [row.id, checkOf(key)],
    );
  }

  /** Drops the row of an epoch whose key is gone and that nothing hangs on. */
  async #dropUnused(id: number): Promise<boolean> {
    try {
      await this.#options.dataSource.query('DELETE FROM erasure_epoch WHERE id = $1', [id]);
      return true;
    } catch (error) {
      const { code } = (error as { driverError?: { code?: unknown } }).driverError ?? {};
      if (code === '23503') return false;
      throw error;
    }
  }

  async #wrap(id: number, key: Uint8Array) {
    const { masterKey } = this.#options;
    return { masterKeyId: masterKey.id, wrapped: await masterKey.wrap(key, epochContext(id)) };
  }

  async #unwrap(id: number, wrapped: Buffer): Promise<Buffer> {
    const { masterKey, provider } = this.#options;
    return masterKey.unwrap(wrapped, epochContext(id)).catch((cause: unknown) => {
      throw new GatewayError('ERR_KEY_UNUSABLE', {
        detail: `${provider.name}: the key of ${nameOf(id)} does not open with master key ${masterKey.id}`,
        cause,
      });
    });
  }

  #missing(ids: readonly number[]): GatewayError {
    return new GatewayError('ERR_KEY_UNUSABLE', {
      detail:
        `${this.provider.name} lacks the key of ${ids.map(nameOf).join(', ')}, and the database ` +
        'holds what it sealed (docs/operations.md, "Keys of erasure epochs")',
    });
  }
}

const nameOf = (id: number): string =>
  `erasure epoch ${id} (week of ${epochBegin(id).toISOString().slice(0, 10)})`;

/** 16 bytes that tell one key from another, and nothing of it. */
function checkOf(key: Uint8Array): Buffer {
  return deriveKey(key, 'safeconduct/register/epoch-key-check/v1').subarray(0, 16);
}

export function epochContext(id: number): Buffer {
  return encodeParts('safeconduct/register/epoch-key/v1', String(id));
}
