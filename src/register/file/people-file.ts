import type { Caseload } from '../../core/ids.js';
import { readImportRow, type ReadRow, type RowRules } from '../import-row.js';
import { readLines } from '../read-lines.js';
import { wholeRow } from '../row-reader.js';
import { noMapping, parseMapping, resolveHeading, type Mapping } from './columns.js';
import { CsvReader, separators, type CsvLimits, type CsvRecord, type Separator } from './csv.js';
import { readCsvRow } from './csv-row.js';
import { decodeText, recogniseEncoding, type TextEncoding } from './encoding.js';
import { FileFault } from './file-fault.js';

export const fileFormats = ['CSV', 'JSON_LINES'] as const;
export type FileFormat = (typeof fileFormats)[number];

/** A file of people, as it was handed over: what is not declared is recognised. */
export interface PeopleFile {
  /** The bytes from the beginning, each time it is called. */
  readonly open: () => AsyncIterable<Uint8Array>;
  readonly format?: FileFormat;
  readonly separator?: Separator;
  /** Label of the WHATWG Encoding Standard, such as `Windows-1256`. CSV only. */
  readonly encoding?: string;
  /** Bytes of a mapping file, see {@link Mapping}. CSV only. */
  readonly mapping?: Uint8Array;
}

export interface SourceRow {
  /** Line of the file the row starts on, from 1. */
  readonly line: number;
  readonly read: ReadRow;
}

/** What a file turned out to be, once all of it was looked through. */
export interface SurveyedFile {
  readonly layout: FileLayout;
  /** Rows that hold anything, the heading left out. */
  readonly rows: number;
  read(rules: RowRules): AsyncIterable<SourceRow>;
}

export type FileLayout =
  | { readonly format: 'JSON_LINES' }
  | {
      readonly format: 'CSV';
      readonly encoding: TextEncoding;
      readonly separator: Separator;
      readonly columns: readonly string[];
    };

/** Longest row, bytes of JSON or UTF-16 code units of CSV. */
export const longestRow = 64 * 1024;
export const csvLimits: CsvLimits = { longestRecord: longestRow, mostCells: 256 };

/** How workbooks, documents, archives and one JSON list of everybody begin: none of it is rows. */
const otherFormats =
  /^(?:PK\x03\x04|\xd0\xcf\x11\xe0|%PDF-|\x1f\x8b|(?:\xef\xbb\xbf)?\s*\[\s*[{[])/;

/**
 * Looks through the whole file before anything of it is taken in: how it is written, whether all of
 * it decodes and falls into cells, how many rows it has.
 *
 * @throws {FileFault}
 */
export async function surveyFile(
  file: PeopleFile,
  caseload: Caseload | undefined,
): Promise<SurveyedFile> {
  const head = await readHead(file.open());
  if (head.length === 0) throw new FileFault('FILE_EMPTY');
  const start = head.toString('latin1');
  if (otherFormats.test(start)) throw new FileFault('FORMAT_UNKNOWN');
  const format = file.format ?? (/^(?:\xef\xbb\xbf)?\s*\{/.test(start) ? 'JSON_LINES' : 'CSV');
  if (format === 'JSON_LINES') {
    if (file.mapping !== undefined) throw new FileFault('MAPPING_INVALID', 1, 'mapping');
    let rows = 0;
    for await (const { bytes } of readLines(file.open(), longestRow)) {
      if (bytes?.length !== 0) rows += 1;
    }
    return { layout: { format }, rows, read: (rules) => readJsonLines(file.open(), rules) };
  }
  const mapping = file.mapping === undefined ? noMapping : parseMapping(file.mapping);
  const encoding = recogniseEncoding(head, file.encoding);
  const records = async function* (separator: Separator): AsyncGenerator<CsvRecord> {
    const reader = new CsvReader(separator, csvLimits);
    for await (const text of decodeText(file.open(), encoding)) yield* reader.push(text);
    yield* reader.end();
  };
  const { separator, columns } = await recogniseHeading(file, mapping, caseload, records);
  let rows = -1;
  for await (const record of records(separator)) if (holdsAnything(record)) rows += 1;
  const read = async function* (rules: RowRules): AsyncGenerator<SourceRow> {
    let heading = true;
    for await (const record of records(separator)) {
      if (!holdsAnything(record)) continue;
      if (heading) heading = false;
      else yield { line: record.line, read: readRecord(record, columns, mapping, rules) };
    }
  };
  return { layout: { format, encoding, separator, columns }, rows, read };
}

/** Rows of JSON Lines; empty lines are none. */
export async function* readJsonLines(
  source: AsyncIterable<Uint8Array>,
  rules: RowRules,
): AsyncGenerator<SourceRow> {
  for await (const { number: line, bytes } of readLines(source, longestRow)) {
    if (bytes?.length === 0) continue;
    yield { line, read: bytes === undefined ? rowTooLong : readImportRow(bytes, rules) };
  }
}

const rowTooLong: ReadRow = {
  ok: false,
  reference: undefined,
  faults: [{ column: wholeRow, code: 'ROW_TOO_LONG' }],
};

function readRecord(
  record: CsvRecord,
  columns: readonly string[],
  mapping: Mapping,
  rules: RowRules,
): ReadRow {
  return record.tooLong ? rowTooLong : readCsvRow(columns, record.cells, mapping, rules);
}

/** Spreadsheets leave rows of empty cells behind. */
export function holdsAnything(record: CsvRecord): boolean {
  return record.tooLong || record.cells.some((cell) => cell.trim() !== '');
}

/**
 * The separator is the one under which the heading names columns; when none does, the fault of the
 * one that cuts the heading into most.
 */
async function recogniseHeading(
  file: PeopleFile,
  mapping: Mapping,
  caseload: Caseload | undefined,
  records: (separator: Separator) => AsyncGenerator<CsvRecord>,
): Promise<{ readonly separator: Separator; readonly columns: readonly string[] }> {
  let fault = new FileFault('FILE_EMPTY');
  let mostCells = 0;
  for (const separator of file.separator === undefined ? separators : [file.separator]) {
    let cells: readonly string[] = [];
    try {
      cells = await firstRecord(records(separator));
      if (cells.length === 0) continue;
      const columns = resolveHeading(cells, mapping, caseload !== undefined);
      return { separator, columns };
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      if (cells.length > mostCells || mostCells === 0) fault = error;
      mostCells = Math.max(mostCells, cells.length);
    }
  }
  // Nobody is known by one cell.
  if (mostCells === 1) throw new FileFault('SEPARATOR_UNKNOWN');
  throw fault;
}

async function firstRecord(records: AsyncGenerator<CsvRecord>): Promise<readonly string[]> {
  for await (const record of records) if (holdsAnything(record)) return record.cells;
  return [];
}

const headBytes = 4096;

async function readHead(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of source) {
    chunks.push(Uint8Array.from(chunk));
    size += chunk.length;
    if (size >= headBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, headBytes);
}
