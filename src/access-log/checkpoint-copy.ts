import { dirname, basename, join } from 'node:path';
import type { DataSource } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import { openCheckpoint, parseCheckpoint, type Checkpoint } from '../core/log/checkpoint.js';
import { formatVerifierKey, parseVerifierKey, splitNote } from '../core/log/note.js';
import { coverHashes, readCoverHead } from './cover/cover.repository.js';
import type { JournalFiles } from './journal/journal-files.js';
import { readTree, rootAt, storedHashes } from './tree.repository.js';
import { coverId, type CheckpointKeys } from './trees.js';

/**
 * The largest checkpoint signed of every tree, kept on another path than database and journal
 * (`SAFECONDUCT_CHECKPOINT_FILE`), so that a machine put back to an earlier day is noticed before it
 * signs a smaller tree. This file owns the format:
 *
 * ```
 * {"v":1,"journal":"9f...","checkpoints":["log.example.org/cover\n812\n...", ...]}
 * ```
 *
 * `journal` is the id of the journal the home had, so that a lost one is told from a first start;
 * `checkpoints` are signed notes. A round's checkpoint is in the file before it leaves; the others
 * follow within a second, and at an orderly end.
 */
export interface CheckpointCopyOptions {
  readonly path: string;
  readonly files: JournalFiles;
  readonly checkpointKeys: CheckpointKeys;
  readonly onFault: (error: unknown) => void;
}

const writeAfterMs = 1_000;

/** @throws {GatewayError} ERR_CONFIGURATION when the file is there and cannot be read */
export async function openCheckpointCopy(options: CheckpointCopyOptions): Promise<CheckpointCopy> {
  const { path, files, checkpointKeys } = options;
  const names = await files.list(dirname(path));
  const copy = new CheckpointCopy(options);
  if (!names.includes(basename(path))) return copy;
  try {
    const json = JSON.parse((await files.read(path)).toString('utf8')) as {
      readonly v?: unknown;
      readonly journal?: unknown;
      readonly checkpoints?: readonly string[];
    };
    if (json.v !== 1 || typeof json.journal !== 'string') throw new TypeError('another version');
    copy.journal = json.journal;
    for (const note of json.checkpoints ?? []) {
      const { origin } = parseCheckpoint(splitNote(note).text);
      const [first, ...others] = checkpointKeys
        .held()
        .map((key) => parseVerifierKey(formatVerifierKey(origin, key)));
      if (first === undefined) throw new TypeError('no key');
      copy.take(openCheckpoint(note, [first, ...others]), note);
    }
  } catch (cause) {
    throw new GatewayError('ERR_CONFIGURATION', {
      detail: `SAFECONDUCT_CHECKPOINT_FILE: ${path} does not hold checkpoints signed with this key`,
      cause,
    });
  }
  return copy;
}

export class CheckpointCopy {
  /** Id of the journal of the home that wrote it; undefined in a new copy. */
  journal: string | undefined;
  readonly #options: CheckpointCopyOptions;
  readonly #heads = new Map<string, { readonly checkpoint: Checkpoint; readonly note: string }>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();
  #dirty = false;

  constructor(options: CheckpointCopyOptions) {
    this.#options = options;
  }

  /** Largest checkpoints signed, one a tree. */
  get checkpoints(): readonly Checkpoint[] {
    return [...this.#heads.values()].map(({ checkpoint }) => checkpoint);
  }

  /** The signed note of a tree's largest checkpoint. */
  noteOf(origin: string): string | undefined {
    return this.#heads.get(origin)?.note;
  }

  /** Remembers a head when it is the largest of its tree; written soon. */
  add(checkpoint: Checkpoint, note: string): void {
    if (!this.take(checkpoint, note)) return;
    this.#dirty = true;
    this.#timer ??= setTimeout(() => {
      this.flush().catch(this.#options.onFault);
    }, writeAfterMs).unref();
  }

  /** Puts every head under the signatures of now, so that a key that has gone is not needed again. */
  signAgain(sign: (checkpoint: Checkpoint) => string): void {
    for (const [origin, { checkpoint }] of this.#heads) {
      this.#heads.set(origin, { checkpoint, note: sign(checkpoint) });
    }
    this.#dirty = true;
    this.flush().catch(this.#options.onFault);
  }

  take(checkpoint: Checkpoint, note: string): boolean {
    const { origin, size } = checkpoint;
    const known = this.#heads.get(origin);
    if (known !== undefined && known.checkpoint.size >= size) return false;
    this.#heads.set(origin, { checkpoint, note });
    return true;
  }

  /** Resolves once everything added is in the file. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writing = this.#writing
      .catch(() => undefined)
      .then(async () => {
        if (!this.#dirty) return;
        this.#dirty = false;
        const checkpoints = [...this.#heads.values()].map(({ note }) => note);
        const json = JSON.stringify({ v: 1, journal: this.journal ?? '', checkpoints });
        const { files, path } = this.#options;
        try {
          await files.create(path, Buffer.from(`${json}\n`));
        } catch (error) {
          this.#dirty = true;
          throw error;
        }
      });
    return this.#writing;
  }
}

/**
 * Holds remembered checkpoints against the database: every tree must still have that size, and at
 * that size that root.
 *
 * @param idOf the id of the tree of an origin; `undefined` for another log's
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF naming the tree and what happened to it
 */
export async function checkRemembered(
  dataSource: DataSource,
  checkpoints: readonly Checkpoint[],
  idOf: (origin: string) => string | undefined,
): Promise<void> {
  for (const { origin, size, root } of checkpoints) {
    const id = idOf(origin);
    if (id === undefined || size === 0) continue;
    const isCover = id === coverId;
    const present = isCover
      ? (await readCoverHead(dataSource)).size
      : ((await readTree(dataSource, id))?.size ?? 0);
    if (present < size) {
      throw new GatewayError('ERR_LOG_CONTRADICTS_ITSELF', {
        detail:
          `${origin} has ${present} leaves, and was signed at ${size}: an old backup was restored ` +
          'or its end was cut off. Nothing is disclosed until it is whole again ' +
          '(docs/operations.md, "The log is shorter than what was signed")',
      });
    }
    const reader = isCover ? coverHashes(dataSource) : storedHashes(dataSource, id);
    if (!(await rootAt(reader, size)).equals(root)) {
      throw new GatewayError('ERR_LOG_CONTRADICTS_ITSELF', {
        detail:
          `${origin} was signed with another root at size ${size}: records were changed, or another ` +
          'log took its place (docs/operations.md, "The log is another than what was signed")',
      });
    }
  }
}

/** The directories of journals of other gateways that were brought into a home. */
export const journalMergeDirectory = (home: string): string => join(home, 'journal-merge');
