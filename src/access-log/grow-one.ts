import type { DataSource, EntityManager } from 'typeorm';
import type { Marks } from '../core/log/marks.js';
import { rootOf } from '../core/log/tree.js';
import { monthNumberOf } from './months/months.js';
import { changePrepared, type PreparedStatement } from './prepared.js';
import { listingOne, listingOneParameters } from './search/side-rows.js';
import type { Growth, NewLeaf } from './tree.repository.js';

/** The one leaf of one tree, when that is all there is to do and it has marks. */
export interface LoneGrowth extends Omit<Growth, 'leaves'> {
  readonly leaf: NewLeaf & { readonly side: { readonly marks: Marks } };
}

/** What {@link growOne} may do by itself; `undefined` where it takes the statement for many. */
export function loneGrowthOf(growths: readonly Growth[]): LoneGrowth | undefined {
  const [growth, another] = growths;
  if (growth === undefined || another !== undefined) return undefined;
  const [leaf, next] = growth.leaves;
  if (leaf === undefined || next !== undefined) return undefined;
  const { marks } = leaf.side;
  return marks === null
    ? undefined
    : { ...growth, leaf: { ...leaf, side: { ...leaf.side, marks } } };
}

/**
 * As `growTrees` (grow-trees.ts) for a record that nothing else waits with: the same rows in half the
 * time, because nothing is joined, sorted or unpacked for it. The head is moved only from where it
 * was expected; where another gateway was first, nothing follows.
 *
 * @returns false when the head was no longer at `before`; then nothing was done
 */
export async function growOne(
  database: DataSource | EntityManager,
  writer: string,
  { tree, before, after, leaf }: LoneGrowth,
): Promise<boolean> {
  const { id, record, sealed, hashes, number, side } = leaf;
  const rows = await changePrepared(database, grow, [
    tree,
    before,
    rootOf(after),
    id,
    record,
    sealed,
    hashes.length === 1 ? hashes[0] : Buffer.concat(hashes),
    writer,
    number,
    monthNumberOf(side.at),
    ...listingOneParameters(side),
  ]);
  return rows === 1;
}

const grow: PreparedStatement = {
  name: 'safeconduct/log/grow-one',
  text: `WITH head AS (
    UPDATE access_log_tree SET size = $2::bigint + 1, root = $3::bytea
    WHERE tree = $1::text AND size = $2::bigint
    RETURNING tree, size - 1 AS leaf_index
  ), kept AS (
    INSERT INTO access_log_sealed (month, tree, leaf_index, sealed)
    SELECT $10::int, tree, leaf_index, $6::bytea FROM head
  ), ${listingOne(11)}
  INSERT INTO access_log_leaf (tree, leaf_index, id, record, hashes, writer, number, month)
  SELECT tree, leaf_index, $4::uuid, $5::bytea, $7::bytea, $8::text, $9::bigint, $10::int
  FROM head`,
};
