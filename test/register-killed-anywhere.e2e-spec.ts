import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Caseload } from '../src/core/ids.js';
import { migrate, openDatabase } from '../src/platform/database/database.js';
import { epochKeyFiles } from '../src/platform/keys/epoch-key-files.js';
import { localMasterKey } from '../src/platform/keys/keys.js';
import { openRegister, registerMigrations, requestErasure } from '../src/register/index.js';
import { describeOnEachDatabase, migratedDatabaseUrl, temporaryHome } from './support/databases.js';

/** Kills of each piece of work; more with REGISTER_KILLS. */
const kills = Number(process.env['REGISTER_KILLS'] ?? 3);
/** Kills that really took place, as work and the statement they came before, on both databases. */
const took: string[] = [];
const people = 60;
const week = 7 * 24 * 60 * 60 * 1000;

/**
 * Import, release, erasure and rotation, each killed (SIGKILL) before statements drawn at random and
 * run again: what stands in the end is what would have stood without.
 */
describeOnEachDatabase('work on the register that is killed anywhere', (kind) => {
  const home = temporaryHome();
  const masterKey = randomBytes(32);
  let now = Date.parse('2026-11-22T10:00:00Z');
  let url: string | undefined;
  const openPlace = async () =>
    openDatabase({
      home: home.path,
      migrations: registerMigrations,
      ...(url === undefined ? {} : { url }),
    });
  beforeAll(async () => {
    url = await migratedDatabaseUrl(kind, home.path, registerMigrations);
    const database = await openPlace();
    await migrate(database.dataSource);
    await database.close();
  });
  afterAll(() => {
    home.remove();
    rmSync(`${home.path}-epoch-keys`, { recursive: true, force: true });
  });

  const inRegister = async <T>(
    work: (register: Awaited<ReturnType<typeof openRegister>>) => Promise<T>,
  ): Promise<T> => {
    const database = await openPlace();
    try {
      return await work(
        await openRegister({
          dataSource: database.dataSource,
          masterKey: localMasterKey(masterKey),
          epochKeys: epochKeyFiles(`${home.path}-epoch-keys`, 'epoch keys'),
          now: () => new Date(now),
          random: randomBytes,
        }),
      );
    } finally {
      await database.close();
    }
  };
  /** Whether it was killed before a statement, and only then: not when it ended by itself. */
  const run = async (
    work: string,
    last: number,
    ...more: readonly string[]
  ): Promise<'killed' | 'ended'> => {
    const place = [home.path, url ?? '-', masterKey.toString('hex'), String(now)];
    const child = spawn(
      process.execPath,
      [
        ...['--import', './bench/register-typescript.mjs', 'test/support/register-child.ts'],
        ...[...place, work, String(last), ...more],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let [out, errors] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const signal = await new Promise((resolve) => child.on('close', (_, by) => resolve(by)));
    if (signal === 'SIGKILL') return 'killed';
    // The second of two that did the same finds it done, and is told so.
    if (!/^done \d+$/m.test(out) && !/ERR_(IMPORT|ROW)/.test(errors)) throw new Error(errors);
    return 'ended';
  };
  /** Kills a piece of work as often as is meant, before statements drawn at random, then lets it end. */
  const killed = async (work: string, most: number, ...more: readonly string[]) => {
    let beyond = most;
    for (let kill = 0; kill < kills;) {
      const last = Math.floor(Math.random() * beyond);
      if ((await run(work, last, ...more)) === 'killed') {
        took.push(`${kind} ${work} ${last}`);
        kill += 1;
      } else {
        // It needs fewer statements by now than were drawn.
        beyond = Math.max(1, last);
      }
    }
    expect(await run(work, Infinity, ...more)).toBe('ended');
  };

  test('an import has each person once, and every batch says whom it holds', async () => {
    await killed('import', 40, String(people), 'AF-2021');
    await inRegister(async ({ store }) => {
      const { dataSource } = store;
      expect(await dataSource.query('SELECT id FROM subject')).toHaveLength(people);
      const batches = await dataSource.query<{ id: string; pending: number }[]>(
        'SELECT id, pending FROM import_batch ORDER BY id',
      );
      expect(batches.reduce((sum, { pending }) => sum + pending, 0)).toBe(people);
    });
  });

  test('a release is whole or has not taken place', async () => {
    const batches = await inRegister(async ({ store }) =>
      store.dataSource.query<{ id: string; pending: number }[]>(
        'SELECT id, pending FROM import_batch WHERE pending > 0 ORDER BY id',
      ),
    );
    const [first, ...others] = batches.map(({ id, pending }) => [id, String(pending)] as const);
    if (first === undefined) throw new Error('no batch waits');
    await killed('release', 12, ...first);
    for (const batch of others) expect(await run('release', Infinity, ...batch)).toBe('ended');
    expect(await inRegister(async (register) => register.size)).toBe(people);
  });

  test('keys of pages and of epochs that were being moved still open everything', async () => {
    await killed('pages', 12);
    now += week;
    await killed('epochs', 16);
    now += 5 * week;
    // Emptied by one run, destroyed by the next.
    await killed('epochs', 16);
    await run('epochs', Infinity);
    await inRegister(async (register) => {
      expect(register.size).toBe(people);
      expect(await register.store.epochs.provider.list()).toHaveLength(1);
    });
  });

  test('an erasure is whole or has not taken place', async () => {
    const act = await inRegister(async ({ store }) =>
      requestErasure(store, {
        target: { caseload: 'AF-2021' as Caseload },
        requestedBy: 'registrar-1',
      }),
    );
    expect(act.people).toBe(people);
    await killed('erase', 16, act.id, String(act.people));
    await inRegister(async (register) => {
      expect(register.size).toBe(0);
      expect(await register.store.dataSource.query('SELECT id FROM subject')).toEqual([]);
    });
  });

  test('was killed as often as was meant, in each kind of work', () => {
    const here = took.filter((one) => one.startsWith(kind));
    for (const work of ['import', 'release', 'pages', 'epochs', 'erase']) {
      const times = here.filter((one) => one.split(' ')[1] === work).length;
      expect(times).toBeGreaterThanOrEqual(Math.max(3, kills));
    }
  });
});

test('twenty kills or more took place, at different points', () => {
  expect(took.length).toBeGreaterThanOrEqual(20);
  expect(new Set(took).size).toBeGreaterThan(took.length / 4);
});
