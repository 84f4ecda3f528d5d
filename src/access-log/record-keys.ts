import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { encodeParts, sha256 } from '../core/bytes.js';
import { GatewayError } from '../core/errors.js';
import { deriveKey, seal, unseal } from '../platform/keys/keys.js';
import type { JournalFiles } from './journal/journal-files.js';
import { makeMonth, monthOf } from './months/months.js';
import type { Queryable } from './tree.repository.js';

/**
 * Keys behind salts and sealed parts, made so that they can be destroyed.
 *
 * ```
 * epoch key     32 random bytes for each month (UTC) of records, wrapped under the log key
 * record key    HMAC-SHA-256(epoch key, "safeconduct/log/record-key/v1", tree, id)
 * salt          SHA-256("safeconduct/log/salt/v1", record key)        goes to the partner
 * seal key      SHA-256("safeconduct/log/seal-key/v1", record key)    AES-256-GCM
 * key check     SHA-256("safeconduct/log/key-check/v1", record key)   public, names the key
 * ```
 *
 * (labels and parts length-prefixed, core/bytes.ts; one-step derivation from a uniform key in the
 * manner of NIST SP 800-56C). Nothing of this is in a leaf or in the journal,
 * so destroying an epoch key (row and file) makes every copy of that month's sealed parts unreadable
 * and its question commitments unopenable for the host, wherever the journal was copied to; the
 * tree still verifies. The row stays then, with null for the key, so that no file puts it back
 * (retention.ts).
 *
 * An epoch key is in two places, wrapped: a row of `access_log_key`, which all gateways share, and a
 * file of `<home>/log-keys/`, because the embedded database may lose its last commits to a power cut
 * while the journal keeps what was sealed under them. Neither belongs in a backup.
 */
export interface RecordKeys {
  /** The epoch key of records of this time; made on the first, with the place for what it seals. */
  epochKey(at: Date): Promise<KeyObject>;
  /** The same for reading: `undefined` when it was destroyed; none is made. */
  existingKey(at: Date): Promise<KeyObject | undefined>;
  /** Drops the key of a month that was destroyed in the database, here and in its file. */
  forget(month: string): Promise<void>;
}

export interface RecordSecrets {
  readonly salt: Buffer;
  readonly sealKey: Buffer;
  readonly keyCheck: Buffer;
}

export interface RecordKeysOptions {
  readonly database: Queryable;
  readonly files: JournalFiles;
  /** `<home>/log-keys`. */
  readonly directory: string;
  /** 32 bytes. */
  readonly logKey: Uint8Array;
  readonly random: (lengthBytes: number) => Uint8Array;
}

/**
 * Opens the keys: what the database lost and a file still has is put back.
 *
 * @throws {GatewayError} ERR_KEY_UNUSABLE when an epoch key is not one of this log key
 */
export async function openRecordKeys(options: RecordKeysOptions): Promise<RecordKeys> {
  const { database, files, directory, random } = options;
  const wrappingKey = deriveKey(options.logKey, 'safeconduct/log/epoch-key/v1');
  const unwrapped = new Map<string, Promise<KeyObject>>();

  for (const name of await files.list(directory)) {
    if (!/^[0-9]{4}-[0-9]{2}$/.test(name)) continue;
    await store(name, await files.read(join(directory, name)));
  }

  async function store(epoch: string, wrapped: Buffer): Promise<void> {
    await database.query(
      'INSERT INTO access_log_key (epoch, wrapped) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [epoch, wrapped],
    );
  }

  /** Null once destroyed. */
  async function load(epoch: string): Promise<Buffer | null | undefined> {
    const rows = await database.query<{ wrapped: Buffer | null }[]>(
      'SELECT wrapped FROM access_log_key WHERE epoch = $1',
      [epoch],
    );
    return rows[0]?.wrapped;
  }

  async function obtain(epoch: string): Promise<KeyObject> {
    const context = encodeParts('safeconduct/log/epoch/v1', epoch);
    if ((await load(epoch)) === undefined) {
      await store(epoch, seal(wrappingKey, random(32), context));
    }
    // Another gateway may have been first: what the row holds is the key.
    const wrapped = await load(epoch);
    if (wrapped === null) throw destroyed(epoch);
    const key = wrapped === undefined ? undefined : unseal(wrappingKey, wrapped, context);
    if (wrapped === undefined || key === undefined) {
      throw new GatewayError('ERR_KEY_UNUSABLE', {
        detail: `the key of log epoch ${epoch} cannot be opened: SAFECONDUCT_LOG_KEY_FILE holds another key`,
      });
    }
    const names = await files.list(directory);
    if (!names.includes(epoch)) {
      await files.create(join(directory, epoch), wrapped);
      // Destroyed meanwhile, with the file there was then: this one would outlive the key.
      if ((await load(epoch)) === null) {
        await files.remove(join(directory, epoch));
        throw destroyed(epoch);
      }
    }
    await makeMonth(database, epoch);
    return createSecretKey(key);
  }

  function epochKey(at: Date): Promise<KeyObject> {
    const epoch = monthOf(at);
    const known = unwrapped.get(epoch);
    if (known !== undefined) return known;
    const key = obtain(epoch);
    unwrapped.set(epoch, key);
    key.catch(() => unwrapped.delete(epoch));
    return key;
  }

  return {
    epochKey,
    existingKey: async (at) => {
      const epoch = monthOf(at);
      if (!((await load(epoch)) instanceof Buffer)) return undefined;
      try {
        return await epochKey(at);
      } catch (error) {
        if ((await load(epoch)) === null) return undefined;
        throw error;
      }
    },
    forget: async (month) => {
      if ((await load(month)) !== null) throw new TypeError('the key of a month is still in use');
      unwrapped.delete(month);
      await files.remove(join(directory, month));
    },
  };
}

const destroyed = (epoch: string): GatewayError =>
  new GatewayError('ERR_KEY_UNUSABLE', {
    detail: `the key of log epoch ${epoch} was destroyed: nothing more can be recorded in it`,
  });

/** What one record is salted and sealed with: see the head of this file. */
export function deriveRecordSecrets(epochKey: KeyObject, tree: string, id: string): RecordSecrets {
  const message = encodeParts('safeconduct/log/record-key/v1', tree, id);
  const recordKey = createHmac('sha256', epochKey).update(message).digest();
  return {
    salt: sha256(encodeParts('safeconduct/log/salt/v1', recordKey)),
    sealKey: sha256(encodeParts('safeconduct/log/seal-key/v1', recordKey)),
    keyCheck: sha256(encodeParts('safeconduct/log/key-check/v1', recordKey)),
  };
}
