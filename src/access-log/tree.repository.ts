import {
  emptyRoot,
  frontierPositions,
  hashSizeBytes,
  locateStoredHash,
  rootOf,
  type Frontier,
  type HashReader,
} from '../core/log/tree.js';
import { anotherThanSigned, checkIntact, type HashedColumns } from './intact-leaves.js';
import { withSealed, type SealedColumns } from './months/sealed-rows.js';
import type { SideRow } from './search/side-rows.js';

/** The connection, or the transaction, a statement runs in. */
export interface Queryable {
  query<Result>(statement: string, parameters?: unknown[]): Promise<Result>;
}

export interface TreeRow {
  readonly tree: string;
  /** Partner whose tree it is; null for the host's. */
  readonly owner: string | null;
  readonly size: number;
  readonly root: Buffer;
}

/** One leaf as it is stored. */
export interface LeafRow {
  readonly index: number;
  readonly id: string;
  readonly record: Buffer;
  readonly sealed: Buffer;
  /** Hashes this leaf completes, in the layout's order. */
  readonly hashes: readonly Buffer[];
  /** Number of its journal line. */
  readonly number: number;
}

/** A leaf that is inserted, with what search lists it by. */
export interface NewLeaf extends LeafRow {
  readonly side: SideRow;
}

/** A leaf with the tree it is in. */
export interface PlacedLeaf extends Omit<LeafRow, 'hashes'> {
  readonly tree: string;
  readonly owner: string | null;
}

/** Leaves that move one tree's head from `before` to `after`. */
export interface Growth {
  readonly tree: string;
  readonly before: number;
  readonly after: Frontier;
  readonly leaves: readonly NewLeaf[];
}

interface PlacedLeafColumns extends SealedColumns {
  readonly owner: string | null;
  readonly id: string;
  readonly record: Buffer;
  readonly number: string;
}

export async function findTree(
  database: Queryable,
  owner: string | null,
): Promise<TreeRow | undefined> {
  const rows = await database.query<TreeRowColumns[]>(
    'SELECT tree, owner, size, root FROM access_log_tree WHERE owner IS NOT DISTINCT FROM $1',
    [owner],
  );
  return rows.map(treeRow)[0];
}

/** Makes the tree when it is not there. Another id for the same owner, or the reverse, stays. */
export async function makeTree(
  database: Queryable,
  tree: string,
  owner: string | null,
): Promise<void> {
  await database.query(
    `INSERT INTO access_log_tree (tree, owner, size, root) VALUES ($1, $2, 0, $3)
     ON CONFLICT DO NOTHING`,
    [tree, owner, emptyRoot],
  );
}

export async function readTree(database: Queryable, tree: string): Promise<TreeRow | undefined> {
  const rows = await database.query<TreeRowColumns[]>(
    'SELECT tree, owner, size, root FROM access_log_tree WHERE tree = $1',
    [tree],
  );
  return rows.map(treeRow)[0];
}

/** Every tree with its head. */
export async function readTrees(database: Queryable): Promise<readonly TreeRow[]> {
  const rows = await database.query<TreeRowColumns[]>(
    'SELECT tree, owner, size, root FROM access_log_tree ORDER BY tree',
  );
  return rows.map(treeRow);
}

/** Holds the heads of these trees until the transaction ends, in one order for everybody. */
export async function lockTrees(database: Queryable, trees: readonly string[]): Promise<void> {
  await database.query(
    'SELECT tree FROM access_log_tree WHERE tree = ANY($1) ORDER BY tree FOR UPDATE',
    [[...trees]],
  );
}

/**
 * The frontier at a tree's head, read from the stored hashes and held against the stored root.
 *
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF
 */
export async function readFrontier(database: Queryable, head: TreeRow): Promise<Frontier> {
  const positions = frontierPositions(head.size);
  const hashes = await storedHashes(database, head.tree).readHashes(positions);
  const frontier = { size: head.size, hashes };
  if (!rootOf(frontier).equals(head.root)) {
    throw anotherThanSigned(
      `tree ${head.tree}: at size ${head.size} the stored hashes do not make the stored root`,
    );
  }
  return frontier;
}

/** Reads stored hashes of one tree out of the rows of its leaves. */
export function storedHashes(database: Queryable, tree: string): HashReader {
  return hashesInRows(tree, (leaves) =>
    database.query<LeafHashes[]>(
      'SELECT leaf_index, hashes FROM access_log_leaf WHERE tree = $1 AND leaf_index = ANY($2)',
      [tree, leaves],
    ),
  );
}

/** The hashes one leaf completes, as a row has them. */
export interface LeafHashes {
  readonly leaf_index: string;
  readonly hashes: Buffer;
}

