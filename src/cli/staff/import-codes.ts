/** What to do about a finding of an import, for codes that do not say it themselves. */
const hints: Readonly<Record<string, string>> = {
  BYTES_INVALID: 'another encoding; declare it with --encoding',
  CALENDAR_MISSING: 'name the calendar of the date',
  CASELOAD_DIFFERS: 'not the one of --caseload',
  CELLS_DIFFER: 'another number of cells than the heading has',
  CODE_UNKNOWN: 'none of the values this column takes',
  COLUMN_MISSING: 'reference and name are needed, and caseload or --caseload',
  COLUMN_UNKNOWN: 'no column of the import; --mapping names foreign ones',
  DATE_INVALID: 'no day there is',
  DATE_ORDER_MISSING: 'day or month first? write 1984-03-15, or declare dateOrder in --mapping',
  DATE_OUT_OF_RANGE: 'before 1900, or in the future',
  ENCODING_UNKNOWN: 'declare it with --encoding',
  HEADING_REPEATED: 'the same heading twice',
  MAPPING_INVALID: 'the mapping file is not as docs/register.md has it',
  REFERENCE_REPEATED: 'an earlier line has it; only the first counts',
  SEPARATOR_UNKNOWN: 'declare it with --separator',
  STATE_UNKNOWN: 'write its code of three letters, or name it under states in --mapping',
  SUPPRESSION_UNKNOWN: 'no partner or state of this code',
  TOO_LITTLE_TO_MATCH: 'nobody will be able to find them',
  YEAR_TWO_DIGITS: 'write the year with four digits',
};

export function hintOf(code: string): string {
  const hint = hints[code];
  return hint === undefined ? '' : ` (${hint})`;
}

/** `#3` is the third column of the heading: its name may be a value, and is not repeated. */
export const inWords = (column: string): string => column.replace(/^#(\d+)$/, 'column $1');
