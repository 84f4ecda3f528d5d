import { randomBytes } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  describeOnEachDatabase,
  openTestDatabase,
  temporaryHome,
} from '../../test/support/databases.js';
import { freshEpochKeys } from '../../test/support/epoch-keys.js';
import type { Caseload, PartnerCode } from '../core/ids.js';
import type { Database } from '../platform/database/database.js';
import { localMasterKey } from '../platform/keys/keys.js';
import type { PeopleFile } from './file/people-file.js';
import { rejectedRows, writeRejectedRows } from './file/rejected-rows.js';
import {
  importExitCode,
  importFile,
  summariseImport,
  type ImportFileCommand,
} from './import-file.js';
import { openRegister, registerMigrations, type Register } from './index.js';

const heading =
  'reference,caseload,name,name_3,name_3_type,date_of_birth,calendar,nationality,' +
  'document_2_type,document_2_number,document_2_issuing_state,visa_status,suppressed_for,household';
const messy = [
  heading,
  'M-1,AF-2021,"Lodinpur, Palwasha",پلوشه,ALIAS,1363-12,SOLAR_HIJRI,AFG,PASSPORT,P1234567,DEU,GRANTED,PAK XX-AGENCY,H-1',
  'M-2,AF-2021,Gulghuta Tarzipur,,,1984-02-30,,afg,PASSPORT,,,DONE,ZZ-NOBODY,',
  ',,,,,,,,,,,,,',
  'M-3,AF-2021,"two\nlines",,,,,,,,,,,',
  'M-4,AF-2021,too few cells',
  'M-1,AF-2022,Palwasha Lodinpur,,,,,,,,,,,',
  'M-5,AF-2021,=cmd Lodinpur,,,1984-01-01,,,,,,,,@SUM(1)',
  '',
].join('\r\n');
const fileOf = (bytes: Uint8Array, more: Partial<PeopleFile> = {}): PeopleFile => ({
  open: async function* () {
    for (let at = 0; at < bytes.length; at += 50) yield bytes.subarray(at, at + 50);
  },
  ...more,
});

