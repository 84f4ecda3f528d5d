import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  accessEntry,
  emptyAccessLog,
  openTestLog,
  otherPartner,
  partner,
} from '../../../test/support/access-log.js';
import {
  describeOnEachDatabase,
  migratedDatabaseUrl,
  temporaryHome,
} from '../../../test/support/databases.js';
import { ExportChecker } from '../../core/log/export.js';
import { parseVerifierKey } from '../../core/log/note.js';
import { migrate, openDatabase, type Database } from '../../platform/database/database.js';
import { accessLogMigrations, type AccessLog } from '../index.js';
import { moveSealed } from './sealed-rows.js';

const now = new Date('2026-03-15T12:00:00Z');
const old = new Date('2025-01-20T08:00:00Z');
const held = new Date('2025-02-20T08:00:00Z');
const recent = new Date('2026-03-14T08:00:00Z');
const tree = { kind: 'partner', partner } as const;
const rule = {
  months: 12,
  isHeld: async ({ from }: { readonly from: Date }) => from.getUTCMonth() === 1,
};
const recordsEach = 300;
const sealedBytes = 1084;

function withLog(kind: 'PGlite' | 'PostgreSQL') {
  const at = {} as {
    database: Database;
    home: ReturnType<typeof temporaryHome>;
    log: AccessLog;
  };
  beforeAll(async () => {
    at.home = temporaryHome();
    const url = await migratedDatabaseUrl(kind, at.home.path, accessLogMigrations);
    at.database = await openDatabase({
      home: at.home.path,
      migrations: accessLogMigrations,
      ...(url === undefined ? {} : { url }),
    });
    await migrate(at.database.dataSource);
  });
  afterAll(async () => {
    await at.database.close();
    at.home.remove();
  });
  beforeEach(async () => {
    const { dataSource } = at.database;
    await emptyAccessLog(dataSource);
    const left = await sql<{ name: string }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits
       WHERE inhparent IN ('access_log_sealed'::regclass, 'access_log_entry'::regclass)`,
    );
    for (const { name } of left) await sql(`DROP TABLE ${name}`);
    for (const name of ['journal', 'log-keys']) {
      rmSync(join(at.home.path, name), { recursive: true, force: true });
    }
    at.log = await openLog();
  });
  afterEach(async () => at.log.close());
  const openLog = async () =>
    openTestLog(at.database.dataSource, at.home.path, {
      journal: { segmentBytes: 64 * 1024, stepBytes: 16 * 1024 },
    });
  const sql = async <Row>(text: string, values: unknown[] = []): Promise<readonly Row[]> =>
    at.database.dataSource.query<Row[]>(text, values);
  return {
    at,
    sql,
    reopen: async () => {
      await at.log.close();
      at.log = await openLog();
    },
    record: async (time: Date, count = recordsEach) => {
      const entries = Array.from({ length: count }, (_, place) =>
        accessEntry({
          at: time,
          ...(place % 3 === 0 ? { tree: { kind: 'partner', partner: otherPartner } } : {}),
        }),
      );
      await Promise.all(entries.map(async (entry) => at.log.append(entry)));
      return entries;
    },
    databaseBytes: async () => {
      await sql('CHECKPOINT');
      const [row] = await sql<{ size: string }>(
        'SELECT pg_database_size(current_database()) AS size',
      );
      return Number(row?.size);
    },
    partBytes: async () => {
      const rows = await sql<{ size: string }>(
        `SELECT sum(pg_total_relation_size(inhrelid)) AS size FROM pg_inherits
         WHERE inhparent IN ('access_log_sealed'::regclass, 'access_log_entry'::regclass)`,
      );
      return Number(rows[0]?.size);
    },
    parts: async () => {
      const rows = await sql<{ name: string }>(
        `SELECT relname AS name FROM pg_class WHERE relkind = 'r'
           AND relname ~ '^access_log_(sealed|entry)_' AND relname ~ '2025' ORDER BY 1`,
      );
      return rows.map(({ name }) => name.slice('access_log_'.length));
    },
    sealedIn: async (month: number) => {
      const rows = await sql<{ sealed: Buffer }>(
        'SELECT sealed FROM access_log_sealed WHERE month = $1',
        [month],
      );
      return rows.map(({ sealed }) => sealed);
    },
    /** Records of the partner's tree, all of which prove. */
    proven: async () => {
      const checker: { at?: ExportChecker } = {};
      const key = parseVerifierKey(await at.log.verifierKey(tree));
      for await (const line of at.log.export(tree, { from: 0, to: 10_000 })) {
        if ('kind' in line) checker.at = new ExportChecker(line, key);
        else if ('count' in line) return checker.at?.finish(line).records;
        else checker.at?.take(line);
      }
      return undefined;
    },
  };
}

function bytesUnder(directory: string): Buffer {
  const files = readdirSync(directory, { withFileTypes: true, recursive: true });
  return Buffer.concat(
    files
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name))),
  );
}

const isIn = (bytes: Buffer, sealed: Buffer): boolean =>
  bytes.includes(sealed) || bytes.includes(sealed.toString('base64url'));

describeOnEachDatabase('months of the log', (kind) => {
  const { at, sql, reopen, record, databaseBytes, partBytes, parts, sealedIn, proven } =
    withLog(kind);

  /** Everything tables and journal are in; not the write-ahead log, which the server overwrites. */
  const atRest = async () => {
    await sql('CHECKPOINT');
    const [place] = await sql<{ directory: string; path: string }>(
      `SELECT current_setting('data_directory') AS directory,
              pg_relation_filepath('access_log_leaf') AS path`,
    );
    const { directory, path } = place ?? { directory: '', path: '' };
    const root = kind === 'PGlite' ? join(at.home.path, 'database') : directory;
    return Buffer.concat([
      bytesUnder(join(root, dirname(path))),
      bytesUnder(join(at.home.path, 'journal')),
    ]);
  };

  /** Back to the release before there were months, rows and all. */
  const undoMonths = async () => {
    for (let migration = 0; migration < 3; migration += 1) {
      await at.database.dataSource.undoLastMigration();
    }
  };

  test('a forgotten month gives its space back, and nothing of it is left at rest', async () => {
    const before = await partBytes();
    await record(old);
    const month = (await partBytes()) - before;
    expect(month).toBeGreaterThan(recordsEach * sealedBytes);
    await record(held);
    await record(recent);
    const [goes = Buffer.alloc(0)] = await sealedIn(202501);
    const [stays = Buffer.alloc(0)] = await sealedIn(202502);
    const full = {
      database: await databaseBytes(),
      parts: await partBytes(),
      bytes: await atRest(),
    };
    expect([isIn(full.bytes, goes), isIn(full.bytes, stays)]).toEqual([true, true]);

    const report = await at.log.applyRetention(rule, now);
    expect(report).toMatchObject({ months: ['2025-01'], records: recordsEach });
    expect(full.parts - (await partBytes())).toBe(month);
    expect(full.database - (await databaseBytes())).toBeGreaterThan(recordsEach * sealedBytes);
    expect(await parts()).toEqual(['entry_2025_02', 'sealed_2025_02']);
    const left = await atRest();
    expect([isIn(left, goes), isIn(left, stays)]).toEqual([false, true]);
    // Its sealed parts went from the journal too, there in four thirds of their bytes.
    expect(full.bytes.length - left.length).toBeGreaterThan(month + recordsEach * sealedBytes);
    expect(await proven()).toBe(recordsEach * 2);
    await reopen();
    expect(await proven()).toBe(recordsEach * 2);
    expect(await at.log.search.find({ partner }, { first: 100 }, now)).toHaveLength(100);
  });

  test('a log of the release before is taken over as it stands, moved, and forgotten', async () => {
    const { dataSource } = at.database;
    const [first] = await record(old, 30);
    await record(held, 30);
    await at.log.close();
    await undoMonths();
    expect(await sql('SELECT DISTINCT octet_length(sealed) AS bytes FROM access_log_leaf')).toEqual(
      [{ bytes: sealedBytes }],
    );
    await migrate(dataSource);
    expect((await parts()).length).toBe(0);

    await reopen();
    const found = await at.log.search.record(first?.id ?? '');
    expect(found?.host?.caseReference).toBe('CASE/1');
    await record(recent, 30);
    expect(await at.log.search.find({}, { first: 100 }, now)).toHaveLength(90);
    await moveSealed(dataSource, new Set());
    expect(await sealedIn(202501)).toHaveLength(30);
    expect(await sql(`SELECT 1 FROM access_log_leaf WHERE sealed <> ''`)).toEqual([]);
    expect((await at.log.search.record(first?.id ?? ''))?.host?.caseReference).toBe('CASE/1');
    const report = await at.log.applyRetention(rule, now);
    expect(report).toMatchObject({ months: ['2025-01'], records: 30 });
    expect(await at.log.search.find({}, { first: 100 }, now)).toHaveLength(60);
    expect(await proven()).toBe(60);
  });

  test('what was never moved is let go with its month', async () => {
    const { dataSource } = at.database;
    await record(old, 30);
    await at.log.close();
    await undoMonths();
    await migrate(dataSource);
    await reopen();
    const free = { months: 12, isHeld: async () => false };
    expect(await at.log.applyRetention(free, now)).toMatchObject({ records: 30 });
    expect(await sealedIn(202501)).toEqual([]);
    expect(await sql(`SELECT 1 FROM access_log_leaf WHERE sealed <> ''`)).toEqual([]);
    expect(await sql('SELECT 1 FROM access_log_entry')).toEqual([]);
    expect(await proven()).toBe(20);
  });

  test('the month to come is ready before it begins', async () => {
    await at.log.makeMonthsAhead(new Date('2025-10-31T23:59:00Z'));
    expect(await parts()).toEqual([
      'entry_2025_10',
      'entry_2025_11',
      'sealed_2025_10',
      'sealed_2025_11',
    ]);
  });
});

describe('months of a log several gateways read and write', () => {
  const { at, sql, record, parts } = withLog('PostgreSQL');

  test('records go on while a reader keeps a forgotten month from being dropped', async () => {
    await record(old, 30);
    const reader = at.database.dataSource.createQueryRunner();
    await reader.startTransaction();
    await reader.query('SELECT count(*) FROM access_log_sealed');
    await reader.query('SELECT count(*) FROM access_log_entry');
    const ended: string[] = [];
    const free = { months: 12, isHeld: async () => false };
    const forgetting = at.log.applyRetention(free, now).finally(() => ended.push('forgotten'));
    for (let waits = 0; waits === 0;) {
      const rows = await sql(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
           AND wait_event_type = 'Lock' AND query LIKE '%DETACH PARTITION%'`,
      );
      waits = rows.length;
    }
    await record(recent, 10);
    expect(await at.log.search.find({}, { first: 100 }, now)).not.toEqual([]);
    expect(ended).toEqual([]);
    await reader.commitTransaction();
    await reader.release();
    expect((await forgetting).records).toBe(30);
    expect(await parts()).toEqual([]);
  });

  test('several gateways make one month at once', async () => {
    await Promise.all(
      Array.from({ length: 8 }, async () =>
        at.log.makeMonthsAhead(new Date('2025-06-01T00:00:00Z')),
      ),
    );
    expect(await parts()).toHaveLength(4);
  });

  test('what was cut short while a part was detached is gone on with', async () => {
    await record(old, 30);
    const free = { months: 12, isHeld: async () => false };
    await sql('ALTER TABLE access_log_sealed DETACH PARTITION access_log_sealed_2025_01');
    expect((await at.log.applyRetention(free, now)).records).toBe(30);
    expect(await parts()).toEqual([]);
  });
});
