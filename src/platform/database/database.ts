import { DataSource, type Logger, type MigrationInterface } from 'typeorm';
import { GatewayError } from '../../core/errors.js';
import { refuseUnfinishedRestore } from './backup/unfinished-restore.js';
import { startEmbeddedDatabase, type EmbeddedDatabase } from './embedded-database.js';

export type Migration = new () => MigrationInterface;

export interface DatabaseOptions {
  /** Directory of the embedded database; not read when `url` is given. */
  readonly home: string;
  /** PostgreSQL connection URL; absent means embedded. */
  readonly url?: string;
  readonly migrations: readonly Migration[];
}

/** The one TypeORM connection of a process, embedded or PostgreSQL, and how to close it. */
export interface Database {
  readonly dataSource: DataSource;
  readonly embedded: boolean;
  close(): Promise<void>;
}

/** TypeORM prints statements with their parameters; nothing of it is printed. */
const silent: Logger = {
  logQuery: () => undefined,
  logQueryError: () => undefined,
  logQuerySlow: () => undefined,
  logSchemaBuild: () => undefined,
  logMigration: () => undefined,
  log: () => undefined,
};

const poolSize = 16;

/**
 * Days of an interval, and dates, are those of the session's time zone, which a server, a database or a role
 * may have set: where clocks are put forward a window of seven days would last an hour less. Every
 * connection counts in UTC before its first statement.
 */
const inUtc = async (client: { query(statement: string): Promise<unknown> }): Promise<void> =>
  void (await client.query("SET TIME ZONE 'UTC'"));

/**
 * Opens the database. Migrations are not run here: see {@link migrate}.
 *
 * The embedded database has one backend for all connections, so its pool holds one connection:
 * two would interleave the messages of the extended query protocol.
 *
 * @throws {GatewayError} ERR_DATABASE_UNAVAILABLE
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  let embedded: EmbeddedDatabase | undefined;
  if (options.url === undefined) embedded = await startEmbeddedDatabase(options.home);
  const dataSource = new DataSource({
    type: 'postgres',
    ...(embedded === undefined
      ? { url: options.url ?? '', poolSize, ssl: requiredTls(options.url ?? '') }
      : {
          host: embedded.socketDirectory,
          port: 5432,
          username: 'postgres',
          database: 'postgres',
          poolSize: 1,
        }),
    entities: [],
    migrations: [...options.migrations],
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    logger: silent,
    installExtensions: false,
    applicationName: 'safeconduct',
    connectTimeoutMS: 10_000,
    // Of `pg-pool`: awaited before anybody is given the connection.
    extra: { onConnect: inUtc },
    invalidWhereValuesBehavior: { null: 'throw', undefined: 'throw' },
  });
  try {
    await dataSource.initialize();
    if (embedded === undefined) await refuseUnsafeDurability(dataSource);
  } catch (cause) {
    if (dataSource.isInitialized) await dataSource.destroy();
    await embedded?.close();
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError('ERR_DATABASE_UNAVAILABLE', {
      detail: 'the database cannot be reached; check DATABASE_URL',
      cause,
    });
  }
  return {
    dataSource,
    embedded: embedded !== undefined,
    close: async () => {
      if (dataSource.isInitialized) await dataSource.destroy();
      await embedded?.close();
    },
  };
}

/**
 * Runs the migrations that are due, each in its own transaction, and returns their names.
 *
 * @throws {GatewayError} ERR_CONFLICT where a restore was not finished
 */
export async function migrate(dataSource: DataSource): Promise<readonly string[]> {
  await refuseUnfinishedRestore(dataSource);
  await renameMigrations(dataSource);
  const done = await dataSource.runMigrations();
  return done.map((migration) => migration.name);
}

/** As the database's book of migrations has it. */
export function nameOfMigration(migration: Migration): string {
  return new migration().name ?? migration.name;
}

/** Names from a book of any age, each as the migration is called now; one nobody knows as it is. */
export function namesNow(
  names: readonly string[],
  migrations: readonly Migration[],
): readonly string[] {
  return names.map((name) => {
    const renamed = migrations.find((one) => (new one() as RenamedMigration).formerly === name);
    return renamed === undefined ? name : nameOfMigration(renamed);
  });
}

/** Two migrations with one time stamp have no order: one has another name since, and has been run. */
interface RenamedMigration extends MigrationInterface {
  readonly formerly?: string;
}

async function renameMigrations(dataSource: DataSource): Promise<void> {
  const [book] = await dataSource.query<{ is: boolean }[]>(
    `SELECT to_regclass('public.migration') IS NOT NULL AS is`,
  );
  if (book?.is !== true) return;
  for (const migration of dataSource.migrations as readonly RenamedMigration[]) {
    const { formerly, name = migration.constructor.name } = migration;
    if (formerly === undefined) continue;
    await dataSource.query('UPDATE migration SET name = $2, timestamp = $3 WHERE name = $1', [
      formerly,
      name,
      name.slice(-timestampDigits),
    ]);
  }
}

/** Milliseconds at the end of a name. */
const timestampDigits = 13;

/** Whether every known migration has been run. */
export async function isMigrated(dataSource: DataSource): Promise<boolean> {
  return !(await dataSource.showMigrations());
}

/** TLS is `verify-full` unless the server is on this machine (contract, Environment). */
export function requiredTls(url: string): { rejectUnauthorized: true } | false {
  const { hostname, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? decodeURIComponent(hostname);
  const local =
    ['', 'localhost', '127.0.0.1', '[::1]', '::1'].includes(host) || host.startsWith('/');
  return local ? false : { rejectUnauthorized: true };
}

/** A commit that is not on disk is no commit: refuse a server that acknowledges early. */
async function refuseUnsafeDurability(dataSource: DataSource): Promise<void> {
  for (const setting of ['fsync', 'synchronous_commit']) {
    const rows = await dataSource.query<{ setting: string }[]>(
      'SELECT setting FROM pg_settings WHERE name = $1',
      [setting],
    );
    if (rows[0]?.setting === 'off') {
      throw new GatewayError('ERR_CONFIGURATION', {
        detail: `PostgreSQL runs with ${setting} = off: an acknowledged record could be lost; turn it on`,
      });
    }
  }
}
