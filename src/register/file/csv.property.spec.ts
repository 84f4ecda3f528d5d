import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  CsvReader,
  makeHarmless,
  readHarmless,
  separators,
  writeCsvRecord,
  type CsvRecord,
  type Separator,
} from './csv.js';
import { FileFault } from './file-fault.js';

const limits = { longestRecord: 10_000, mostCells: 100 };

/** Reads text in pieces of one size. */
function read(text: string, separator: Separator, pieceSize: number): CsvRecord[] {
  const reader = new CsvReader(separator, limits);
  const records: CsvRecord[] = [];
  for (let at = 0; at < text.length; at += pieceSize) {
    records.push(...reader.push(text.slice(at, at + pieceSize)));
  }
  records.push(...reader.end());
  return records;
}

const cell = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom(',', ';', '\t', '"', '\r', '\n', "'", '=', 'a', 'پ') }),
);
const separator = fc.constantFrom(...separators);

test('what is written is read again, in pieces of any size, on the lines it stands on', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(cell, { minLength: 1, maxLength: 5 }), { maxLength: 5 }),
      separator,
      fc.integer({ min: 1, max: 9 }),
      (records, by, pieceSize) => {
        const text = records.map((cells) => writeCsvRecord(cells, by)).join('');
        const again = read(text, by, pieceSize);
        expect(again.map(({ cells }) => cells)).toEqual(records);
        for (const [at, { line }] of again.entries()) {
          const before = records.slice(0, at).map((cells) => writeCsvRecord(cells, by));
          expect(line).toBe(before.join('').split('\n').length);
        }
      },
    ),
  );
});

test('no cell made harmless begins like a formula, and reading gives it back', () => {
  fc.assert(
    fc.property(
      cell,
      fc.constantFrom('', '=', '+', '-', '@', '\t=', ' \u200f=', "'=", '＝'),
      (text, start) => {
        const harmless = makeHarmless(start + text);
        expect(harmless).not.toMatch(/^(?:[\t\r]|[\s\p{Cf}]*[=+\-@＝＋－＠])/u);
        expect(readHarmless(harmless)).toBe(start + text);
      },
    ),
  );
});

test('any text reads as records or is refused, never otherwise', () => {
  fc.assert(
    fc.property(cell, separator, fc.integer({ min: 1, max: 9 }), (text, by, pieceSize) => {
      try {
        expect(read(text, by, pieceSize)).toEqual(read(text, by, 1000));
      } catch (error) {
        expect(error).toBeInstanceOf(FileFault);
      }
    }),
  );
});

test.each([
  ['a quote inside a cell', 'a,b\nc"d,e\n', 'QUOTE_INVALID', 2],
  ['text after a closing quote', '"a"b,c\n', 'QUOTE_INVALID', 1],
  ['a quote that nothing closes', 'a\n\n"b\nc\n', 'QUOTE_UNCLOSED', 3],
])('refuses %s with its line', (_, text, code, line) => {
  expect(() => read(text, ',', 3)).toThrow(expect.objectContaining({ code, line }));
});

test('reads past a record that is too long, and past one of too many cells', () => {
  const records = read(`${'x'.repeat(20_000)}\n${','.repeat(200)}\na,b`, ',', 999);
  expect(records).toEqual([
    { line: 1, cells: [], tooLong: true },
    { line: 2, cells: [], tooLong: true },
    { line: 3, cells: ['a', 'b'], tooLong: false },
  ]);
});
