import type { Database } from '../../src/platform/database/database.js';

/** Keeps the tables as they are now beside them, and puts them back: a backup and its restore. */
export async function backUpTables(
  { dataSource }: Database,
  tables: readonly string[],
): Promise<() => Promise<void>> {
  for (const table of tables) {
    await dataSource.query(`DROP TABLE IF EXISTS kept_${table}`);
    await dataSource.query(`CREATE TABLE kept_${table} AS SELECT * FROM ${table}`);
  }
  return async () =>
    dataSource.transaction(async (manager) => {
      // As a restore writes: rows come back that no statement of the gateway could bring back.
      await manager.query('SET LOCAL session_replication_role = replica');
      await manager.query(`TRUNCATE ${tables.join(', ')} CASCADE`);
      for (const table of tables) {
        await manager.query(`INSERT INTO ${table} SELECT * FROM kept_${table}`);
      }
    });
}
