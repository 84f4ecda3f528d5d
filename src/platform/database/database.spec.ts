import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { QueryRunner } from 'typeorm';
import {
  describeOnEachDatabase,
  openTestDatabase,
  temporaryHome,
} from '../../../test/support/databases.js';
import { dumpDatabase } from './backup/dump.js';
import { isMigrated, migrate, openDatabase, type Database } from './database.js';
import { makeClusterOnce } from './embedded-cluster.js';
import { baselineOnly } from './embedded-database.js';
import { lockHome } from './home-lock.js';

class Counter1700000000000 {
  readonly formerly = 'Count1699999999999';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE TABLE counter (id int PRIMARY KEY, n int NOT NULL)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE counter');
  }
}

describeOnEachDatabase('the database', (kind) => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase(kind, [Counter1700000000000]);
  });
  afterAll(async () => database.close());

  test('is migrated once', async () => {
    expect(await isMigrated(database.dataSource)).toBe(true);
  });

  test('a migration that has another name since is not run again', async () => {
    const { dataSource } = database;
    await dataSource.query("UPDATE migration SET name = 'Count1699999999999', timestamp = 1");
    expect(await isMigrated(dataSource)).toBe(false);
    // Nor is the database of another release: it is backed up as it is.
    const place = temporaryHome();
    const saved = await dumpDatabase(dataSource, {
      directory: place.path,
      rules: [],
      migrations: [Counter1700000000000],
      onRows: () => undefined,
      alsoRead: async () => undefined,
    });
    expect(saved.dump.migrations).toEqual(['Counter1700000000000']);
    place.remove();
    expect(await migrate(dataSource)).toEqual([]);
    expect(await dataSource.query('SELECT name, timestamp FROM migration')).toEqual([
      { name: 'Counter1700000000000', timestamp: '1700000000000' },
    ]);
  });

  test('counts days in UTC on every connection, whatever the database was told', async () => {
    const { dataSource } = database;
    const zones = async (of: Database) => {
      const shown = Array.from({ length: 3 }, async () =>
        of.dataSource.query<{ TimeZone: string }[]>('SHOW TimeZone'),
      );
      return (await Promise.all(shown)).map(([row]) => row?.TimeZone);
    };
    expect(await zones(database)).toEqual(['UTC', 'UTC', 'UTC']);
    if (database.embedded) return;
    const { url = '' } = dataSource.options as { readonly url?: string };
    const [name] = await dataSource.query<{ current_database: string }[]>(
      'SELECT current_database()',
    );
    await dataSource.query(
      `ALTER DATABASE "${name?.current_database ?? ''}" SET timezone TO 'Asia/Kabul'`,
    );
    const again = await openDatabase({ home: '', url, migrations: [] });
    try {
      expect(await zones(again)).toEqual(['UTC', 'UTC', 'UTC']);
    } finally {
      await again.close();
    }
  });

  test('serves concurrent transactions without mixing them', async () => {
    const { dataSource } = database;
    await dataSource.query('INSERT INTO counter (id, n) VALUES (1, 0)');
    await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        at % 2 === 0
          ? dataSource.transaction(async (manager) => {
              await manager.query('UPDATE counter SET n = n + $1 WHERE id = $2', [1, 1]);
              await manager.query('UPDATE counter SET n = n + $1 WHERE id = $2', [1, 1]);
            })
          : dataSource.query('SELECT n FROM counter WHERE id = $1', [1]),
      ),
    );
    const rows = await dataSource.query<{ n: number }[]>(
      'SELECT n FROM counter WHERE id = $1',
      [1],
    );
    expect(rows[0]?.n).toBe(40);
  });
});

test('the embedded one is compiled without what takes its memory, by a flag this Node knows', async () => {
  const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  const [flag] = baselineOnly.split('=');
  expect(known).toContain(`${flag} (only tier-up function with this index)`);
  const database = await openTestDatabase('PGlite', []);
  const settings = await database.dataSource.query<{ buffers: string }[]>(
    "SELECT current_setting('shared_buffers') AS buffers",
  );
  await database.close();
  expect(settings).toEqual([{ buffers: '8MB' }]);
});

test('an embedded database whose making was interrupted is made anew, and is closed to others', async () => {
  const home = temporaryHome();
  const directory = join(home.path, 'database');
  mkdirSync(`${directory}.making`);
  writeFileSync(join(`${directory}.making`, 'PG_VERSION'), '');
  await makeClusterOnce(directory);
  expect(readFileSync(join(directory, 'PG_VERSION'), 'utf8')).toBe('18\n');
  expect(statSync(directory).mode & 0o077).toBe(0);
  expect(readdirSync(home.path)).toEqual(['database']);
  home.remove();
});

test('is made in no directory that has something else in it', async () => {
  const home = temporaryHome();
  const directory = join(home.path, 'database');
  mkdirSync(directory);
  writeFileSync(join(directory, 'notes'), '');
  await expect(makeClusterOnce(directory)).rejects.toThrow(
    /neither empty nor an embedded database/,
  );
  expect(readdirSync(directory)).toEqual(['notes']);
  home.remove();
});

test('refuses a second gateway on one home, and takes it again once released', () => {
  const home = temporaryHome();
  const first = lockHome(home.path);
  expect(() => lockHome(home.path)).toThrow(/ERR_HOME_IN_USE/);
  first.release();
  lockHome(home.path).release();
  home.remove();
});
