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

export function monthLength(calendar: Calendar, year: number, month: number): number {
  if (calendar === 'SOLAR_HIJRI') return jalaaliMonthLength(year, month);
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** The day in the named calendar; inverse of {@link dayNumber}. */
export function civilDay(calendar: Calendar, day: DayNumber): CivilDay {
  const date = new Date(day * millisecondsPerDay);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth() + 1;
  if (calendar === 'GREGORIAN') return { year, month, day: date.getUTCDate() };
  const { jy, jm, jd } = toJalaali(year, month, date.getUTCDate());
  return { year: jy, month: jm, day: jd };
}

/** The UTC day a moment falls on. */
export function dayOf(moment: Date): DayNumber {
  return Math.floor(moment.getTime() / millisecondsPerDay);
}
