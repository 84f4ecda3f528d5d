import { describe, expect, test } from '@jest/globals';
import { parseBirthDate, parseEdtf, type EdtfDate } from '../dates/index.js';
import type { Calendar, DocumentType } from '../register/subject.js';
import { compareDates } from './compare-dates.js';
import { compareDocumentKeys, foldDocumentNumber } from './document.js';

function date(text: string, calendar: Calendar = 'GREGORIAN'): EdtfDate {
  const parsed = parseBirthDate(text, calendar, 20_000) ?? parseEdtf(text, calendar);
  if (parsed === undefined) throw new TypeError('no date');
  return parsed;
}

describe('dates of birth', () => {
  test.each([
    ['1984-03-15', '1984-03-15', 'SAME_DAY'],
    ['1362-12-25', '1984-03-15', 'SAME_DAY'],
    ['1984-03-15', '1984-03-16', 'NEXT_DAY'],
    ['1984-03-12', '1984-12-03', 'SWAPPED'],
    ['1948-03-15', '1984-03-15', 'YEAR_EXCHANGED'],
    ['1985-03-15', '1984-03-15', 'SAME_DAY_NEAR_YEAR'],
    ['1982-03-15', '1984-03-15', 'SAME_DAY_NEAR_YEAR'],
    ['1984-03-25', '1984-03-15', 'SLIP'],
    ['1994-03-15', '1984-03-15', 'SLIP'],
    ['1984-03', '1984-03-15', 'SAME_MONTH'],
    ['1984', '1984-03-15', 'SAME_YEAR'],
    ['1984', '1984', 'SAME_YEAR'],
    ['1362', '1984-03-15', 'SAME_YEAR'],
    ['1984-01-01', '1984-01-01', 'SAME_YEAR'],
    ['1984-01-01', '1984-03-15', 'PLACEHOLDER'],
    ['1363-01-01', '1984-09-15', 'PLACEHOLDER'],
    ['1984~', '1985-03-15', 'IN_RANGE'],
    ['[1980..1986]', '1984-03-15', 'IN_RANGE'],
    ['1984-07-28', '1984-03-15', 'YEAR_ONLY'],
    ['1984-05', '1984-03-15', 'YEAR_ONLY'],
    ['1985', '1984-03-15', 'NEAR_YEAR'],
    ['1986', '1984', 'FAR_YEAR'],
    ['1948-01-01', '1984-01-01', 'YEAR_DIGITS'],
    ['1985-09-28', '1984-03-15', 'FAR_DAY'],
    ['1971-11-02', '1984-03-15', 'DIFFERENT'],
    ['1971', '1984', 'DIFFERENT'],
    ['[1971,1984]', '1984', 'SAME_YEAR'],
  ])('%s and %s: %s', (one, other, level) => {
    expect(compareDates(date(one), date(other)).level).toBe(level);
    expect(compareDates(date(other), date(one)).level).toBe(level);
  });
  test('several alternatives are worth less than one', () => {
    const { bits } = compareDates(date('[1971,1984]'), date('1984'));
    expect(bits).toBeLessThan(compareDates(date('1984'), date('1984')).bits);
  });
});

describe('document numbers', () => {
  test.each([
    ['PASSPORT', 'O1234567', '01234567'],
    ['PASSPORT', 'P No. 0123-4567', 'P01234567'],
    ['PASSPORT', 'o۱۲۳۴۵۶۷', '01234567'],
    ['PASSPORT', 'OR/12345', '0R12345'],
    ['TAZKIRA', '1400-1234-56789', '1400123456789'],
    ['TAZKIRA', 'جلد ۱۲ صفحه ۳۴ ثبت ۵۶۷', '1234567'],
    ['TAZKIRA', 'Vol. 12 Page 34 Reg. 567', '1234567'],
    ['NATIONAL_ID', '12B45', '12845'],
    ['PASSPORT', 'CFGHJKLMN', 'CF6HJK1MN'],
  ] as const)('%s %s is folded', (type: DocumentType, text, key) => {
    expect(foldDocumentNumber(type, text)).toBe(key);
  });
  const fillers = [
    'unknown',
    'Lost',
    'TBD',
    'n.o.n.e.',
    'PENDING',
    'نامعلوم',
    'xxxxxxxx',
    '000-000',
  ];
  test.each(['', '-', 'No', '1', '12', 'x'.repeat(41), ...fillers])('%j is no number', (text) => {
    expect(foldDocumentNumber('PASSPORT', text)).toBeUndefined();
    expect(foldDocumentNumber('TAZKIRA', text)).toBeUndefined();
  });
  test.each([
    ['P01234567', 'P01234567', 'SAME'],
    ['P01234567', 'P01284567', 'NEAR'],
    ['P01234567', 'P0124567', 'NEAR'],
    ['P01234567', 'P012334567', 'NEAR'],
    ['P01234567', 'P10234567', 'NEAR'],
    ['P01234567', '01234567', 'NEAR'],
    ['P01234567', 'P01234568', 'NEIGHBOUR'],
    ['P01234569', 'P01234574', 'NEIGHBOUR'],
    ['P01234599', 'P01234601', 'NEIGHBOUR'],
    ['P01234567', 'P01234587', 'NEAR'],
    ['P01234567', 'P07654321', 'OTHER'],
    ['P01234567', 'P91234517', 'OTHER'],
  ])('%s and %s: %s', (one, other, level) => {
    expect(compareDocumentKeys(one, other)).toBe(level);
    expect(compareDocumentKeys(other, one)).toBe(level);
  });
});
