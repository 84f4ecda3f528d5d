import { isValidJalaaliDate, jalaaliMonthLength, toGregorian, toJalaali } from 'jalaali-js';
import type { Calendar } from '../register/subject.js';

/** Whole days since 1970-01-01 of the Gregorian calendar; time of day and zone play no part. */
export type DayNumber = number;

const millisecondsPerDay = 86_400_000;
/** Years the Solar Hijri arithmetic is sound for and a living person can be born or a document end in. */
const solarYears = { first: 1200, last: 1600 };
const gregorianYears = { first: 1700, last: 2400 };

export interface CivilDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** @returns undefined for a day the calendar does not have (30 February, 30 Hoot of a common year) */
export function dayNumber(
  calendar: Calendar,
  year: number,
  month: number,
  day: number,
): DayNumber | undefined {
  if (!hasYear(calendar, year) || month < 1 || month > 12 || day < 1) return undefined;
  if (day > monthLength(calendar, year, month)) return undefined;
  if (calendar === 'SOLAR_HIJRI') {
    if (!isValidJalaaliDate(year, month, day)) return undefined;
    const { gy, gm, gd } = toGregorian(year, month, day);
    return Date.UTC(gy, gm - 1, gd) / millisecondsPerDay;
  }
  return Date.UTC(year, month - 1, day) / millisecondsPerDay;
}

export function hasYear(calendar: Calendar, year: number): boolean {
  const { first, last } = calendar === 'SOLAR_HIJRI' ? solarYears : gregorianYears;
  return year >= first && year <= last;
}

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** @param month 1 to 12 */
export function monthLength(calendar: Calendar, year: number, month: number): number {
  if (calendar === 'SOLAR_HIJRI') return jalaaliMonthLength(year, month);
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : (monthLengths[month - 1] ?? 0);
}

/** The day in the named calendar; inverse of {@link dayNumber}. */
export function civilDay(calendar: Calendar, day: DayNumber): CivilDay {
  const gregorian = gregorianDay(day);
  if (calendar === 'GREGORIAN') return gregorian;
  const { jy, jm, jd } = toJalaali(gregorian.year, gregorian.month, gregorian.day);
  return { year: jy, month: jm, day: jd };
}

/**
 * Civil date of a day number by counting eras of 400 years from 1 March of the year 0 (H. Hinnant,
 * chrono-Compatible Low-Level Date Algorithms, `civil_from_days`): no object of a date is made.
 */
function gregorianDay(days: DayNumber): CivilDay {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1,
  };
}

/** The UTC day a moment falls on. */
export function dayOf(moment: Date): DayNumber {
  return Math.floor(moment.getTime() / millisecondsPerDay);
}
