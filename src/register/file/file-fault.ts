/** Why a whole file is refused, before anything of it is taken in. */
export type FileFaultCode =
  | 'BYTES_INVALID'
  | 'COLUMN_MISSING'
  | 'COLUMN_REPEATED'
  | 'COLUMN_UNKNOWN'
  | 'ENCODING_UNKNOWN'
  | 'FILE_EMPTY'
  | 'FORMAT_UNKNOWN'
  | 'HEADING_REPEATED'
  | 'MAPPING_INVALID'
  | 'QUOTE_INVALID'
  | 'QUOTE_UNCLOSED'
  | 'ROW_COUNT_DIFFERS'
  | 'SEPARATOR_UNKNOWN';

/** The column of findings about the file as a whole. */
export const wholeFile = 'file';

/** A file that is refused. Names line and column, never a value; headings may be values too. */
export class FileFault extends Error {
  override readonly name = 'FileFault';
  readonly code: FileFaultCode;
  /** Line of the file, from 1. */
  readonly line: number;
  /** Column of the contract, `#3` for the third of an unknown heading, or {@link wholeFile}. */
  readonly column: string;

  constructor(code: FileFaultCode, line = 1, column = wholeFile) {
    super(`${code} in line ${line}, ${column}`);
    this.code = code;
    this.line = line;
    this.column = column;
  }
}
