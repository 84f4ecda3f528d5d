import { basename, dirname } from 'node:path';
import type { DataSource } from 'typeorm';
import { emptyFrontier, emptyRoot, rootOf } from '../../core/log/tree.js';
import type { Available } from '../availability.js';
import { readCoverHead, readSlots } from '../cover/cover.repository.js';
import type { JournalFiles } from '../journal/journal-files.js';
import type { AccessLogLogger } from '../log-options.js';
import { monthOf } from '../months/months.js';
import { readTree, readTrees, type TreeRow } from '../tree.repository.js';
import { coverId, type Trees } from '../trees.js';
import { checkLeaves, headsInRounds, readableMonths, sizeInRounds } from './check-leaves.js';
import { checkRounds } from './check-rounds.js';
import type { CheckRows } from './check-rows.js';
import {
  decodeCheckState,
  encodeCheckState,
  type CheckState,
  type Pass,
  type TreeWalk,
} from './check-state.js';
import { contradiction, type KnownHead } from './walk-hashes.js';

export interface LogCheckOptions {
  readonly dataSource: DataSource;
  readonly trees: Trees;
  /** `LOG_ORIGIN`. */
  readonly origin: string;
  readonly rows: CheckRows;
  readonly files: JournalFiles;
  /** Where it is remembered how far it has come: `<home>/log-check.json`. */
  readonly path: string;
  readonly available: Available;
  readonly logger: AccessLogLogger | undefined;
}

/** What the check has done, for whoever asks. */
export interface CheckProgress {
  /** When the last whole pass ended; `undefined` before the first. */
  readonly endedAt: Date | undefined;
  /** When the pass that is under way began; `undefined` between two. */
  readonly startedAt: Date | undefined;
  /** Records and rounds walked in it... */
  readonly checked: number;
  /** ...of how many there were. */
  readonly total: number;
  /** Records whose rows of search were wrong or gone, since the process began. */
  readonly relisted: number;
}

/** Rows of search that were not as they have to be, and are again. */
export interface RelistedRows {
  readonly tree: string;
  /** Null for the host's. */
  readonly partner: string | null;
  /** Leaves listed again; empty where rows were taken away that listed none. */
  readonly leaves: readonly number[];
  /** Rows taken away. */
  readonly taken: number;
}

const leavesInStep = 250;
/** A round takes as long as four records. */
const roundsInStep = 60;
const rememberEveryMs = 30_000;

/**
 * Holds the whole log against what was signed, over and over, a step at a time: what was changed in the
 * database is found without anybody reading it. Records, hashes and sealed parts that are not as they
 * were signed contradict the log; rows of search, which are not in a tree, are made again.
 *
 * Each gateway does it for itself, and trusts no other to have done it: one that finds something stops.
 */
export class LogCheck {
  readonly #options: LogCheckOptions;
  #state: CheckState | undefined;
  #total = 0;
  #owners: ReadonlyMap<string, string | null> = new Map();
  #relisted = 0;
  #told: RelistedRows[] = [];
  #rememberedMs = 0;

  constructor(options: LogCheckOptions) {
    this.#options = options;
  }

  get progress(): CheckProgress {
    const { endedAt, pass } = this.#state ?? { endedAt: undefined, pass: undefined };
    return {
      endedAt,
      startedAt: pass?.startedAt,
      checked: pass?.checked ?? 0,
      total: this.#total,
      relisted: this.#relisted,
    };
  }

  /** What was listed again since this was last asked. */
  takeRelisted(): readonly RelistedRows[] {
    const told = this.#told;
    this.#told = [];
    return told;
  }

  /**
   * Goes on a step. What is not as it was signed stops the log, naming tree and leaf, and is found again
   * by the next step.
   *
   * @returns whether a pass has ended with it
   * @throws {GatewayError} ERR_LOG_UNAVAILABLE
   */
  async step(now: Date): Promise<boolean> {
    return this.#options.available(async () => this.#step(now));
  }

