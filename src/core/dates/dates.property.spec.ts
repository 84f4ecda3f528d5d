import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { civilDay, dayNumber, parseEdtf, type DayNumber } from './index.js';

/** 1850 to 2100. */
const anyDay = fc.integer({ min: -43_829, max: 47_846 });
const calendars = ['GREGORIAN', 'SOLAR_HIJRI'] as const;

test('the civil day of a day number is that day again', () => {
  fc.assert(
    fc.property(anyDay, fc.constantFrom(...calendars), (day, calendar) => {
      const civil = civilDay(calendar, day);
      expect(dayNumber(calendar, civil.year, civil.month, civil.day)).toBe(day);
    }),
  );
});

test('both calendars agree with those of Unicode', () => {
  const format = (calendar: string): ((day: DayNumber) => string) => {
    const formatter = new Intl.DateTimeFormat(`en-u-ca-${calendar}`, {
      timeZone: 'UTC',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
    });
    return (day) => {
      const parts = formatter.formatToParts(new Date(day * 86_400_000));
      const of = (type: string): number =>
        Number(parts.find((part) => part.type === type)?.value ?? Number.NaN);
      return [of('year'), of('month'), of('day')].join('-');
    };
  };
  const gregorian = format('gregory');
  const persian = format('persian');
  fc.assert(
    fc.property(anyDay, (day) => {
      const one = civilDay('GREGORIAN', day);
      const other = civilDay('SOLAR_HIJRI', day);
      expect(`${one.year}-${one.month}-${one.day}`).toBe(gregorian(day));
      expect(`${other.year}-${other.month}-${other.day}`).toBe(persian(day));
    }),
  );
});

test('no text throws, and a date that is read has its days in order', () => {
  const text = fc.oneof(
    fc.string({ maxLength: 200 }),
    fc.stringMatching(/^\[?\d{4}(-\d{2}){0,2}~?(\.\.|,)?\d{0,4}\]?$/),
  );
  fc.assert(
    fc.property(text, fc.constantFrom(...calendars), (input, calendar) => {
      for (const { first, last } of parseEdtf(input, calendar)?.alternatives ?? []) {
        expect(first).toBeLessThanOrEqual(last);
      }
    }),
  );
});
