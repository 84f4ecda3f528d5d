import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  accessEntry,
  checkAsPartner,
  emptyAccessLog,
  logKeys,
  openTestLog,
  otherPartner,
  partner,
} from '../../test/support/access-log.js';
import {
  describeOnEachDatabase,
  openTestDatabase,
  temporaryHome,
} from '../../test/support/databases.js';
import { FaultyFiles } from '../../test/support/faulty-files.js';
import { isGatewayError } from '../core/errors.js';
import { openCheckpoint } from '../core/log/checkpoint.js';
import { parseVerifierKey } from '../core/log/note.js';
import { checkConsistency, proveConsistency } from '../core/log/proof.js';
import { decodeRecord } from '../core/log/record.js';
import type { Database } from '../platform/database/database.js';
import { accessLogMigrations, type AccessLog } from './index.js';
import { openRecordKeys, deriveRecordSecrets } from './record-keys.js';
import { localFiles } from './journal/journal-files.js';
import { commitSealedPart, openHostPart } from './sealed-part.js';
import { findTree, leavesOfWriter, storedHashes } from './tree.repository.js';

const readers: readonly (readonly [string, (log: AccessLog, id: string) => Promise<unknown>])[] = [
  ['the page of a search', async (log) => log.search.find({ partner }, { first: 10 }, new Date())],
  ['its id', async (log, id) => log.search.record(id)],
  ['a copy', async (log) => log.search.tail(partner, 0, 10)],
  ['its receipt', async (log, id) => log.receipt(partner, id)],
  ['an export', async (log) => all(log.export({ kind: 'partner', partner }, { from: 0, to: 2 }))],
  [
    'an export of picked records',
    async (log) => all(log.export({ kind: 'partner', partner }, { indexes: [0] })),
  ],
];

async function all<Item>(items: AsyncIterable<Item>): Promise<readonly Item[]> {
  const read: Item[] = [];
  for await (const item of items) read.push(item);
  return read;
}

