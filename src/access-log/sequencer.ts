import { GatewayError, isGatewayError } from '../core/errors.js';
import {
  EntryRefused,
  GroupCommit,
  GroupRefused,
  type Committed,
  type Draft,
  type Grown,
} from './group-commit.js';
import type { Journal } from './journal/journal.js';
import type { JournalEntry } from './journal/line.js';
import { completeJournal } from './complete-journal.js';
import type { Queryable } from './tree.repository.js';

export interface SequencerOptions {
  readonly database: Queryable;
  readonly commit: GroupCommit;
  readonly journal: Journal;
  /**
   * Proves and signs what a group added to one tree, after its commit.
   *
   * @returns tells the callers; called once the group's journal lines are on disk, or never
   */
  readonly conclude: (grown: Grown<QueuedDraft>) => () => void;
  readonly onFault: (error: unknown) => void;
}

export interface QueuedDraft extends Draft {
  readonly reject: (error: unknown) => void;
}

const mostInGroup = 256;
const mostBytesInGroup = 1024 * 1024;
/** Below this a group is not worth splitting. */
const leastToSplit = 32;

/**
 * Puts records in order, a group at a time: what arrives while one group is on its way is the next.
 *
 * 1. One transaction takes the heads and inserts the group (group-commit.ts).
 * 2. The journal lines are written and fdatasync-ed.
 * 3. Only then are callers told. Proofs and signatures are made while the disk is at work: signed is
 *    what was committed, and shown to nobody before it is in the journal.
 *
 * While one group is in 2 and 3, the next is in 1: the database is then up to two groups ahead of the
 * journal, which never leads, and groups are journaled and told of in their order.
 *
 * A failure in 1 or 2 rejects the whole group, and the one behind it, and leaves both in doubt: they
 * may have been committed. The next group then begins by writing the journal lines of whatever the
 * database has of ours and the journal lacks, so that numbers stay without gaps and a record once
 * committed is never lost.
 */
export class Sequencer {
  readonly #options: SequencerOptions;
  #queue: QueuedDraft[] = [];
  #tasks: (() => Promise<void>)[] = [];
  #running: Promise<void> | undefined;
  /** Steps 2 and 3 of the group that is committed; never rejects. */
  #finishing: Promise<void> | undefined;
  /** Lines committed and not yet in the journal. */
  #ahead = 0;
  #inDoubt = false;
  #contradiction: GatewayError | undefined;

  constructor(options: SequencerOptions) {
    this.#options = options;
  }

  /** False after a failure, until a later group, or {@link recover}, has found all whole again. */
  get isWhole(): boolean {
    return !this.#inDoubt && this.#contradiction === undefined;
  }

  /** What the log was first found to contradict itself in; it stays until the next start. */
  get contradiction(): GatewayError | undefined {
    return this.#contradiction;
  }

  enqueue(draft: QueuedDraft): void {
    this.#queue.push(draft);
    this.#start();
  }

