import {
  localFiles,
  type JournalFile,
  type JournalFiles,
} from '../../src/access-log/journal/journal-files.js';

export type Fault = 'write' | 'short write' | 'sync';

/** The real file system, until told which call fails from now on. */
export class FaultyFiles implements JournalFiles {
  #fault: Fault | undefined;

  fail(fault: Fault): void {
    this.#fault = fault;
  }

  mend(): void {
    this.#fault = undefined;
  }

  list = (directory: string) => localFiles.list(directory);
  read = (path: string, limitBytes?: number) => localFiles.read(path, limitBytes);
  remove = (path: string) => localFiles.remove(path);
  create = (path: string, content: Buffer) => localFiles.create(path, content);

  /** What was written may be there, and nobody says that it is. */
  #refuseSync(): void {
    if (this.#fault === 'sync') throw Object.assign(new Error('EIO'), { code: 'EIO' });
  }

  async open(path: string): Promise<JournalFile> {
    const file = await localFiles.open(path);
    return {
      write: async (bytes, position) => {
        if (this.#fault === 'write') {
          throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
        }
        if (this.#fault === 'short write') {
          return file.write(bytes.subarray(0, bytes.length - 5), position);
        }
        const written = await file.write(bytes, position);
        this.#refuseSync();
        return written;
      },
      sync: async () => {
        this.#refuseSync();
        return file.sync();
      },
      truncate: async (sizeBytes) => file.truncate(sizeBytes),
      close: async () => file.close(),
    };
  }
}
