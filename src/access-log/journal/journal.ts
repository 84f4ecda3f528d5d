import { join } from 'node:path';
import { GatewayError } from '../../core/errors.js';
import { localFiles, type JournalFile, type JournalFiles } from './journal-files.js';
import {
  decodeLine,
  encodeGroup,
  encodeLine,
  isHeader,
  type JournalEntry,
  type SegmentHeader,
} from './line.js';
import { damaged, readSegment } from './segment.js';

export interface JournalOptions {
  /** `<home>/journal`. */
  readonly directory: string;
  readonly random: (lengthBytes: number) => Uint8Array;
  readonly files?: JournalFiles;
  /** Size at which a new segment is begun. */
  readonly segmentBytes?: number;
  /** How much is preallocated at a time. */
  readonly stepBytes?: number;
}

/** What opening had to do. */
export interface JournalOpened {
  readonly journal: Journal;
  /** There was no journal in the directory. */
  readonly isNew: boolean;
  /** Bytes of a torn last group that were cut off; 0 when there was none. */
  readonly repairedBytes: number;
}

const defaultSegmentBytes = 16 * 1024 * 1024;
const defaultStepBytes = 4 * 1024 * 1024;
const headerLimitBytes = 1024;

/**
 * Opens the journal of a home: cuts off a torn last group, makes a first segment when there is none.
 *
 * @throws {GatewayError} ERR_JOURNAL_UNAVAILABLE, ERR_LOG_CONTRADICTS_ITSELF
 */
export async function openJournal(options: JournalOptions): Promise<JournalOpened> {
  const files = options.files ?? localFiles;
  const { directory } = options;
  return translated('it cannot be opened', async () => {
    const names = await files.list(directory);
    for (const name of names) {
      if (name.endsWith('.tmp')) await files.remove(join(directory, name));
    }
    const last = names.filter(isSegmentName).at(-1);
    const isNew = last === undefined;
    let at: SegmentHeader;
    if (isNew) {
      const id = Buffer.from(options.random(16)).toString('hex');
      at = { kind: 'journal', journal: id, segment: 1, first: 1 };
      await files.create(join(directory, segmentName(1)), encodeLine(at));
    } else {
      at = readSegment(await files.read(join(directory, last)), last).header;
      if (segmentName(at.segment) !== last) throw damaged(last, 'its number is not its name');
    }
    const journal = new Journal(options, files, at);
    return { journal, isNew, repairedBytes: await journal.reopen() };
  });
}

/**
 * Append-only file of lines (line.ts) in segments (segment.ts), preallocated so that a line costs
 * one write, and what fdatasync(2) does, without growing the file.
 *
 * After a failed or short write, or one that did not reach the disk, nothing more is taken: {@link heal} first
 * cuts the file back to its last whole line, reads it again, and goes on in a fresh segment, because
 * after a failed fdatasync the kernel may have dropped what it could not write.
 */
export class Journal {
  readonly #directory: string;
  readonly #files: JournalFiles;
  readonly #segmentBytes: number;
  readonly #stepBytes: number;
  #header: SegmentHeader;
  #file: JournalFile | undefined;
  #usedBytes = 0;
  #allocatedBytes = 0;
  #lastNumber: number;
  #broken = false;
  #closed = false;

  constructor(options: JournalOptions, files: JournalFiles, header: SegmentHeader) {
    this.#directory = options.directory;
    this.#files = files;
    this.#segmentBytes = options.segmentBytes ?? defaultSegmentBytes;
    this.#stepBytes = options.stepBytes ?? defaultStepBytes;
    this.#header = header;
    this.#lastNumber = header.first - 1;
  }

  /** Random id made with the journal; names its writer in the database. */
  get id(): string {
    return this.#header.journal;
  }

  /** Number of the last durable line; 0 when there is none. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  /** Number of the first line the current segment has, or will have. */
  get segmentStart(): number {
    return this.#header.first;
  }

  get isBroken(): boolean {
    return this.#broken;
  }