describeOnEachDatabase('the access log', (kind) => {
  let database: Database;
  let home: ReturnType<typeof temporaryHome>;
  let files: FaultyFiles;
  let log: AccessLog;

  beforeAll(async () => {
    database = await openTestDatabase(kind, accessLogMigrations);
  });
  afterAll(async () => database.close());
  beforeEach(async () => {
    await emptyAccessLog(database.dataSource);
    home = temporaryHome();
    files = new FaultyFiles();
    log = await openTestLog(database.dataSource, home.path, { files });
  });
  afterEach(async () => {
    await log.close();
    home.remove();
  });

  async function countOf(table: string): Promise<number> {
    const rows = await database.dataSource.query<{ n: number }[]>(
      `SELECT count(*)::int AS n FROM ${table}`,
    );
    return rows[0]?.n ?? -1;
  }

  test('hands out a receipt the partner can check by itself', async () => {
    const entry = accessEntry();
    const logged = await log.append(entry);
    expect(logged).toMatchObject({ index: 0, treeSize: 1 });
    const checked = await checkAsPartner(log, entry, logged);
    expect(checked.record.fields).toEqual([
      ['dateOfBirth', 'GENERALISED'],
      ['visaStatus', 'FULL'],
    ]);
    expect(log.report).toEqual({
      repaired: false,
      completedFromDatabase: 0,
      restoredFromJournal: 0,
      reappliedActs: 0,
      restoredRounds: 0,
      journalIsNew: true,
    });
  });

  test('gives the same receipt again, at later sizes', async () => {
    const entry = accessEntry();
    const logged = await log.append(entry);
    for (let more = 0; more < 6; more += 1) await log.append(accessEntry());
    const again = await log.receipt(partner, entry.id);
    expect(again).toMatchObject({ record: logged.record, salt: logged.salt });
    const checked = await checkAsPartner(log, entry, again ?? logged);
    expect(checked.checkpoint.size).toBe(7);
  });

  test('tells no partner of a record that is not its own', async () => {
    const entry = accessEntry();
    await log.append(entry);
    expect(await log.receipt(otherPartner, entry.id)).toBeUndefined();
    expect(await log.receipt(partner, randomUUID())).toBeUndefined();
    expect(await log.receipt(partner, "' OR 1=1")).toBeUndefined();
  });

  test('keeps a tree for each partner and one for the host, each with its own origin', async () => {
    const names = [
      { kind: 'partner', partner } as const,
      { kind: 'partner', partner: otherPartner } as const,
      { kind: 'host' } as const,
    ];
    const entries = names.flatMap((tree) => [accessEntry({ tree }), accessEntry({ tree })]);
    const logged = await Promise.all(entries.map((entry) => log.append(entry)));
    expect(logged.map(({ index }) => index)).toEqual([0, 1, 0, 1, 0, 1]);
    for (const [at, entry] of entries.entries()) {
      await checkAsPartner(log, entry, logged[at] ?? (await log.append(entry)));
    }
    const keys = await Promise.all(names.map((name) => log.verifierKey(name)));
    const origins = keys.map((key) => parseVerifierKey(key).name);
    expect(new Set(origins).size).toBe(3);
    expect(origins[2]).toBe('log.example.org/host');
    for (const origin of origins.slice(0, 2)) {
      expect(origin).toMatch(/^log\.example\.org\/partner\/[0-9a-f]{32}$/);
      expect(origin).not.toContain(partner.toLowerCase());
    }
    const [first, second] = [entries[0], logged[0]];
    if (first === undefined || second === undefined) throw new TypeError('nothing was logged');
    await expect(checkAsPartner(log, { ...first, tree: { kind: 'host' } }, second)).rejects.toThrow(
      /ERR_PROOF_INVALID/,
    );
  });

  test('only grows: every checkpoint is consistent with every later one', async () => {
    const name = { kind: 'partner', partner } as const;
    const key = parseVerifierKey(await log.verifierKey(name));
    const heads = [openCheckpoint(await log.checkpoint(name), key)];
    for (let round = 0; round < 5; round += 1) {
      await Promise.all(Array.from({ length: round + 1 }, () => log.append(accessEntry())));
      heads.push(openCheckpoint(await log.checkpoint(name), key));
    }
    expect(heads.map(({ size }) => size)).toEqual([0, 1, 3, 6, 10, 15]);
    const { dataSource } = database;
    const tree = (await findTree(dataSource, partner))?.tree ?? '';
    for (const [at, older] of heads.entries()) {
      for (const newer of heads.slice(at)) {
        const reader = storedHashes(dataSource, tree);
        const proof = await proveConsistency(older.size, newer.size, reader);
        checkConsistency(older.size, older.root, newer.size, newer.root, proof);
      }
    }
  });

  test('commits what arrives together as one group, each record in its place', async () => {
    const entries = Array.from({ length: 300 }, () => accessEntry());
    const logged = await Promise.all(entries.map((entry) => log.append(entry)));
    expect(logged.map(({ index }) => index).sort((a, b) => a - b)).toEqual(
      entries.map((_, at) => at),
    );
    expect(new Set(logged.map(({ treeSize }) => treeSize)).size).toBeLessThan(20);
    for (const [at, entry] of entries.entries()) {
      const receipt = logged[at];
      if (receipt !== undefined) await checkAsPartner(log, entry, receipt);
    }
  });

  test('records a refusal by its code, and nothing beside it', async () => {
    const refusal = accessEntry({
      outcome: 'ERR_GRANT_NOT_USABLE',
      grant: null,
      grantVersion: null,
      fields: [],
      reference: null,
    });
    const { record } = await log.append(refusal);
    const decoded = decodeRecord(Buffer.from(record, 'base64url'));
    expect(decoded).toMatchObject({ outcome: 'ERR_GRANT_NOT_USABLE', fields: [], grant: null });
    await expect(
      log.append({ ...refusal, id: randomUUID(), fields: [['sex', 'FULL']] }),
    ).rejects.toThrow(/ERR_LOG_UNAVAILABLE/);
  });

  test('seals the host part so that only the key of its record opens it', async () => {
    const entry = accessEntry();
    const { record } = await log.append(entry);
    const { dataSource } = database;
    const tree = (await findTree(dataSource, partner))?.tree ?? '';
    const writers = await dataSource.query<{ writer: string }[]>(
      'SELECT writer FROM access_log_leaf LIMIT 1',
    );
    const [leaf] = await leavesOfWriter(dataSource, writers[0]?.writer ?? '', 0, 1);
    const sealed = leaf?.sealed ?? Buffer.alloc(0);
    const directory = `${home.path}/log-keys`;
    const keys = await openRecordKeys({
      database: dataSource,
      files: localFiles,
      directory,
      logKey: logKeys.logKey,
      random: () => Buffer.alloc(32),
    });
    const secrets = deriveRecordSecrets(await keys.epochKey(entry.at), tree, entry.id);
    expect(openHostPart(sealed, secrets, tree, entry.id)).toEqual(entry.host);
    expect(decodeRecord(Buffer.from(record, 'base64url')).sealed).toEqual(commitSealedPart(sealed));
    expect(sealed.length).toBe(1084);

    const other = deriveRecordSecrets(await keys.epochKey(entry.at), tree, randomUUID());
    expect(() => openHostPart(sealed, other, tree, entry.id)).toThrow(/ERR_SEALED_DATA_DAMAGED/);
    expect(() => openHostPart(sealed, secrets, 'host', entry.id)).toThrow(
      /ERR_SEALED_DATA_DAMAGED/,
    );
    const wrong = await openRecordKeys({
      database: dataSource,
      files: localFiles,
      directory,
      logKey: Buffer.alloc(32),
      random: () => Buffer.alloc(32),
    });
    await expect(wrong.epochKey(entry.at)).rejects.toThrow(/ERR_KEY_UNUSABLE/);
  });

  test('runs what belongs to a record in its transaction, or neither', async () => {
    await database.dataSource.query('CREATE TABLE miss (id uuid PRIMARY KEY)');
    const entries = Array.from({ length: 20 }, () => accessEntry());
    const settled = await Promise.allSettled(
      entries.map((entry, at) =>
        log.append(entry, {
          alongside: async (manager) => {
            await manager.query('INSERT INTO miss (id) VALUES ($1)', [entry.id]);
            if (at % 5 === 0) await manager.query('SELECT 1 / (SELECT 0)');
            if (at % 5 === 1) throw new TypeError('no');
          },
        }),
      ),
    );
    settled.forEach((result, at) => {
      expect(result.status).toBe(at % 5 < 2 ? 'rejected' : 'fulfilled');
      if (result.status === 'rejected') {
        expect(isGatewayError(result.reason, 'ERR_LOG_UNAVAILABLE')).toBe(true);
      }
    });
    expect(await countOf('miss')).toBe(12);
    expect(await countOf('access_log_leaf')).toBe(12);
    expect(log.isWritable()).toBe(true);
    for (const [at, result] of settled.entries()) {
      const entry = entries[at];
      if (result.status === 'fulfilled' && entry !== undefined) {
        await checkAsPartner(log, entry, result.value);
      }
    }
  });

  test('refuses a second record of one id, and only that one of its group', async () => {
    const twice = accessEntry();
    const settled = await Promise.allSettled(
      [accessEntry(), twice, twice, accessEntry()].map((entry) => log.append(entry)),
    );
    expect(settled.map(({ status }) => status)).toEqual([
      'fulfilled',
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect((await log.append(accessEntry())).index).toBe(3);
  });

  test.each(['write', 'short write', 'sync'] as const)(
    'resolves nothing while the journal fails (%s), and comes back by itself',
    async (fault) => {
      await log.append(accessEntry());
      files.fail(fault);
      const lost = [accessEntry(), accessEntry(), accessEntry()];
      for (const entry of lost) {
        await expect(log.append(entry)).rejects.toThrow(/ERR_LOG_UNAVAILABLE/);
      }
      expect(log.isWritable()).toBe(false);
      files.mend();
      const entry = accessEntry();
      const logged = await log.append(entry);
      await checkAsPartner(log, entry, logged);
      expect(log.isWritable()).toBe(true);

      await log.close();
      log = await openTestLog(database.dataSource, home.path);
      expect(log.report).toMatchObject({
        repaired: false,
        completedFromDatabase: 0,
        restoredFromJournal: 0,
      });
      expect((await log.append(accessEntry())).index).toBe(logged.index + 1);
    },
  );

  test('signs nothing while what is committed is not in the journal', async () => {
    const entry = accessEntry();
    await log.append(entry);
    files.fail('sync');
    await expect(log.append(accessEntry())).rejects.toThrow(/ERR_LOG_UNAVAILABLE/);
    const name = { kind: 'partner', partner } as const;
    await expect(log.checkpoint(name)).rejects.toThrow(/ERR_LOG_UNAVAILABLE/);
    await expect(log.receipt(partner, entry.id)).rejects.toThrow(/ERR_LOG_UNAVAILABLE/);
    files.mend();
    const key = parseVerifierKey(await log.verifierKey(name));
    expect(openCheckpoint(await log.checkpoint(name), key).size).toBe(2);
  });

  test('remembers no head as signed whose record is not in the journal', async () => {
    const path = join(home.path, 'checkpoints');
    const copied = temporaryHome();
    const copying = await openTestLog(database.dataSource, copied.path, {
      files,
      checkpointFile: path,
    });
    await copying.append(accessEntry());
    files.fail('sync');
    await expect(copying.append(accessEntry())).rejects.toThrow(/ERR_LOG_UNAVAILABLE/);
    await copying.close();
    const { checkpoints } = JSON.parse(readFileSync(path, 'utf8')) as { checkpoints: string[] };
    expect(checkpoints.map((note) => note.split('\n')[1])).toEqual(['1']);
    files.mend();
    copied.remove();
  });

  test('comes back without traffic once it is asked whether it can be written', async () => {
    await log.append(accessEntry());
    files.fail('write');
    await expect(log.append(accessEntry())).rejects.toThrow(/ERR_LOG_UNAVAILABLE/);
    files.mend();
    expect(log.isWritable()).toBe(false);
    await log.checkpoint({ kind: 'host' });
    expect(log.isWritable()).toBe(true);
  });

  test('resolves nothing while the database fails, and comes back by itself', async () => {
    const { dataSource } = database;
    await log.append(accessEntry());
    await dataSource.query('ALTER TABLE access_log_leaf RENAME TO hidden');
    await expect(log.append(accessEntry())).rejects.toThrow(/ERR_LOG_UNAVAILABLE/);
    expect(log.isWritable()).toBe(false);
    await dataSource.query('ALTER TABLE hidden RENAME TO access_log_leaf');
    const entry = accessEntry();
    await checkAsPartner(log, entry, await log.append(entry));
    expect(log.isWritable()).toBe(true);
  });

  test('resolves nothing once the database is gone, and never tells what was asked', async () => {
    await log.append(accessEntry());
    await database.dataSource.destroy();
    const error: unknown = await log.append(accessEntry()).catch((reason: unknown) => reason);
    expect(isGatewayError(error, 'ERR_LOG_UNAVAILABLE')).toBe(true);
    expect((error as Error).message).not.toMatch(/Test Person|1984|CASE/);
    await database.dataSource.initialize();
  });

  test('stops when stored hashes do not make the stored root', async () => {
    const { dataSource } = database;
    for (let more = 0; more < 3; more += 1) await log.append(accessEntry());
    await dataSource.query(
      `UPDATE access_log_leaf SET hashes = decode(repeat('00', octet_length(hashes)), 'hex')
       WHERE leaf_index = 1`,
    );
    await expect(log.checkpoint({ kind: 'partner', partner })).rejects.toThrow(
      /ERR_LOG_CONTRADICTS_ITSELF/,
    );
    await expect(log.append(accessEntry())).rejects.toThrow(/ERR_LOG_UNAVAILABLE/);
    expect(log.isWritable()).toBe(false);
  });

  test.each(readers)(
    'a record changed in the database is shown to nobody by %s, and stops the log',
    async (_, read) => {
      const entry = accessEntry();
      await log.append(entry);
      await log.append(accessEntry());
      await read(log, entry.id);
      await database.dataSource.query(
        `UPDATE access_log_leaf SET record = convert_to(
           replace(convert_from(record, 'UTF8'), $2, 'CONSULAR_ASSISTANCE'), 'UTF8') WHERE id = $1`,
        [entry.id, entry.purpose],
      );
      await expect(read(log, entry.id)).rejects.toThrow(
        /ERR_LOG_UNAVAILABLE.*ERR_LOG_CONTRADICTS_ITSELF.*leaf 0/,
      );
      expect(log.isWritable()).toBe(false);
      await expect(log.append(accessEntry())).rejects.toThrow(/ERR_LOG_UNAVAILABLE/);
    },
  );

  test.each(readers.filter(([name]) => /receipt|picked/.test(name)))(
    'nor by %s where its own hash was changed with it',
    async (_, read) => {
      const entry = accessEntry();
      await log.append(entry);
      await log.append(accessEntry());
      await database.dataSource.query(
        `UPDATE access_log_leaf SET
           record = convert_to(replace(convert_from(record, 'UTF8'), $2, 'CONSULAR_ASSISTANCE'), 'UTF8'),
           hashes = sha256('\\x00'::bytea || convert_to(
             replace(convert_from(record, 'UTF8'), $2, 'CONSULAR_ASSISTANCE'), 'UTF8')) WHERE id = $1`,
        [entry.id, entry.purpose],
      );
      await expect(read(log, entry.id)).rejects.toThrow(/ERR_LOG_CONTRADICTS_ITSELF/);
      expect(log.isWritable()).toBe(false);
    },
  );

  test('never signs a smaller tree, nor a second one of a size', async () => {
    const { dataSource } = database;
    await log.append(accessEntry());
    const before = await findTree(dataSource, partner);
    await log.append(accessEntry());
    await dataSource.query('UPDATE access_log_tree SET size = $1, root = $2 WHERE tree = $3', [
      before?.size,
      before?.root,
      before?.tree,
    ]);
    await expect(log.checkpoint({ kind: 'partner', partner })).rejects.toThrow(
      /ERR_LOG_CONTRADICTS_ITSELF/,
    );
    expect(log.isWritable()).toBe(false);
  });

  test('takes nothing once closed', async () => {
    await log.close();
    await expect(log.append(accessEntry())).rejects.toThrow(/ERR_LOG_UNAVAILABLE/);
    expect(log.isWritable()).toBe(false);
  });
});
