import type { DataSource } from 'typeorm';
import {
  buildRound,
  coverProofOf,
  slotCount,
  type CoverProof,
  type CoverRound,
} from '../../core/log/cover.js';
import { proveInclusion } from '../../core/log/proof.js';
import { encodeTlogProof } from '../../core/log/tlog-proof.js';
import { appendLeaf, emptyRoot, hashLeaf, rootOf } from '../../core/log/tree.js';
import { anotherThanSigned } from '../intact-leaves.js';
import { checkpointOf } from '../journaled-entries.js';
import type { CoverEntry, SlotChange } from '../journal/line.js';
import type { Sequencer } from '../sequencer.js';
import { readTrees, type TreeRow } from '../tree.repository.js';
import { coverId, type SignedHead, type Trees } from '../trees.js';
import {
  assignSlot,
  coverHashes,
  insertRound,
  readCoverFrontier,
  readCoverHead,
  readRound,
  readSlotHeads,
  readSlots,
} from './cover.repository.js';
import { newestCosigned } from './cosignature.repository.js';
import { heldHead } from './held-head.js';

export interface CoverTreeOptions {
  readonly dataSource: DataSource;
  readonly trees: Trees;
  readonly sequencer: Sequencer;
  /** Id of this gateway's journal. */
  readonly writer: string;
  readonly random: (lengthBytes: number) => Uint8Array;
  /** Different witnesses that make a round count as cosigned; at least 1. */
  readonly witnessQuorum: number;
  /** Resolves once what was signed is remembered beyond this home. */
  readonly remember: () => Promise<void>;
}

/** Where a tree's checkpoint is covered: by what its receipt has to be proven. */
export interface Covered {
  readonly cover: CoverProof;
  /** Signed checkpoint in the slot. */
  readonly note: string;
}

/** The cover tree of a log: makes its rounds, and proves what is in them. */
export class CoverTree {
  readonly #options: CoverTreeOptions;

  constructor(options: CoverTreeOptions) {
    this.#options = options;
  }

