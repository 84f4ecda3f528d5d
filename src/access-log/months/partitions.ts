import type { DataSource } from 'typeorm';
import type { Queryable } from '../tree.repository.js';

/** A part of a partitioned table. Names and bounds are ours: they stand in statements as they are. */
export interface Partition {
  readonly parent: string;
  readonly name: string;
  /** As `FOR VALUES` has it, e.g. `IN (202503)`. */
  readonly bounds: string;
}

/** Longest that dropping a part waits for those who still read the table, before it is left for later. */
const mostWait = '30s';

/**
 * Makes parts that are not there. Several gateways may do it at once, and records go on meanwhile: a
 * table is made by itself and then attached, which nobody who writes to the others waits for
 * (`PARTITION OF` would lock the whole table against everybody).
 */
export async function makePartitions(
  database: Queryable,
  partitions: readonly Partition[],
): Promise<void> {
  const steps = partitions.map(
    ({ parent, name, bounds }) => `IF to_regclass('${name}') IS NULL THEN
      CREATE TABLE ${name} (LIKE ${parent} INCLUDING ALL);
      ALTER TABLE ${parent} ATTACH PARTITION ${name} FOR VALUES ${bounds};
    END IF;`,
  );
  await database.query(
    `DO $$ BEGIN
       PERFORM pg_advisory_xact_lock(hashtext('access_log_partition'));
       ${steps.join('\n')}
     END $$`,
  );
}

interface PartState {
  readonly name: string;
  /** Null once it is detached. */
  readonly pending: boolean | null;
}

/**
 * Drops parts of one table, and their files with them. Whoever writes to the table meanwhile waits for
 * nothing: a part is first detached concurrently, and dropped when nobody can reach it any more. What
 * was cut short is gone on with; where another gateway is at it, or readers take too long, it is left
 * for the next time.
 *
 * @returns names of those that are gone
 */
export async function dropPartitions(
  dataSource: DataSource,
  parent: string,
  names: readonly string[],
): Promise<readonly string[]> {
  if (names.length === 0) return [];
  const runner = dataSource.createQueryRunner();
  const query = async <Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> =>
    (await runner.query(text, [...values])) as Row[];
  try {
    await runner.connect();
    const [lock] = await query<{ held: boolean }>(
      `SELECT pg_try_advisory_lock(hashtext('access_log_drop')) AS held`,
    );
    if (lock?.held !== true) return [];
    try {
      await query(`SET lock_timeout = '${mostWait}'`);
      const parts = await query<PartState>(
        `SELECT c.relname AS name, i.inhdetachpending AS pending
         FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
         WHERE c.relname = ANY ($1::text[]) AND c.relkind = 'r' AND pg_table_is_visible(c.oid)
         ORDER BY c.relname`,
        [names],
      );
      for (const { name, pending } of parts) {
        if (pending !== null) {
          await query(
            `ALTER TABLE ${parent} DETACH PARTITION ${name} ${pending ? 'FINALIZE' : 'CONCURRENTLY'}`,
          );
        }
        await query(`DROP TABLE ${name}`);
      }
      return parts.map(({ name }) => name);
    } finally {
      await query('RESET lock_timeout');
      await query(`SELECT pg_advisory_unlock(hashtext('access_log_drop'))`);
    }
  } finally {
    await runner.release();
  }
}
