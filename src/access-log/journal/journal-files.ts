import { constants, write } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GatewayError } from '../../core/errors.js';

/**
 * What the journal needs of a file system. What waits for a disk leaves the event loop free; all
 * reject on any failure. Tests hand in one that fails.
 */
export interface JournalFiles {
  /** Names in the directory, sorted; makes it (mode 0700) when absent. */
  list(directory: string): Promise<readonly string[]>;
  /** @param limitBytes how much of the beginning; absent means all */
  read(path: string, limitBytes?: number): Promise<Buffer>;
  /** A new file (mode 0600) that is there whole, after a power cut too, or not at all. */
  create(path: string, content: Buffer): Promise<void>;
  open(path: string): Promise<JournalFile>;
  remove(path: string): Promise<void>;
}

export interface JournalFile {
  /**
   * Writes, and resolves once what was written is on disk, as after write(2) and fdatasync(2).
   *
   * @returns bytes written, which may be fewer than given
   */
  write(bytes: Uint8Array, position: number): Promise<number>;
  /** fdatasync(2): what was truncated, and what an earlier process wrote. */
  sync(): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  close(): Promise<void>;
}

export const localFiles: JournalFiles = {
  list: async (directory) => {
    const made = await mkdir(directory, { recursive: true, mode: 0o700 });
    if (made !== undefined) await syncDirectory(dirname(directory));
    return (await readdir(directory)).sort();
  },
  read: async (path, limitBytes) => {
    if (limitBytes === undefined) return readFile(path);
    return using(await open(path, 'r'), async (file) => {
      const buffer = Buffer.alloc(limitBytes);
      const { bytesRead } = await file.read(buffer, 0, limitBytes, 0);
      return buffer.subarray(0, bytesRead);
    });
  },
  create: async (path, content) => {
    const temporary = `${path}.tmp`;
    await rm(temporary, { force: true });
    await using(await open(temporary, 'wx', 0o600), async (file) => {
      await file.writeFile(content);
      await file.datasync();
    });
    await rename(temporary, path);
    await syncDirectory(dirname(path));
  },
  open: async (path) => {
    // open(2): with O_DSYNC a write ends as if fdatasync(2) had followed it. So the event loop is left,
    // and come back to, once for both.
    const file = await open(path, durableFlags(constants));
    return {
      write: async (bytes, position) => writeDurably(file.fd, bytes, position),
      sync: async () => file.datasync(),
      truncate: async (sizeBytes) => file.truncate(sizeBytes),
      close: async () => file.close(),
    };
  },
  remove: async (path) => rm(path, { force: true }),
};

/**
 * Flags of open(2) to read, and to write durably. A platform without O_DSYNC would take lines that are
 * on no disk.
 *
 * @throws {GatewayError} ERR_JOURNAL_UNAVAILABLE
 */
export function durableFlags({
  O_RDWR: readAndWrite,
  O_DSYNC: durably,
}: {
  readonly O_RDWR: number;
  readonly O_DSYNC?: number | undefined;
}): number {
  if (typeof durably !== 'number') {
    throw new GatewayError('ERR_JOURNAL_UNAVAILABLE', {
      detail:
        'journal: this platform has no O_DSYNC, by which a line is on disk once it is written',
    });
  }
  return readAndWrite | durably;
}

/** Begun at once, waited for on another thread: by the shorter of Node's two ways there. */
async function writeDurably(
  descriptor: number,
  bytes: Uint8Array,
  position: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    write(descriptor, bytes, 0, bytes.length, position, (error, written) => {
      if (error === null) resolve(written);
      else reject(error);
    });
  });
}

/** A new name survives a power cut once its directory is on disk. */
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