describeOnEachDatabase('an imported file', (kind) => {
  const home = temporaryHome();
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
  afterAll(async () => {
    await database.close();
    home.remove();
  });

  const take = async (file: PeopleFile, more: Partial<ImportFileCommand> = {}) =>
    importFile(register.store, {
      file,
      requestedBy: 'registrar-1',
      knownPartners: new Set(['XX-AGENCY' as PartnerCode]),
      dryRun: false,
      ...more,
    });
  const dry = async (text: string, more: Partial<PeopleFile> = {}) => {
    const result = await take(fileOf(Buffer.from(text), more), { dryRun: true });
    return { ...summariseImport(result), exit: importExitCode(result) };
  };

  test('foresees counts and findings by line and column', async () => {
    const { exit, ...summary } = await dry(messy);
    expect(summary).toEqual({
      rows: 6,
      added: 2,
      changed: 0,
      unchanged: 0,
      rejected: 4,
      rejections: [
        { line: 3, column: 'date_of_birth', code: 'DATE_INVALID' },
        { line: 3, column: 'nationality', code: 'STATE_UNKNOWN' },
        { line: 3, column: 'document_2_number', code: 'MEMBER_MISSING' },
        { line: 3, column: 'visa_status', code: 'CODE_UNKNOWN' },
        { line: 3, column: 'suppressed_for', code: 'SUPPRESSION_UNKNOWN' },
        { line: 5, column: 'name', code: 'CONTROL_CHARACTER' },
        { line: 7, column: 'row', code: 'CELLS_DIFFER' },
        { line: 8, column: 'reference', code: 'REFERENCE_REPEATED' },
      ],
      warnings: [{ line: 9, column: 'date_of_birth', code: 'PLACEHOLDER_DATE' }],
    });
    expect(exit).toBe(2);
  });

  test('takes no column for one without a heading, and no row that has something there', async () => {
    const beside = [
      ';reference;name; ;caseload;;',
      ';N-1;Palwasha Lodinpur;;AF-2021;;',
      ';N-2;Palwasha Lodinpur;;AF-2021;;late',
      ';N-3;Palwasha;Lodinpur;AF-2021;;',
      ';N-4;Palwasha Lodinpur;;AF-2021',
    ].join('\r\n');
    expect(await dry(beside)).toMatchObject({
      rows: 4,
      added: 1,
      rejections: [3, 4, 5].map((line) => ({ line, column: 'row', code: 'CELLS_DIFFER' })),
    });
  });

  test('stops before anything is written when it has another number of rows than are meant', async () => {
    const before = await everyRow();
    const result = await take(fileOf(Buffer.from(messy)), { expect: 5 });
    expect(result).toMatchObject({
      taken: false,
      refusal: { code: 'ROW_COUNT_DIFFERS', rows: 6 },
    });
    expect(await everyRow()).toBe(before);
  });

  test('is refused whole for one byte that does not decode, and for broken quotes', async () => {
    const before = await everyRow();
    const lines = Array.from({ length: 2000 }, (_, at) => `Q-${at},AF-2021,Palwasha Lodinpur`);
    const good = ['reference,caseload,name', ...lines].join('\n');
    for (const end of [Buffer.of(0x0a, 0xff), Buffer.from('\n"Q')]) {
      const result = await take(fileOf(Buffer.concat([Buffer.from(good), end])));
      expect(result).toMatchObject({ taken: false });
    }
    expect(await everyRow()).toBe(before);
  });

  const plain = (separator: string) =>
    [`reference${separator}name`, `E-1${separator}محمد رحیم`.replace('ی', 'ي')].join('\n');
  const encodings: readonly [name: string, bytes: Buffer, more: Partial<PeopleFile>][] = [
    ['UTF-8 with a byte order mark and semicolons', Buffer.from(`\ufeff${plain(';')}`), {}],
    ['UTF-16 with tabs', Buffer.from(`\ufeff${plain('\t')}`, 'utf16le'), {}],
    ['UTF-16 in the other order', Buffer.from(`\ufeff${plain('\t')}`, 'utf16le').swap16(), {}],
    ['a declared separator', Buffer.from(plain(';')), { separator: ';' }],
    [
      'declared Windows-1256',
      Buffer.concat([
        Buffer.from('reference,name\nE-1,'),
        Buffer.from('e3cde3cf20d1cdedE3'.replace('E3', 'e3'), 'hex'),
      ]),
      { encoding: 'Windows-1256' },
    ],
  ];
  test.each(encodings)('is recognised: %s', async (_, bytes, more) => {
    const result = await take(fileOf(bytes, more), {
      dryRun: true,
      caseload: 'AF-2021' as Caseload,
    });
    expect(summariseImport(result)).toMatchObject({ rows: 1, added: 1, rejected: 0 });
    expect(importExitCode(result)).toBe(0);
  });

  test('holds to another caseload than declared by rejecting the row', async () => {
    const result = await take(
      fileOf(Buffer.from('reference,caseload,name\nE-2,AF-2022,Palwasha\n')),
      {
        dryRun: true,
        caseload: 'AF-2021' as Caseload,
      },
    );
    expect(summariseImport(result).rejections).toEqual([
      { line: 2, column: 'caseload', code: 'CASELOAD_DIFFERS' },
    ]);
  });

  test('reads foreign headings, states by name and local dates through a mapping', async () => {
    const mapping = Buffer.from(
      JSON.stringify({
        columns: {
          Nummer: 'reference',
          Name: 'name',
          Geboren: 'date_of_birth',
          Staat: 'nationality',
        },
        dateOrder: 'DMY',
        states: { Afghanistan: 'AFG' },
      }),
    );
    const bytes = Buffer.from('Nummer;Name;Geboren;Staat\nX-1;Palwasha;25.12.1984;Afghanistan\n');
    const caseload = 'AF-2021' as Caseload;
    const result = await take(fileOf(bytes, { mapping }), { caseload });
    expect(summariseImport(result)).toMatchObject({ added: 1, rejected: 0 });
    const same = {
      reference: 'X-1',
      caseload,
      names: [{ full: 'Palwasha' }],
      dateOfBirth: '1984-12-25',
      nationality: 'AFG',
    };
    const again = await take(fileOf(Buffer.from(JSON.stringify(same))));
    expect(summariseImport(again)).toMatchObject({ unchanged: 1 });
  });

  test('gives its rejected rows back, harmless in a spreadsheet, to be corrected and imported', async () => {
    const more = '=1+1,AF-2021,Gulghuta Tarzipur,,,1884-13,,,,,,,,-H\r\n';
    const input = join(home.path, `${kind}.csv`);
    writeFileSync(input, `\ufeff${messy}${more}`, { mode: 0o600 });
    const open = () => fileOf(readFileSync(input)).open();
    const result = await take({ open });
    if (!result.taken) throw new TypeError('the file was refused');
    const rows = () => rejectedRows(open, result.layout, result.report.rejectedLines);
    const path = await writeRejectedRows(input, rows());
    expect(path).toBe(join(home.path, `${kind}.rejected.csv`));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const text = readFileSync(path, 'utf8');
    expect(text.startsWith(`\ufeffreference,caseload,`)).toBe(true);
    expect(text).toContain("'=1+1,AF-2021,Gulghuta Tarzipur,,,1884-13,,,,,,,,'-H");
    // Nothing that is there is written over.
    expect(await writeRejectedRows(input, rows())).toBe(join(home.path, `${kind}.rejected-2.csv`));

    const corrected = text.replace('1884-13', '1984-12');
    const again = await take(fileOf(Buffer.from(corrected)));
    expect(summariseImport(again)).toMatchObject({ rows: 5, added: 2, rejected: 3 });
    const json = { reference: '=1+1', caseload: 'AF-2021', names: [{ full: 'Gulghuta Tarzipur' }] };
    const row = { ...json, dateOfBirth: '1984-12', household: '-H' };
    const known = await take(fileOf(Buffer.from(JSON.stringify(row))));
    expect(summariseImport(known)).toMatchObject({ unchanged: 1 });
  });

  test('gives rejected JSON Lines back with no cell that is a formula', async () => {
    const line = '{"reference":"=A","caseload":"AF-2021","names":[{"full":"a,=cmd"}],"sex":"male"}';
    const file = fileOf(Buffer.from(`${line}\n`));
    const result = await take(file);
    if (!result.taken) throw new TypeError('the file was refused');
    const parts: Buffer[] = [];
    for await (const row of rejectedRows(file.open, result.layout, [1])) parts.push(row);
    const text = Buffer.concat(parts).toString('utf8');
    expect(text).not.toMatch(/["',;\t|][=+\-@]/);
    expect(JSON.parse(text)).toEqual(JSON.parse(line));
  });

  const everyRow = async () =>
    JSON.stringify(
      await Promise.all(
        ['subject', 'register_page', 'register_head', 'import_batch'].map(async (table) =>
          database.dataSource.query<unknown[]>(`SELECT * FROM ${table} ORDER BY 1, 2`),
        ),
      ),
    );
});
