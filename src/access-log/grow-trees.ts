import type { DataSource, EntityManager } from 'typeorm';
import { rootOf } from '../core/log/tree.js';
import { growOne, loneGrowthOf } from './grow-one.js';
import { monthNumberOf } from './months/months.js';
import { arrayOf, queryPrepared, type PreparedStatement } from './prepared.js';
import { listingParameters, listingStatement } from './search/side-rows.js';
import type { Growth } from './tree.repository.js';

/**
 * Moves the heads of some trees, and inserts and lists the leaves that move them, in one statement:
 * all or nothing. One round trip, and by itself one transaction.
 *
 * The heads are locked in one order for everybody, and only as they were expected: where another
 * gateway was first, the lock finds a head less, and nothing follows.
 *
 * @param growths one a tree
 * @returns false when a head was no longer at `before`; then nothing was done
 */
export async function growTrees(
  database: DataSource | EntityManager,
  writer: string,
  growths: readonly Growth[],
): Promise<boolean> {
  const lone = loneGrowthOf(growths);
  if (lone !== undefined) return growOne(database, writer, lone);
  const leaves = growths.flatMap(({ leaves }) => leaves);
  const places = growths.flatMap(({ leaves }, at) => leaves.map(() => at + 1));
  const rows = await queryPrepared<{ count: number }>(database, grow, [
    arrayOf('text', growths, ({ tree }) => tree),
    arrayOf('bigint', growths, ({ before }) => before),
    arrayOf('bigint', growths, ({ after }) => after.size),
    arrayOf('bytea', growths, ({ after }) => rootOf(after)),
    writer,
    arrayOf('integer', places, (at) => at),
    arrayOf('bigint', leaves, ({ index }) => index),
    arrayOf('uuid', leaves, ({ id }) => id),
    arrayOf('bytea', leaves, ({ record }) => record),
    arrayOf('bytea', leaves, ({ sealed }) => sealed),
    arrayOf('bytea', leaves, ({ hashes }) => joined(hashes)),
    arrayOf('bigint', leaves, ({ number }) => number),
    arrayOf('integer', leaves, ({ side }) => monthNumberOf(side.at)),
    ...listingParameters(leaves),
  ]);
  return rows[0]?.count === leaves.length;
}

/** Most leaves complete nothing but themselves. */
function joined(hashes: readonly Buffer[]): Buffer {
  const [only, another] = hashes;
  return only !== undefined && another === undefined ? only : Buffer.concat(hashes);
}

/**
 * Only what has no one size is unpacked: an element of an array of the others is found by its number, and
 * `unnest` would keep every value of every column once more before a row is made of them.
 */
const grow: PreparedStatement = {
  name: 'safeconduct/log/grow',
  text: `WITH held AS MATERIALIZED (
    SELECT head.tree FROM access_log_tree head
    JOIN unnest($1::text[], $2::bigint[]) AS wanted (tree, size)
      ON head.tree = wanted.tree AND head.size = wanted.size
    ORDER BY head.tree FOR UPDATE OF head
  ), head AS MATERIALIZED (
    SELECT FROM held HAVING count(*) = cardinality($1::text[])
  ), moved AS (
    UPDATE access_log_tree tree SET size = next.size, root = next.root
    FROM head, unnest($1::text[], $3::bigint[], $4::bytea[]) AS next (tree, size, root)
    WHERE tree.tree = next.tree
  ), inserted AS (
    INSERT INTO access_log_leaf (tree, leaf_index, id, record, hashes, writer, number, month)
    SELECT ($1::text[])[($6::int[])[leaf.at]], ($7::bigint[])[leaf.at], ($8::uuid[])[leaf.at],
           leaf.record, leaf.hashes, $5, ($12::bigint[])[leaf.at], ($13::int[])[leaf.at]
    FROM head CROSS JOIN
         unnest($9::bytea[], $11::bytea[]) WITH ORDINALITY AS leaf (record, hashes, at)
    RETURNING 1
  ), kept AS (
    INSERT INTO access_log_sealed (month, tree, leaf_index, sealed)
    SELECT ($13::int[])[part.at], ($1::text[])[($6::int[])[part.at]], ($7::bigint[])[part.at],
           part.sealed
    FROM head CROSS JOIN unnest($10::bytea[]) WITH ORDINALITY AS part (sealed, at)
  ), ${listingStatement(14)}
  SELECT count(*)::int AS count FROM inserted`,
};