  /**
   * Runs `work` between groups, when everything committed by this gateway is also journaled: the only
   * time at which a root read from the database may be signed.
   */
  async exclusively<Result>(work: () => Promise<Result>): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#tasks.push(async () => {
        try {
          await this.#finishing;
          await this.#makeWhole();
          resolve(await work());
        } catch (error) {
          this.#fault(error);
          reject(error instanceof Error ? error : new Error('work failed', { cause: error }));
        }
      });
      this.#start();
    });
  }

  /**
   * Commits one entry that is not a record, and journals it, between groups.
   *
   * @param commit is given the number of the entry's journal line; `undefined` when it did nothing
   */
  async enter<Entry extends JournalEntry>(
    commit: (number: number) => Promise<Entry | undefined>,
  ): Promise<Entry | undefined> {
    return this.exclusively(async () => {
      const { journal } = this.#options;
      try {
        const entry = await commit(journal.lastNumber + 1);
        if (entry !== undefined) await journal.append([entry]);
        return entry;
      } catch (error) {
        this.#inDoubt = true;
        throw error;
      }
    });
  }

  /** Stops writing, signing and with them disclosure, for something found elsewhere. */
  contradict(error: GatewayError): void {
    // Whoever asks for something from now on is told the same again.
    if (error !== this.#contradiction) this.#fault(error);
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#running !== undefined || this.#finishing !== undefined) {
      await (this.#running ?? this.#finishing);
    }
  }

  #start(): void {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
      if (this.#queue.length > 0 || this.#tasks.length > 0) this.#start();
    });
  }

  async #run(): Promise<void> {
    // What is asked for in one turn of the event loop belongs to one group.
    await Promise.resolve();
    while (this.#queue.length > 0 || this.#tasks.length > 0) {
      const group = this.#takeGroup();
      if (group.length > 0) await this.#sequence(group);
      const tasks = this.#tasks;
      this.#tasks = [];
      for (const task of tasks) await task();
    }
  }

  /** Half of what waits when nothing is on its way, so that halves can overtake each other's waits. */
  #takeGroup(): readonly QueuedDraft[] {
    const waiting = this.#queue.length;
    const isSplit = this.#finishing === undefined && waiting >= leastToSplit;
    const most = Math.min(mostInGroup, isSplit ? Math.ceil(waiting / 2) : waiting);
    let bytes = 0;
    const end = this.#queue.findIndex(({ record, sealed }, at) => {
      bytes += record.length + sealed.length;
      return at > 0 && (at >= most || bytes > mostBytesInGroup);
    });
    return this.#queue.splice(0, end < 0 ? waiting : end);
  }

  async #sequence(group: readonly QueuedDraft[]): Promise<void> {
    const { database, journal, commit } = this.#options;
    try {
      await this.#makeWhole();
      const committed = await commit.commit(
        group,
        journal.lastNumber + this.#ahead + 1,
        async () => {
          await this.#finishing;
          await completeJournal(database, journal);
          return journal.lastNumber + 1;
        },
      );
      this.#ahead += committed.entries.length;
      await this.#finishing;
      const finishing = this.#finish(group, committed).finally(() => {
        if (this.#finishing === finishing) this.#finishing = undefined;
      });
      this.#finishing = finishing;
    } catch (error) {
      if (error instanceof EntryRefused) {
        (error.draft as QueuedDraft).reject(error.cause);
        const others = group.filter((draft) => draft !== error.draft);
        if (others.length > 0) await this.#sequence(others);
      } else if (error instanceof GroupRefused) {
        for (const draft of group) await this.#sequence([draft]);
      } else {
        this.#inDoubt = true;
        this.#fault(error);
        for (const draft of group) draft.reject(error);
      }
    }
  }

  /** Journals a committed group, and tells of it. */
  async #finish(
    group: readonly QueuedDraft[],
    { grown, entries, lines }: Committed<QueuedDraft>,
  ): Promise<void> {
    const { journal, conclude } = this.#options;
    try {
      if (this.#inDoubt) {
        throw new GatewayError('ERR_JOURNAL_UNAVAILABLE', {
          detail: 'journal: the group before this one is not in it',
        });
      }
      let tell = (): void => undefined;
      await journal.append(entries, lines, () => {
        tell = concluded(grown, conclude);
      });
      this.#ahead -= entries.length;
      tell();
    } catch (error) {
      this.#inDoubt = true;
      this.#fault(error);
      for (const draft of group) draft.reject(error);
    }
  }

  async #makeWhole(): Promise<void> {
    if (this.#contradiction !== undefined) throw this.#contradiction;
    if (!this.#inDoubt) return;
    const { database, journal, commit } = this.#options;
    await this.#finishing;
    await journal.heal();
    commit.forget();
    await completeJournal(database, journal);
    this.#ahead = 0;
    this.#inDoubt = false;
  }

  /** A log that contradicts itself is not written to again: people look at it first. */
  #fault(error: unknown): void {
    if (isGatewayError(error, 'ERR_LOG_CONTRADICTS_ITSELF')) this.#contradiction ??= error;
    this.#options.onFault(error);
  }
}

/** Concludes every tree of a group; what tells of them, and throws what concluding threw. */
function concluded(
  grown: readonly Grown<QueuedDraft>[],
  conclude: SequencerOptions['conclude'],
): () => void {
  try {
    const tells = grown.map(conclude);
    return () => tells.forEach((tell) => tell());
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
