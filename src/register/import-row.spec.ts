import { expect, test } from '@jest/globals';
import { dayOf } from '../core/dates/index.js';
import type { Caseload, PartnerCode } from '../core/ids.js';
import { readImportRow, readRowMembers, type RowRules } from './import-row.js';
import { RowReader } from './row-reader.js';

const rules: RowRules = {
  caseload: 'AF-2021' as Caseload,
  knownPartners: new Set(['XX-AGENCY' as PartnerCode]),
  today: dayOf(new Date('2026-11-22T00:00:00Z')),
};
const good = {
  reference: 'T-1',
  caseload: 'AF-2021',
  names: [{ full: 'Zarghuna Wardakpur' }, { full: 'زرغونه', type: 'ALIAS' }],
  dateOfBirth: '1363-12',
  calendar: 'SOLAR_HIJRI',
  documents: [{ type: 'PASSPORT', number: 'O1234567', issuingState: 'AFG' }],
  suppressedFor: ['PAK', 'XX-AGENCY'],
};
const readText = (text: string) => readImportRow(Buffer.from(text, 'utf8'), rules);
const readGood = (more: object) => readText(JSON.stringify({ ...good, ...more }));
const named = (full: unknown) => ({ names: [{ full }] });
const born = (dateOfBirth: unknown, calendar?: string) => ({ dateOfBirth, calendar });
const papers = (document: object) => ({
  documents: [{ type: 'PASSPORT', number: 'P1234567', ...document }],
});

const refused: Readonly<Record<string, readonly [row: object, column: string, code: string]>> = {
  'member that is not known': [{ note: 1 }, 'row', 'MEMBER_UNKNOWN'],
  'member of a name that is not known': [
    { names: [{ full: 'Zarghuna', kind: 1 }] },
    'names[0]',
    'MEMBER_UNKNOWN',
  ],
  'no reference': [{ reference: undefined }, 'reference', 'MEMBER_MISSING'],
  'empty reference': [{ reference: ' ' }, 'reference', 'EMPTY'],
  'reference of another type': [{ reference: 7 }, 'reference', 'TYPE_WRONG'],
  'no caseload': [{ caseload: null }, 'caseload', 'MEMBER_MISSING'],
  'another caseload than declared': [{ caseload: 'AF-2022' }, 'caseload', 'CASELOAD_DIFFERS'],
  'caseload out of form': [{ caseload: 'af 2021' }, 'caseload', 'CODE_UNKNOWN'],
  'no names': [{ names: undefined }, 'names', 'MEMBER_MISSING'],
  'empty names': [{ names: [] }, 'names', 'EMPTY'],
  'name of spaces': [named('  '), 'names[0].full', 'EMPTY'],
  'name with NUL': [named('Zar\u0000ghuna'), 'names[0].full', 'CONTROL_CHARACTER'],
  'name with a tab': [named('Zar\tghuna'), 'names[0].full', 'CONTROL_CHARACTER'],
  'name of digits': [named('12345'), 'names[0].full', 'NO_LETTERS'],
  'name of 301 characters': [named('Z'.repeat(301)), 'names[0].full', 'TOO_LONG'],
  'name of too many parts': [named('Zar '.repeat(40)), 'names', 'NAME_UNREADABLE'],
  'eleven names': [{ names: Array(11).fill({ full: 'Zarghuna' }) }, 'names', 'TOO_MANY'],
  'unknown kind of name': [
    { names: [{ full: 'Zarghuna', type: 'NICK' }] },
    'names[0].type',
    'CODE_UNKNOWN',
  ],
  'two-digit year': [born('84'), 'dateOfBirth', 'DATE_INVALID'],
  'day and month in local order': [born('03/04/1984'), 'dateOfBirth', 'DATE_INVALID'],
  'Solar Hijri year without its calendar': [born('1363'), 'dateOfBirth', 'CALENDAR_MISSING'],
  'impossible day': [born('1984-02-30'), 'dateOfBirth', 'DATE_INVALID'],
  'birth in the future': [born('2026-12-01'), 'dateOfBirth', 'DATE_OUT_OF_RANGE'],
  'birth before 1850': [born('1849-12-31'), 'dateOfBirth', 'DATE_OUT_OF_RANGE'],
  'unknown calendar': [born('1984', 'LUNAR'), 'calendar', 'CODE_UNKNOWN'],
  'lower-case state': [{ nationality: 'afg' }, 'nationality', 'STATE_UNKNOWN'],
  'unknown sex': [{ sex: 'male' }, 'sex', 'CODE_UNKNOWN'],
  'document without a number': [papers({ number: null }), 'documents[0].number', 'MEMBER_MISSING'],
  'document number of two signs': [
    papers({ number: 'P1' }),
    'documents[0].number',
    'DOCUMENT_NUMBER_INVALID',
  ],
  'word where a document has a number': [
    papers({ number: 'unknown' }),
    'documents[0].number',
    'DOCUMENT_NUMBER_INVALID',
  ],
  'number a spreadsheet has rounded': [
    papers({ number: '1.23457E+11' }),
    'documents[0].number',
    'SPREADSHEET_DAMAGE',
  ],
  'reference a spreadsheet has rounded': [
    { reference: '1,23457E+11' },
    'reference',
    'SPREADSHEET_DAMAGE',
  ],
  'reference that was taken for a fraction': [
    { reference: '1234567.0' },
    'reference',
    'SPREADSHEET_DAMAGE',
  ],
  'error of a formula for a household': [
    { household: '#DIV/0!' },
    'household',
    'SPREADSHEET_DAMAGE',
  ],
  'error of a formula for a name': [named('#N/A'), 'names[0].full', 'SPREADSHEET_DAMAGE'],
  'column too narrow for its numbers': [
    { visa: { reference: '########' } },
    'visa.reference',
    'SPREADSHEET_DAMAGE',
  ],
  'unknown kind of document': [papers({ type: 'LICENCE' }), 'documents[0].type', 'CODE_UNKNOWN'],
  'expiry in another calendar': [
    papers({ expires: '1405-01-01' }),
    'documents[0].expires',
    'CALENDAR_MISSING',
  ],
  'unknown visa status': [{ visa: { status: 'OK' } }, 'visa.status', 'CODE_UNKNOWN'],
  'suppression for nobody known': [
    { suppressedFor: ['PAK', 'YY-AGENCY'] },
    'suppressedFor[1]',
    'SUPPRESSION_UNKNOWN',
  ],
  'suppression that is no list': [{ suppressedFor: 'PAK' }, 'suppressedFor', 'TYPE_WRONG'],
};

