import type { DataSource } from 'typeorm';
import { decodeRecord } from '../../core/log/record.js';
import type { Queryable } from '../tree.repository.js';
import { makeMonth, monthNumber, monthOf } from './months.js';

/**
 * Sealed parts stand in `access_log_sealed`, by month; those an earlier release wrote stand beside
 * their record until they are moved.
 */

/** What of a leaf is read to find its sealed part. */
export interface SealedColumns {
  readonly tree: string;
  readonly leaf_index: string;
  /** Null for a leaf of an earlier release. */
  readonly month: number | null;
  /** Empty where the part is in the table of its month, or forgotten. */
  readonly sealed: Buffer;
}

/** The same rows with their sealed parts; empty where the month is forgotten. */
export async function withSealed<Row extends SealedColumns>(
  database: Queryable,
  rows: readonly Row[],
): Promise<readonly Row[]> {
  const wanted = rows.filter(({ month, sealed }) => month !== null && sealed.length === 0);
  if (wanted.length === 0) return rows;
  // Months are given by themselves, so that only their parts of the table are looked at; the limit makes
  // each a place in an index, where the tables' statistics are old as well.
  const found = await database.query<{ tree: string; leaf_index: string; sealed: Buffer }[]>(
    `SELECT s.tree, s.leaf_index, s.sealed
     FROM unnest($1::text[], $2::bigint[], $3::int[]) AS wanted (tree, leaf_index, month)
     CROSS JOIN LATERAL (
       SELECT part.tree, part.leaf_index, part.sealed FROM access_log_sealed part
       WHERE part.tree = wanted.tree AND part.leaf_index = wanted.leaf_index
         AND part.month = wanted.month AND part.month = ANY ($4::int[]) LIMIT 1) s`,
    [
      wanted.map(({ tree }) => tree),
      wanted.map(({ leaf_index: index }) => index),
      wanted.map(({ month }) => month),
      [...new Set(wanted.map(({ month }) => month))],
    ],
  );
  const parts = new Map(found.map((part) => [`${part.tree} ${part.leaf_index}`, part.sealed]));
  return rows.map((row) => {
    const sealed = parts.get(`${row.tree} ${row.leaf_index}`);
    return sealed === undefined || row.sealed.length > 0 ? row : { ...row, sealed };
  });
}

const recordsInStep = 500;

/**
 * Moves sealed parts an earlier release wrote into the tables of their months, a step at a time, so
 * that nothing waits long for their rows; those of forgotten months are let go. May be cut short.
 *
 * @param over months whose key was destroyed
 * @returns how many were let go
 */
export async function moveSealed(
  dataSource: DataSource,
  over: ReadonlySet<string>,
  isStopped: () => boolean = () => false,
): Promise<number> {
  let moved = 0;
  let forgotten = 0;
  while (!isStopped()) {
    const rows = await dataSource.query<{ tree: string; leaf_index: string; record: Buffer }[]>(
      `SELECT tree, leaf_index, record FROM access_log_leaf WHERE sealed <> ''
       ORDER BY tree, leaf_index LIMIT ${recordsInStep}`,
    );
    if (rows.length === 0) break;
    const months = rows.map(({ record }) => monthOf(new Date(decodeRecord(record).at)));
    const kept = [...new Set(months)].filter((month) => !over.has(month));
    for (const month of kept) await makeMonth(dataSource, month);
    // Two gateways may be at it: a row that is not as it was is passed over.
    await dataSource.query(
      `WITH held AS MATERIALIZED (
         SELECT leaf.tree, leaf.leaf_index, leaf.sealed, wanted.month
         FROM unnest($1::text[], $2::bigint[], $3::int[]) AS wanted (tree, leaf_index, month)
         JOIN access_log_leaf leaf ON leaf.tree = wanted.tree
           AND leaf.leaf_index = wanted.leaf_index
         WHERE leaf.sealed <> '' ORDER BY leaf.tree, leaf.leaf_index FOR UPDATE OF leaf
       ), copied AS (
         INSERT INTO access_log_sealed (month, tree, leaf_index, sealed)
         SELECT month, tree, leaf_index, sealed FROM held WHERE month = ANY ($4::int[])
       )
       UPDATE access_log_leaf leaf SET sealed = '', month = held.month FROM held
       WHERE leaf.tree = held.tree AND leaf.leaf_index = held.leaf_index`,
      [
        rows.map(({ tree }) => tree),
        rows.map(({ leaf_index: index }) => index),
        months.map(monthNumber),
        kept.map(monthNumber),
      ],
    );
    moved += rows.length;
    forgotten += months.filter((month) => over.has(month)).length;
  }
  if (moved > 0) await dataSource.query('VACUUM access_log_leaf');
  return forgotten;
}
