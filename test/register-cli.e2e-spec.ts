import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { temporaryHome } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { passport, personRow, testCaseload } from './support/register.js';
import {
  safeconductAs,
  safeconductTyping,
  writeStaffProfile,
  type Ran,
} from './support/registrar.js';

/** A file made for the purpose, and what an import of it comes to. */
interface MessyFile {
  readonly name: string;
  readonly bytes: Buffer;
  readonly args?: readonly string[];
  readonly mapping?: object;
  readonly code: 0 | 2;
  readonly summary: Readonly<Record<string, unknown>>;
}

const utf16 = (text: string): Buffer =>
  Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')]);
const heading = 'reference,caseload,name,date_of_birth,document_1_type,document_1_number';
const row = (number: number, birth = '1984-05-02', name = 'Parwana Stanekzai') =>
  `M-${number},AF-2021,${name},${birth},PASSPORT,${passport(number + 500)}`;
const text = (...rows: readonly string[]): string => `${[heading, ...rows].join('\r\n')}\r\n`;
const semicolons = (csv: string): string => csv.replaceAll(',', ';');
/** "Karim" in the Arabic alphabet by Windows-1256. */
const karim1256 = Buffer.from([0xdf, 0xd1, 0xed, 0xe3]);

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const none = { added: 0, changed: 0, unchanged: 0, rejected: 0 };
const files: readonly MessyFile[] = [
  {
    name: 'UTF-8 with a byte order mark',
    bytes: Buffer.from(`\uFEFF${text(row(1))}`),
    code: 0,
    summary: { rows: 1, added: 1 },
  },
  {
    name: 'UTF-16 of a spreadsheet, tabs between',
    bytes: utf16(text(row(2), row(3)).replaceAll(',', '\t')),
    code: 0,
    summary: { rows: 2, added: 2 },
  },
  {
    name: 'semicolons',
    bytes: Buffer.from(semicolons(text(row(4)))),
    code: 0,
    summary: { rows: 1, added: 1 },
  },
  {
    name: 'Windows-1256, declared',
    bytes: Buffer.concat([
      Buffer.from(`${heading}\r\nM-5,AF-2021,`),
      karim1256,
      Buffer.from(` Wardak,1984-05,PASSPORT,${passport(505)}\r\n`),
    ]),
    args: ['--encoding', 'windows-1256'],
    code: 0,
    summary: { rows: 1, added: 1 },
  },
  {
    name: 'Windows-1256, not declared',
    bytes: Buffer.concat([
      Buffer.from(`${heading}\r\nM-6,AF-2021,`),
      karim1256,
      Buffer.from(',,,'),
    ]),
    code: 2,
    summary: { ...none, rejections: [{ line: 2, column: 'file', code: 'BYTES_INVALID' }] },
  },
  {
    name: 'foreign headings, states by name, days first, by a mapping',
    bytes: Buffer.from(
      'Nummer;Familie;Geboren;Staat\r\nM-7;Parwana Stanekzai;25/12/1984;Afghanistan\r\n',
    ),
    args: ['--caseload', testCaseload],
    mapping: {
      columns: {
        Nummer: 'reference',
        Familie: 'name',
        Geboren: 'date_of_birth',
        Staat: 'nationality',
      },
      dateOrder: 'DMY',
      states: { Afghanistan: 'AFG' },
    },
    code: 0,
    summary: { rows: 1, added: 1 },
  },
  {
    name: 'an unknown heading',
    bytes: Buffer.from(text(row(8)).replace('date_of_birth', 'born')),
    code: 2,
    summary: { ...none, rejections: [{ line: 1, column: '#4', code: 'COLUMN_UNKNOWN' }] },
  },
  {
    name: 'another number of rows than was meant',
    bytes: Buffer.from(text(row(9), row(10), row(11))),
    args: ['--expect', '2'],
    code: 2,
    summary: {
      ...none,
      rows: 3,
      rejected: 3,
      rejections: [{ line: 1, column: 'file', code: 'ROW_COUNT_DIFFERS' }],
    },
  },
  {
    name: 'days of two digits, days of no order, the same reference twice',
    bytes: Buffer.from(text(row(12, '02/05/84'), row(13, '03/04/1984'), row(14), row(14))),
    code: 2,
    summary: {
      rows: 4,
      added: 1,
      rejected: 3,
      rejections: [
        { line: 2, column: 'date_of_birth', code: 'YEAR_TWO_DIGITS' },
        { line: 3, column: 'date_of_birth', code: 'DATE_ORDER_MISSING' },
        { line: 5, column: 'reference', code: 'REFERENCE_REPEATED' },
      ],
    },
  },
  {
    name: 'cells that begin as formulas',
    bytes: Buffer.from(text(row(15, '1984-05-02', '=HYPERLINK(1)'), row(16, '84', '@SUM'))),
    code: 2,
    summary: { rows: 2, added: 1, rejected: 1 },
  },
  {
    name: 'Persian digits and invisible characters',
    bytes: Buffer.from(text(row(17, '۱۹۸۴-۰۵-۰۲', 'Par\u200Cwana \u202EStanekzai'))),
    code: 0,
    summary: { rows: 1, added: 1 },
  },
  {
    name: 'an unknown suppression',
    bytes: Buffer.from(
      `${JSON.stringify({ ...personRow(18), reference: 'M-18', suppressedFor: ['NOBODY-AT-ALL'] })}\n`,
    ),
    code: 2,
    summary: { rows: 1, added: 0, rejected: 1 },
  },
  {
    name: 'nothing',
    bytes: Buffer.alloc(0),
    code: 2,
    summary: { ...none, rejections: [{ line: 1, column: 'file', code: 'FILE_EMPTY' }] },
  },
];