  /**
   * Writes a group of lines and resolves once they are on disk.
   *
   * @param entries numbered on from {@link lastNumber}
   * @param bytes their lines, where they are written out already
   * @param meanwhile work that needs none of it, done while the disk is; must not throw
   * @throws {GatewayError} ERR_JOURNAL_UNAVAILABLE; the journal is then broken until {@link heal}
   */
  async append(
    entries: readonly JournalEntry[],
    bytes: Buffer = encodeGroup(entries),
    meanwhile?: () => void,
  ): Promise<void> {
    const group = this.#lastNumber + 1;
    entries.forEach((entry, at) => {
      if (entry.number !== group + at) throw new TypeError('journal lines are numbered on');
    });
    this.#refuseWhenClosed();
    if (this.#broken) throw unavailable('it waits to be healed');
    this.#broken = true;
    await translated('a group could not be written', async () => {
      if (this.#usedBytes + bytes.length > this.#segmentBytes && this.#hasEntries()) {
        await this.#beginSegment();
      }
      await this.#allocate(bytes.length);
      const written = writeWhole(this.#openFile(), bytes, this.#usedBytes);
      meanwhile?.();
      await written;
    });
    this.#usedBytes += bytes.length;
    this.#lastNumber += entries.length;
    this.#broken = false;
  }

  /**
   * Makes a broken journal whole again, or rejects and leaves it broken. Without effect on a whole
   * one.
   *
   * @throws {GatewayError} ERR_JOURNAL_UNAVAILABLE, ERR_LOG_CONTRADICTS_ITSELF
   */
  async heal(): Promise<void> {
    if (!this.#broken) return;
    this.#refuseWhenClosed();
    const used = this.#usedBytes;
    const lastNumber = this.#lastNumber;
    await translated('it could not be cut back to its last whole line', async () => {
      await this.#cut(used);
      await this.reopen();
      if (this.#usedBytes !== used || this.#lastNumber !== lastNumber) {
        throw damaged(this.#name(), 'it does not read back as it was written');
      }
      if (this.#hasEntries()) await this.#beginSegment();
    });
    this.#broken = false;
  }

  /**
   * Reads the current segment again and opens it for writing after its last whole line. What was read
   * may be in the page cache alone, left there by a process that was killed while it wrote: it is
   * trusted once it is on disk.
   *
   * @returns bytes of a torn last group that were cut off
   */
  async reopen(): Promise<number> {
    await this.#closeFile();
    const path = this.#path();
    const bytes = await this.#files.read(path);
    const segment = readSegment(bytes, this.#name());
    this.#header = segment.header;
    this.#lastNumber = segment.header.first - 1 + segment.entries.length;
    this.#usedBytes = segment.usedBytes;
    this.#allocatedBytes = bytes.length;
    if (segment.tornBytes > 0) await this.#cut(segment.usedBytes);
    this.#file ??= await this.#files.open(path);
    try {
      await this.#file.sync();
    } catch (error) {
      await this.#closeFile();
      throw error;
    }
    return segment.tornBytes;
  }

  /**
   * Lines from a number on, a segment at a time; from the oldest that is kept when that is later.
   * Not while appending.
   *
   * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF, ERR_JOURNAL_UNAVAILABLE
   */
  async *read(from: number): AsyncGenerator<readonly JournalEntry[]> {
    for (const name of await this.#segmentsFrom(from)) {
      const bytes = await translated('it cannot be read', async () =>
        this.#files.read(join(this.#directory, name)),
      );
      const segment = readSegment(bytes, name);
      if (segment.tornBytes > 0) throw damaged(name, 'its end is torn, and it is not the last');
      if (segment.header.journal !== this.id) throw damaged(name, 'it is of another journal');
      yield segment.entries.filter((entry) => entry.number >= from);
    }
  }

  /**
   * Removes whole segments from the front, up to the first whose lines are not all over; never the
   * current one.
   *
   * @returns how many
   * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF, ERR_JOURNAL_UNAVAILABLE
   */
  async dropOldest(isOver: (entries: readonly JournalEntry[]) => boolean): Promise<number> {
    const current = this.#name();
    return translated('old segments cannot be removed', async () => {
      let dropped = 0;
      for (const name of (await this.#files.list(this.#directory)).filter(isSegmentName)) {
        if (name >= current) break;
        const path = join(this.#directory, name);
        if (!isOver(readSegment(await this.#files.read(path), name).entries)) break;
        await this.#files.remove(path);
        dropped += 1;
      }
      return dropped;
    });
  }

  /** Gives back what was preallocated and closes. */
  async close(): Promise<void> {
    if (this.#file !== undefined && !this.#broken) {
      await this.#file.truncate(this.#usedBytes).catch(() => undefined);
    }
    await this.#closeFile();
    this.#closed = true;
  }

  async #segmentsFrom(from: number): Promise<readonly string[]> {
    const names = (await this.#files.list(this.#directory)).filter(isSegmentName);
    const wanted: string[] = [];
    for (const name of names.reverse()) {
      wanted.unshift(name);
      const bytes = await this.#files.read(join(this.#directory, name), headerLimitBytes);
      const header = decodeLine(bytes.subarray(0, Math.max(0, bytes.indexOf(0x0a))));
      if (header === undefined || !isHeader(header)) throw damaged(name, 'it has no header');
      if (header.first <= from) break;
    }
    return wanted;
  }

  /** The next segment is durable before the last one gives back its preallocated end. */
  async #beginSegment(): Promise<void> {
    const header: SegmentHeader = {
      kind: 'journal',
      journal: this.id,
      segment: this.#header.segment + 1,
      first: this.#lastNumber + 1,
    };
    const line = encodeLine(header);
    await this.#files.create(join(this.#directory, segmentName(header.segment)), line);
    const finished = this.#file;
    await finished?.truncate(this.#usedBytes);
    await this.#closeFile();
    this.#header = header;
    this.#usedBytes = line.length;
    this.#allocatedBytes = line.length;
    this.#file = await this.#files.open(this.#path());
  }

  async #allocate(sizeBytes: number): Promise<void> {
    const wanted = this.#usedBytes + sizeBytes;
    if (wanted <= this.#allocatedBytes) return;
    const file = this.#openFile();
    const steps = Math.ceil((wanted - this.#allocatedBytes) / this.#stepBytes);
    await writeWhole(file, Buffer.alloc(steps * this.#stepBytes), this.#allocatedBytes);
    this.#allocatedBytes += steps * this.#stepBytes;
  }

  async #cut(sizeBytes: number): Promise<void> {
    await this.#closeFile();
    const file = await this.#files.open(this.#path());
    try {
      await file.truncate(sizeBytes);
      await file.sync();
    } finally {
      await file.close();
    }
    this.#allocatedBytes = sizeBytes;
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw unavailable('it is closed');
  }

  #hasEntries(): boolean {
    return this.#lastNumber >= this.#header.first;
  }

  #openFile(): JournalFile {
    if (this.#file === undefined) throw new TypeError('the journal is closed');
    return this.#file;
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }

  #name(): string {
    return segmentName(this.#header.segment);
  }

  #path(): string {
    return join(this.#directory, this.#name());
  }
}

const segmentName = (segment: number): string => `${String(segment).padStart(8, '0')}.journal`;
export const isSegmentName = (name: string): boolean => /^[0-9]{8}\.journal$/.test(name);

async function writeWhole(file: JournalFile, bytes: Buffer, position: number): Promise<void> {
  const written = await file.write(bytes, position);
  if (written !== bytes.length) throw unavailable('a write was cut short');
}

async function translated<Result>(detail: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof GatewayError || cause instanceof TypeError) throw cause;
    throw unavailable(detail, cause);
  }
}

function unavailable(detail: string, cause?: unknown): GatewayError {
  return new GatewayError('ERR_JOURNAL_UNAVAILABLE', { detail: `journal: ${detail}`, cause });
}
