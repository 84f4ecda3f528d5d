import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { describe as Describe } from '@jest/globals';
import type { EntityManager } from 'typeorm';
import {
  migrate,
  openDatabase,
  type Database,
  type Migration,
} from '../../src/platform/database/database.js';
import { copyEmbedded, copyPostgres } from './database-templates.js';
import { createDatabase } from './postgres-server.js';

export type DatabaseKind = 'PGlite' | 'PostgreSQL';
export const databaseKinds: readonly DatabaseKind[] = ['PGlite', 'PostgreSQL'];

/** A fresh directory, removed by `remove()`. */
export function temporaryHome(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'safeconduct-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** URL of a fresh, empty PostgreSQL database for this kind, or `undefined` for the embedded one. */
export async function freshDatabaseUrl(kind: DatabaseKind): Promise<string | undefined> {
  if (kind === 'PGlite') return undefined;
  const server = process.env['TEST_POSTGRES_URL'];
  if (server === undefined) throw new Error('TEST_POSTGRES_URL is not set: run through `npm test`');
  return createDatabase(server, freshName());
}

const freshName = (): string => `t_${randomBytes(8).toString('hex')}`;

/**
 * A fresh database for a home that has none, its migrations run already where the run has a template.
 *
 * @returns its URL, or `undefined` for the embedded one, which is then in the home
 */
export async function migratedDatabaseUrl(
  kind: DatabaseKind,
  home: string,
  migrations: readonly Migration[],
): Promise<string | undefined> {
  if (kind === 'PostgreSQL') {
    return (await copyPostgres(freshName(), migrations)) ?? freshDatabaseUrl(kind);
  }
  await copyEmbedded(home, migrations);
  return undefined;
}

/** A fresh, migrated database of one kind. */
export async function openTestDatabase(
  kind: DatabaseKind,
  migrations: readonly Migration[],
): Promise<Database> {
  const home = temporaryHome();
  const url = await migratedDatabaseUrl(kind, home.path, migrations);
  const database = await openDatabase({
    home: home.path,
    migrations,
    ...(url === undefined ? {} : { url }),
  });
  try {
    await migrate(database.dataSource);
  } catch (error) {
    // Left open it would keep the whole run from ending.
    await database.close();
    home.remove();
    throw error;
  }
  return {
    ...database,
    close: async () => {
      await database.close();
      home.remove();
    },
  };
}

/**
 * Empties tables, those that others point at after the others. TRUNCATE makes new files for each and
 * its indexes, and takes thirty times as long.
 */
export async function deleteAll(
  querier: Pick<EntityManager, 'query'>,
  tables: readonly string[],
): Promise<void> {
  await querier.query(tables.map((table) => `DELETE FROM ${table}`).join('; '));
}

/** Describes the same rules once for each database. */
export function describeOnEachDatabase(name: string, rules: (kind: DatabaseKind) => void): void {
  // Benches use what is above, and have no Jest to import it from.
  const { describe } = globalThis as unknown as { readonly describe: typeof Describe };
  describe.each(databaseKinds)(`${name} on %s`, rules);
}
