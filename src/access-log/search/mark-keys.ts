import { createSecretKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { encodeParts } from '../../core/bytes.js';
import { GatewayError } from '../../core/errors.js';
import { isKeyOver, windowDays } from '../../core/log/marks.js';
import { deriveKey, seal, unseal } from '../../platform/keys/keys.js';
import type { JournalFiles } from '../journal/journal-files.js';
import { dropPartitions, makePartitions } from '../months/partitions.js';
import type { RecordKeysOptions } from '../record-keys.js';

export interface MarkKeysOptions extends RecordKeysOptions {
  readonly database: DataSource;
}

/**
 * Keys of marks (core/log/marks.ts), 32 random bytes each, wrapped under the log key in two places as
 * the keys of records are (record-keys.ts): a row that all gateways share, and a file
 * `<home>/log-keys/marks-<key>`. Neither belongs in a backup. Destroyed after 90 days with the
 * partition of marks that no other key is left for.
 */
export class MarkKeys {
  readonly #database: DataSource;
  readonly #files: JournalFiles;
  readonly #directory: string;
  readonly #wrappingKey: Buffer;
  readonly #random: (lengthBytes: number) => Uint8Array;
  readonly #known = new Map<number, Promise<KeyObject | undefined>>();

  private constructor({ database, files, directory, logKey, random }: MarkKeysOptions) {
    this.#database = database;
    this.#files = files;
    this.#directory = directory;
    this.#wrappingKey = deriveKey(logKey, 'safeconduct/log/mark-key/v1');
    this.#random = random;
  }

  /** Opens the keys: what the database lost and a file still has is put back. */
  static async open(options: MarkKeysOptions): Promise<MarkKeys> {
    const keys = new MarkKeys(options);
    for (const name of await options.files.list(options.directory)) {
      const key = /^marks-(\d{1,6})$/.exec(name)?.[1];
      if (key === undefined) continue;
      await keys.#store(Number(key), await options.files.read(join(options.directory, name)));
    }
    return keys;
  }

  /**
   * A key, made on its first use, with the place for marks of its window; `undefined` once destroyed.
   *
   * @throws {GatewayError} ERR_KEY_UNUSABLE when it is not one of this log key
   */
  async key(key: number): Promise<KeyObject | undefined> {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const obtained = this.#obtain(key);
    this.#known.set(key, obtained);
    obtained.catch(() => this.#known.delete(key));
    return obtained;
  }

  /** Destroys every key that is past its 90 days, and the marks nobody can compute any more. */
  async destroyOver(now: Date): Promise<number> {
    const rows = await this.#database.query<{ key: number }[]>(
      'SELECT key FROM access_log_mark_key WHERE wrapped IS NOT NULL ORDER BY key',
    );
    const over = rows.map(({ key }) => key).filter((key) => isKeyOver(key, now));
    for (const name of await this.#files.list(this.#directory)) {
      const key = /^marks-(\d{1,6})$/.exec(name)?.[1];
      if (key === undefined || !isKeyOver(Number(key), now)) continue;
      await this.#files.remove(join(this.#directory, name));
    }
    for (const key of over) {
      await this.#database.query('UPDATE access_log_mark_key SET wrapped = NULL WHERE key = $1', [
        key,
      ]);
      this.#known.delete(key);
    }
    // Window `key - 1` has its later marks under a key, and its earlier ones under the key before.
    const parts = await this.#database.query<{ name: string }[]>(
      `SELECT relname AS name FROM pg_class
       WHERE relname ~ '^access_log_mark_[0-9]+$' AND relkind = 'r' AND pg_table_is_visible(oid)`,
    );
    const names = parts.map(({ name }) => name);
    const windowIn = (name: string) => Number(name.slice(partitionOf(0).length - 1));
    await dropPartitions(
      this.#database,
      'access_log_mark',
      names.filter((name) => isKeyOver(windowIn(name) + 1, now)),
    );
    return over.length;
  }

  async #obtain(key: number): Promise<KeyObject | undefined> {
    const context = encodeParts('safeconduct/log/mark-key/v1', String(key));
    if ((await this.#load(key)) === undefined) {
      await this.#store(key, seal(this.#wrappingKey, this.#random(32), context));
    }
    // Another gateway may have been first: what the row holds is the key.
    const row = await this.#load(key);
    if (row?.wrapped === null) return undefined;
    const opened = row && unseal(this.#wrappingKey, row.wrapped, context);
    if (row === undefined || opened === undefined) {
      throw new GatewayError('ERR_KEY_UNUSABLE', {
        detail: `key ${key} of marks cannot be opened: SAFECONDUCT_LOG_KEY_FILE holds another key`,
      });
    }
    const name = `marks-${key}`;
    const names = await this.#files.list(this.#directory);
    if (!names.includes(name)) await this.#files.create(join(this.#directory, name), row.wrapped);
    await makePartitions(this.#database, [
      {
        parent: 'access_log_mark',
        name: partitionOf(key),
        bounds: `FROM (${key * windowDays}) TO (${(key + 1) * windowDays})`,
      },
    ]);
    return createSecretKey(opened);
  }

  async #store(key: number, wrapped: Buffer): Promise<void> {
    await this.#database.query(
      'INSERT INTO access_log_mark_key (key, wrapped) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [key, wrapped],
    );
  }

  async #load(key: number): Promise<{ readonly wrapped: Buffer | null } | undefined> {
    const rows = await this.#database.query<{ wrapped: Buffer | null }[]>(
      'SELECT wrapped FROM access_log_mark_key WHERE key = $1',
      [key],
    );
    return rows[0];
  }
}

/** Marks of one window; a whole number, so that it may stand in a statement. */
function partitionOf(window: number): string {
  if (!Number.isSafeInteger(window) || window < 0) throw new TypeError('a window is a number');
  return `access_log_mark_${window}`;
}
