import { civilDay, isPlaceholderDay, type DateReading, type EdtfDate } from '../dates/index.js';

/**
 * How two dates of birth agree, best first. A placeholder (1 January, 1 Hamal) is read as its year.
 *
 * SAME_DAY; SWAPPED: day and month exchanged; SLIP: the next day, or one digit or two exchanged
 * digits of the date wrong; SAME_DAY_NEAR_YEAR: day and month the same, the year one or two off;
 * SAME_MONTH; SAME_YEAR: within one year known no better; NEAR_YEAR, FAR_YEAR: one year, two to
 * three years between them; YEAR_ONLY: full dates of one year that differ otherwise; DIFFERENT.
 */
export type DateLevel =
  | 'SAME_DAY'
  | 'SWAPPED'
  | 'SLIP'
  | 'SAME_DAY_NEAR_YEAR'
  | 'SAME_MONTH'
  | 'SAME_YEAR'
  | 'IN_RANGE'
  | 'YEAR_ONLY'
  | 'NEAR_YEAR'
  | 'FAR_YEAR'
  | 'DIFFERENT';

export interface DateComparison {
  readonly level: DateLevel;
  readonly bits: number;
}

/** log2 odds of each level among dates of one person against dates of two; see docs/matching.md. */
export const dateBits: Readonly<Record<DateLevel, number>> = {
  SAME_DAY: 12,
  SWAPPED: 8,
  SLIP: 6,
  SAME_DAY_NEAR_YEAR: 7,
  SAME_MONTH: 7,
  SAME_YEAR: 4,
  IN_RANGE: 2.5,
  YEAR_ONLY: -1,
  NEAR_YEAR: 1,
  FAR_YEAR: -2,
  DIFFERENT: -7,
};

const different: DateComparison = { level: 'DIFFERENT', bits: dateBits.DIFFERENT };

/** The best any reading of one agrees with any reading of the other. */
export function compareDates(a: EdtfDate, b: EdtfDate): DateComparison {
  let best = different;
  for (const one of a.alternatives) {
    for (const other of b.alternatives) {
      const level = compareReadings(one, other);
      if (dateBits[level] > best.bits) best = { level, bits: dateBits[level] };
    }
  }
  // Several alternatives are several chances to agree by accident.
  const chances = a.alternatives.length * b.alternatives.length;
  return chances === 1 || best.bits <= 0
    ? best
    : { level: best.level, bits: Math.max(0, best.bits - Math.log2(chances)) };
}

const daysOfYear = 365.25;
const approximateDays = Math.round(2 * daysOfYear);

function compareReadings(a: DateReading, b: DateReading): DateLevel {
  const exactA = a.precision === 'DAY' && !a.approximate && !isPlaceholderDay(a.first);
  const exactB = b.precision === 'DAY' && !b.approximate && !isPlaceholderDay(b.first);
  if (exactA && exactB) return compareDays(a.first, b.first);
  if (a.first === b.first && a.last === b.last && a.precision === 'DAY') return 'SAME_YEAR';
  if (a.precision === 'RANGE' || b.precision === 'RANGE') return compareSpans(a, b);
  const monthA = exactA || a.precision === 'MONTH';
  const monthB = exactB || b.precision === 'MONTH';
  if (monthA && monthB) {
    if (a.first <= b.last && b.first <= a.last) return 'SAME_MONTH';
    return compareYears(a, b) === 'SAME_YEAR' ? 'YEAR_ONLY' : compareYears(a, b);
  }
  return compareYears(a, b);
}

function compareSpans(a: DateReading, b: DateReading): DateLevel {
  const gap = Math.max(a.first - b.last, b.first - a.last, 0);
  const span = Math.max(a.last - a.first, b.last - b.first);
  if (gap === 0) return span < 2 * daysOfYear ? 'SAME_YEAR' : 'IN_RANGE';
  if (gap <= daysOfYear) return 'NEAR_YEAR';
  return gap <= 3 * daysOfYear ? 'FAR_YEAR' : 'DIFFERENT';
}

/** Compares whole years: what is known of either is a year, of one calendar or the other. */
function compareYears(a: DateReading, b: DateReading): DateLevel {
  const [firstA, lastA] = yearSpan(a);
  const [firstB, lastB] = yearSpan(b);
  const slack = a.approximate || b.approximate ? approximateDays : 0;
  const gap = Math.max(firstA - lastB, firstB - lastA, 0) - slack;
  if (gap <= 0) return slack > 0 ? 'IN_RANGE' : 'SAME_YEAR';
  if (gap <= daysOfYear) return 'NEAR_YEAR';
  return gap <= 3 * daysOfYear ? 'FAR_YEAR' : 'DIFFERENT';
}

/** First and last day of what a reading says of the year; a placeholder day says its whole year. */
function yearSpan(reading: DateReading): readonly [number, number] {
  if (reading.precision !== 'DAY' || !isPlaceholderDay(reading.first)) {
    return [reading.first, reading.last];
  }
  return [reading.first, reading.first + 365];
}

function compareDays(a: number, b: number): DateLevel {
  if (a === b) return 'SAME_DAY';
  if (Math.abs(a - b) === 1) return 'SLIP';
  const gregorian = compareCivil(a, b, 'GREGORIAN');
  if (gregorian !== undefined) return gregorian;
  const solar = compareCivil(a, b, 'SOLAR_HIJRI');
  if (solar !== undefined) return solar;
  const years = Math.abs(civilDay('GREGORIAN', a).year - civilDay('GREGORIAN', b).year);
  if (years === 0) return 'YEAR_ONLY';
  const gap = Math.abs(a - b);
  return gap <= 3 * daysOfYear ? 'FAR_YEAR' : 'DIFFERENT';
}

/** Slips of the pen are made in the calendar a date was written in. */
function compareCivil(
  a: number,
  b: number,
  calendar: 'GREGORIAN' | 'SOLAR_HIJRI',
): DateLevel | undefined {
  const one = civilDay(calendar, a);
  const other = civilDay(calendar, b);
  if (one.year === other.year) {
    if (one.month === other.day && one.day === other.month) return 'SWAPPED';
    const digits = digitSlip(one.month, other.month, 2) + digitSlip(one.day, other.day, 2);
    return digits === 1 && (one.month === other.month || one.day === other.day)
      ? 'SLIP'
      : undefined;
  }
  if (one.month !== other.month || one.day !== other.day) return undefined;
  if (Math.abs(one.year - other.year) <= 2) return 'SAME_DAY_NEAR_YEAR';
  return digitSlip(one.year, other.year, 4) === 1 ? 'SLIP' : undefined;
}

/** 0 equal, 1 one digit or one exchange of two neighbouring digits apart, 2 more. */
function digitSlip(a: number, b: number, width: number): number {
  if (a === b) return 0;
  const one = String(a).padStart(width, '0');
  const other = String(b).padStart(width, '0');
  let from = 0;
  while (one.charCodeAt(from) === other.charCodeAt(from)) from += 1;
  let to = width - 1;
  while (one.charCodeAt(to) === other.charCodeAt(to)) to -= 1;
  if (from === to) return 1;
  const exchanged =
    to === from + 1 &&
    one.charAt(from) === other.charAt(to) &&
    one.charAt(to) === other.charAt(from);
  return exchanged ? 1 : 2;
}
