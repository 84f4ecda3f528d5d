import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { migrate, openDatabase } from '../src/platform/database/database.js';
import { epochKeyFiles } from '../src/platform/keys/epoch-key-files.js';
import { localMasterKey } from '../src/platform/keys/keys.js';
import { openRegister, registerMigrations, releaseBatch } from '../src/register/index.js';
import { describeOnEachDatabase, migratedDatabaseUrl, temporaryHome } from './support/databases.js';

const people = 240;
const rowsPerTransaction = 12;

describeOnEachDatabase('an import that is killed', (kind) => {
  const home = temporaryHome();
  const masterKey = randomBytes(32);
  let url: string | undefined;
  const open = async () =>
    openDatabase({
      home: home.path,
      migrations: registerMigrations,
      ...(url === undefined ? {} : { url }),
    });

  beforeAll(async () => {
    url = await migratedDatabaseUrl(kind, home.path, registerMigrations);
    const database = await open();
    await migrate(database.dataSource);
    await database.close();
  });
  afterAll(() => {
    home.remove();
    rmSync(`${home.path}-epoch-keys`, { recursive: true, force: true });
  });

  /** Runs the import; it is killed without a word `transactions` in. */
  const runImport = async (transactions: number): Promise<'killed' | 'done'> => {
    const child = spawn(
      process.execPath,
      [
        ...['--import', './bench/register-typescript.mjs', 'test/support/import-child.ts'],
        ...[home.path, url ?? '-', masterKey.toString('hex')],
        ...[String(people), String(rowsPerTransaction), String(transactions)],
      ],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    let done = false;
    child.stdout.on('data', (chunk: Buffer) => (done ||= chunk.includes('done')));
    const signal = await new Promise((resolve) => child.on('close', (_, by) => resolve(by)));
    if (!done) expect(signal).toBe('SIGKILL');
    return done ? 'done' : 'killed';
  };

  test('ends in the same state when it is run again', async () => {
    const points = Array.from({ length: 2 }, () => 1 + Math.floor(Math.random() * 8));
    for (const point of points) expect(await runImport(point)).toBe('killed');
    expect(await runImport(Infinity)).toBe('done');

    const database = await open();
    const register = await openRegister({
      dataSource: database.dataSource,
      masterKey: localMasterKey(masterKey),
      epochKeys: epochKeyFiles(`${home.path}-epoch-keys`, 'epoch keys'),
      now: () => new Date('2026-11-22T10:00:00Z'),
      random: randomBytes,
    });
    const count = async (sql: string) =>
      Number((await database.dataSource.query<{ n: string }[]>(sql))[0]?.n);
    // Each once, nothing half done left behind, and every batch holds whom it says.
    expect(await count('SELECT count(*) AS n FROM subject')).toBe(people);
    const batches = await database.dataSource.query<{ id: string; pending: number }[]>(
      'SELECT id, pending FROM import_batch ORDER BY id',
    );
    for (const { id: batchId, pending } of batches) {
      const release = { batchId, people: pending, releasedBy: 'registrar-2' };
      await register.catchUp((await releaseBatch(register.store, release)).version);
    }
    expect(register.size).toBe(people);
    await database.close();
  });
});
