import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  accessEntry,
  checkAsPartner,
  emptyAccessLog,
  openTestLog,
  partner,
} from '../../test/support/access-log.js';
import {
  describeOnEachDatabase,
  openTestDatabase,
  temporaryHome,
} from '../../test/support/databases.js';
import { frontierPositions, rootOf } from '../core/log/tree.js';
import { migrate, openDatabase, type Database } from '../platform/database/database.js';
import { accessLogMigrations, type AccessEntry, type AccessLog } from './index.js';
import { findTree, readFrontier, storedHashes } from './tree.repository.js';

const nothingToDo = {
  repaired: false,
  completedFromDatabase: 0,
  restoredFromJournal: 0,
  reappliedActs: 0,
  restoredRounds: 0,
  journalIsNew: false,
};

const host = (): AccessEntry => accessEntry({ tree: { kind: 'host' } });

describeOnEachDatabase('reconciliation of journal and database', (kind) => {
  let database: Database;
  let home: ReturnType<typeof temporaryHome>;

  beforeAll(async () => {
    database = await openTestDatabase(kind, accessLogMigrations);
  });
  afterAll(async () => database.close());
  beforeEach(async () => {
    await emptyAccessLog(database.dataSource);
    home = temporaryHome();
  });
  afterEach(() => home.remove());

  const open = () => openTestLog(database.dataSource, home.path);
  const journalPath = () => {
    const directory = join(home.path, 'journal');
    return join(directory, readdirSync(directory).at(-1) ?? '');
  };

  /** Closes after these entries and returns what the database then holds. */
  async function logged(entries: readonly AccessEntry[]) {
    const log = await open();
    for (const entry of entries) await log.append(entry);
    await log.close();
    return snapshot();
  }

  async function snapshot() {
    const { dataSource } = database;
    const trees = await dataSource.query<unknown[]>('SELECT * FROM access_log_tree ORDER BY tree');
    const leaves = await dataSource.query<unknown[]>(
      'SELECT * FROM access_log_leaf ORDER BY tree, leaf_index',
    );
    const sealed = await dataSource.query<unknown[]>(
      'SELECT * FROM access_log_sealed ORDER BY tree, leaf_index',
    );
    return { trees, leaves, sealed };
  }

  /** Puts one tree back to what it was at an earlier size, as a lost commit leaves it. */
  async function lose(owner: string | null, size: number): Promise<void> {
    const { dataSource } = database;
    const row = await findTree(dataSource, owner);
    if (row === undefined) throw new TypeError('no such tree');
    await dataSource.query('DELETE FROM access_log_sealed WHERE tree = $1 AND leaf_index >= $2', [
      row.tree,
      size,
    ]);
    await dataSource.query('DELETE FROM access_log_leaf WHERE tree = $1 AND leaf_index >= $2', [
      row.tree,
      size,
    ]);
    if (size === 0) {
      await dataSource.query('DELETE FROM access_log_tree WHERE tree = $1', [row.tree]);
      return;
    }
    const reader = storedHashes(dataSource, row.tree);
    const root = rootOf({ size, hashes: await reader.readHashes(frontierPositions(size)) });
    await dataSource.query('UPDATE access_log_tree SET size = $2, root = $3 WHERE tree = $1', [
      row.tree,
      size,
      root,
    ]);
  }

  test('finds nothing to do after an orderly end', async () => {
    await logged([accessEntry(), host()]);
    const log = await open();
    expect(log.report).toEqual(nothingToDo);
    await log.close();
  });

  test('completes the journal wherever its last line was torn', async () => {
    const entries = [accessEntry(), host(), accessEntry()];
    const whole = await logged(entries);
    const bytes = readFileSync(journalPath());
    const lastLine = bytes.lastIndexOf('\n', bytes.length - 2) + 1;
    // Every byte of the line is cut in journal.spec.ts; here a stride that meets each of its parts.
    const cuts = Array.from({ length: bytes.length - lastLine }, (_, at) => lastLine + at).filter(
      (cut) => cut < lastLine + 20 || cut > bytes.length - 20 || cut % 11 === 0,
    );
    for (const cut of cuts) {
      writeFileSync(journalPath(), bytes.subarray(0, cut));
      const log = await open();
      expect(log.report).toEqual({
        ...nothingToDo,
        repaired: cut > lastLine,
        completedFromDatabase: 1,
      });
      await log.close();
      const text = readFileSync(journalPath());
      // The line is the same but for the group it was written in, which it is alone in now too.
      expect(text.equals(bytes)).toBe(true);
    }
    expect(await snapshot()).toEqual(whole);
  });

  test('completes a journal that lacks several lines', async () => {
    await logged([accessEntry(), host(), accessEntry(), host()]);
    const text = readFileSync(journalPath(), 'utf8').split('\n');
    writeFileSync(journalPath(), `${text.slice(0, 2).join('\n')}\n`);
    const log = await open();
    expect(log.report).toEqual({ ...nothingToDo, completedFromDatabase: 3 });
    expect((await log.append(accessEntry())).index).toBe(2);
    await log.close();
    const again = await open();
    expect(again.report).toEqual(nothingToDo);
    await again.close();
  });

  test.each([1, 2, 3, 5])(
    'puts back %i lost records byte for byte, and with them the heads',
    async (lost) => {
      const kept = Array.from({ length: 6 - lost }, () => accessEntry());
      const gone = Array.from({ length: lost }, () => accessEntry());
      const whole = await logged([...kept, ...gone]);
      await lose(partner, kept.length);
      expect(await snapshot()).not.toEqual(whole);
      const log = await open();
      expect(log.report).toEqual({ ...nothingToDo, restoredFromJournal: lost });
      expect(await snapshot()).toEqual(whole);
      for (const entry of [...kept, ...gone]) {
        const receipt = await log.receipt(partner, entry.id);
        if (receipt === undefined) throw new TypeError('the record is gone');
        await checkAsPartner(log, entry, receipt);
      }
      expect((await log.append(accessEntry())).index).toBe(6);
      await log.close();
    },
  );

  test('puts back whole trees, over several segments', async () => {
    const entries = Array.from({ length: 300 }, (_, at) => (at % 3 === 0 ? host() : accessEntry()));
    const log = await open();
    await Promise.all(entries.map((entry) => log.append(entry)));
    await log.close();
    expect(readdirSync(join(home.path, 'journal')).length).toBeGreaterThan(1);
    const whole = await snapshot();
    await lose(partner, 0);
    await lose(null, 0);
    const again = await open();
    expect(again.report).toEqual({ ...nothingToDo, restoredFromJournal: 300 });
    expect(await snapshot()).toEqual(whole);
    await again.close();
  });

  test('puts back the key of an epoch that only its file still holds', async () => {
    const entry = accessEntry();
    await logged([entry]);
    await lose(partner, 0);
    await database.dataSource.query('DELETE FROM access_log_key');
    const log = await open();
    const receipt = await log.receipt(partner, entry.id);
    if (receipt === undefined) throw new TypeError('the record is gone');
    await checkAsPartner(log, entry, receipt);
    await log.close();
  });

  test.each([
    ['record', "UPDATE access_log_leaf SET record = record || '\\x20' WHERE leaf_index = 1"],
    ['sealed part', "UPDATE access_log_sealed SET sealed = sealed || '\\x20' WHERE leaf_index = 1"],
    ['place', 'UPDATE access_log_leaf SET leaf_index = 7 WHERE leaf_index = 1'],
    ['line number', 'UPDATE access_log_leaf SET number = 70 WHERE leaf_index = 1'],
    ['presence', 'DELETE FROM access_log_leaf WHERE leaf_index = 1'],
    ['owner', "UPDATE access_log_tree SET owner = 'XX-AGENCY'"],
  ])('refuses to start when a record contradicts the journal in its %s', async (_, statement) => {
    await logged([accessEntry(), accessEntry(), accessEntry()]);
    await database.dataSource.query(statement);
    await expect(open()).rejects.toThrow(/ERR_LOG_CONTRADICTS_ITSELF/);
  });

  test('refuses to start when another record stands where a lost one was', async () => {
    await logged([accessEntry(), accessEntry()]);
    await lose(partner, 1);
    const elsewhere = temporaryHome();
    const second = await openTestLog(database.dataSource, elsewhere.path);
    await second.append(accessEntry());
    await second.close();
    elsewhere.remove();
    await expect(open()).rejects.toThrow(/ERR_LOG_CONTRADICTS_ITSELF/);
  });

  test('refuses to start when records between are in no journal here', async () => {
    await logged([accessEntry()]);
    const elsewhere = temporaryHome();
    const second = await openTestLog(database.dataSource, elsewhere.path);
    await second.append(accessEntry());
    await second.close();
    elsewhere.remove();
    await logged([accessEntry()]);
    await lose(partner, 1);
    await expect(open()).rejects.toThrow(/ERR_LOG_CONTRADICTS_ITSELF.*in no journal/);
  });

  test('refuses an embedded database whose journal was lost, however often it is tried', async () => {
    await logged([accessEntry()]);
    rmSync(join(home.path, 'journal'), { recursive: true });
    for (let time = 0; time < 2; time += 1) {
      await expect(openTestLog(database.dataSource, home.path, { embedded: true })).rejects.toThrow(
        /ERR_LOG_CONTRADICTS_ITSELF.*lost its journal/,
      );
    }
  });

  test('says that the journal is new when it was lost', async () => {
    await logged([accessEntry()]);
    rmSync(join(home.path, 'journal'), { recursive: true });
    const log = await open();
    expect(log.report).toEqual({ ...nothingToDo, journalIsNew: true });
    expect((await log.append(accessEntry())).index).toBe(1);
    await log.close();
  });
});