  /**
   * Makes the next round, unless another gateway has made one since the tree had `expectedSize`.
   * The round is in the database and in the journal before the tree is signed with it.
   *
   * @returns rounds there are now
   * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF, and whatever keeps the log from being written
   */
  async makeRound(at: Date, expectedSize?: number): Promise<number> {
    const { dataSource, sequencer, writer } = this.#options;
    let size = 0;
    await sequencer.enter<CoverEntry>(async (number) => {
      await this.#assignSlots();
      try {
        return await dataSource.transaction('READ COMMITTED', async (manager) => {
          const head = await readCoverHead(manager);
          size = head.size;
          if (expectedSize !== undefined && head.size > expectedSize) return undefined;
          const frontier = await readCoverFrontier(manager, head);
          const before = await readSlotHeads(manager, head.size - 1);
          const now = this.#slotNotes(await readTrees(manager), await readSlots(manager), before);
          const seed = Buffer.from(this.#options.random(32));
          const notes = new Map(now.map(({ slot, note }) => [slot, note]));
          const { root } = buildRound(head.size, seed, notes);
          const held = new Map(before.map(({ slot, note }) => [slot, note]));
          const slots = now.filter(({ slot, note }) => held.get(slot) !== note);
          const entry = { kind: 'cover', number, round: head.size, at, seed, root, slots } as const;
          const { frontier: after, stored } = appendLeaf(frontier, hashLeaf(root));
          await insertRound(manager, writer, entry, stored, rootOf(after));
          size = after.size;
          return entry;
        });
      } catch (error) {
        if (isUniqueViolation(error)) return undefined;
        throw error;
      }
    });
    return size;
  }

  /** Signed checkpoint of the cover tree as it is now; of its last round, durable before. */
  async signHead(): Promise<SignedHead> {
    const { dataSource, trees, sequencer } = this.#options;
    const signed = await sequencer.exclusively(async () => {
      const head = await readCoverHead(dataSource);
      const frontier = await readCoverFrontier(dataSource, head);
      return trees.sign(coverId, frontier);
    });
    await this.#options.remember();
    return signed;
  }

  /** The slot of a tree; given to it now when it has none. `undefined` when all are taken. */
  async slotOf(tree: string): Promise<number | undefined> {
    const { dataSource, trees } = this.#options;
    for (let attempt = 0; attempt < slotCount; attempt += 1) {
      const slots = await readSlots(dataSource);
      const own = slots.get(tree);
      if (own !== undefined) return own;
      const taken = new Set(slots.values());
      // From a place that only the log key knows on, so that a number tells nothing of how many.
      const wanted = trees.preferredSlot(tree);
      const free = Array.from({ length: slotCount }, (_, at) => (wanted + at) % slotCount).find(
        (slot) => !taken.has(slot),
      );
      if (free === undefined) return undefined;
      await assignSlot(dataSource, free, tree);
    }
    return undefined;
  }

  /** A slot's leaf in a round and its path; `undefined` for a round that is not there. */
  async slotLeaf(
    tree: string,
    round: number,
  ): Promise<{ readonly leaf: Buffer; readonly path: readonly Buffer[] } | undefined> {
    const slot = (await readSlots(this.#options.dataSource)).get(tree);
    const built = slot === undefined ? undefined : await this.#rebuild(round);
    if (slot === undefined || built === undefined) return undefined;
    if (!built.notes.has(slot)) return undefined;
    return { leaf: built.round.slotLeaf(slot), path: built.round.slotPath(slot) };
  }

  /**
   * The proof that a leaf of a tree is under a checkpoint in a cosigned round; `undefined` until
   * there is one.
   */
  async coverOf(tree: string, leafIndex: number): Promise<Covered | undefined> {
    const { dataSource, witnessQuorum } = this.#options;
    const cosigned = await newestCosigned(dataSource, witnessQuorum);
    if (cosigned === undefined) return undefined;
    const round = cosigned.size - 1;
    const slot = (await readSlots(dataSource)).get(tree);
    if (slot === undefined) return undefined;
    const held = (await readSlotHeads(dataSource, round)).find((head) => head.slot === slot);
    if (held === undefined || checkpointOf(held.note).size <= leafIndex) return undefined;
    const built = await this.#rebuild(round);
    if (built === undefined) return undefined;
    const hashes = await proveInclusion(cosigned.size, round, coverHashes(dataSource));
    const checkpoint = `${cosigned.checkpoint}${cosigned.lines.join('')}`;
    const proof = encodeTlogProof({ index: round, hashes, checkpoint });
    return { cover: coverProofOf(built.round, slot, proof), note: held.note };
  }

  /** A round again, held against the root that was signed. */
  async #rebuild(
    round: number,
  ): Promise<
    { readonly round: CoverRound; readonly notes: ReadonlyMap<number, string> } | undefined
  > {
    const { dataSource } = this.#options;
    const row = await readRound(dataSource, round);
    if (row === undefined) return undefined;
    const heads = await readSlotHeads(dataSource, round);
    const notes = new Map(heads.map(({ slot, note }) => [slot, note]));
    const built = buildRound(round, row.seed, notes);
    if (!built.root.equals(row.root)) {
      throw anotherThanSigned(
        `cover tree, round ${round}: what is stored does not make the root that was signed`,
      );
    }
    return { round: built, notes };
  }

  async #assignSlots(): Promise<void> {
    const { dataSource } = this.#options;
    const slots = await readSlots(dataSource);
    for (const { tree } of await readTrees(dataSource)) {
      if (!slots.has(tree)) await this.slotOf(tree);
    }
  }

  /** What every slot holds now. A slot never goes back, and never to another tree of one size. */
  #slotNotes(
    rows: readonly TreeRow[],
    slots: ReadonlyMap<string, number>,
    before: readonly SlotChange[],
  ): readonly SlotChange[] {
    const { trees } = this.#options;
    return [...rows, ...emptyTrees(rows, before)].flatMap(({ tree, size, root }) => {
      const slot = slots.get(tree);
      if (slot === undefined) return [];
      const held = before.find((change) => change.slot === slot);
      const last = held === undefined ? undefined : heldHead(trees, held);
      const isSame = held !== undefined && last?.size === size && last.root.equals(root);
      if (isSame && trees.isSignedInForce({ id: tree }, held.note)) return [held];
      if (last !== undefined && size <= last.size && !isSame) {
        throw anotherThanSigned(
          `tree ${tree}: a round holds it at size ${last.size}, and now it is another at size ${size}`,
        );
      }
      return [{ slot, tree, note: trees.signRoot(tree, size, root).checkpoint }];
    });
  }
}

/**
 * Trees a round holds and the database has no row of. A journal brings back a round with its slots, and
 * a tree only with its first record: one that had none is still empty, and stays in its slot.
 */
function emptyTrees(
  rows: readonly TreeRow[],
  before: readonly SlotChange[],
): readonly Pick<TreeRow, 'tree' | 'size' | 'root'>[] {
  const known = new Set(rows.map(({ tree }) => tree));
  return before
    .filter(({ tree }) => !known.has(tree))
    .map(({ tree }) => ({ tree, size: 0, root: emptyRoot }));
}

/** Another gateway was first. */
function isUniqueViolation(error: unknown): boolean {
  const code = (error as { driverError?: { code?: unknown } } | undefined)?.driverError?.code;
  return code === '23505' || code === '40001';
}
