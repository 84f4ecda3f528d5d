import { randomBytes } from 'node:crypto';
import { readdirSync, statSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import {
  accessEntry,
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
import { ExportChecker } from '../core/log/export.js';
import { parseVerifierKey } from '../core/log/note.js';
import { checkTlogProof } from '../core/log/tlog-proof.js';
import type { Database } from '../platform/database/database.js';
import { accessLogMigrations, type AccessEntry, type AccessLog, type TreeName } from './index.js';
import { localFiles } from './journal/journal-files.js';
import { openRecordKeys } from './record-keys.js';
import type { HeldRange } from './retention.js';

const now = new Date('2026-03-15T12:00:00Z');
const tree = { kind: 'partner', partner } as const;
const trees: readonly TreeName[] = [
  tree,
  { kind: 'partner', partner: otherPartner },
  { kind: 'host' },
];
const free = { months: 12, isHeld: async () => false };

describeOnEachDatabase('retention', (kind) => {
  let database: Database;
  let home: ReturnType<typeof temporaryHome>;
  let log: AccessLog;
  let old: readonly AccessEntry[];
  const directory = (name: string) => join(home.path, name);
  const open = async () =>
    openTestLog(database.dataSource, home.path, {
      journal: { segmentBytes: 8 * 1024, stepBytes: 4 * 1024 },
    });
  const sql = async <Row>(text: string): Promise<readonly Row[]> =>
    database.dataSource.query<Row[]>(text);
  const monthsKept = () =>
    readdirSync(directory('log-keys')).filter((name) => name.startsWith('20'));
  const journalBytes = () =>
    readdirSync(directory('journal'))
      .map((name) => statSync(join(directory('journal'), name)).size)
      .reduce((a, b) => a + b);
  const sealedSizes = async () =>
    sql<{ epoch: string; size: number; count: number }>(
      `SELECT convert_from(substring(leaf.record from 8 for 7), 'UTF8') AS epoch,
              octet_length(leaf.sealed) + coalesce(octet_length(part.sealed), 0) AS size,
              count(*)::int AS count
       FROM access_log_leaf leaf LEFT JOIN access_log_sealed part
         ON part.tree = leaf.tree AND part.leaf_index = leaf.leaf_index
       GROUP BY 1, 2 ORDER BY 1`,
    );

  beforeAll(async () => {
    database = await openTestDatabase(kind, accessLogMigrations);
  });
  afterAll(async () => database.close());
  beforeEach(async () => {
    await emptyAccessLog(database.dataSource);
    home = temporaryHome();
    log = await open();
    const month = async (at: string) => {
      const entries = Array.from({ length: 12 }, (_, place) =>
        accessEntry({ at: new Date(at), tree: trees[place % 3] ?? tree }),
      );
      for (const entry of entries) await log.append(entry);
      return entries;
    };
    old = await month('2025-01-31T23:59:59Z');
    await month('2025-02-01T00:00:00Z');
    await month('2025-03-01T00:00:00Z');
    await month('2026-03-15T11:00:00Z');
  });
  afterEach(async () => {
    await log.close();
    home.remove();
  });

  const wholeTreeChecks = async () => {
    const checker: { at?: ExportChecker } = {};
    const key = parseVerifierKey(await log.verifierKey(tree));
    for await (const line of log.export(tree, { from: 0, to: 1_000 })) {
      if ('kind' in line) checker.at = new ExportChecker(line, key);
      else if ('count' in line) return checker.at?.finish(line).records;
      else checker.at?.take(line);
    }
    return undefined;
  };

  test('destroys the keys of months past the rule, and no others; disk shrinks', async () => {
    const before = journalBytes();
    const report = await log.applyRetention(free, now);
    expect(report).toMatchObject({ months: ['2025-01', '2025-02'], records: 24 });
    expect(report.segments).toBeGreaterThan(0);
    expect(journalBytes()).toBeLessThan(before);
    expect(await sealedSizes()).toEqual([
      { epoch: '2025-01', size: 0, count: 12 },
      { epoch: '2025-02', size: 0, count: 12 },
      { epoch: '2025-03', size: 1084, count: 12 },
      { epoch: '2026-03', size: 1084, count: 12 },
    ]);
    expect(
      await sql('SELECT epoch, wrapped IS NULL AS gone FROM access_log_key ORDER BY 1'),
    ).toEqual([
      { epoch: '2025-01', gone: true },
      { epoch: '2025-02', gone: true },
      { epoch: '2025-03', gone: false },
      { epoch: '2026-03', gone: false },
    ]);
    const names = monthsKept();
    expect(names).toEqual(['2025-03', '2026-03']);
    expect(await sql('SELECT count(*)::int AS count FROM access_log_entry')).toEqual([
      { count: 24 },
    ]);
    expect(await log.applyRetention(free, now)).toEqual({ months: [], records: 0, segments: 0 });
  });

  test('every record still proves, by receipt and by export, after a restart too', async () => {
    await log.applyRetention(free, now);
    await log.close();
    log = await open();
    expect(log.report).toMatchObject({ completedFromDatabase: 0, restoredFromJournal: 0 });
    const receipt = await log.receipt(partner, old[0]?.id ?? '');
    expect(receipt?.salt).toBe('');
    const record = Buffer.from(receipt?.record ?? '', 'base64url');
    checkTlogProof(record, receipt?.proof ?? '', parseVerifierKey(await log.verifierKey(tree)));
    expect(await wholeTreeChecks()).toBe(16);
    await log.append(accessEntry({ at: now }));
    expect(await wholeTreeChecks()).toBe(17);
    const late = accessEntry({ at: new Date('2025-01-15T00:00:00Z') });
    await expect(log.append(late)).rejects.toThrow('ERR_LOG_UNAVAILABLE');
  });

  test('a month of which anything is held stays whole until the hold ends', async () => {
    const asked: HeldRange[] = [];
    const isHeld = async (range: HeldRange) => {
      asked.push(range);
      return range.partner === otherPartner && range.from < new Date('2025-01-20T00:00:00Z');
    };
    const held = await log.applyRetention({ months: 12, isHeld }, now);
    expect(held).toMatchObject({ months: ['2025-02'], segments: 0 });
    expect((await sealedSizes())[0]).toEqual({ epoch: '2025-01', size: 1084, count: 12 });
    expect(asked).toContainEqual({
      partner: otherPartner,
      from: new Date('2025-01-01T00:00:00Z'),
      to: new Date('2025-02-01T00:00:00Z'),
      kinds: [expect.objectContaining({ outcome: 'MATCH', grantVersion: 1 })],
    });
    expect((await log.applyRetention(free, now)).months).toEqual(['2025-01']);
  });

  test.each([
    ['goes once the rule is past it', '2025-02-01T00:00:00Z', true],
    ['stays, though it holds no record, until then', '2026-03-01T00:00:00Z', false],
  ])('a segment of rounds of the cover tree %s', async (_, at, goes) => {
    await log.close();
    await emptyAccessLog(database.dataSource);
    home.remove();
    home = temporaryHome();
    log = await open();
    for (let round = 0; round < 60; round += 1) await log.makeRound(new Date(at));
    const { segments } = await log.applyRetention(free, now);
    expect(segments > 0).toBe(goes);
  });

  test('a key the database alone says is destroyed stays in its file while its month is not over or held', async () => {
    await sql("UPDATE access_log_key SET wrapped = NULL WHERE epoch IN ('2025-02', '2025-03')");
    const isHeld = async ({ from }: HeldRange) => from.getUTCMonth() === 1;
    expect((await log.applyRetention({ months: 12, isHeld }, now)).months).toEqual(['2025-01']);
    expect(monthsKept()).toEqual(['2025-02', '2025-03', '2026-03']);
    expect((await sealedSizes()).filter(({ size }) => size > 0)).toHaveLength(3);
    // Without the hold the second is over by the rule, and goes.
    await log.applyRetention(free, now);
    expect(monthsKept()).toEqual(['2025-03', '2026-03']);
  });

  test('nothing brings a key back: neither a file nor yesterday’s database', async () => {
    const file = join(directory('log-keys'), '2025-01');
    const kept = join(home.path, 'kept');
    copyFileSync(file, kept);
    const rows = await sql<{ wrapped: Buffer }>(
      `SELECT wrapped FROM access_log_key WHERE epoch = '2025-01'`,
    );
    await log.applyRetention(free, now);
    await log.close();
    copyFileSync(kept, file);
    await sql(`DELETE FROM access_log_act`);
    await database.dataSource.query(
      `UPDATE access_log_key SET wrapped = $1 WHERE epoch = '2025-01'`,
      [rows[0]?.wrapped],
    );
    log = await open();
    expect(log.report.reappliedActs).toBe(2);
    await log.applyRetention(free, now);
    expect(await sql(`SELECT wrapped FROM access_log_key WHERE epoch = '2025-01'`)).toEqual([
      { wrapped: null },
    ]);
    expect(readdirSync(directory('log-keys'))).not.toContain('2025-01');
  });

  test('a key that is destroyed while another gateway keeps it leaves no file there', async () => {
    const at = new Date('2025-01-31T23:59:59Z');
    const keys = await openRecordKeys({
      database: database.dataSource,
      directory: directory('other-keys'),
      logKey: logKeys.logKey,
      random: randomBytes,
      files: {
        ...localFiles,
        create: async (path, content) => {
          expect((await log.applyRetention(free, now)).months).toContain('2025-01');
          await localFiles.create(path, content);
        },
      },
    });
    expect(await keys.existingKey(at)).toBeUndefined();
    expect(readdirSync(directory('other-keys'))).toEqual([]);
    await expect(keys.epochKey(at)).rejects.toThrow(/ERR_KEY_UNUSABLE/);
  });
});
