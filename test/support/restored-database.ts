import type { Database } from '../../src/platform/database/database.js';

/** Tables of the gateway, all of them. */
export async function everyTable({ dataSource }: Database): Promise<readonly string[]> {
  const rows = await dataSource.query<{ name: string }[]>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'
     AND tablename <> 'migration' AND tablename NOT LIKE 'kept\\_%'
     AND NOT (SELECT relispartition FROM pg_class WHERE oid = tablename::regclass) ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

/** Keeps the tables as they are now beside them: a backup. */
export async function backUpTables(
  { dataSource }: Database,
  tables: readonly string[],
): Promise<void> {
  for (const table of tables) {
    await dataSource.query(`DROP TABLE IF EXISTS kept_${table}`);
    await dataSource.query(`CREATE TABLE kept_${table} AS SELECT * FROM ${table}`);
  }
}

/** Puts them back as they were when they were kept. */
export async function restoreTables(
  { dataSource }: Database,
  tables: readonly string[],
): Promise<void> {
  await dataSource.transaction(async (manager) => {
    // As a restore writes: rows come back that no statement of the gateway could bring back.
    await manager.query('SET LOCAL session_replication_role = replica');
    await manager.query(`TRUNCATE ${tables.join(', ')} CASCADE`);
    for (const table of tables) {
      const [row] = await manager.query<{ columns: string }[]>(
        `SELECT string_agg(quote_ident(column_name), ', ') AS columns
         FROM information_schema.columns
         WHERE table_schema = 'public' AND table_name = $1 AND is_generated = 'NEVER'`,
        [table],
      );
      const columns = row?.columns ?? '';
      await manager.query(
        `INSERT INTO ${table} (${columns}) OVERRIDING SYSTEM VALUE
         SELECT ${columns} FROM kept_${table}`,
      );
    }
  });
}