/** Reads stored hashes out of rows that hold what each leaf completes. */
export function hashesInRows(
  tree: string,
  rowsOf: (leaves: number[]) => Promise<readonly LeafHashes[]>,
): HashReader {
  return {
    readHashes: async (positions) => {
      if (positions.length === 0) return [];
      const places = positions.map(locateStoredHash);
      const rows = await rowsOf([...new Set(places.map(({ leaf }) => leaf))]);
      const byLeaf = new Map(rows.map((row) => [Number(row.leaf_index), row.hashes]));
      return places.map(({ leaf, level }) => {
        const from = level * hashSizeBytes;
        const hash = byLeaf.get(leaf)?.subarray(from, from + hashSizeBytes);
        if (hash?.length !== hashSizeBytes) {
          throw anotherThanSigned(
            `tree ${tree}, leaf ${leaf}: it lacks the hash of level ${level}`,
          );
        }
        return hash;
      });
    },
  };
}

/** Root the tree had at a size it has outgrown or has. */
export async function rootAt(reader: HashReader, size: number): Promise<Buffer> {
  return rootOf({ size, hashes: await reader.readHashes(frontierPositions(size)) });
}

/** The leaf of one record id in one tree. */
export async function findLeaf(
  database: Queryable,
  tree: string,
  id: string,
): Promise<Pick<LeafRow, 'index' | 'id' | 'record'> | undefined> {
  const rows = await database.query<(HashedColumns & { id: string })[]>(
    'SELECT tree, leaf_index, id, record, hashes FROM access_log_leaf WHERE tree = $1 AND id = $2',
    [tree, id],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  checkIntact(row);
  return { index: Number(row.leaf_index), id: row.id, record: row.record };
}

/** Records of one tree from an index on, without gaps. */
export async function leavesOfTree(
  database: Queryable,
  tree: string,
  from: number,
  count: number,
): Promise<readonly { readonly index: number; readonly record: Buffer }[]> {
  const rows = await database.query<HashedColumns[]>(
    `SELECT tree, leaf_index, record, hashes FROM access_log_leaf
     WHERE tree = $1 AND leaf_index >= $2 AND leaf_index < $3 ORDER BY leaf_index`,
    [tree, from, from + count],
  );
  return recordsWithoutGaps(
    tree,
    rows,
    rows.map((_, at) => from + at),
    count,
  );
}

/** Records of one tree at given indexes, in order. */
export async function leavesAt(
  database: Queryable,
  tree: string,
  indexes: readonly number[],
): Promise<readonly { readonly index: number; readonly record: Buffer }[]> {
  const rows = await database.query<HashedColumns[]>(
    `SELECT tree, leaf_index, record, hashes FROM access_log_leaf
     WHERE tree = $1 AND leaf_index = ANY($2) ORDER BY leaf_index`,
    [tree, [...indexes]],
  );
  return recordsWithoutGaps(tree, rows, indexes, indexes.length);
}

function recordsWithoutGaps(
  tree: string,
  rows: readonly HashedColumns[],
  indexes: readonly number[],
  count: number,
): readonly { readonly index: number; readonly record: Buffer }[] {
  const isWhole =
    rows.length === count && rows.every((row, at) => Number(row.leaf_index) === indexes[at]);
  if (!isWhole) {
    throw anotherThanSigned(`tree ${tree}: records are missing from the database`);
  }
  for (const row of rows) checkIntact(row);
  return rows.map(({ leaf_index: index, record }) => ({ index: Number(index), record }));
}

/** Leaves of one writer after a line number, in the order of their lines. */
export async function leavesOfWriter(
  database: Queryable,
  writer: string,
  after: number,
  limit: number,
): Promise<readonly PlacedLeaf[]> {
  const rows = await database.query<PlacedLeafColumns[]>(
    `SELECT leaf.tree, tree.owner, leaf.leaf_index, leaf.id, leaf.record, leaf.month, leaf.sealed,
       leaf.number
     FROM access_log_leaf leaf JOIN access_log_tree tree ON tree.tree = leaf.tree
     WHERE leaf.writer = $1 AND leaf.number > $2 ORDER BY leaf.number LIMIT $3`,
    [writer, after, limit],
  );
  return (await withSealed(database, rows)).map(placedLeafRow);
}

interface TreeRowColumns {
  readonly tree: string;
  readonly owner: string | null;
  readonly size: string;
  readonly root: Buffer;
}

/** bigint columns arrive as text. */
const treeRow = ({ tree, owner, size, root }: TreeRowColumns): TreeRow => ({
  tree,
  owner,
  size: Number(size),
  root,
});

const placedLeafRow = (row: PlacedLeafColumns): PlacedLeaf => ({
  tree: row.tree,
  owner: row.owner,
  index: Number(row.leaf_index),
  id: row.id,
  record: row.record,
  sealed: row.sealed,
  number: Number(row.number),
});