describe('safeconduct register', () => {
  let gateway: TestGateway;
  const place = temporaryHome();
  let one: string;
  let two: string;
  let path: (name: string) => string;
  beforeAll(async () => {
    gateway = await startGateway({ kind: 'PGlite', staff: true });
    path = (name) => join(place.path, name);
    one = writeStaffProfile(gateway, place.path, 'REG-1');
    two = writeStaffProfile(gateway, place.path, 'REG-2');
  });
  afterAll(async () => {
    await gateway?.close();
    place.remove();
  });

  const register = (...args: readonly string[]): Promise<Ran> =>
    safeconductAs(one, 'register', ...args);
  const another = (...args: readonly string[]): Promise<Ran> =>
    safeconductAs(two, 'register', ...args);
  const json = ({ out }: Ran): Record<string, unknown> =>
    JSON.parse(out) as Record<string, unknown>;
  const write = (name: string, contents: string | Buffer): string => {
    writeFileSync(path(name), contents);
    return path(name);
  };
  const importAndRelease = async (file: string): Promise<void> => {
    const { batch, people } = json(await register('import', file, '--json'));
    expect((await another('release', String(batch), '--people', String(people))).code).toBe(0);
  };

  test.each(files.map((file, at) => [file.name, at, file] as const))(
    'takes or refuses as it should: %s',
    async (_name, at, { bytes, args = [], mapping, code, summary }) => {
      const file = write(`messy-${at}.csv`, bytes);
      const more =
        mapping === undefined
          ? []
          : ['--mapping', write(`messy-${at}.mapping.json`, JSON.stringify(mapping))];
      const dry = await register('import', file, '--dry-run', '--json', ...args, ...more);
      expect([dry.code, json(dry)]).toMatchObject([code, summary]);
      // Exactly the members of the contract, and no value.
      expect(Object.keys(json(dry))).toEqual([
        'rows',
        'added',
        'changed',
        'unchanged',
        'rejected',
        'rejections',
        'warnings',
      ]);
      expect(dry.out + dry.err).not.toMatch(/Parwana|Stanekzai|M-\d|1984/);
      const real = await register('import', file, '--json', ...args, ...more);
      expect([real.code, json(real)]).toMatchObject([code, summary]);
      // An id of a batch may well hold a year by chance.
      const told = real.out.replaceAll(uuid, 'id');
      expect(told).not.toMatch(/Parwana|Stanekzai|M-\d|1984/);
    },
  );

  test('tells progress in plain lines where there is no terminal', async () => {
    const { err, out } = await register('import', write('progress.csv', text(row(30), row(31))));
    expect(err).toMatch(/bytes sent: \d+ of \d+/);
    expect(err).toMatch(/read: 2 of 2/);
    expect(out).toMatch(/2 rows: 2 added, 0 changed, 0 unchanged, 0 rejected/);
    expect(out).toMatch(/pending: batch [0-9a-f-]{36} of 2 people waits for another registrar/);
  });

  test('goes on without a number where nobody can be asked, and tells the true one first', async () => {
    const file = write('unasked.csv', text(row(32), row(33)));
    const { code, err } = await register('import', file);
    expect(code).toBe(0);
    expect(err).toMatch(/^No number of rows was given: unasked.csv has 2, .* Say --expect with /);
    expect(err.indexOf('has 2')).toBeLessThan(err.indexOf('bytes sent'));
    const again = ['import', file] as const;
    expect((await register(...again, '--expect', '2')).err).not.toContain('No number');
    expect((await register(...again, '--dry-run')).err).not.toContain('No number');
    // A file that is refused has its own reason.
    const refused = await register('import', write('unasked-none.csv', ''));
    expect([refused.code, refused.err.includes('No number')]).toEqual([2, false]);
  });

  test('asks on a terminal how many rows are meant, until it is told a number', async () => {
    const file = write('asked.csv', text(row(34), row(35)));
    const typed = (...answers: string[]) =>
      safeconductTyping(answers, one, 'register', 'import', file);
    const other = await typed('3');
    expect(other.code).toBe(2);
    expect(other.err).toMatch(/^How many rows do you mean to import from asked.csv\? bytes sent/);
    expect(other.out).toMatch(/^refused: 2 rows where 3 were meant, nothing was taken\n/);
    const none = await typed('', 'many');
    expect([none.code, none.out]).toEqual([2, '']);
    expect(none.err).toMatch(
      /such as 150: safeconduct: no number of rows was given, nothing was sent/,
    );
    const meant = await typed('', 'two', ' 2 ');
    expect([meant.code, meant.err.match(/such as 150/g)?.length]).toEqual([0, 2]);
    expect(meant.out).toMatch(/^2 rows: 2 added, /);
    expect(meant.err).not.toContain('No number');
    // Nobody is asked by a dry run, when the number is given, or when the command cannot be done.
    const quiet = [['--dry-run'], ['--expect', '2'], ['--separator', 'x']];
    for (const more of quiet) {
      const ran = await safeconductTyping([], one, 'register', 'import', file, ...more);
      expect(ran.err).not.toContain('How many');
    }
  });

  test('writes rejected rows beside the input, harmless, for their owner alone, to be imported again', async () => {
    const file = write('people.csv', text(row(40, '84', '=cmd|calc'), row(41)));
    const { code, err } = await register('import', file);
    expect(code).toBe(2);
    const rejected = path('people.rejected.csv');
    expect(err).toContain(rejected);
    expect(statSync(rejected).mode & 0o777).toBe(0o600);
    const kept = readFileSync(rejected, 'utf8');
    expect(kept.trim().split(/\r?\n/)).toHaveLength(2);
    expect(kept).toContain("'=cmd|calc");
    writeFileSync(rejected, kept.replace(',84,', ',1984-01-02,'));
    const again = json(await register('import', rejected, '--json'));
    expect(again).toMatchObject({ rows: 1, added: 1, rejected: 0 });
    const named = path('named.csv');
    await register('import', write('other.csv', text(row(42, '84'))), '--rejected', named);
    expect(statSync(named).mode & 0o777).toBe(0o600);
  });

  test('says what was taken although its rejected rows cannot be written', async () => {
    const long = write(`${'x'.repeat(247)}.csv`, text(row(43), row(44, '84')));
    const { code, out, err } = await register('import', long);
    expect([code, out]).toEqual([2, expect.stringMatching(/^2 rows: 1 added, .* 1 rejected\n/)]);
    expect(err).toMatch(/The rejected rows could not be written \(ENAMETOOLONG\): a --dry-run/);
    // A name that is taken is said before anything is sent.
    const taken = await register('import', long, '--rejected', long);
    expect([taken.code, taken.out, taken.err.includes('bytes sent')]).toEqual([2, '', false]);
  });

  test.each([
    [
      'a workbook',
      Buffer.from('PK\u0003\u0004 and so on', 'latin1'),
      'line 1: FORMAT_UNKNOWN (a workbook',
    ],
    ['a list in JSON', Buffer.from('[\n {"reference":"M-1"}]'), 'line 1: FORMAT_UNKNOWN ('],
    ['UTF-16 without its mark', utf16(text(row(45))).subarray(2), 'line 1: ENCODING_UNKNOWN ('],
    [
      'bars for commas',
      Buffer.from(text(row(45)).replaceAll(',', '|')),
      'line 1: SEPARATOR_UNKNOWN (',
    ],
    [
      'a line above the heading',
      Buffer.from(`List,,\r\n${text(row(45))}`),
      'line 1, column 1: COLUMN_UNKNOWN (',
    ],
    [
      'a quotation mark in a cell',
      Buffer.from(text(row(45, '1984', 'Par"wana'))),
      'line 2: QUOTE_INVALID (',
    ],
  ])('refuses %s in words', async (_what, bytes, said) => {
    const { code, out } = await register('import', write('words.csv', bytes));
    expect([code, out.split('\n')[0]]).toEqual([2, 'refused: nothing was taken']);
    expect(out).toContain(said);
  });

  test('says that a file has no rows, and how many it has where others were meant', async () => {
    const file = write('heading.csv', text());
    const { code, out } = await register('import', file);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^0 rows: .*\nThe file has a heading and no rows.\n$/),
    ]);
    const other = await register('import', file, '--expect', '5');
    expect(other.out).toMatch(/^refused: 0 rows where 5 were meant, nothing was taken\n/);
  });

  test('run again, an import changes nothing', async () => {
    const file = write('twice.csv', text(row(50), row(51)));
    expect(json(await register('import', file, '--json'))).toMatchObject({ added: 2, people: 2 });
    expect(json(await register('import', file, '--json'))).toMatchObject({
      added: 0,
      unchanged: 2,
      batch: null,
      act: null,
    });
  });

  test('releases what was seen, by another registrar, and shows it before', async () => {
    const file = write('release.csv', text(row(60), row(61)));
    const { batch } = json(await register('import', file, '--json'));
    const id = String(batch);
    expect((await register('batches')).out).toContain(`${id}  2 people wait  REG-1`);
    const shown = await another('release', id);
    expect(shown.code).toBe(2);
    expect(shown.err).toContain('2 people wait: 2 added, 0 changed');
    expect(shown.err).toContain(`--people 2`);
    expect((await another('release', id, '--people', '3')).code).toBe(2);
    const own = await register('release', id, '--people', '2');
    expect([own.code, own.err.includes('Another person')]).toEqual([3, true]);
    const done = await another('release', id, '--people', '2');
    expect([done.code, done.out.startsWith('done: REGISTER_RELEASE')]).toEqual([0, true]);
    expect((await register('show', id, '--json')).out).toContain('"RELEASED"');
    expect((await another('release', id, '--people', '2')).code).toBe(3);
  });

  test('is not at its end where the one who could release it has asked for it', async () => {
    const { batch, act } = json(
      await register('import', write('asked.csv', text(row(62))), '--json'),
    );
    const release = ['release', String(batch), '--people', '1'] as const;
    // As when an import was cut off before it had asked, or its request has waited too long.
    expect((await safeconductAs(two, 'pending', 'refuse', String(act))).code).toBe(0);
    const asked = await another(...release);
    expect([asked.code, asked.out.startsWith('pending: REGISTER_RELEASE')]).toEqual([0, true]);
    expect(asked.err).toContain('REG-1 asks for it with this command, and you release it');
    expect((await another(...release)).code).toBe(3);
    const anew = await register(...release);
    expect([anew.code, anew.out.startsWith('pending: REGISTER_RELEASE')]).toEqual([0, true]);
    expect((await register(...release)).code).toBe(3);
    const done = await another(...release);
    expect([done.code, done.out.startsWith('done: REGISTER_RELEASE')]).toEqual([0, true]);
    const [, first = ''] = /REGISTER_RELEASE (\S+)/.exec(asked.out) ?? [];
    expect((await safeconductAs(two, 'pending', 'show', first, '--json')).out).toContain('REFUSED');
  });

  test('waits with --wait until the other has decided', async () => {
    const file = write('wait.csv', text(row(65)));
    const waiting = register('import', file, '--json', '--wait');
    let id: string | undefined;
    while (id === undefined) {
      const staff = gateway.staff('REG-2');
      const { value } = await staff.graphql('{ acts { id act digest content } }');
      const acts = value as { id: string; act: string; digest: string; content: string }[];
      const known = acts.find(
        ({ act, content }) => act === 'REGISTER_RELEASE' && /:1}/.test(content),
      );
      const batches = await staff.graphql('{ importBatches { id rows } }');
      const one = (batches.value as { id: string; rows: number | null }[])[0];
      if (known !== undefined && one !== undefined && known.content.includes(one.id)) {
        await staff.act('approveAct', { id: known.id, digest: known.digest });
        id = known.id;
      }
    }
    const ran = await waiting;
    expect([ran.code, ran.err.includes('approved by REG-2')]).toEqual([0, true]);
  });

  test('finds, corrects, adds one person from files, never from arguments', async () => {
    await importAndRelease(write('one.csv', text(row(70))));
    const found = json(await register('find', 'M-70', '--caseload', testCaseload, '--json'));
    expect(found).toMatchObject({ reference: 'M-70', version: 1, state: 'LIVE' });
    const visa = await register('visa', 'M-70', 'granted', '--caseload', testCaseload);
    expect([visa.code, visa.out]).toEqual([0, expect.stringMatching(/^done: .*: visa.status\n$/)]);
    const again = await register('visa', 'M-70', 'granted', '--caseload', testCaseload);
    expect(again.out).toMatch(/^nothing to change: /);
    const correction = write('correction.json', JSON.stringify({ fatherName: 'Abdul Karim' }));
    const corrected = await register('correct', 'M-70', correction, '--caseload', testCaseload);
    expect(corrected.out).toMatch(/fatherName\npending: waits for another registrar/);
    const added = await register(
      'add',
      write('add.json', JSON.stringify({ ...personRow(71), reference: 'M-71' })),
      '--json',
    );
    expect(json(added)).toMatchObject({ act: { state: 'DONE' }, release: { state: 'PENDING' } });
    const { batch } = json(added);
    expect((await register('discard', String(batch))).out).toMatch(/^done: REGISTER_DISCARD/);
    const nobody = await register('find', 'M-71', '--caseload', testCaseload);
    expect(nobody.code).toBe(3);
  });

  test('records that a person was told, as a change of sharing that waits', async () => {
    await importAndRelease(write('told.csv', text(row(72))));
    const sharing = {
      sharing: { basis: 'CONSENT', informedOn: '2026-01-31', refusedFor: ['AUS'] },
    };
    const asked = await register(
      'correct',
      'M-72',
      write('told.json', JSON.stringify(sharing)),
      '--caseload',
      testCaseload,
      '--json',
    );
    expect(json(asked)).toMatchObject({
      fields: ['sharing.basis', 'sharing.informedOn', 'sharing.refusedFor'],
      release: { state: 'PENDING' },
    });
  });

  test('suppresses at once, lifts and erases by two, with a dry run first', async () => {
    await importAndRelease(write('several.csv', text(row(80), row(81), row(82))));
    const list = write('list.txt', 'M-80\nM-81\n');
    const people = ['--caseload', testCaseload, '--references', list];
    const suppressed = await register('suppress', ...people, '--for', 'AUS', 'BRAVO-CONSULAR');
    expect(suppressed.out).toMatch(/^done: REGISTER_SUPPRESS .*: 2 people\n$/);
    const lift = json(
      await register('lift', 'M-80', '--caseload', testCaseload, '--for', 'AUS', '--json'),
    );
    expect(lift).toMatchObject({ people: 1, act: { state: 'PENDING' } });
    const { id, digest } = lift['act'] as { id: string; digest: string };
    const opened = await another('show', id);
    expect(opened.out).toContain('LIFT_SUPPRESSION');
    const approved = await safeconductAs(two, 'pending', 'approve', id, '--digest', digest);
    expect(approved.out).toMatch(/^done: REGISTER_LIFT/);

    const dry = await register('erase', 'M-82', '--caseload', testCaseload, '--dry-run');
    expect(dry.out).toMatch(/^would erase 1 people; 0 kept by a legal hold, backups covered by /);
    const waits = json(await register('import', write('held.csv', text(row(83))), '--json'));
    const hold = json(
      await register(
        'hold',
        'set',
        'M-82',
        'M-83',
        '--caseload',
        testCaseload,
        '--until',
        '2099-01-31',
        '--json',
      ),
    );
    const act = hold['act'] as { id: string; digest: string };
    await safeconductAs(two, 'pending', 'approve', act.id, '--digest', act.digest);
    expect((await register('hold', 'list')).out).toContain('until 2099-01-31');
    const held = await register('erase', 'M-82', '--caseload', testCaseload);
    expect([held.code, held.err.includes('legal hold')]).toEqual([3, true]);
    const kept = await register('discard', String(waits['batch']));
    expect([kept.code, kept.err.includes('legal hold')]).toEqual([3, true]);
    const nobody = await register('erase', '--caseload', testCaseload);
    expect([nobody.code, nobody.out]).toEqual([2, '']);
    const erase = await register('erase', 'M-81', '--caseload', testCaseload);
    expect(erase.out).toMatch(/^pending: REGISTER_ERASE .*: 1 people\n/);
  });

  test('exports into a new file, for one key', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = write('recipient.json', JSON.stringify(publicKey.export({ format: 'jwk' })));
    const asked = json(
      await register('export', '--caseload', testCaseload, '--recipient', key, '--json'),
    );
    const { id, digest } = asked['act'] as { id: string; digest: string };
    const out = path('export.jose');
    expect((await register('export', '--act', id, '--out', out)).code).toBe(3);
    await safeconductAs(two, 'pending', 'approve', id, '--digest', digest);
    expect((await register('export', '--act', id, '--out', out)).code).toBe(0);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(readFileSync(out, 'utf8')).toMatch(/^ey[\w-]+\.[\w-]+\.[\w-]+\.[\w-]+\.[\w-]+\n/);
    expect((await register('export', '--act', id, '--out', out)).code).toBe(2);
  });

  test('lists likely duplicates, and says when there is nothing', async () => {
    const twins = [90, 91].map((number) => ({
      ...personRow(number),
      names: [{ full: 'Mahnaz Durranizai' }],
      reference: `M-${number}`,
      documents: [{ type: 'PASSPORT', number: passport(590) }],
    }));
    const file = write('twins.jsonl', twins.map((one) => `${JSON.stringify(one)}\n`).join(''));
    const { batch, people } = json(await register('import', file, '--json'));
    const id = String(batch);
    const shown = await register('show', id);
    expect(shown.out).toMatch(
      /1 likely duplicates:\n {2}AF-2021 M-9\d \(waits\) and AF-2021 M-9\d/,
    );
    const waiting = JSON.parse(
      (await register('duplicates', '--batch', id, '--json')).out,
    ) as unknown[];
    expect(waiting).toHaveLength(1);
    await another('release', id, '--people', String(people));
    const apart = await register('apart', 'M-90', 'M-91', '--caseload', testCaseload);
    expect(apart.out).toMatch(/^done: REGISTER_KEEP_APART/);
    const { out } = await register('duplicates', '--json');
    expect(out).not.toMatch(/M-9[01]/);
    const none = await register('hold', 'list', '--json');
    expect(none.code).toBe(0);
  });

  test('gives counts without people', async () => {
    const { people } = json(await register('stats', '--json'));
    expect(people === null || Number(people) % 10 === 0).toBe(true);
  });

  test.each([
    [['import', '/nowhere.csv']],
    [['import', '/nowhere.csv', '--expect', 'many']],
    [['suppress', 'X', '--caseload', 'AF-2021']],
    [['find', 'X']],
    [['export']],
    [['erase', 'X']],
  ])('leaves with 2 when used wrongly: %j', async (args) => {
    const { code, out } = await register(...args);
    expect([code, out]).toEqual([2, '']);
  });
});
