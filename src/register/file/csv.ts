import { FileFault } from './file-fault.js';

/**
 * CSV (RFC 4180 §2): cells between separators, records between line breaks (CRLF, or LF alone), a
 * cell in quotes may hold both and a doubled quote. White space belongs to the cell. A quote
 * elsewhere refuses the file: after it nobody can tell where the next cell begins.
 */
export const separators = [',', ';', '\t'] as const;
export type Separator = (typeof separators)[number];

export interface CsvRecord {
  /** Line of the file it starts on, from 1. */
  readonly line: number;
  /** Empty when the record is longer than allowed. */
  readonly cells: readonly string[];
  readonly tooLong: boolean;
}

export interface CsvLimits {
  /** UTF-16 code units of one record, read past and not kept beyond. */
  readonly longestRecord: number;
  readonly mostCells: number;
}

type State = 'START' | 'PLAIN' | 'QUOTED' | 'QUOTE_IN_QUOTED';

/** Reads records from pieces of text, holding one record at a time. */
export class CsvReader {
  readonly #separator: Separator;
  readonly #limits: CsvLimits;
  readonly #special: RegExp;
  #state: State = 'START';
  #line = 1;
  #recordLine = 1;
  #cells: string[] = [];
  #cell = '';
  #size = 0;
  #held = '';

  constructor(separator: Separator, limits: CsvLimits) {
    this.#separator = separator;
    this.#limits = limits;
    this.#special = new RegExp(`[${separator}"\n]`, 'g');
  }

  /** @throws {FileFault} QUOTE_INVALID with the line the record starts on */
  *push(piece: string): Generator<CsvRecord> {
    let text = this.#held + piece;
    this.#held = '';
    // CR and LF may come in two pieces.
    if (text.endsWith('\r')) {
      this.#held = '\r';
      text = text.slice(0, -1);
    }
    let at = 0;
    while (at < text.length) {
      if (this.#state === 'QUOTED') {
        const end = text.indexOf('"', at);
        this.#append(text.slice(at, end < 0 ? text.length : end), true);
        if (end < 0) return;
        this.#state = 'QUOTE_IN_QUOTED';
        at = end + 1;
        continue;
      }
      if (this.#state === 'QUOTE_IN_QUOTED') {
        const next = text[at];
        if (next === '"') {
          this.#append('"', false);
          this.#state = 'QUOTED';
        } else if (next === this.#separator) {
          this.#endCell();
        } else if (next === '\n') {
          yield this.#endRecord();
        } else if (next !== '\r' || text[at + 1] !== '\n') {
          throw new FileFault('QUOTE_INVALID', this.#recordLine);
        }
        at += 1;
        continue;
      }
      if (this.#state === 'START' && text[at] === '"') {
        this.#state = 'QUOTED';
        at += 1;
        continue;
      }
      this.#special.lastIndex = at;
      const end = this.#special.exec(text)?.index ?? text.length;
      if (end > at) this.#state = 'PLAIN';
      this.#append(text.slice(at, end), false);
      at = end + 1;
      if (text[end] === this.#separator) this.#endCell();
      else if (text[end] === '\n') yield this.#endRecord();
      else if (text[end] === '"') throw new FileFault('QUOTE_INVALID', this.#recordLine);
    }
  }

  /**
   * The last record, where nothing ends it.
   *
   * @throws {FileFault} QUOTE_UNCLOSED with the line the record starts on
   */
  *end(): Generator<CsvRecord> {
    if (this.#state === 'QUOTED') throw new FileFault('QUOTE_UNCLOSED', this.#recordLine);
    if (this.#state !== 'START' || this.#cells.length > 0) yield this.#endRecord();
  }

  #append(piece: string, countLines: boolean): void {
    if (countLines) {
      for (let at = piece.indexOf('\n'); at >= 0; at = piece.indexOf('\n', at + 1)) this.#line += 1;
    }
    this.#size += piece.length;
    if (this.#size <= this.#limits.longestRecord) this.#cell += piece;
  }

  #endCell(): void {
    if (this.#cells.length < this.#limits.mostCells) this.#cells.push(this.#cell);
    else this.#size = Infinity;
    this.#cell = '';
    this.#state = 'START';
  }

  #endRecord(): CsvRecord {
    if (this.#state === 'PLAIN' && this.#cell.endsWith('\r')) this.#cell = this.#cell.slice(0, -1);
    this.#endCell();
    const tooLong = this.#size > this.#limits.longestRecord;
    const record = { line: this.#recordLine, cells: tooLong ? [] : this.#cells, tooLong };
    this.#line += 1;
    this.#recordLine = this.#line;
    this.#cells = [];
    this.#size = 0;
    return record;
  }
}

/** One record with its line break. Whatever another program might take for a separator is quoted. */
export function writeCsvRecord(cells: readonly string[], separator: Separator): string {
  const written = cells.map((cell) =>
    /[",;\t|\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell,
  );
  return `${written.join(separator)}\r\n`;
}

/** What a spreadsheet would take for a formula, in ASCII or full width, after invisible signs too. */
const formula = '(?:[\\t\\r]|[\\s\\p{Cf}]*[=+\\-@\uff1d\uff0b\uff0d\uff20])';
const looksLikeFormula = new RegExp(`^'*${formula}`, 'u');
const madeHarmless = new RegExp(`^'+${formula}`, 'u');

/** A cell as it may be opened in a spreadsheet: an apostrophe keeps a formula from being one. */
export function makeHarmless(cell: string): string {
  return looksLikeFormula.test(cell) ? `'${cell}` : cell;
}

/** The inverse of {@link makeHarmless}: the apostrophe is not part of the data. */
export function readHarmless(cell: string): string {
  return madeHarmless.test(cell) ? cell.slice(1) : cell;
}
