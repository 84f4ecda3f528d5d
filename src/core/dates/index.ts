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
export {
  earliestBirth,
  isPlaceholderDay,
  isPossibleBirth,
  looksSolarHijri,
  parseBirthDate,
} from './birth.js';
