import type { DataSource } from 'typeorm';
import type { Queryable } from '../tree.repository.js';
import { dropPartitions, makePartitions, type Partition } from './partitions.js';

/**
 * Months of the log. Sealed parts and rows of search stand in a part of their table for each month
 * (UTC), so that what a forgotten month took is handed back to the system in one step.
 */
export function monthOf(at: Date): string {
  return placeOf(at).month;
}

/** A month as the database has it: `2025-03` is 202503. */
export const monthNumber = (month: string): number => Number(month.replace('-', ''));

/** {@link monthNumber} of a time. */
export function monthNumberOf(at: Date): number {
  return placeOf(at).number;
}

interface MonthPlace {
  readonly month: string;
  readonly number: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The month last asked for: nearly always the one that is asked for next. */
let last: MonthPlace = { month: '', number: 0, fromMs: 0, toMs: 0 };

function placeOf(at: Date): MonthPlace {
  const time = at.getTime();
  if (!(time >= last.fromMs && time < last.toMs)) {
    const month = at.toISOString().slice(0, 7);
    const { from, to } = rangeOfMonth(month);
    last = { month, number: monthNumber(month), fromMs: from.getTime(), toMs: to.getTime() };
  }
  return last;
}

export interface TimeRange {
  readonly from: Date;
  /** Not in it. */
  readonly to: Date;
}

/** @param month e.g. `2025-03` */
export function rangeOfMonth(month: string): TimeRange {
  const from = new Date(`${month}-01T00:00:00Z`);
  return { from, to: new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1)) };
}

const sealed = 'access_log_sealed';
const entry = 'access_log_entry';
/** Rows of search from before there were parts: `access_log_entry_to_2026_12`, without that month. */
const before = `${entry}_to_`;
const stepRows = 2_000;

const suffixOf = (month: string): string => month.replace('-', '_');

export function partitionsOf(month: string): {
  readonly sealed: Partition;
  readonly entry: Partition;
} {
  if (!/^[0-9]{4}-[0-9]{2}$/.test(month)) throw new TypeError('a month has a year and a number');
  const { from, to } = rangeOfMonth(month);
  return {
    sealed: {
      parent: sealed,
      name: `${sealed}_${suffixOf(month)}`,
      bounds: `IN (${monthNumber(month)})`,
    },
    entry: {
      parent: entry,
      name: `${entry}_${suffixOf(month)}`,
      bounds: `FROM ('${from.toISOString()}') TO ('${to.toISOString()}')`,
    },
  };
}

/** Makes ready what records of this month are put into; before the first of them. */
export async function makeMonth(database: Queryable, month: string): Promise<void> {
  const parts = partitionsOf(month);
  const isListed = await database.query<unknown[]>(
    `SELECT 1 FROM pg_class WHERE relname ~ '^${before}' AND pg_table_is_visible(oid)
       AND relname COLLATE "C" > $1`,
    [`${before}${suffixOf(month)}`],
  );
  await makePartitions(database, [parts.sealed, ...(isListed.length > 0 ? [] : [parts.entry])]);
}

/** Makes this month and the next ready, so that nobody waits for it when one gives way to the other. */
export async function makeMonthsAhead(database: Queryable, now: Date): Promise<void> {
  const month = monthOf(now);
  await makeMonth(database, month);
  await makeMonth(database, monthOf(rangeOfMonth(month).to));
}

/**
 * Drops what forgotten months took: sealed parts, and rows of search.
 *
 * @returns how many sealed parts went
 */
export async function dropMonths(
  dataSource: DataSource,
  months: readonly string[],
): Promise<number> {
  const parts = months.map(partitionsOf);
  const there = await dataSource.query<{ name: string }[]>(
    `SELECT relname AS name FROM pg_class
     WHERE relname = ANY ($1::text[]) AND pg_table_is_visible(oid)`,
    [parts.map((part) => part.sealed.name)],
  );
  let records = 0;
  for (const { name } of there) {
    const [row] = await dataSource.query<{ count: number }[]>(
      `SELECT count(*)::int AS count FROM ${name}`,
    );
    if ((await dropPartitions(dataSource, sealed, [name])).length > 0) records += row?.count ?? 0;
  }
  await dropPartitions(
    dataSource,
    entry,
    parts.map((part) => part.entry.name),
  );
  await clearBefore(dataSource, months);
  return records;
}

/** Rows from before there were parts: a step at a time, and the whole part once nothing is in it. */
async function clearBefore(dataSource: DataSource, months: readonly string[]): Promise<void> {
  const [part] = await dataSource.query<{ name: string }[]>(
    `SELECT relname AS name FROM pg_class
     WHERE relname ~ '^${before}' AND relkind = 'r' AND pg_table_is_visible(oid)`,
  );
  if (part === undefined) return;
  for (const { from, to } of months.map(rangeOfMonth)) {
    for (let count = stepRows; count === stepRows;) {
      const rows = await dataSource.query<{ count: number }[]>(
        `WITH picked AS (
           SELECT old.place FROM access_log_kind kind, LATERAL (
             SELECT ctid AS place FROM ${part.name} row
             WHERE row.kind = kind.kind AND row.at >= $1 AND row.at < $2 LIMIT ${stepRows}) old
           LIMIT ${stepRows}
         ), gone AS (
           DELETE FROM ${part.name} WHERE ctid IN (SELECT place FROM picked) RETURNING 1
         )
         SELECT count(*)::int AS count FROM gone`,
        [from, to],
      );
      count = rows[0]?.count ?? 0;
    }
  }
  const rows = await dataSource.query<unknown[]>(`SELECT 1 FROM ${part.name} LIMIT 1`);
  const end = part.name.slice(before.length).replace('_', '-');
  const last = months.at(-1);
  const isOver = last !== undefined && rangeOfMonth(last).to >= rangeOfMonth(end).from;
  if (rows.length === 0 && isOver) await dropPartitions(dataSource, entry, [part.name]);
}
