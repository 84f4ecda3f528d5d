import type { Calendar } from '../register/subject.js';
import { dayNumber, type DayNumber } from './day.js';
import { parseEdtf, type EdtfDate } from './edtf.js';

/** Nobody alive was born before this day. */
export const earliestBirth: DayNumber = dayNumber('GREGORIAN', 1850, 1, 1) ?? 0;

/** Years that can only be Solar Hijri when a date of birth is said to be Gregorian. */
const solarBirthYears = { first: 1228, last: 1450 };

/** Whether the text, read as Gregorian, names a year 12xx to 14xx: another calendar is meant. */
export function looksSolarHijri(text: string): boolean {
  const year = Number(/^\[?(\d{4})/.exec(text)?.[1] ?? Number.NaN);
  return year >= solarBirthYears.first && year <= solarBirthYears.last;
}

/**
 * A date of birth as an officer supplies it. A year 12xx to 14xx is read as Solar Hijri whatever
 * calendar is named: paper tazkiras carry it unmarked and no other reading names a living person.
 *
 * @returns undefined for no date, an impossible one, one wholly in the future or before 1850
 */
export function parseBirthDate(
  text: string,
  calendar: Calendar,
  today: DayNumber,
): EdtfDate | undefined {
  const date = parseEdtf(text, looksSolarHijri(text) ? 'SOLAR_HIJRI' : calendar);
  return date !== undefined && isPossibleBirth(date, today) ? date : undefined;
}

/** Whether every alternative begins between 1850 and today. */
export function isPossibleBirth(date: EdtfDate, today: DayNumber): boolean {
  return date.alternatives.every(({ first }) => first >= earliestBirth && first <= today);
}
