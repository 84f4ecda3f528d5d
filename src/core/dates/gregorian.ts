import type { Calendar } from '../register/subject.js';
import { civilDay, type DayNumber } from './day.js';
import { birthYear, parseEdtf, type DateReading } from './edtf.js';

export interface GregorianDate {
  /** `1984`, or `[1984..1985]` when the date may fall in several Gregorian years. */
  readonly year: string;
  /** EDTF in the Gregorian calendar, at the precision known. */
  readonly edtf: string;
}

/**
 * A subject's date of birth in the Gregorian calendar, for disclosure; `undefined` when there is
 * none. A Solar Hijri month or year does not fall on a Gregorian one and becomes a range of days.
 */
export function gregorianDate(
  text: string | undefined,
  calendar: Calendar = 'GREGORIAN',
): GregorianDate | undefined {
  const date = text === undefined ? undefined : parseEdtf(text, calendar);
  const year = text === undefined ? undefined : birthYear(text, calendar);
  if (text === undefined || date === undefined || year === undefined) return undefined;
  if (calendar === 'GREGORIAN') return { year, edtf: text };
  const members = date.alternatives.map(asGregorian);
  const [only] = members;
  const isPlain = members.length === 1 && only !== undefined && !only.includes('..');
  return { year, edtf: isPlain ? only : `[${members.join(',')}]` };
}

function asGregorian(reading: DateReading): string {
  const first = isoDay(reading.first);
  const approximate = reading.approximate && reading.first === reading.last ? '~' : '';
  return reading.first === reading.last ? first + approximate : `${first}..${isoDay(reading.last)}`;
}

function isoDay(day: DayNumber): string {
  const { year, month, day: dayOfMonth } = civilDay('GREGORIAN', day);
  return `${year}-${String(month).padStart(2, '0')}-${String(dayOfMonth).padStart(2, '0')}`;
}
