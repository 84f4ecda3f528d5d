import type { DataSource, EntityManager } from 'typeorm';
import { appendLeaf, frontierPositions, hashLeaf, type Frontier } from '../core/log/tree.js';
import { GatewayError } from '../core/errors.js';
import { insertAct, type RestrictingAct } from './acts.js';
import { growTrees } from './grow-trees.js';
import { encodeGroup, type ActEntry, type JournalEntry } from './journal/line.js';
import { recordLine } from './journaled-entries.js';
import type { SideRow } from './search/side-rows.js';
import {
  lockTrees,
  readFrontier,
  readTree,
  type Growth,
  type NewLeaf,
  type Queryable,
} from './tree.repository.js';

/**
 * Runs in the transaction that records an entry; may run again when the transaction is retried.
 *
 * @returns restricting acts it has done, to be kept in the journal and applied again after a restore
 */
export type Alongside = (manager: EntityManager) => Promise<readonly RestrictingAct[] | void>;

/** A record that waits to be given its place. */
export interface Draft {
  readonly tree: string;
  readonly owner: string | null;
  readonly id: string;
  readonly record: Buffer;
  readonly sealed: Buffer;
  /** How search lists it. */
  readonly side: SideRow;
  readonly alongside: Alongside | undefined;
}

/** Where a draft came to stand. */
export interface Placed<D extends Draft> {
  readonly draft: D;
  readonly leaf: NewLeaf;
}

/** What one tree gained in one group. */
export interface Grown<D extends Draft> extends Growth {
  readonly placed: readonly Placed<D>[];
  /** Stored hash at a position; there are enough to prove every leaf of the group at the new size. */
  readonly hashAt: (position: number) => Buffer;
}

/** What one group put into the database. */
export interface Committed<D extends Draft> {
  readonly grown: readonly Grown<D>[];
  /** Its journal lines: the records, then the restricting acts done with them. */
  readonly entries: readonly JournalEntry[];
  /** Those lines, written out while the database was at work. */
  readonly lines: Buffer;
}

/** One entry cannot be committed; the others of its group can. */
export class EntryRefused extends Error {
  constructor(
    readonly draft: Draft,
    cause: unknown,
  ) {
    super('an entry of the group was refused', { cause });
  }
}

/** The group cannot be committed together, but perhaps one by one. */
export class GroupRefused extends Error {}

class HeadMoved extends Error {}

const mostAttempts = 8;

/**
 * The database half of the log: takes the tree heads by compare-and-set, inserts the group, commits.
 *
 * The frontier of each tree is kept in memory and is right as long as the head is where it says; a
 * compare-and-set that fails (another gateway was first) reads it again under a row lock.
 */
export class GroupCommit {
  readonly #dataSource: DataSource;
  readonly #writer: string;
  readonly #frontiers = new Map<string, Frontier>();

  constructor(dataSource: DataSource, writer: string) {
    this.#dataSource = dataSource;
    this.#writer = writer;
  }

  /** Forgets what is in memory, after anything whose outcome is not known. */
  forget(): void {
    this.#frontiers.clear();
  }

