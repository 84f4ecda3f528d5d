import {
  emptyRoot,
  frontierPositions,
  rootOf,
  type Frontier,
  type HashReader,
} from '../../core/log/tree.js';
import { anotherThanSigned } from '../intact-leaves.js';
import type { CoverEntry, SlotChange } from '../journal/line.js';
import { hashesInRows, type LeafHashes, type Queryable } from '../tree.repository.js';
import { coverId } from '../trees.js';

/** Head of the cover tree. */
export interface CoverHead {
  /** Rounds made so far. */
  readonly size: number;
  readonly root: Buffer;
}

export async function readCoverHead(database: Queryable): Promise<CoverHead> {
  const rows = await database.query<{ round: string; tree_root: Buffer }[]>(
    'SELECT round, tree_root FROM access_log_cover_round ORDER BY round DESC LIMIT 1',
  );
  const [last] = rows;
  if (last === undefined) return { size: 0, root: emptyRoot };
  return { size: Number(last.round) + 1, root: last.tree_root };
}

/**
 * The cover tree's frontier, read from the stored hashes and held against the stored root.
 *
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF
 */
export async function readCoverFrontier(database: Queryable, head: CoverHead): Promise<Frontier> {
  const hashes = await coverHashes(database).readHashes(frontierPositions(head.size));
  const frontier = { size: head.size, hashes };
  if (!rootOf(frontier).equals(head.root)) {
    throw anotherThanSigned(
      `cover tree: at size ${head.size} the stored hashes do not make the stored root`,
    );
  }
  return frontier;
}

/** Stored hashes of the cover tree. */
export function coverHashes(database: Queryable): HashReader {
  return hashesInRows(coverId, (rounds) =>
    database.query<LeafHashes[]>(
      'SELECT round AS leaf_index, hashes FROM access_log_cover_round WHERE round = ANY($1)',
      [rounds],
    ),
  );
}

/**
 * Inserts a round and what changed in its slots; call in a transaction.
 *
 * @param hashes what its leaf completes in the cover tree
 */
export async function insertRound(
  database: Queryable,
  writer: string,
  { round, seed, root, at, slots, number }: CoverEntry,
  hashes: readonly Buffer[],
  treeRoot: Buffer,
): Promise<void> {
  await database.query(
    `INSERT INTO access_log_cover_round
       (round, seed, root, hashes, tree_root, made_at, writer, number)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [round, seed, root, Buffer.concat(hashes), treeRoot, at, writer, number],
  );
  for (const { slot, tree, note } of slots) {
    await assignSlot(database, slot, tree);
    await database.query(
      'INSERT INTO access_log_cover_slot_head (slot, round, note) VALUES ($1, $2, $3)',
      [slot, round, note],
    );
  }
}

/** Gives a slot to a tree unless either has been given already. */
export async function assignSlot(database: Queryable, slot: number, tree: string): Promise<void> {
  await database.query(
    'INSERT INTO access_log_cover_slot (slot, tree) VALUES ($1, $2) ON CONFLICT DO NOTHING',
    [slot, tree],
  );
}

/** Slots by tree. */
export async function readSlots(database: Queryable): Promise<ReadonlyMap<string, number>> {
  const rows = await database.query<{ slot: number; tree: string }[]>(
    'SELECT slot, tree FROM access_log_cover_slot',
  );
  return new Map(rows.map(({ slot, tree }) => [tree, slot]));
}

/** What each slot held in a round, and since which round. */
export async function readSlotHeads(
  database: Queryable,
  round: number,
): Promise<readonly (SlotChange & { readonly since: number })[]> {
  const rows = await database.query<{ slot: number; tree: string; note: string; round: string }[]>(
    `SELECT given.slot, given.tree, held.note, held.round
     FROM access_log_cover_slot given, LATERAL (
       SELECT head.note, head.round FROM access_log_cover_slot_head head
       WHERE head.slot = given.slot AND head.round <= $1 ORDER BY head.round DESC LIMIT 1) held
     ORDER BY given.slot`,
    [round],
  );
  return rows.map(({ round: since, ...row }) => ({ ...row, since: Number(since) }));
}

/** Seed and root of a round, or `undefined`. */
export async function readRound(
  database: Queryable,
  round: number,
): Promise<{ readonly seed: Buffer; readonly root: Buffer } | undefined> {
  const rows = await database.query<{ seed: Buffer; root: Buffer }[]>(
    'SELECT seed, root FROM access_log_cover_round WHERE round = $1',
    [round],
  );
  return rows[0];
}