test.each(Object.entries(refused))('rejects: %s', (_, [row, column, code]) => {
  const read = readGood(row);
  expect(read.ok ? [] : read.faults).toContainEqual({ column, code });
});

test.each(['{"reference":"a","reference":"b"}', '[]', 'null', '{', '\ufeff{}'])(
  'rejects a line that is no object with members of their own (%#)',
  (text) => {
    expect(readText(text)).toMatchObject({ ok: false, reference: undefined });
  },
);

test('judges what is on the register already by no rule that came later', () => {
  const kept = { ...good, reference: '1234567.0', ...papers({ number: 'unknown' }) };
  const isKept = (column: string) => column !== 'household';
  expect(readRowMembers(kept, rules, new RowReader(isKept)).ok).toBe(true);
  const written = { ...good, reference: 'T-۱' };
  expect(readRowMembers(written, rules, new RowReader(isKept))).toMatchObject({
    row: { content: { reference: 'T-۱' } },
  });
  expect(readRowMembers({ ...kept, household: '#REF!' }, rules, new RowReader(isKept))).toEqual({
    ok: false,
    reference: '1234567.0',
    faults: [{ column: 'household', code: 'SPREADSHEET_DAMAGE' }],
  });
});

test('tells whom a rejected row is about, for the next row that names the same reference', () => {
  expect(readGood({ sex: 'male' })).toMatchObject({
    ok: false,
    reference: 'T-1',
  });
});

test('takes the row of the contract', () => {
  expect(readGood({})).toMatchObject({ ok: true, row: { suppressedFor: ['PAK', 'XX-AGENCY'] } });
});

test('reads null as absent, DEU as D, Persian digits as digits, and drops what cannot be seen', () => {
  const read = readGood({
    reference: 'T-۱',
    household: 'H-٢',
    sex: null,
    visa: null,
    nationality: 'DEU',
    dateOfBirth: '۱۳۶۳',
    names: [{ full: '\u202eZar\u200cghuna  Wa\u0640rdakpur ' }],
    documents: [{ type: 'TAZKIRA', number: '۱۲۳۴۵' }],
  });
  expect(read.ok && read.row.content).toEqual({
    reference: 'T-1',
    caseload: 'AF-2021',
    household: 'H-2',
    names: [{ full: 'Zarghuna Wardakpur' }],
    dateOfBirth: '1363',
    calendar: 'SOLAR_HIJRI',
    nationality: 'D',
    documents: [{ type: 'TAZKIRA', number: '12345' }],
  });
});

test.each([undefined, null])('reads suppressedFor %s as unchanged', (suppressedFor) => {
  const read = readGood({ suppressedFor });
  expect(read.ok && read.row.suppressedFor).toBeUndefined();
});

test('warns of 1 January, and not of another day', () => {
  const warnings = (date: string) => {
    const read = readGood(born(date));
    return read.ok ? read.row.warnings : undefined;
  };
  expect(warnings('1984-01-01')).toEqual([{ column: 'dateOfBirth', code: 'PLACEHOLDER_DATE' }]);
  expect(warnings('1984-01-02')).toEqual([]);
});

test('reads the same row from members in another order', () => {
  const { reference, ...rest } = good;
  const read = readText(JSON.stringify({ ...rest, reference }));
  expect(JSON.stringify(read)).toBe(JSON.stringify(readGood({})));
});
