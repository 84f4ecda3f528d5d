import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  accessEntry,
  checkAsPartner,
  openTestLog,
  otherPartner,
  partner,
} from '../../test/support/access-log.js';
import { freshDatabaseUrl, temporaryHome } from '../../test/support/databases.js';
import { frontierPositions, hashLeaf, rootOf } from '../core/log/tree.js';
import { migrate, openDatabase, type Database } from '../platform/database/database.js';
import { accessLogMigrations, type AccessEntry, type AccessLog, type TreeName } from './index.js';
import { findTree, storedHashes } from './tree.repository.js';

/** Two gateways, each with its own home and its own connections, on one PostgreSQL database. */
const databases: Database[] = [];
const homes = [temporaryHome(), temporaryHome()];
let logs: readonly AccessLog[];

const trees: readonly TreeName[] = [
  { kind: 'partner', partner },
  { kind: 'partner', partner: otherPartner },
  { kind: 'host' },
];

const openBoth = () =>
  Promise.all(
    databases.map(({ dataSource }, at) => openTestLog(dataSource, homes[at]?.path ?? '')),
  );

beforeAll(async () => {
  const url = await freshDatabaseUrl('PostgreSQL');
  for (const home of homes) {
    databases.push(
      await openDatabase({
        home: home.path,
        migrations: accessLogMigrations,
        ...(url === undefined ? {} : { url }),
      }),
    );
  }
  const [first] = databases;
  if (first !== undefined) await migrate(first.dataSource);
  logs = await openBoth();
});
afterAll(async () => {
  for (const log of logs) await log.close();
  for (const database of databases) await database.close();
  for (const home of homes) home.remove();
});

test('both append to the same trees, and every receipt checks', async () => {
  const entries: AccessEntry[] = Array.from({ length: 200 }, (_, at) =>
    accessEntry({ tree: trees[at % 3] ?? { kind: 'host' } }),
  );
  const appended = await Promise.all(
    entries.map(async (entry, at) => {
      const log = logs[at % 2];
      if (log === undefined) throw new TypeError('no gateway');
      // Some carry work of their own, so that both kinds of transaction meet.
      const alongside = at % 7 === 0 ? { alongside: async () => undefined } : {};
      return log.append(entry, alongside);
    }),
  );
  const [one, two] = logs;
  if (one === undefined || two === undefined) throw new TypeError('no gateway');
  for (const [at, entry] of entries.entries()) {
    const receipt = appended[at];
    if (receipt === undefined) throw new TypeError('no receipt');
    await checkAsPartner(two, entry, receipt);
    if (entry.tree.kind === 'partner' && at % 10 === 0) {
      const again = await (at % 2 === 0 ? two : one).receipt(entry.tree.partner, entry.id);
      await checkAsPartner(one, entry, again ?? { record: '', salt: '', proof: '' });
    }
  }
  for (const name of trees) {
    const own = entries.flatMap((entry, at) => (entry.tree.kind === name.kind ? [at] : []));
    const indexes = own
      .filter((at) => JSON.stringify(entries[at]?.tree) === JSON.stringify(name))
      .map((at) => appended[at]?.index ?? -1)
      .sort((a, b) => a - b);
    expect(indexes).toEqual(indexes.map((_, index) => index));
  }
});

test('both find their place when every append meets one of the other', async () => {
  const workers = Array.from({ length: 8 }, async (_, worker) => {
    const log = logs[worker % 2];
    if (log === undefined) throw new TypeError('no gateway');
    for (let round = 0; round < 25; round += 1) {
      const entry = accessEntry({ tree: trees[worker % 3] ?? { kind: 'host' } });
      await checkAsPartner(log, entry, await log.append(entry));
    }
  });
  await Promise.all(workers);
});

test('the stored trees are those of their leaves', async () => {
  const [first] = databases;
  if (first === undefined) throw new TypeError('no database');
  for (const owner of [partner, otherPartner, null]) {
    const row = await findTree(first.dataSource, owner);
    if (row === undefined) throw new TypeError('no tree');
    const leaves = await first.dataSource.query<{ record: Buffer; hashes: Buffer }[]>(
      'SELECT record, hashes FROM access_log_leaf WHERE tree = $1 ORDER BY leaf_index',
      [row.tree],
    );
    expect(leaves.length).toBe(row.size);
    for (const { record, hashes } of leaves) {
      expect(hashes.subarray(0, 32)).toEqual(hashLeaf(record));
    }
    const reader = storedHashes(first.dataSource, row.tree);
    const hashes = await reader.readHashes(frontierPositions(row.size));
    expect(rootOf({ size: row.size, hashes })).toEqual(row.root);
  }
});

test('each has its own journal, and both are whole', async () => {
  for (const log of logs) await log.close();
  logs = await openBoth();
  for (const log of logs) {
    expect(log.report).toEqual({
      repaired: false,
      completedFromDatabase: 0,
      restoredFromJournal: 0,
      reappliedActs: 0,
      restoredRounds: 0,
      journalIsNew: false,
    });
  }
});

test('they make one round between them, and sign no two roots of one size', async () => {
  const at = new Date('2026-03-01T09:30:00Z');
  const [one, two] = logs;
  if (one === undefined || two === undefined) throw new TypeError('no gateway');
  const seen = new Map<string, string>();
  let expected = 0;
  for (let round = 0; round < 15; round += 1) {
    const sizes = await Promise.all([one.makeRound(at, expected), two.makeRound(at, expected)]);
    expect(Math.max(...sizes)).toBe(expected + 1);
    expected += 1;
    for (const log of logs) {
      const [, size = '', root = ''] = (await log.published.coverCheckpoint()).split('\n');
      expect(seen.get(size) ?? root).toBe(root);
      seen.set(size, root);
    }
  }
  expect([...seen.keys()]).toEqual(Array.from({ length: 15 }, (_, at) => String(at + 1)));
});
