/**
 * Text as it is typed, before any of it is read as a name: what is dropped, what is refused, what
 * is folded. Used by the evidence of a question and by the import of the register alike.
 */

/** Characters a name, as supplied, may have; counted in UTF-16 code units. */
export const maxNameLength = 300;
export const maxDocumentNumberLength = 40;

export type TextFault = 'EMPTY' | 'TOO_LONG' | 'CONTROL_CHARACTER' | 'NO_LETTERS';

/**
 * Bidirectional controls and marks (Unicode UAX #9), zero-width space, joiners and no-break space,
 * soft hyphen, variation selectors and the Arabic tatweel: they change how a name looks on a screen,
 * not what it is.
 */
const dropped = /[\u00AD\u061C\u0640\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFE00-\uFE0F\uFEFF]/gu;
const control = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\u2028\u2029]/u;

/** The name without invisible characters, white space made single; its letters stay as typed. */
export function cleanName(text: string): string {
  return text.replace(dropped, '').replace(/\s+/gu, ' ').trim();
}

/**
 * Whether a name can be kept and compared. Bounded before anything looks at it twice.
 *
 * @returns undefined when it can
 */
export function findNameFault(text: string): TextFault | undefined {
  if (text.length > maxNameLength) return 'TOO_LONG';
  if (control.test(text)) return 'CONTROL_CHARACTER';
  const clean = cleanName(text);
  if (clean.length === 0) return 'EMPTY';
  // Some single characters are whole phrases (U+FDFA is four words): bounded once more, unfolded.
  const unfolded = clean.normalize('NFKC');
  if (unfolded.length > 2 * maxNameLength) return 'TOO_LONG';
  return /[\p{Script=Latin}\p{Script=Arabic}\p{Script=Cyrillic}]/u.test(unfolded)
    ? undefined
    : 'NO_LETTERS';
}

/** Arabic-Indic and extended (Persian, Urdu) digits, and full-width ones, as ASCII. */
export function foldDigits(text: string): string {
  return text.replace(/[\u0660-\u0669\u06F0-\u06F9\uFF10-\uFF19]/g, (digit) =>
    String(digit.charCodeAt(0) & 0xf),
  );
}
