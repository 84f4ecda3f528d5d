import { describe, expect, test } from '@jest/globals';
import {
  birthYear,
  dayNumber,
  dayOf,
  isEdtf,
  isPlaceholderDay,
  looksSolarHijri,
  parseBirthDate,
  parseEdtf,
} from './index.js';

const day = (year: number, month: number, of: number): number =>
  dayNumber('GREGORIAN', year, month, of) ?? Number.NaN;
const today = dayOf(new Date('2026-06-01T12:00:00Z'));

describe('EDTF (ISO 8601-2) in the Gregorian calendar', () => {
  test.each([
    ['1984-03-15', 'DAY', day(1984, 3, 15), day(1984, 3, 15)],
    ['1984-02', 'MONTH', day(1984, 2, 1), day(1984, 2, 29)],
    ['1984', 'YEAR', day(1984, 1, 1), day(1984, 12, 31)],
    ['[1960..1965]', 'RANGE', day(1960, 1, 1), day(1965, 12, 31)],
    ['[1960-05..1961-02-03]', 'RANGE', day(1960, 5, 1), day(1961, 2, 3)],
  ] as const)('%s is an interval', (text, precision, first, last) => {
    const [reading] = parseEdtf(text, 'GREGORIAN')?.alternatives ?? [];
    expect(reading).toMatchObject({ precision, first, last, approximate: false });
  });
  test('~ marks an approximate date', () => {
    expect(parseEdtf('1984~', 'GREGORIAN')?.alternatives[0]?.approximate).toBe(true);
  });
  test('a set has one reading for each member', () => {
    const date = parseEdtf('[1984-03-15,1985,1990..1991]', 'GREGORIAN');
    expect(date?.alternatives.map(({ precision }) => precision)).toEqual(['DAY', 'YEAR', 'RANGE']);
  });
  test.each([
    '',
    ' 1984',
    '1984-13',
    '1984-00-10',
    '1983-02-29',
    '1984-02-30',
    '84',
    '19840315',
    '1984-3-5',
    '1984-03-15T00:00',
    '[1965..1960]',
    '[1960..]',
    '[..1960]',
    '[1960..1970~]',
    '[]',
    '[1984,]',
    '1984?',
    '198X',
    '-1984',
    '1984..1985',
    '[1,2,3,4,5,6,7,8,9]',
    `[${'1984,'.repeat(40)}1984]`,
    '۱۹۸۴',
  ])('refuses %j', (text) => {
    expect(parseEdtf(text, 'GREGORIAN')).toBeUndefined();
    expect(isEdtf(text)).toBe(false);
  });
});

describe('EDTF in the Solar Hijri calendar', () => {
  test('a day is the Gregorian day it fell on', () => {
    expect(parseEdtf('1363-01-01', 'SOLAR_HIJRI')?.alternatives[0]?.first).toBe(day(1984, 3, 21));
  });
  test('a year runs from 1 Hamal to the last of Hoot', () => {
    const [year] = parseEdtf('1363', 'SOLAR_HIJRI')?.alternatives ?? [];
    expect(year).toMatchObject({ first: day(1984, 3, 21), last: day(1985, 3, 20) });
  });
  test('30 Hoot exists in leap years only', () => {
    expect(isEdtf('1399-12-30', 'SOLAR_HIJRI')).toBe(true);
    expect(isEdtf('1400-12-30', 'SOLAR_HIJRI')).toBe(false);
    expect(isEdtf('1400-07-31', 'SOLAR_HIJRI')).toBe(false);
  });
});

describe('the Gregorian year a date is disclosed as', () => {
  test('one year where it falls in one', () => {
    expect(birthYear('1984-03-15')).toBe('1984');
    expect(birthYear('1363-05-02', 'SOLAR_HIJRI')).toBe('1984');
  });
  test('a range where it may fall in several', () => {
    expect(birthYear('1363', 'SOLAR_HIJRI')).toBe('[1984..1985]');
    expect(birthYear('[1960..1965]')).toBe('[1960..1965]');
  });
  test('nothing for what is no date', () => {
    expect(birthYear('yesterday')).toBeUndefined();
  });
});

describe('a date of birth', () => {
  test('of the years 12xx to 14xx is Solar Hijri whatever calendar is named', () => {
    expect(looksSolarHijri('1363-12')).toBe(true);
    expect(looksSolarHijri('1963-12')).toBe(false);
    expect(parseBirthDate('1363', 'GREGORIAN', today)?.calendar).toBe('SOLAR_HIJRI');
  });
  test.each(['2026-06-02', '2027', '1849-12-31', '1405-12-01', '1700'])('refuses %s', (text) => {
    expect(parseBirthDate(text, 'GREGORIAN', today)).toBeUndefined();
  });
  test.each(['2026-06-01', '2026', '1850-01-01', '1405-01-01'])('accepts %s', (text) => {
    expect(parseBirthDate(text, 'GREGORIAN', today)).toBeDefined();
  });
  test('1 January and 1 Hamal are placeholders, their neighbours are days', () => {
    expect(isPlaceholderDay(day(1980, 1, 1))).toBe(true);
    expect(isPlaceholderDay(day(1980, 1, 2))).toBe(false);
    expect(isPlaceholderDay(dayNumber('SOLAR_HIJRI', 1360, 1, 1) ?? 0)).toBe(true);
    expect(isPlaceholderDay(dayNumber('SOLAR_HIJRI', 1360, 1, 2) ?? 0)).toBe(false);
  });
});
