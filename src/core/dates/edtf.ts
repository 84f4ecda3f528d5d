import type { Calendar } from '../register/subject.js';
import { civilDay, dayNumber, hasYear, monthLength, type CivilDay, type DayNumber } from './day.js';
import { isPlaceholderDay } from './placeholder.js';

/**
 * Dates in a subset of EDTF (ISO 8601-2), read in a named calendar as intervals of days:
 *
 *   `1984-03-15`  day              `1984~`, `1984-03~`  approximate
 *   `1984-03`     month            `[1960..1965]`       one of the days between
 *   `1984`        year             `[1984-03-15,1985]`  one of the members (a member may be a range)
 *
 * No white space, no signs, no open ranges, no masked digits; at most eight members. Forms may be
 * added, none may change its meaning: dates are stored as supplied.
 */
export type DatePrecision = 'DAY' | 'MONTH' | 'YEAR' | 'RANGE';

export interface DateReading {
  readonly precision: DatePrecision;
  /** First and last day, both inside. */
  readonly first: DayNumber;
  readonly last: DayNumber;
  readonly approximate: boolean;
  /** A day that stands for its year: 1 January or 1 Hamal. */
  readonly placeholder: boolean;
  /** Gregorian date of `first`. */
  readonly civil: CivilDay;
}

export interface EdtfDate {
  readonly text: string;
  readonly calendar: Calendar;
  /** One of these is meant; at least one, at most {@link maxAlternatives}. */
  readonly alternatives: readonly DateReading[];
}

export const maxEdtfLength = 120;
export const maxAlternatives = 8;

/** @returns undefined when the text is no date of the subset or names a day the calendar lacks */
export function parseEdtf(text: string, calendar: Calendar): EdtfDate | undefined {
  if (text.length === 0 || text.length > maxEdtfLength) return undefined;
  const isSet = text.startsWith('[') && text.endsWith(']');
  const members = isSet ? text.slice(1, -1).split(',') : [text];
  if (members.length > maxAlternatives) return undefined;
  const alternatives: DateReading[] = [];
  for (const member of members) {
    const reading = isSet ? parseMember(member, calendar) : parseSingle(member, calendar);
    if (reading === undefined) return undefined;
    alternatives.push(Object.freeze(reading));
  }
  return Object.freeze({ text, calendar, alternatives: Object.freeze(alternatives) });
}

export function isEdtf(text: string, calendar: Calendar = 'GREGORIAN'): boolean {
  return parseEdtf(text, calendar) !== undefined;
}

function parseMember(text: string, calendar: Calendar): DateReading | undefined {
  const bounds = text.split('..');
  const [from, to] = bounds;
  if (bounds.length === 1) return parseSingle(text, calendar);
  if (bounds.length !== 2 || from === undefined || to === undefined) return undefined;
  const first = parseSingle(from, calendar);
  const last = parseSingle(to, calendar);
  if (first === undefined || last === undefined) return undefined;
  if (first.approximate || last.approximate || last.last < first.first) return undefined;
  return { ...first, precision: 'RANGE', last: last.last, placeholder: false };
}

const singleForm = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?(~?)$/;

function parseSingle(text: string, calendar: Calendar): DateReading | undefined {
  const parts = singleForm.exec(text);
  if (parts === null) return undefined;
  const year = Number(parts[1]);
  const approximate = parts[4] === '~';
  if (!hasYear(calendar, year)) return undefined;
  if (parts[2] === undefined) {
    return interval(
      calendar,
      'YEAR',
      [year, 1, 1],
      [year, 12, lastOf(calendar, year, 12)],
      approximate,
    );
  }
  const month = Number(parts[2]);
  if (month < 1 || month > 12) return undefined;
  if (parts[3] === undefined) {
    const last = lastOf(calendar, year, month);
    return interval(calendar, 'MONTH', [year, month, 1], [year, month, last], approximate);
  }
  const day = Number(parts[3]);
  return interval(calendar, 'DAY', [year, month, day], [year, month, day], approximate);
}

type YearMonthDay = readonly [year: number, month: number, day: number];

function interval(
  calendar: Calendar,
  precision: DatePrecision,
  from: YearMonthDay,
  to: YearMonthDay,
  approximate: boolean,
): DateReading | undefined {
  const first = dayNumber(calendar, ...from);
  const last = dayNumber(calendar, ...to);
  if (first === undefined || last === undefined) return undefined;
  const placeholder = precision === 'DAY' && isPlaceholderDay(first);
  const civil = civilDay('GREGORIAN', first);
  return { precision, first, last, approximate, placeholder, civil };
}

const lastOf = monthLength;

/**
 * The Gregorian year or years a date falls in, for disclosure at GENERALISED: `1984`, or
 * `[1984..1985]` when a Solar Hijri year or a range covers several.
 */
export function generaliseToYear(date: EdtfDate): string {
  let first = Infinity;
  let last = -Infinity;
  for (const reading of date.alternatives) {
    first = Math.min(first, civilDay('GREGORIAN', reading.first).year);
    last = Math.max(last, civilDay('GREGORIAN', reading.last).year);
  }
  return first === last ? String(first) : `[${first}..${last}]`;
}

/** As {@link generaliseToYear}, from the text of a subject; undefined when it is no date. */
export function birthYear(text: string, calendar: Calendar = 'GREGORIAN'): string | undefined {
  const date = parseEdtf(text, calendar);
  return date === undefined ? undefined : generaliseToYear(date);
}
