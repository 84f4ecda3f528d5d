import { foldDigits } from '../../core/matching/index.js';

/** Order of day, month and year in a file that does not write dates as ISO 8601 does. */
export const dateOrders = ['DMY', 'MDY', 'YMD'] as const;
export type DateOrder = (typeof dateOrders)[number];

export type DateFault = 'DATE_ORDER_MISSING' | 'YEAR_TWO_DIGITS';

const numeric = /^(\d{1,4})[/.\s-]+(\d{1,4})(?:[/.\s-]+(\d{1,4}))?$/;
const edtf = /^\[|^\d{4}(?:-\d{2}){0,2}~?$/;

/**
 * A date of a spreadsheet as EDTF: `5/3/1984` under `DMY` is `1984-03-05`, `3/1984` is `1984-03`.
 * Dates that are EDTF already stay as they are; a day or month the calendar does not have is for the
 * reader of dates to refuse.
 *
 * @param order undefined: no order is declared, and no guess is made
 */
export function readLocalDate(
  text: string,
  order: DateOrder | undefined,
): { readonly text: string } | { readonly fault: DateFault } {
  const folded = foldDigits(text);
  const parts = edtf.test(folded) ? null : numeric.exec(folded);
  if (parts === null) {
    return /^\d{2}$/.test(folded) ? { fault: 'YEAR_TWO_DIGITS' } : { text: folded };
  }
  const numbers = parts.slice(1).filter((part) => part !== undefined);
  // One year of four digits, or it is anybody's guess which century.
  if (numbers.filter((part) => part.length === 4).length !== 1) return { fault: 'YEAR_TWO_DIGITS' };
  if (order === undefined) return { fault: 'DATE_ORDER_MISSING' };
  const letters = numbers.length === 3 ? order : order.replace('D', '');
  const of = (letter: string) => (numbers[letters.indexOf(letter)] ?? '').padStart(2, '0');
  // Another order than the one declared: not a date.
  if (of('Y').length !== 4) return { text: folded };
  return { text: [of('Y'), of('M'), ...(numbers.length === 3 ? [of('D')] : [])].join('-') };
}
