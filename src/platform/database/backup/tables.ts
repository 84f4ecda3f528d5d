import type { PartitionInBackup, SequenceInBackup } from './backup-manifest.js';

/** The connection, or the transaction, a statement runs in. */
export interface Querier {
  query<Result>(statement: string, parameters?: unknown[]): Promise<Result>;
}

export interface TableShape {
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  /** Its identity column, when it has one. */
  readonly identity: string | undefined;
}

export async function rowsOf<Row>(
  querier: Querier,
  statement: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  return querier.query<Row[]>(statement, [...values]);
}

/** A name that may stand in a statement. Ours are plain; anything else is no table of this gateway. */
export function quoted(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(name)) throw new TypeError('no name of a table');
  return `"${name}"`;
}

/**
 * Every table of the gateway but the book of migrations, by name; a partitioned one as one.
 * Generated columns are left out: they follow from the others.
 */
export async function describeTables(querier: Querier): Promise<readonly TableShape[]> {
  const rows = await rowsOf<{ table: string; name: string; type: string; identity: boolean }>(
    querier,
    `SELECT c.relname AS table, a.attname AS name,
            format_type(a.atttypid, a.atttypmod) AS type, a.attidentity <> '' AS identity
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
       AND NOT c.relispartition AND c.relname <> 'migration'
       AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     ORDER BY c.relname COLLATE "C", a.attnum`,
  );
  const tables = new Map<string, { columns: TableShape['columns'][number][]; identity?: string }>();
  for (const { table, name, type, identity } of rows) {
    const shape = tables.get(table) ?? { columns: [] };
    shape.columns.push({ name, type });
    if (identity) shape.identity = name;
    tables.set(table, shape);
  }
  return [...tables].map(([table, { columns, identity }]) => ({ table, columns, identity }));
}

export async function readPartitions(querier: Querier): Promise<readonly PartitionInBackup[]> {
  return rowsOf(
    querier,
    `SELECT p.relname AS parent, c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bounds
     FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
     WHERE p.relnamespace = 'public'::regnamespace AND p.relkind = 'p' AND NOT i.inhdetachpending
     ORDER BY c.relname COLLATE "C"`,
  );
}

export async function readSequences(
  querier: Querier,
  tables: readonly TableShape[],
): Promise<readonly SequenceInBackup[]> {
  const sequences: SequenceInBackup[] = [];
  for (const { table, identity } of tables) {
    if (identity === undefined) continue;
    const [named] = await rowsOf<{ name: string }>(
      querier,
      'SELECT pg_get_serial_sequence($1, $2) AS name',
      [quoted(table), identity],
    );
    const [row] = await rowsOf<{ last: string; called: boolean }>(
      querier,
      `SELECT last_value::text AS last, is_called AS called FROM ${named?.name ?? ''}`,
    );
    if (row === undefined) throw new TypeError('an identity column without a sequence');
    const { last: lastValue, called: isCalled } = row;
    sequences.push({ table, column: identity, lastValue, isCalled });
  }
  return sequences;
}

/** Texts of values are the same wherever they are made and read. */
export const portableTexts: readonly string[] = [
  `SET LOCAL TimeZone = 'UTC'`,
  `SET LOCAL DateStyle = 'ISO, YMD'`,
  `SET LOCAL IntervalStyle = 'postgres'`,
  `SET LOCAL bytea_output = 'hex'`,
  'SET LOCAL extra_float_digits = 1',
  // A backup takes as long as it takes, whatever the server has for others.
  'SET LOCAL statement_timeout = 0',
  'SET LOCAL idle_in_transaction_session_timeout = 0',
];

/** Names of migrations that were run, in their order; `undefined` where none ever was. */
export async function readMigrations(querier: Querier): Promise<readonly string[] | undefined> {
  const [row] = await rowsOf<{ is: boolean }>(
    querier,
    `SELECT to_regclass('public.migration') IS NOT NULL AS is`,
  );
  if (row?.is !== true) return undefined;
  const rows = await rowsOf<{ name: string }>(querier, 'SELECT name FROM migration ORDER BY id');
  return rows.map(({ name }) => name);
}
