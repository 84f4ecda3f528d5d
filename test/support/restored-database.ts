import { deleteAll } from './databases.js';
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
  const kept = tables.map((table) => `kept_${table}`);
  const made = tables.map(
    (table) => `CREATE TABLE IF NOT EXISTS kept_${table} AS SELECT * FROM ${table} WITH NO DATA`,
  );
  const filled = tables.map((table) => `INSERT INTO kept_${table} SELECT * FROM ${table}`);
  await dataSource.query(made.join('; '));
  await deleteAll(dataSource, kept);
  await dataSource.query(filled.join('; '));
}

/** Puts them back as they were when they were kept; what points at them is empty. */
export async function restoreTables(
  { dataSource }: Database,
  tables: readonly string[],
): Promise<void> {
  await dataSource.transaction(async (manager) => {
    // As a restore writes: rows come back that no statement of the gateway could bring back.
    await manager.query('SET LOCAL session_replication_role = replica');
    const pointing = await manager.query<{ name: string }[]>(
      `WITH RECURSIVE pointing AS (
         SELECT unnest($1::text[])::regclass::oid AS id
         UNION SELECT conrelid FROM pg_constraint JOIN pointing ON confrelid = id
         WHERE contype = 'f')
       SELECT id::regclass::text AS name FROM pointing`,
      [tables],
    );
    await deleteAll(
      manager,
      pointing.map(({ name }) => name),
    );
    const shapes = await manager.query<{ name: string; columns: string }[]>(
      `SELECT name, string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns
       FROM unnest($1::text[]) AS name JOIN pg_attribute ON attrelid = name::regclass
       WHERE attnum > 0 AND NOT attisdropped AND attgenerated = '' GROUP BY name`,
      [tables],
    );
    const inserted = shapes.map(
      ({ name, columns }) =>
        `INSERT INTO ${name} (${columns}) OVERRIDING SYSTEM VALUE
         SELECT ${columns} FROM kept_${name}`,
    );
    await manager.query(inserted.join('; '));
  });
}
