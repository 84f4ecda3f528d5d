import { createHash } from 'node:crypto';
import { cpSync, existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { migrate, openDatabase, type Migration } from '../../src/platform/database/database.js';
import { createDatabase } from './postgres-server.js';

/**
 * Databases with their migrations run, made once for a whole run of tests and copied for each test:
 * running all migrations takes many times as long as copying what they leave.
 */
interface Templates {
  /** Connection URL of the PostgreSQL server of the run. */
  readonly server: string;
  /** Directory of the embedded databases. */
  readonly directory: string;
}

/** `undefined` outside a run of tests: benches migrate a database of their own. */
function templates(): Templates | undefined {
  const server = process.env['TEST_POSTGRES_URL'];
  const directory = process.env['TEST_TEMPLATES'];
  return server === undefined || directory === undefined ? undefined : { server, directory };
}

/**
 * Puts a migrated embedded database into a home that has none.
 *
 * @returns false when there is no template: the home is as it was
 */
export async function copyEmbedded(
  home: string,
  migrations: readonly Migration[],
): Promise<boolean> {
  const at = templates();
  if (at === undefined) return false;
  const made = join(at.directory, nameOf(migrations));
  await once(
    at,
    made,
    () => existsSync(made),
    async () => {
      const making = `${made}.making`;
      cpSync(await emptyCluster(at), making, { recursive: true });
      await make({ home: making, migrations });
      renameSync(making, made);
    },
  );
  cpSync(join(made, 'database'), join(home, 'database'), { recursive: true });
  return true;
}

/**
 * Home of an embedded database without a table: making its cluster takes longer than any migrations.
 *
 * @returns the directory, not to be changed
 */
async function emptyCluster(at: Templates): Promise<string> {
  const made = join(at.directory, 'empty');
  await once(
    at,
    made,
    () => existsSync(made),
    async () => {
      const making = `${made}.making`;
      await (await openDatabase({ home: making, migrations: [] })).close();
      renameSync(making, made);
    },
  );
  return made;
}

/** A fresh, migrated PostgreSQL database; `undefined` when there is no template. */
export async function copyPostgres(
  name: string,
  migrations: readonly Migration[],
): Promise<string | undefined> {
  const at = templates();
  if (at === undefined) return undefined;
  const made = `template_${nameOf(migrations)}`;
  await once(
    at,
    made,
    async (client) => isDatabase(client, made),
    async (client) => {
      const making = `making_${nameOf(migrations)}`;
      await make({ home: '', url: await createDatabase(at.server, making), migrations });
      await client.query(`ALTER DATABASE ${making} RENAME TO ${made}`);
    },
  );
  return createDatabase(at.server, name, made);
}

const nameOf = (migrations: readonly Migration[]): string =>
  createHash('sha256')
    .update(migrations.map(({ name }) => name).join('\n'))
    .digest('hex')
    .slice(0, 16);

async function make(options: Parameters<typeof openDatabase>[0]): Promise<void> {
  const database = await openDatabase(options);
  try {
    await migrate(database.dataSource);
  } finally {
    await database.close();
  }
}

const done = new Set<string>();

/** Test files run side by side: one of them makes a template, and the others wait for it. */
async function once(
  { server }: Templates,
  what: string,
  isThere: (client: pg.Client) => boolean | Promise<boolean>,
  work: (client: pg.Client) => Promise<void>,
): Promise<void> {
  if (done.has(what)) return;
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [what]);
    if (!(await isThere(client))) await work(client);
    done.add(what);
  } finally {
    await client.end();
  }
}

async function isDatabase(client: pg.Client, name: string): Promise<boolean> {
  const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  return rowCount === 1;
}
