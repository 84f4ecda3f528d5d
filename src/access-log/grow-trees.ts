import type { DataSource, EntityManager } from 'typeorm';
import { rootOf } from '../core/log/tree.js';
import { arrayOf, queryPrepared, type Element, type ElementType } from './prepared.js';
import type { PreparedStatement } from './prepared.js';
import type { Growth } from './tree.repository.js';

/**
 * A table whose rows are inserted by the statement that inserts the leaves they are about: beside
 * the leaf's `tree` and `leaf_index`, which it must have, its own columns.
 */
export interface SideTable {
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly type: ElementType }[];
}

/** One row beside a leaf, its values in the order of the table's columns. */
export interface SideRow {
  readonly table: SideTable;
  readonly values: readonly Element[];
}

/**
 * Moves the heads of some trees and inserts the leaves that move them, in one statement: all or
 * nothing. One round trip, and by itself one transaction.
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
  const leaves = growths.flatMap((growth, at) =>
    growth.leaves.map((leaf) => ({ ...leaf, at: at + 1 })),
  );
  const tables = [...new Set(leaves.flatMap(({ side = [] }) => side.map(({ table }) => table)))];
  const sides = tables.map((table) => {
    const rows = leaves.flatMap(({ at, index, side = [] }) =>
      side.filter((row) => row.table === table).map(({ values }) => ({ at, index, values })),
    );
    return [
      arrayOf(
        'bigint',
        rows.map(({ at }) => at),
      ),
      arrayOf(
        'bigint',
        rows.map(({ index }) => index),
      ),
      ...table.columns.map(({ type }, column) =>
        arrayOf(
          type,
          rows.map(({ values }) => values[column] ?? null),
        ),
      ),
    ];
  });
  const rows = await queryPrepared<{ count: number }>(database, statementFor(tables), [
    arrayOf(
      'text',
      growths.map(({ tree }) => tree),
    ),
    arrayOf(
      'bigint',
      growths.map(({ before }) => before),
    ),
    arrayOf(
      'bigint',
      growths.map(({ after }) => after.size),
    ),
    arrayOf(
      'bytea',
      growths.map(({ after }) => rootOf(after)),
    ),
    writer,
    arrayOf(
      'bigint',
      leaves.map(({ at }) => at),
    ),
    arrayOf(
      'bigint',
      leaves.map(({ index }) => index),
    ),
    arrayOf(
      'uuid',
      leaves.map(({ id }) => id),
    ),
    arrayOf(
      'bytea',
      leaves.map(({ record }) => record),
    ),
    arrayOf(
      'bytea',
      leaves.map(({ sealed }) => sealed),
    ),
    arrayOf(
      'bytea',
      leaves.map(({ hashes }) => Buffer.concat(hashes)),
    ),
    arrayOf(
      'bigint',
      leaves.map(({ number }) => number),
    ),
    ...sides.flat(),
  ]);
  return rows[0]?.count === leaves.length;
}

const ownParameters = 12;

const grow = `
  held AS MATERIALIZED (
    SELECT head.tree FROM access_log_tree head
    JOIN unnest($1::text[], $2::bigint[]) AS wanted (tree, size)
      ON head.tree = wanted.tree AND head.size = wanted.size
    ORDER BY head.tree FOR UPDATE OF head
  ), whole AS MATERIALIZED (
    SELECT FROM held HAVING count(*) = cardinality($1::text[])
  ), moved AS (
    UPDATE access_log_tree head SET size = next.size, root = next.root
    FROM whole, unnest($1::text[], $3::bigint[], $4::bytea[]) AS next (tree, size, root)
    WHERE head.tree = next.tree
  ), inserted AS (
    INSERT INTO access_log_leaf (tree, leaf_index, id, record, sealed, hashes, writer, number)
    SELECT ($1::text[])[leaf.at], leaf.leaf_index, leaf.id, leaf.record, leaf.sealed, leaf.hashes,
           $5, leaf.number
    FROM whole,
         unnest($6::bigint[], $7::bigint[], $8::uuid[], $9::bytea[], $10::bytea[], $11::bytea[],
                $12::bigint[])
           AS leaf (at, leaf_index, id, record, sealed, hashes, number)
    RETURNING 1
  )`;

function statementFor(tables: readonly SideTable[]): PreparedStatement {
  let parameter = ownParameters;
  const sides = tables.map(({ table, columns }) => {
    const names = columns.map(({ name }) => name);
    const arrays = ['bigint', 'bigint', ...columns.map(({ type }) => type)].map(
      (type) => `$${(parameter += 1)}::${type}[]`,
    );
    return `, ${table}_rows AS (
    INSERT INTO ${table} (${['tree', 'leaf_index', ...names].join(', ')})
    SELECT ${['($1::text[])[side.at]', 'side.leaf_index', ...names.map((name) => `side.${name}`)].join(', ')}
    FROM whole, unnest(${arrays.join(', ')}) AS side (${['at', 'leaf_index', ...names].join(', ')})
  )`;
  });
  return {
    name: ['grow', ...tables.map(({ table }) => table)].join('/'),
    text: `WITH ${grow}${sides.join('')} SELECT count(*)::int AS count FROM inserted`,
  };
}
