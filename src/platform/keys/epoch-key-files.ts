import { randomBytes } from 'node:crypto';
import { constants, mkdirSync, statSync } from 'node:fs';
import { link, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeBase64Url, encodeBase64Url } from '../../core/bytes.js';
import { GatewayError } from '../../core/errors.js';

/** The key of an erasure epoch as it is kept: wrapped by a master key. */
export interface WrappedEpochKey {
  /** {@link MasterKey.id} of the key it is wrapped under. */
  readonly masterKeyId: string;
  readonly wrapped: Buffer;
}

/**
 * Keeps the keys of erasure epochs, outside the database and outside every backup: destroying one
 * must make what it wrapped unreadable in every copy. A hardware module can stand behind it. All
 * replicas of a gateway share one.
 */
export interface EpochKeyProvider {
  /** How refusals call it, such as `SAFECONDUCT_EPOCH_KEYS_DIR (/var/lib/keys)`. */
  readonly name: string;
  /** Epochs whose key is kept, in order. */
  list(): Promise<readonly number[]>;
  /** @throws {GatewayError} ERR_KEY_UNUSABLE when others may read it or it is no key */
  read(epoch: number): Promise<WrappedEpochKey | undefined>;
  /**
   * Keeps a new key; it is durable when this resolves. One that is there already stays: the caller
   * reads which it is.
   */
  create(epoch: number, key: WrappedEpochKey): Promise<void>;
  /** The same key under another master key, durable when this resolves. */
  replace(epoch: number, key: WrappedEpochKey): Promise<void>;
  /** Gone for good when this resolves. One that is not there is no error. */
  destroy(epoch: number): Promise<void>;
}

/**
 * One file for each epoch in a directory (0700), `epoch-2968.key` (0600), one line:
 *
 *     <id of the master key> SP <wrapped key, unpadded base64url> LF
 *
 * Replicas share the directory: a file is linked into place whole, and the first to do so wins. A
 * key is destroyed by writing over it and removing it, each forced to the disk. That reaches neither
 * earlier states kept by a copying file system nor blocks a flash disk has set aside: what still
 * protects those is the master key.
 *
 * @param variable named in refusals
 * @throws {GatewayError} ERR_KEY_UNUSABLE when the directory cannot be made or others may enter it
 */
export function epochKeyFiles(directory: string, variable: string): EpochKeyProvider {
  const name = `${variable} (${directory})`;
  const refused = (detail: string, cause?: unknown) =>
    new GatewayError('ERR_KEY_UNUSABLE', { detail, ...(cause === undefined ? {} : { cause }) });
  let mode: number;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    mode = statSync(directory).mode;
  } catch (cause) {
    throw refused(`${variable}: ${directory} cannot be made or read`, cause);
  }
  if ((mode & 0o077) !== 0) {
    throw refused(`${variable}: ${directory} is open to others; run chmod 700 on it`);
  }

  const nameOf = (epoch: number) => `epoch-${epoch}.key`;
  const pathOf = (epoch: number) => join(directory, nameOf(epoch));

  /** A new file of its own beside the one it is to become. */
  const write = async (epoch: number, { masterKeyId, wrapped }: WrappedEpochKey) => {
    const path = `${pathOf(epoch)}.${randomBytes(8).toString('hex')}.tmp`;
    await using(await open(path, 'wx', 0o600), async (file) => {
      await file.writeFile(`${masterKeyId} ${encodeBase64Url(wrapped)}\n`);
      await file.sync();
    });
    return path;
  };

  return {
    name,
    list: async () =>
      (await readdir(directory))
        .flatMap((file) => /^epoch-(-?\d{1,9})\.key$/.exec(file)?.[1] ?? [])
        .map(Number)
        .sort((a, b) => a - b),

    read: async (epoch) => {
      const path = pathOf(epoch);
      let file: FileHandle;
      try {
        file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
      } catch (cause) {
        if (codeOf(cause) === 'ENOENT') return undefined;
        throw refused(`${variable}: ${path} cannot be read`, cause);
      }
      const text = await using(file, async () => {
        const { mode } = await file.stat();
        if ((mode & 0o077) !== 0) {
          throw refused(
            `${variable}: ${path} may be read or written by others; run chmod 600 on it`,
          );
        }
        return file.readFile('latin1');
      });
      const [, masterKeyId, base64url] = /^([0-9a-f]{1,64}) ([A-Za-z0-9_-]+)\n$/.exec(text) ?? [];
      const wrapped = base64url === undefined ? undefined : decodeBase64Url(base64url);
      if (masterKeyId === undefined || wrapped === undefined) {
        throw refused(`${variable}: ${path} does not hold the key of an erasure epoch`);
      }
      return { masterKeyId, wrapped };
    },

    create: async (epoch, key) => {
      const temporary = await write(epoch, key);
      try {
        await link(temporary, pathOf(epoch));
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
      }
      await rm(temporary, { force: true });
      await syncDirectory(directory);
    },

    replace: async (epoch, key) => {
      await rename(await write(epoch, key), pathOf(epoch));
      await syncDirectory(directory);
    },

    destroy: async (epoch) => {
      // With what a process that died while writing left beside it.
      const names = (await readdir(directory)).filter((file) => file.startsWith(nameOf(epoch)));
      for (const file of names) await overwrite(join(directory, file));
      for (const file of names) await rm(join(directory, file), { force: true });
      if (names.length > 0) await syncDirectory(directory);
    },
  };
}

async function overwrite(path: string): Promise<void> {
  let file: FileHandle;
  try {
    file = await open(path, 'r+');
  } catch (error) {
    // Another replica was first.
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  await using(file, async () => {
    const { size } = await file.stat();
    await file.write(randomBytes(size), 0, size, 0);
    await file.sync();
  });
}

async function syncDirectory(path: string): Promise<void> {
  await using(await open(path, 'r'), async (directory) => directory.sync());
}

async function using<Result>(
  file: FileHandle,
  use: (file: FileHandle) => Promise<Result>,
): Promise<Result> {
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

const codeOf = (error: unknown): unknown => (error as { readonly code?: unknown }).code;
