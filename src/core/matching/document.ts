import type { StateCode } from '../ids.js';
import type { DocumentType } from '../register/subject.js';
import { foldArabic } from './script.js';
import { foldDigits, maxDocumentNumberLength } from './text.js';

/** A document number folded for comparison; what was printed on it, not how it was written down. */
export interface DocumentKey {
  readonly type: DocumentType;
  /** As supplied, for explanations. */
  readonly original: string;
  /** Upper-case letters and digits, confusable letters read as digits; 3 to 40 characters. */
  readonly key: string;
  readonly issuingState: StateCode | undefined;
  /** A visa reference: a family travels on one. */
  readonly shared: boolean;
}

const confusable: Readonly<Record<string, string>> = {
  O: '0',
  Q: '0',
  I: '1',
  L: '1',
  Z: '2',
  S: '5',
  G: '6',
  B: '8',
};
const numberWord = /(?<![\p{L}\p{N}])(?:NO|NR|NUM|NUMBER|N°|№)(?![\p{L}\p{N}])[.:#]*/gu;
/** Volume, page, registration: the words of a paper tazkira between its numbers. */
const tazkiraWord = /(?<![\p{L}\p{N}])[\p{L}]{2,}\.?(?![\p{N}])/gu;
const minimumKeyLength = 3;
/** Letters alone make a number where there are many and no vowel: some states leave vowels out on purpose. */
const lettersOfNumber = /^[B-DF-HJ-NP-TV-Z]{8,}$/;

/**
 * What stands where a number is not known: `unknown`, `lost`, `TBD`, `xxxxxx`, `000000`. As evidence it would be
 * a document number alone, which everybody can name.
 */
function standsForNone(bare: string): boolean {
  if (/^(.)\1*$/u.test(bare)) return true;
  return !/\p{N}/u.test(bare) && !lettersOfNumber.test(bare);
}

/**
 * The folded number: Persian and Arabic digits as ASCII, `No` and separators left out, O read as 0,
 * I and L as 1, Z 2, S 5, G 6, B 8, Q 0. A tazkira keeps the numbers of its volume, page and entry
 * in written order whatever words stand between them.
 *
 * @returns undefined for a text of fewer than three letters and digits, or beyond 40 characters, and for
 *   one that stands where a number is not known
 */
export function foldDocumentNumber(type: DocumentType, text: string): string | undefined {
  if (text.length > maxDocumentNumberLength) return undefined;
  let number = foldDigits(text.normalize('NFKC')).toUpperCase().replace(numberWord, ' ');
  if (type === 'TAZKIRA' && /\d/.test(number)) number = number.replace(tazkiraWord, ' ');
  const bare = foldArabic(number).replace(/[^\p{L}\p{N}]/gu, '');
  if (standsForNone(bare)) return undefined;
  const key = bare.replace(/[OQILZSGB]/g, (letter) => confusable[letter] ?? letter);
  return key.length < minimumKeyLength || key.length > maxDocumentNumberLength ? undefined : key;
}

export function isDocumentNumber(type: DocumentType, text: string): boolean {
  return foldDocumentNumber(type, text) !== undefined;
}

export function makeDocumentKey(
  type: DocumentType,
  number: string,
  issuingState: StateCode | undefined,
  shared = false,
): DocumentKey | undefined {
  const key = foldDocumentNumber(type, number);
  return key === undefined
    ? undefined
    : Object.freeze({ type, original: number, key, issuingState, shared });
}

/**
 * SAME: equal after folding. NEAR: one letter or digit wrong, missing, added or two exchanged, or the
 * series letters left off. NEIGHBOUR: the same series within ten numbers, as issued to relatives who
 * queued together. SHARED: a visa reference, which a family has in common. OTHER: none of these.
 */
export type DocumentLevel = 'SAME' | 'NEAR' | 'SHARED' | 'NEIGHBOUR' | 'OTHER';

const neighbourDistance = 10;
/** Digits a carry from one number to the next but nine is looked for in. */
const longestCarry = 6;

export function compareDocumentKeys(a: string, b: string): DocumentLevel {
  if (a === b) return 'SAME';
  if (Math.abs(a.length - b.length) > 2) return 'OTHER';
  if (isNeighbour(a, b)) return 'NEIGHBOUR';
  if (isOneEdit(a, b)) return 'NEAR';
  const seriesA = a.replace(/^\p{L}{1,2}/u, '');
  const seriesB = b.replace(/^\p{L}{1,2}/u, '');
  const bareEqual = seriesA === seriesB && seriesA.length >= 6;
  return bareEqual && (seriesA === a || seriesB === b) ? 'NEAR' : 'OTHER';
}

function isNeighbour(a: string, b: string): boolean {
  if (a.length !== b.length || a.length < 4) return false;
  let at = 0;
  while (a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  if (at < a.length - longestCarry) return false;
  const from = Math.min(at, a.length - 2);
  // A carry may run through several digits: compare the last nine as numbers.
  const tailFrom = Math.max(0, Math.min(from, a.length - 9));
  const tailA = a.slice(tailFrom);
  const tailB = b.slice(tailFrom);
  if (a.slice(0, tailFrom) !== b.slice(0, tailFrom)) return false;
  const digitsA = /\d+$/.exec(tailA)?.[0] ?? '';
  const digitsB = /\d+$/.exec(tailB)?.[0] ?? '';
  if (digitsA.length < 2 || digitsA.length !== digitsB.length) return false;
  if (tailA.slice(0, -digitsA.length) !== tailB.slice(0, -digitsB.length)) return false;
  return Math.abs(Number(digitsA) - Number(digitsB)) <= neighbourDistance;
}

/** One substitution, insertion, deletion or exchange of neighbours (Damerau 1964). */
function isOneEdit(a: string, b: string): boolean {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  if (long.length - short.length > 1 || short.length < 4) return false;
  let at = 0;
  while (at < short.length && short.charCodeAt(at) === long.charCodeAt(at)) at += 1;
  if (short.length < long.length) return short.slice(at) === long.slice(at + 1);
  if (short.slice(at + 1) === long.slice(at + 1)) return true;
  return (
    short.charAt(at) === long.charAt(at + 1) &&
    short.charAt(at + 1) === long.charAt(at) &&
    short.slice(at + 2) === long.slice(at + 2)
  );
}
