export { gregorianDate, type GregorianDate } from './gregorian.js';
export { civilDay, dayNumber, dayOf, type CivilDay, type DayNumber } from './day.js';
export {
  birthYear,
  generaliseToYear,
  isEdtf,
  maxAlternatives,
  parseEdtf,
  type DatePrecision,
  type DateReading,
  type EdtfDate,
} from './edtf.js';
export { earliestBirth, isPossibleBirth, looksSolarHijri, parseBirthDate } from './birth.js';
export { isPlaceholderDay } from './placeholder.js';