  /**
   * Commits a group, all or nothing.
   *
   * @param nextNumber number of the journal line of the first draft
   * @param onHeadMoved called before a second attempt; gives `nextNumber` anew
   * @throws {EntryRefused} when one `alongside` fails, {@link GroupRefused}, or what the driver throws
   */
  async commit<D extends Draft>(
    drafts: readonly D[],
    nextNumber: number,
    onHeadMoved: () => Promise<number>,
  ): Promise<Committed<D>> {
    let number = nextNumber;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const committed = await this.#attempt(drafts, number, attempt > 1);
        for (const { tree, after } of committed.grown) this.#frontiers.set(tree, after);
        return committed;
      } catch (error) {
        this.forget();
        if (!mayRetry(error) || attempt === mostAttempts) {
          throw isDataError(error) && drafts.length > 1 ? new GroupRefused() : error;
        }
        number = await onHeadMoved();
      }
    }
  }

  async #attempt<D extends Draft>(
    drafts: readonly D[],
    number: number,
    locked: boolean,
  ): Promise<Committed<D>> {
    const trees = [...new Set(drafts.map(({ tree }) => tree))].sort();
    const plain = drafts.every(({ alongside }) => alongside === undefined);
    if (plain && !locked) {
      // One statement is one transaction: no round trips for BEGIN and COMMIT.
      const grown = await this.#place(this.#dataSource, trees, drafts, number);
      return this.#grow(this.#dataSource, grown, []);
    }
    return this.#dataSource.transaction(async (manager) => {
      const done: RestrictingAct[] = [];
      for (const draft of drafts) {
        if (draft.alongside === undefined) continue;
        try {
          done.push(...((await draft.alongside(manager)) ?? []));
        } catch (cause) {
          throw isTransient(cause) ? cause : new EntryRefused(draft, cause);
        }
      }
      if (locked) await lockTrees(manager, trees);
      const acts = done.map(({ act, body }, at): ActEntry => {
        return { kind: 'act', number: number + drafts.length + at, act, body };
      });
      const grown = await this.#place(manager, trees, drafts, number);
      const committed = await this.#grow(manager, grown, acts);
      for (const act of acts) await insertAct(manager, this.#writer, act);
      return committed;
    });
  }

  async #place<D extends Draft>(
    database: Queryable,
    trees: readonly string[],
    drafts: readonly D[],
    firstNumber: number,
  ): Promise<readonly Grown<D>[]> {
    const grown: Grown<D>[] = [];
    let number = firstNumber;
    for (const tree of trees) {
      const own = drafts.filter((draft) => draft.tree === tree);
      grown.push(place(tree, await this.#frontier(database, tree), own, number));
      number += own.length;
    }
    return grown;
  }

  async #grow<D extends Draft>(
    database: DataSource | EntityManager,
    grown: readonly Grown<D>[],
    acts: readonly ActEntry[],
  ): Promise<Committed<D>> {
    const growing = growTrees(database, this.#writer, grown);
    const entries = [...grown.flatMap(linesOf), ...acts];
    const [lines, isGrown] = await Promise.all([encoded(entries), growing]);
    if (!isGrown) throw new HeadMoved();
    return { grown, entries, lines };
  }

  async #frontier(database: Queryable, tree: string): Promise<Frontier> {
    const known = this.#frontiers.get(tree);
    if (known !== undefined) return known;
    const head = await readTree(database, tree);
    if (head === undefined) {
      throw new GatewayError('ERR_LOG_CONTRADICTS_ITSELF', { detail: `tree ${tree} is gone` });
    }
    return readFrontier(database, head);
  }
}

/** Gives each draft its leaf index, its stored hashes and its journal line. */
export function place<D extends Draft>(
  tree: string,
  before: Frontier,
  drafts: readonly D[],
  firstNumber: number,
): Grown<D> {
  const hashes = new Map<number, Buffer>();
  frontierPositions(before.size).forEach((position, at) => {
    const hash = before.hashes[at];
    if (hash !== undefined) hashes.set(position, hash);
  });
  let frontier = before;
  let position = storedCount(before.size);
  const placed = drafts.map((draft, at) => {
    const step = appendLeaf(frontier, hashLeaf(draft.record));
    for (const hash of step.stored) hashes.set(position++, hash);
    const { id, record, sealed, side } = draft;
    const number = firstNumber + at;
    const leaf = { index: frontier.size, id, record, sealed, hashes: step.stored, number, side };
    frontier = step.frontier;
    return { draft, leaf };
  });
  return {
    tree,
    before: before.size,
    after: frontier,
    leaves: placed.map(({ leaf }) => leaf),
    placed,
    hashAt: (position) => {
      const hash = hashes.get(position);
      if (hash === undefined) throw new TypeError('a leaf outside the group was asked for');
      return hash;
    },
  };
}

/** Hashes stored by the first `size` leaves: every leaf one, and one for each pair completed. */
function storedCount(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest;
  return count;
}

/** Rejects, rather than throws, for a line that cannot be: the statement is under way. */
const encoded = async (entries: readonly JournalEntry[]): Promise<Buffer> => encodeGroup(entries);

function linesOf(grown: Grown<Draft>): readonly JournalEntry[] {
  return grown.placed.map(({ draft, leaf }) =>
    recordLine({ ...leaf, tree: draft.tree, owner: draft.owner }),
  );
}

function sqlState(error: unknown): string {
  const code = (error as { driverError?: { code?: unknown } } | undefined)?.driverError?.code;
  return typeof code === 'string' ? code : '';
}

/** Serialisation failure or deadlock: the transaction is gone and may be tried again. */
const isTransient = (error: unknown): boolean => ['40001', '40P01'].includes(sqlState(error));

/**
 * Data exception or constraint violation (SQLSTATE classes 22 and 23), or a transaction that an
 * `alongside` broke and kept quiet about (25P02).
 */
const isDataError = (error: unknown): boolean => /^(?:2[23]...|25P02)$/.test(sqlState(error));

/** A unique violation is another gateway that was first, or our own commit whose end we missed. */
const mayRetry = (error: unknown): boolean =>
  error instanceof HeadMoved || isTransient(error) || sqlState(error) === '23505';
