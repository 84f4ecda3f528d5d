import type { DocumentType, Sex } from '../register/subject.js';

/**
 * Machine readable zones, ICAO Doc 9303: TD1 (part 5, three lines of 30), TD2 (part 6, two of 36),
 * TD3 (part 4, two of 44), and the visas MRV-A and MRV-B (part 7), with the check digits of part 3
 * section 4.9. A check digit that fails refuses the zone: it was misread, and a misread zone names
 * somebody else.
 */
export interface MachineReadableZone {
  readonly documentType: DocumentType;
  readonly documentNumber: string;
  readonly issuingState: string;
  readonly nationality: string;
  /** Secondary then primary identifier, words separated by one space; `` when both are absent. */
  readonly name: string;
  /** YYMMDD with `<` for what is unknown. */
  readonly birth: string;
  readonly sex: Sex | undefined;
}

const lineForm = /^[A-Z0-9<]+$/;

/** @returns undefined when the lines are no zone of a known form or a check digit fails */
export function parseMachineReadableZone(
  lines: readonly string[],
): MachineReadableZone | undefined {
  if (lines.length < 2 || lines.length > 3) return undefined;
  const clean = lines.map((line) =>
    line.length > 60 ? '' : line.replace(/\s/g, '').toUpperCase(),
  );
  if (!clean.every((line) => lineForm.test(line))) return undefined;
  const [first = '', second = '', third = ''] = clean;
  if (clean.length === 3) {
    return clean.every((line) => line.length === 30) ? parseTd1(first, second, third) : undefined;
  }
  if (first.length === 44 && second.length === 44) return parseTwoLines(first, second, 'TD3');
  if (first.length === 36 && second.length === 36) return parseTwoLines(first, second, 'TD2');
  return undefined;
}

function parseTd1(first: string, second: string, third: string): MachineReadableZone | undefined {
  const birth = digitsOf(second.slice(0, 6));
  const expiry = digitsOf(second.slice(8, 14));
  const composite =
    first.slice(5, 30) +
    birth +
    second.charAt(6) +
    expiry +
    second.charAt(14) +
    second.slice(18, 29);
  let number = first.slice(5, 14);
  let numberChecked = hasCheckDigit(number, first.charAt(14));
  if (first.charAt(14) === '<') {
    // Part 5, note j: a long number goes on in the optional data, its check digit last.
    const rest = first.slice(15).split('<')[0] ?? '';
    number += rest.slice(0, -1);
    numberChecked = rest.length > 1 && hasCheckDigit(number, rest.slice(-1));
  }
  if (!numberChecked || !hasCheckDigit(birth, second.charAt(6))) return undefined;
  if (!hasCheckDigit(expiry, second.charAt(14))) return undefined;
  if (!hasCheckDigit(composite, second.charAt(29))) return undefined;
  return zone(first, number, second.slice(15, 18), third, birth, second.charAt(7));
}

function parseTwoLines(
  first: string,
  second: string,
  form: 'TD2' | 'TD3',
): MachineReadableZone | undefined {
  const birth = digitsOf(second.slice(13, 19));
  const expiry = digitsOf(second.slice(21, 27));
  let number = second.slice(0, 9);
  let numberChecked = hasCheckDigit(number, second.charAt(9));
  if (form === 'TD2' && second.charAt(9) === '<' && !first.startsWith('V')) {
    const rest = second.slice(28, 35).split('<')[0] ?? '';
    number += rest.slice(0, -1);
    numberChecked = rest.length > 1 && hasCheckDigit(number, rest.slice(-1));
  }
  if (!numberChecked || !hasCheckDigit(birth, second.charAt(19))) return undefined;
  if (!hasCheckDigit(expiry, second.charAt(27))) return undefined;
  // Visas (part 7) have no composite check digit.
  if (!first.startsWith('V')) {
    const body = second.slice(0, 10) + birth + second.charAt(19) + expiry + second.charAt(27);
    const last = form === 'TD3' ? 43 : 35;
    if (!hasCheckDigit(body + second.slice(28, last), second.charAt(last))) return undefined;
    if (form === 'TD3' && !hasCheckDigit(second.slice(28, 42), second.charAt(42))) {
      // The personal number may be empty, its check digit then 0 or `<` (part 4, section 4.2.2).
      return undefined;
    }
  }
  return zone(first, number, second.slice(10, 13), first.slice(5), birth, second.charAt(20));
}

function zone(
  first: string,
  number: string,
  nationality: string,
  names: string,
  birth: string,
  sex: string,
): MachineReadableZone | undefined {
  const documentNumber = number.replace(/</g, '');
  if (documentNumber.length === 0) return undefined;
  const [primary = '', secondary = ''] = names.split('<<');
  const name = `${secondary} ${primary}`.replace(/</g, ' ').replace(/\s+/g, ' ').trim();
  return Object.freeze({
    documentType: documentTypeOf(first),
    documentNumber,
    issuingState: first.slice(2, 5).replace(/</g, ''),
    nationality: nationality.replace(/</g, ''),
    name,
    birth,
    sex: sex === 'F' || sex === 'M' ? sex : undefined,
  });
}

function documentTypeOf(first: string): DocumentType {
  if (first.startsWith('P')) return 'PASSPORT';
  if (first.startsWith('V')) return 'VISA';
  return /^[AIC]/.test(first) ? 'NATIONAL_ID' : 'OTHER';
}

/** Letters a reader takes for digits, in a field that has digits only. */
function digitsOf(field: string): string {
  return field
    .replace(/[OQD]/g, '0')
    .replace(/[IL]/g, '1')
    .replace(/Z/g, '2')
    .replace(/S/g, '5')
    .replace(/G/g, '6')
    .replace(/B/g, '8');
}

const weights = [7, 3, 1] as const;

/** Part 3 section 4.9: weights 7 3 1, A is 10, `<` is 0, sum modulo 10. */
export function checkDigit(field: string): number {
  let sum = 0;
  for (let at = 0; at < field.length; at += 1) {
    const code = field.charCodeAt(at);
    const value = code === 60 ? 0 : code <= 57 ? code - 48 : code - 55;
    sum += value * (weights[at % 3] ?? 0);
  }
  return sum % 10;
}

function hasCheckDigit(field: string, digit: string): boolean {
  if (digit === '<') return /^<*$/.test(field);
  return checkDigit(field) === Number(digitsOf(digit));
}
