import { civilDay, type DayNumber } from './day.js';

/**
 * 1 January and 1 Hamal stand in for an unknown day wherever a form demands one. The day of either
 * calendar counts, whichever the date was written in: registers convert them to one another.
 */
export function isPlaceholderDay(day: DayNumber): boolean {
  const gregorian = civilDay('GREGORIAN', day);
  if (gregorian.day === 1 && gregorian.month === 1) return true;
  if (gregorian.month !== 3) return false;
  const solar = civilDay('SOLAR_HIJRI', day);
  return solar.month === 1 && solar.day === 1;
}
