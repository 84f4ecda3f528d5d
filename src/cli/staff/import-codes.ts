import type { FileFaultCode, RowFaultCode, RowWarningCode } from '../../register/index.js';

/** What a finding of an import means, and what to do about it; a code without words does not compile. */
const hints: Readonly<Record<FileFaultCode | RowFaultCode | RowWarningCode, string>> = {
  BYTES_INVALID: 'another encoding; declare it with --encoding, or save the file as UTF-8',
  CALENDAR_MISSING: 'name the calendar of the date',
  CASELOAD_DIFFERS: 'not the one of --caseload',
  CASELOAD_RESERVED: 'the caseload of the built-in made-up people',
  CELLS_DIFFER: 'another number of cells than the heading has, or one under an empty heading',
  CODE_UNKNOWN: 'none of the values this column takes',
  COLUMN_MISSING: 'reference and name are needed, and caseload or --caseload',
  COLUMN_REPEATED: 'two headings for one column',
  COLUMN_UNKNOWN:
    'no column of the import; the heading is the first line, and --mapping names foreign ones',
  CONTROL_CHARACTER: 'a line break or another character that cannot be seen',
  DATE_INVALID: 'no day there is',
  DATE_ORDER_MISSING: 'day or month first? write 1984-03-15, or declare dateOrder in --mapping',
  DATE_OUT_OF_RANGE: 'too long ago, or in the future',
  DOCUMENT_NUMBER_INVALID: 'not what a number of this type of document looks like',
  EMPTY: 'nothing but white space',
  ENCODING_UNKNOWN:
    'not declared, not one that is known, or not the one the file begins with: --encoding, or save the file as UTF-8',
  FILE_EMPTY: 'there is nothing in it',
  FORMAT_UNKNOWN:
    'a workbook, archive or list, not rows of text: save it as CSV in UTF-8, or as one JSON object a line',
  HEADING_REPEATED: 'the same heading twice',
  JSON_INVALID: 'not one JSON object on one line, or a member twice',
  MAPPING_INVALID: 'the mapping file is not as docs/register.md has it',
  MEMBER_MISSING: 'it is needed',
  MEMBER_UNKNOWN: 'no member of the import',
  NAME_UNREADABLE: 'in no script that names are matched in',
  NO_LETTERS: 'a name without letters',
  PLACEHOLDER_DATE: 'often written when the day is not known: 1984 alone says so',
  QUOTE_INVALID:
    'a quotation mark inside a cell: the cell has to be in quotes, and the mark doubled',
  QUOTE_UNCLOSED: 'the quotation mark that opens here is never closed',
  REFERENCE_REPEATED: 'an earlier line has it; only the first counts',
  ROW_COUNT_DIFFERS: 'look whether it is the right file, whole',
  ROW_TOO_LONG: 'more than 64 KiB; not in the file of rejected rows either',
  SEPARATOR_UNKNOWN:
    'the first line, which has to be the heading, is one cell: comma, semicolon or tab between cells',
  SPREADSHEET_DAMAGE:
    'what a spreadsheet shows in place of the value: make the column text, and fill it in again',
  STATE_UNKNOWN: 'write its code of three letters, or name it under states in --mapping',
  SUPPRESSION_UNKNOWN: 'no partner or state of this code',
  TOO_LITTLE_TO_MATCH: 'nobody will be able to find them',
  TOO_LONG: 'longer than this column takes',
  TOO_MANY: 'more than a person can have',
  TYPE_WRONG: 'another kind of JSON value than belongs here',
  YEAR_TWO_DIGITS: 'write the year with four digits',
};

/** A code another release of the gateway made has no words here. */
export function hintOf(code: string): string {
  const hint = (hints as Readonly<Record<string, string | undefined>>)[code];
  return hint === undefined ? '' : ` (${hint})`;
}

/**
 * Where a finding is. `#3` is the third column of the heading: its name may be a value, and is not
 * repeated.
 */
export function placeOf({
  line,
  column,
}: {
  readonly line: number;
  readonly column: string;
}): string {
  if (column === 'file' || column === 'row') return `line ${line}`;
  // Findings about the mapping file have no line there.
  if (column.startsWith('mapping')) return column.replace(/^mapping\.?/, 'mapping file ').trim();
  return `line ${line}, ${column.replace(/^#(\d+)$/, 'column $1')}`;
}