  async #step(now: Date): Promise<boolean> {
    const state = (this.#state ??= await this.#remembered());
    const pass = state.pass ?? { startedAt: now, done: [], checked: 0, walk: undefined };
    const trees = await this.#trees();
    this.#total = trees.reduce((total, { size }) => total + size, 0);
    this.#owners = new Map(trees.map(({ tree, owner }) => [tree, owner]));
    const next = pass.walk?.tree ?? trees.find(({ tree }) => !pass.done.includes(tree))?.tree;
    if (next === undefined) {
      this.#state = { endedAt: now, pass: undefined };
      await this.remember();
      return true;
    }
    const walk = pass.walk ?? (await this.#begin(next));
    const walked = await this.#walk(walk, now);
    const checked = pass.checked + walked.frontier.size - walk.frontier.size;
    const isOver = walked.frontier.size === walked.to.size;
    if (isOver) await this.#end(walked);
    const on: Pass = isOver
      ? { ...pass, checked, done: [...pass.done, walked.tree], walk: undefined }
      : { ...pass, checked, walk: walked };
    this.#state = { ...state, pass: on };
    if (performance.now() - this.#rememberedMs > rememberEveryMs) await this.remember();
    return false;
  }

  /** Keeps how far it has come for the next start. */
  async remember(): Promise<void> {
    if (this.#state === undefined) return;
    const { files, path, origin } = this.#options;
    await files.create(path, encodeCheckState(this.#state, origin));
    this.#rememberedMs = performance.now();
  }

  async #remembered(): Promise<CheckState> {
    const { files, path, origin } = this.#options;
    const names = await files.list(dirname(path));
    const nothing = { endedAt: undefined, pass: undefined };
    if (!names.includes(basename(path))) return nothing;
    return decodeCheckState(await files.read(path), origin);
  }

  /**
   * Trees of records, and the cover tree after them. A tree whose row is gone is one of them, as long as
   * it has a slot or something was signed of it.
   */
  async #trees(): Promise<readonly Omit<TreeRow, 'root'>[]> {
    const { dataSource, trees } = this.#options;
    const { size } = await readCoverHead(dataSource);
    // Before the rows: one that is made meanwhile is not missing.
    const known = [...(await readSlots(dataSource)).keys(), ...trees.signedIds()];
    const rows = await readTrees(dataSource);
    const there = new Set([coverId, ...rows.map(({ tree }) => tree)]);
    const missing = [...new Set(known)].filter((tree) => !there.has(tree));
    return [
      ...rows,
      ...missing.map((tree) => ({ tree, owner: null, size: 0 })),
      { tree: coverId, owner: null, size },
    ];
  }

  async #begin(tree: string): Promise<TreeWalk> {
    const { dataSource, trees } = this.#options;
    const isCover = tree === coverId;
    // Before the head is read: what is signed is in the database.
    const signed = trees.signedHead(tree);
    const held = isCover ? 0 : await sizeInRounds(dataSource, trees, tree);
    const head = isCover ? await readCoverHead(dataSource) : await readTree(dataSource, tree);
    const { size, root }: KnownHead = head ?? { size: 0, root: emptyRoot };
    const most = Math.max(held, signed?.size ?? 0);
    if (size < most) {
      const has = head === undefined ? 'it is missing from the database' : `it has ${size} leaves`;
      throw contradiction(
        isCover ? 'cover tree' : `tree ${tree}`,
        `${has}, and was signed at ${most}`,
      );
    }
    const to = { size, root };
    return { tree, to, signed, frontier: emptyFrontier, round: -1, months: new Map() };
  }

  async #walk(walk: TreeWalk, now: Date): Promise<TreeWalk> {
    const { dataSource, trees } = this.#options;
    const { tree, frontier, to, signed } = walk;
    const known = signed === undefined ? [] : [signed];
    if (tree === coverId) {
      const end = Math.min(to.size, frontier.size + roundsInStep);
      return { ...walk, frontier: await checkRounds(dataSource, frontier, end, known) };
    }
    const end = Math.min(to.size, frontier.size + leavesInStep);
    const held = await headsInRounds(dataSource, trees, tree, walk.round, end);
    const heads = [...held.heads, ...known].sort((one, other) => one.size - other.size);
    const checked = await checkLeaves(dataSource, tree, frontier, end, heads);
    const listed = await readableMonths(dataSource);
    this.#tell(tree, await this.#options.rows.check(tree, checked.leaves, listed, now), 0);
    const months = new Map(walk.months);
    for (const { record } of checked.leaves) {
      const month = monthOf(new Date(record.at));
      if (listed.has(month)) months.set(month, (months.get(month) ?? 0) + 1);
    }
    return { ...walk, frontier: checked.frontier, round: held.after, months };
  }

  async #end({ tree, frontier, to, months }: TreeWalk): Promise<void> {
    if (!rootOf(frontier).equals(to.root)) {
      throw contradiction(
        tree === coverId ? 'cover tree' : `tree ${tree}`,
        `at size ${to.size} the stored root is not that of its leaves`,
      );
    }
    if (tree === coverId) return;
    for (const month of await readableMonths(this.#options.dataSource)) {
      const { rows } = this.#options;
      this.#tell(tree, [], await rows.clear(tree, month, months.get(month) ?? 0, to.size));
    }
  }

  #tell(tree: string, leaves: readonly number[], taken: number): void {
    if (leaves.length + taken === 0) return;
    this.#relisted += leaves.length;
    const found = { tree, leaves, taken };
    this.#options.logger?.warn(
      { ...found, leaves: leaves.slice(0, 20), records: leaves.length },
      'rows of search were changed or gone, and were made again',
    );
    this.#told.push({ ...found, partner: this.#owners.get(tree) ?? null });
  }
}
