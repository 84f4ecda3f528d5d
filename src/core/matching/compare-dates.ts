import { civilDay, type CivilDay, type DateReading, type EdtfDate } from '../dates/index.js';
import { weights } from './weights.js';

/**
 * How two dates of birth agree. A placeholder (1 January, 1 Hamal) is read as its year.
 *
 * SAME_DAY; SWAPPED: day and month exchanged; NEXT_DAY: one day apart; YEAR_EXCHANGED: the last two
 * digits of the year exchanged; SAME_DAY_NEAR_YEAR: day and month the same, the year one or two off;
 * SAME_MONTH and SAME_YEAR: within one, known no better; PLACEHOLDER: a day and a placeholder of one
 * year; SLIP: one digit wrong; IN_RANGE: within several years given; NEAR_YEAR and FAR_YEAR: years
 * about one and two apart; YEAR_DIGITS: years whose last digits are exchanged; YEAR_ONLY: days of
 * one year that differ otherwise; FAR_DAY: days up to two and a half years apart; DIFFERENT.
 */
export type DateLevel = keyof typeof weights.date;

export interface DateComparison {
  readonly level: DateLevel;
  readonly bits: number;
}

/** The best any reading of one agrees with any reading of the other. */
export function compareDates(a: EdtfDate, b: EdtfDate): DateComparison {
  let level: DateLevel = 'DIFFERENT';
  for (const one of a.alternatives) {
    for (const other of b.alternatives) {
      const found = compareReadings(one, other);
      if (weights.date[found] > weights.date[level]) level = found;
    }
  }
  const bits = weights.date[level];
  // Several alternatives are several chances to agree by accident.
  const chances = a.alternatives.length * b.alternatives.length;
  if (chances === 1 || bits <= 0) return { level, bits };
  return { level, bits: Math.max(0, bits - Math.log2(chances)) };
}

const daysOfYear = 365.2425;

function compareReadings(a: DateReading, b: DateReading): DateLevel {
  const exactA = isExact(a);
  const exactB = isExact(b);
  if (exactA && exactB) return compareDays(a, b);
  if (a.precision === 'RANGE' || b.precision === 'RANGE') return compareSpans(a, b);
  if (a.approximate || b.approximate) return compareSpans(a, b);
  const monthA = exactA || a.precision === 'MONTH';
  const monthB = exactB || b.precision === 'MONTH';
  if (!monthA || !monthB) return compareYears(a, b);
  const gap = Math.max(a.first - b.last, b.first - a.last, 0);
  return gap === 0 ? 'SAME_MONTH' : levelOfDays(a, b, gap);
}

/** Days or months that differ beyond a slip of the pen. */
function levelOfDays(a: DateReading, b: DateReading, gap: number): DateLevel {
  if (a.civil.year === b.civil.year || gap <= 60) return 'YEAR_ONLY';
  return gap <= 2.5 * daysOfYear ? 'FAR_DAY' : 'DIFFERENT';
}

function isExact(reading: DateReading): boolean {
  return reading.precision === 'DAY' && !reading.approximate && !reading.placeholder;
}

const approximateDays = Math.round(2 * daysOfYear);

function compareSpans(a: DateReading, b: DateReading): DateLevel {
  const slack = a.approximate || b.approximate ? approximateDays : 0;
  const gap = Math.max(a.first - b.last, b.first - a.last, 0) - slack;
  const span = Math.max(a.last - a.first, b.last - b.first) + slack;
  if (gap <= 0) return span < 2 * daysOfYear ? 'SAME_YEAR' : 'IN_RANGE';
  return levelOfGap(gap);
}

function levelOfGap(days: number): DateLevel {
  // Between 31 December of one year and 1 January of the next but one lie 366 or 367 days.
  if (days <= 365) return 'NEAR_YEAR';
  return days <= 731 ? 'FAR_YEAR' : 'DIFFERENT';
}

/** How far a clerk may be out who turns a Solar Hijri year into a Gregorian one by adding 621. */
const conversionDays = 100;

/** Compares whole years: what is known of either is a year, of one calendar or the other. */
function compareYears(a: DateReading, b: DateReading): DateLevel {
  const lastA = endOfYear(a);
  const lastB = endOfYear(b);
  const gap = Math.max(a.first - lastB, b.first - lastA, 0);
  if (gap === 0) {
    const days = a.precision === 'DAY' && b.precision === 'DAY';
    return days && a.first !== b.first ? 'PLACEHOLDER' : 'SAME_YEAR';
  }
  if (gap <= conversionDays && !isGregorianYear(a, lastA, b, lastB)) return 'IN_RANGE';
  const level = levelOfGap(gap);
  const alike = a.precision === b.precision && a.placeholder === b.placeholder;
  return level === 'DIFFERENT' && alike && isExchanged(a.civil.year, b.civil.year)
    ? 'YEAR_DIGITS'
    : level;
}

/** Last day of the year of a placeholder; the reading's own otherwise. */
function endOfYear(reading: DateReading): number {
  return reading.placeholder ? reading.first + 364 : reading.last;
}

/** Both begin or end with a Gregorian year: the years were not converted and differ. */
function isGregorianYear(a: DateReading, lastA: number, b: DateReading, lastB: number): boolean {
  return beginsYear(a, lastA) && beginsYear(b, lastB);
}

function beginsYear({ first, civil }: DateReading, last: number): boolean {
  return last - first < 300 || (civil.month === 1 && civil.day === 1);
}

function compareDays(a: DateReading, b: DateReading): DateLevel {
  const gap = Math.abs(a.first - b.first);
  if (gap === 0) return 'SAME_DAY';
  if (gap === 1) return 'NEXT_DAY';
  const gregorian = compareCivil(a.civil, b.civil);
  if (gregorian !== undefined) return gregorian;
  // The other calendar is looked at only where its years or days can coincide: it is costly.
  const offYear = gap % daysOfYear;
  if (gap < daysOfYear || offYear < 2 || offYear > daysOfYear - 2) {
    const solar = compareCivil(civilDay('SOLAR_HIJRI', a.first), civilDay('SOLAR_HIJRI', b.first));
    if (solar !== undefined) return solar;
  }
  return levelOfDays(a, b, gap);
}

/** Slips of the pen are made in the calendar a date was written in. */
function compareCivil(one: CivilDay, other: CivilDay): DateLevel | undefined {
  if (one.year === other.year) {
    if (one.month === other.day && one.day === other.month) return 'SWAPPED';
    const digits = digitSlip(one.month, other.month) + digitSlip(one.day, other.day);
    return digits === 1 ? 'SLIP' : undefined;
  }
  if (one.month !== other.month || one.day !== other.day) return undefined;
  if (Math.abs(one.year - other.year) <= 2) return 'SAME_DAY_NEAR_YEAR';
  if (isExchanged(one.year, other.year)) return 'YEAR_EXCHANGED';
  return digitSlip(one.year, other.year) === 1 ? 'SLIP' : undefined;
}

/** The last two digits of a year the other way round. */
function isExchanged(one: number, other: number): boolean {
  const [a, b] = [one % 100, other % 100];
  return (
    Math.floor(one / 100) === Math.floor(other / 100) && (a % 10) * 10 + Math.floor(a / 10) === b
  );
}

/** How many digits differ, counted from the right. */
function digitSlip(a: number, b: number): number {
  let differing = 0;
  let [x, y] = [a, b];
  while (x > 0 || y > 0) {
    if (x % 10 !== y % 10) differing += 1;
    x = Math.floor(x / 10);
    y = Math.floor(y / 10);
  }
  return differing;
}
