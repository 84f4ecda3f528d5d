import { closeSync, openSync, writeSync } from 'node:fs';
import { extname } from 'node:path';
import { GatewayError } from '../../core/errors.js';
import { CsvReader, makeHarmless, writeCsvRecord } from './csv.js';
import { decodeText, textEncoder } from './encoding.js';
import { csvLimits, holdsAnything, longestRow, type FileLayout } from './people-file.js';
import { readLines } from '../read-lines.js';

/**
 * The rejected rows of a file, in its own format and encoding, heading included: to be corrected and
 * imported again. What a spreadsheet would take for a formula is made harmless; reading undoes it.
 * Rows too long to be kept are left out.
 *
 * @param open the bytes that were imported, from their beginning
 * @param lines of the rejected rows, see ImportReport.rejectedLines
 */
export async function* rejectedRows(
  open: () => AsyncIterable<Uint8Array>,
  layout: FileLayout,
  lines: readonly number[],
): AsyncGenerator<Buffer> {
  const wanted = new Set(lines);
  if (layout.format === 'JSON_LINES') {
    for await (const { number, bytes } of readLines(open(), longestRow)) {
      if (wanted.has(number) && bytes !== undefined) yield harmlessJsonLine(bytes);
    }
    return;
  }
  const encode = textEncoder(layout.encoding);
  const reader = new CsvReader(layout.separator, csvLimits);
  const write = (cells: readonly string[]) =>
    encode(writeCsvRecord(cells.map(makeHarmless), layout.separator));
  const records = async function* () {
    for await (const text of decodeText(open(), layout.encoding)) yield* reader.push(text);
    yield* reader.end();
  };
  yield layout.encoding.byteOrderMark;
  let heading = true;
  for await (const record of records()) {
    if (!holdsAnything(record)) continue;
    if (heading || (wanted.has(record.line) && !record.tooLong)) yield write(record.cells);
    heading = false;
  }
}

const atCellStart = new Set(Buffer.from(',;\t|"\'', 'latin1'));
const formulaBytes = new Set(Buffer.from('=+-@\t\r', 'latin1'));

/**
 * A line of JSON in which nothing that a spreadsheet could cut out as a cell begins like a formula:
 * such a character is written as its escape (RFC 8259 §7), which reads as the same text.
 */
function harmlessJsonLine(line: Uint8Array): Buffer {
  const parts: Buffer[] = [];
  let before = 0x2c;
  for (const byte of line) {
    const formula = formulaBytes.has(byte) && atCellStart.has(before);
    parts.push(formula ? Buffer.from(`\\u${byte.toString(16).padStart(4, '0')}`) : Buffer.of(byte));
    before = byte;
  }
  return Buffer.concat([...parts, Buffer.from('\n')]);
}

/** Files tried beside one input before giving up. */
const mostFiles = 1000;

/**
 * Writes the rejected rows beside the input, mode 0600, over nothing that is there:
 * `people.csv` gives `people.rejected.csv`, then `people.rejected-2.csv`.
 *
 * @param namedPath another name for it
 * @returns the path
 * @throws {GatewayError} ERR_CONFIGURATION when the name is taken
 */
export async function writeRejectedRows(
  inputPath: string,
  rows: AsyncIterable<Uint8Array>,
  namedPath?: string,
): Promise<string> {
  const { path, descriptor } =
    namedPath === undefined ? createBeside(inputPath) : createNamed(namedPath);
  try {
    for await (const row of rows) writeSync(descriptor, row);
  } finally {
    closeSync(descriptor);
  }
  return path;
}

/** A file of a name that was given; over nothing that is there either. */
function createNamed(path: string): { readonly path: string; readonly descriptor: number } {
  try {
    return { path, descriptor: openSync(path, 'wx', 0o600) };
  } catch (cause) {
    throw new GatewayError('ERR_CONFIGURATION', {
      detail: `${path} is there already, or cannot be written`,
      cause,
    });
  }
}

function createBeside(inputPath: string): { readonly path: string; readonly descriptor: number } {
  const extension = extname(inputPath);
  const stem = inputPath.slice(0, inputPath.length - extension.length);
  for (let number = 1; number <= mostFiles; number += 1) {
    const path = `${stem}.rejected${number === 1 ? '' : `-${number}`}${extension}`;
    try {
      return { path, descriptor: openSync(path, 'wx', 0o600) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  throw new TypeError('too many files of rejected rows beside the input');
}