test('a home whose database lost its last commits gets them back from the journal', async () => {
  const home = temporaryHome();
  const openHome = async (): Promise<{ database: Database; log: AccessLog }> => {
    const database = await openDatabase({ home: home.path, migrations: accessLogMigrations });
    await migrate(database.dataSource);
    return { database, log: await openTestLog(database.dataSource, home.path) };
  };
  const first = await openHome();
  await first.log.append(accessEntry());
  await first.log.close();
  await first.database.close();
  cpSync(join(home.path, 'database'), join(home.path, 'before'), { recursive: true });

  const second = await openHome();
  const entry = accessEntry();
  await second.log.append(entry);
  const lost = await findTree(second.database.dataSource, partner);
  await second.database.close();
  await second.log.close();
  rmSync(join(home.path, 'database'), { recursive: true });
  cpSync(join(home.path, 'before'), join(home.path, 'database'), { recursive: true });

  const third = await openHome();
  expect(third.log.report).toMatchObject({ restoredFromJournal: 1 });
  const head = await findTree(third.database.dataSource, partner);
  expect(head).toEqual(lost);
  if (head !== undefined) await readFrontier(third.database.dataSource, head);
  const receipt = await third.log.receipt(partner, entry.id);
  if (receipt === undefined) throw new TypeError('the record is gone');
  await checkAsPartner(third.log, entry, receipt);
  await third.log.close();
  await third.database.close();
  home.remove();
});
