import { looksSolarHijri, parseEdtf } from '../core/dates/index.js';
import type { StateCode } from '../core/ids.js';
import { cleanName, findNameFault, foldDigits } from '../core/matching/index.js';
import { readStateCode } from '../core/register/states.js';

/** Why a row of an import is rejected. */
export type RowFaultCode =
  | 'CALENDAR_MISSING'
  | 'CASELOAD_DIFFERS'
  | 'CASELOAD_RESERVED'
  | 'CELLS_DIFFER'
  | 'CODE_UNKNOWN'
  | 'CONTROL_CHARACTER'
  | 'DATE_INVALID'
  | 'DATE_ORDER_MISSING'
  | 'DATE_OUT_OF_RANGE'
  | 'DOCUMENT_NUMBER_INVALID'
  | 'EMPTY'
  | 'JSON_INVALID'
  | 'MEMBER_MISSING'
  | 'MEMBER_UNKNOWN'
  | 'NAME_UNREADABLE'
  | 'NO_LETTERS'
  | 'REFERENCE_REPEATED'
  | 'ROW_TOO_LONG'
  | 'SPREADSHEET_DAMAGE'
  | 'STATE_UNKNOWN'
  | 'SUPPRESSION_UNKNOWN'
  | 'TOO_LONG'
  | 'TOO_MANY'
  | 'TYPE_WRONG'
  | 'YEAR_TWO_DIGITS';

export type RowWarningCode = 'PLACEHOLDER_DATE' | 'TOO_LITTLE_TO_MATCH';

/** One finding. `column` is a path of member names, such as `names[0].full`; never a value. */
export interface RowFault {
  readonly column: string;
  readonly code: RowFaultCode;
}

export interface RowWarning {
  readonly column: string;
  readonly code: RowWarningCode;
}

/** The column of findings about the row as a whole. */
export const wholeRow = 'row';

const control = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}\u2028\u2029]/u;
/** Bidirectional controls and other characters that cannot be seen: in a code, a trap. */
const invisible = /\p{Cf}/gu;
/**
 * What a spreadsheet, or a program that took a column for numbers, leaves of a value: `1.23457E+11`, `1234567.0`,
 * `#N/A`, `########`. Of a reference it would make one person of many.
 */
const spreadsheetDamage =
  /^(?:[+-]?\d+(?:[.,]\d+)?E\+\d+|\d+[.,]0|#(?:#+|\p{L}[\p{L}/0]*[!?]?))$/iu;
const earliestYear = 1900;
const latestYear = 2199;

/** Reads the members of one row and collects what is wrong with them. `null` reads as absent. */
export class RowReader {
  readonly faults: RowFault[] = [];
  readonly warnings: RowWarning[] = [];

  /** @param isKept whether a member is on the register already: it was taken once, and is not judged anew */
  constructor(readonly isKept: (column: string) => boolean = () => false) {}

  fault(column: string, code: RowFaultCode): undefined {
    this.faults.push({ column, code });
    return undefined;
  }

  warn(column: string, code: RowWarningCode): void {
    this.warnings.push({ column, code });
  }

  /** An object of known members. An unknown member's name is not told: it may be a value. */
  object(
    value: unknown,
    column: string,
    members: ReadonlySet<string>,
  ): Readonly<Record<string, unknown>> | undefined {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return this.fault(column, 'TYPE_WRONG');
    }
    if (!Object.keys(value).every((member) => members.has(member))) {
      return this.fault(column, 'MEMBER_UNKNOWN');
    }
    return value as Readonly<Record<string, unknown>>;
  }

  list(value: unknown, column: string, most: number): readonly unknown[] {
    if (value == null) return [];
    if (!Array.isArray(value)) return this.fault(column, 'TYPE_WRONG') ?? [];
    if (value.length > most) return this.fault(column, 'TOO_MANY') ?? [];
    return value;
  }

  /** A text other than a name: references, classes. */
  text(value: unknown, column: string, longest: number): string | undefined {
    if (value == null) return undefined;
    if (typeof value !== 'string') return this.fault(column, 'TYPE_WRONG');
    if (value.length > longest) return this.fault(column, 'TOO_LONG');
    if (control.test(value)) return this.fault(column, 'CONTROL_CHARACTER');
    const text = value.replace(invisible, '').trim();
    if (spreadsheetDamage.test(text) && !this.isKept(column)) {
      return this.fault(column, 'SPREADSHEET_DAMAGE');
    }
    return text === '' ? this.fault(column, 'EMPTY') : text;
  }

  name(value: unknown, column: string): string | undefined {
    if (value == null) return undefined;
    if (typeof value !== 'string') return this.fault(column, 'TYPE_WRONG');
    if (spreadsheetDamage.test(value.trim()) && !this.isKept(column)) {
      return this.fault(column, 'SPREADSHEET_DAMAGE');
    }
    const fault = findNameFault(value);
    return fault === undefined ? cleanName(value) : this.fault(column, fault);
  }

  code<T extends string>(value: unknown, column: string, codes: readonly T[]): T | undefined {
    if (value == null) return undefined;
    if (typeof value !== 'string') return this.fault(column, 'TYPE_WRONG');
    return codes.find((code) => code === value) ?? this.fault(column, 'CODE_UNKNOWN');
  }

  state(value: unknown, column: string): StateCode | undefined {
    if (value == null) return undefined;
    if (typeof value !== 'string') return this.fault(column, 'TYPE_WRONG');
    return readStateCode(value) ?? this.fault(column, 'STATE_UNKNOWN');
  }

  /** A date as text, its digits in ASCII; what it means is for the caller to judge. */
  dateText(value: unknown, column: string): string | undefined {
    const text = this.text(value, column, 120);
    return text === undefined ? undefined : foldDigits(text);
  }

  /** A date in the Gregorian calendar of a document or visa. */
  date(value: unknown, column: string): string | undefined {
    const text = this.dateText(value, column);
    if (text === undefined) return undefined;
    if (looksSolarHijri(text)) return this.fault(column, 'CALENDAR_MISSING');
    if (parseEdtf(text, 'GREGORIAN') === undefined) return this.fault(column, 'DATE_INVALID');
    const years = text.match(/\d{4}/g) ?? [];
    const possible = years.every((year) => +year >= earliestYear && +year <= latestYear);
    return possible ? text : this.fault(column, 'DATE_OUT_OF_RANGE');
  }
}
