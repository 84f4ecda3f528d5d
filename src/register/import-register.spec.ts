import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase, openTestDatabase } from '../../test/support/databases.js';
import { freshEpochKeys } from '../../test/support/epoch-keys.js';
import type { Database } from '../platform/database/database.js';
import { localMasterKey } from '../platform/keys/keys.js';
import { longestRow } from './file/people-file.js';
import { importRegister, openRegister, registerMigrations, type Register } from './index.js';

const person = (reference: string, more: object = {}) =>
  JSON.stringify({
    reference,
    caseload: 'AF-2021',
    names: [{ full: 'Palwasha Lodinpur' }],
    ...more,
  });

describeOnEachDatabase('the import', (kind) => {
  let database: Database;
  let register: Register;
  beforeAll(async () => {
    database = await openTestDatabase(kind, registerMigrations);
    register = await openRegister({
      dataSource: database.dataSource,
      masterKey: localMasterKey(randomBytes(32)),
      epochKeys: freshEpochKeys(),
      now: () => new Date('2026-11-22T10:00:00Z'),
      random: randomBytes,
    });
  });
  afterAll(async () => database.close());

  const importBytes = async (bytes: Uint8Array, chunkSize = 7) =>
    importRegister(register.store, {
      source: (async function* () {
        for (let at = 0; at < bytes.length; at += chunkSize) {
          yield bytes.subarray(at, at + chunkSize);
        }
      })(),
      requestedBy: 'registrar-1',
      knownPartners: new Set(),
      dryRun: false,
    });

  test('reports rejected rows by line, column and code, and takes the rest', async () => {
    const text = [
      `\ufeff${person('R-1')}\r`,
      '',
      person('R-2', { dateOfBirth: '1984-13' }),
      person('R-2'),
      person('R-1'),
      '{"reference":"R-3","reference":"R-4"}',
      person('R-5', { fatherName: 'x'.repeat(longestRow) }),
      person('R-6', { dateOfBirth: '1984-01-01' }),
      person('R-7'),
    ].join('\n');
    const report = await importBytes(Buffer.from(text, 'utf8'), 4096);
    expect(report).toMatchObject({ rows: 8, added: 3, changed: 0, unchanged: 0, rejected: 5 });
    expect(report.rejections).toEqual([
      { line: 3, column: 'dateOfBirth', code: 'DATE_INVALID' },
      { line: 4, column: 'reference', code: 'REFERENCE_REPEATED' },
      { line: 5, column: 'reference', code: 'REFERENCE_REPEATED' },
      { line: 6, column: 'row', code: 'JSON_INVALID' },
      { line: 7, column: 'row', code: 'ROW_TOO_LONG' },
    ]);
    expect(report.warnings).toContainEqual({
      line: 8,
      column: 'dateOfBirth',
      code: 'PLACEHOLDER_DATE',
    });
  });

  test('rejects a row that is not UTF-8 and takes its neighbours', async () => {
    const bytes = Buffer.concat([
      Buffer.from(`${person('U-1')}\n{"reference":"`),
      Buffer.of(0xff),
      Buffer.from(`"}\n${person('U-2')}`),
    ]);
    const report = await importBytes(bytes);
    expect(report).toMatchObject({ rows: 3, added: 2, rejected: 1 });
    expect(report.rejections).toEqual([{ line: 2, column: 'row', code: 'JSON_INVALID' }]);
  });

  test('keeps people of one reference apart by caseload', async () => {
    const rows = [person('S-1'), person('S-1', { caseload: 'AF-2022' })];
    for (const row of rows) {
      expect(await importBytes(Buffer.from(row))).toMatchObject({ added: 1 });
    }
    // In one file a reference stands for one person, whatever its caseload.
    const both = await importBytes(Buffer.from(rows.join('\n')));
    expect(both).toMatchObject({ unchanged: 1, rejected: 1, rejectedLines: [2] });
  });

  test('keeps the batches that were committed when the file breaks off, and goes on from there', async () => {
    const lines = Array.from({ length: 1500 }, (_, at) => `${person(`B-${at}`)}\n`);
    const broken = importRegister(register.store, {
      source: (async function* () {
        yield Buffer.from(lines.slice(0, 1200).join(''));
        throw new Error('the connection broke');
      })(),
      requestedBy: 'registrar-1',
      knownPartners: new Set(),
      dryRun: false,
    });
    await expect(broken).rejects.toThrow('the connection broke');
    const report = await importBytes(Buffer.from(lines.join('')), 65_536);
    expect(report).toMatchObject({ rows: 1500, added: 476, unchanged: 1024, rejected: 0 });
  });

  test('ends in the same state whether rows come at once or a row at a time', async () => {
    const rows = Array.from({ length: 12 }, (_, at) =>
      person(`C-${at}`, { suppressedFor: ['PAK'] }),
    );
    for (const row of rows) {
      expect(await importBytes(Buffer.from(row))).toMatchObject({ added: 1 });
    }
    expect(await importBytes(Buffer.from(rows.join('\n')))).toMatchObject({ unchanged: 12 });
  });

  test('two imports of one file that overtake each other make everybody once', async () => {
    const gate = () => {
      let open: () => void = () => undefined;
      const opened = new Promise<void>((resolve) => (open = resolve));
      return { open, opened };
    };
    const [begun, firstOfOne, firstOfOther, secondOfOne] = [gate(), gate(), gate(), gate()];
    const halves = [
      [person('D-1'), person('D-2')],
      [person('D-3'), person('D-4')],
    ].map((rows) => Buffer.from(rows.map((row) => `${row}\n`).join('')));
    const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = halves;
    const command = {
      requestedBy: 'registrar-1',
      knownPartners: new Set<never>(),
      dryRun: false,
      rowsPerTransaction: 2,
    };
    const one = importRegister(register.store, {
      ...command,
      source: (async function* () {
        await begun.opened;
        yield first;
        await firstOfOther.opened;
        yield second;
      })(),
      onProgress: (done) => (done === 2 ? firstOfOne : secondOfOne).open(),
    });
    const other = importRegister(register.store, {
      ...command,
      source: (async function* () {
        begun.open();
        await firstOfOne.opened;
        yield first;
        await secondOfOne.opened;
        yield second;
      })(),
      onProgress: () => firstOfOther.open(),
    });
    const [left, right] = await Promise.all([one, other]);
    expect([left.added, right.added, right.unchanged]).toEqual([4, 0, 4]);
  });
});
