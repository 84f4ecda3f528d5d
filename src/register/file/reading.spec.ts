import { describe, expect, test } from '@jest/globals';
import { parseMapping, resolveHeading } from './columns.js';
import { decodeText, recogniseEncoding, textEncoder } from './encoding.js';
import { readLocalDate, type DateOrder } from './local-date.js';

const mapping = (value: unknown) => parseMapping(Buffer.from(JSON.stringify(value), 'utf8'));

describe('a date of a spreadsheet', () => {
  const dates: readonly [text: string, order: DateOrder | undefined, read: object][] = [
    ['5/3/1984', 'DMY', { text: '1984-03-05' }],
    ['5/3/1984', 'MDY', { text: '1984-05-03' }],
    ['1984.3.5', 'YMD', { text: '1984-03-05' }],
    ['۵/۳/۱۳۶۳', 'DMY', { text: '1363-03-05' }],
    ['3/1984', 'DMY', { text: '1984-03' }],
    ['1984-03-05', 'DMY', { text: '1984-03-05' }],
    ['1984~', undefined, { text: '1984~' }],
    ['[1960..1965]', undefined, { text: '[1960..1965]' }],
    ['5/3/1984', undefined, { fault: 'DATE_ORDER_MISSING' }],
    ['25/12/1984', undefined, { fault: 'DATE_ORDER_MISSING' }],
    ['5/3/84', 'DMY', { fault: 'YEAR_TWO_DIGITS' }],
    ['84', undefined, { fault: 'YEAR_TWO_DIGITS' }],
    ['1984/3/5', 'DMY', { text: '1984/3/5' }],
    ['30756', 'DMY', { text: '30756' }],
  ];
  test.each(dates)('%s under %s', (text, order, read) => {
    expect(readLocalDate(text, order)).toEqual(read);
  });
});

describe('a mapping', () => {
  test('names columns, an order of dates and states', () => {
    const read = mapping({
      columns: { ' Full  name': 'name' },
      dateOrder: 'DMY',
      states: { Afghanistan: 'AFG' },
    });
    expect(resolveHeading(['reference', 'Full name', 'caseload'], read, false)).toEqual([
      'reference',
      'name',
      'caseload',
    ]);
    expect(read).toMatchObject({ dateOrder: 'DMY' });
  });

  test.each([
    [{ columns: { A: 'nonsense' } }, 'COLUMN_UNKNOWN'],
    [{ columns: { A: 'name', B: 'name' } }, 'COLUMN_REPEATED'],
    [{ columns: { A: 1 } }, 'MAPPING_INVALID'],
    [{ columns: { 'A ': 'name', A: 'name_2' } }, 'MAPPING_INVALID'],
    [{ columns: { Name: 'name', NAME: 'father_name' } }, 'MAPPING_INVALID'],
    [{ columns: { Name: 'name', NAME: 'name' } }, 'COLUMN_REPEATED'],
    [{ columns: { ' ': 'name' } }, 'MAPPING_INVALID'],
    [{ states: { Niger: 'NER', NIGER: 'NGA' } }, 'MAPPING_INVALID'],
    [
      { states: { 'C\u00f4te d\u2019Ivoire': 'CIV', 'CO\u0302TE  D\u2019IVOIRE': 'GHA' } },
      'MAPPING_INVALID',
    ],
    [
      {
        states: {
          '\u0627\u064a\u0631\u0627\u0646': 'IRN',
          '\u0627\u06cc\u0631\u0627\u0646': 'IRQ',
        },
      },
      'MAPPING_INVALID',
    ],
    [{ dateOrder: 'YDM' }, 'MAPPING_INVALID'],
    [{ states: { Nowhere: 'ZZZ' } }, 'MAPPING_INVALID'],
    [{ rows: {} }, 'MAPPING_INVALID'],
    [[], 'MAPPING_INVALID'],
  ])('is refused: %j', (value, code) => {
    expect(() => mapping(value)).toThrow(expect.objectContaining({ code }));
  });

  const states = {
    Afghanistan: 'AFG',
    AFGHANISTAN: 'AFG',
    'Côte d’Ivoire': 'CIV',
    Weißrussland: 'BLR',
    ایران: 'IRN',
    Austria: 'AUT',
    aus: 'AUT',
    BRN: 'BHR',
  };
  const isCode = (text: string) => /^[A-Z]{3}$/.test(text);
  test.each([
    ['AFGHANISTAN', 'AFG'],
    ['  afghanistan ', 'AFG'],
    ['Afghan\u00adistan', 'AFG'],
    ['Ａｆｇｈａｎｉｓｔａｎ', 'AFG'],
    ['co\u0302te\u00a0 d’ivoire', 'CIV'],
    ['WEISSRUSSLAND', 'BLR'],
    ['\u0627\u064a\u0631\u0640\u0627\u0646', 'IRN'],
    // As it is written in the mapping, before a code; a code, before another spelling.
    ['BRN', 'BHR'],
    ['aus', 'AUT'],
    ['AUS', 'AUS'],
    ['Aus', 'AUT'],
    ['brn', 'BHR'],
    ['Afghan istan', 'Afghan istan'],
    ['', ''],
  ])('reads the state %j as %j', (text, code) => {
    expect(mapping({ states }).states.meaningOf(text, isCode)).toBe(code);
  });

  test('names a column however its heading is spelt, but for the columns themselves', () => {
    const read = mapping({ columns: { NUMMER: 'reference', Name: 'father_name', Voll: 'name' } });
    expect(resolveHeading(['nummer', 'NAME', ' voll '], read, true)).toEqual([
      'reference',
      'father_name',
      'name',
    ]);
    expect(() => resolveHeading(['nummer', 'name', 'Voll'], read, true)).toThrow(
      expect.objectContaining({ code: 'COLUMN_REPEATED', column: 'name' }),
    );
    expect(() => resolveHeading(['nummer', 'NAME', 'Name', 'Voll'], read, true)).toThrow(
      expect.objectContaining({ code: 'COLUMN_REPEATED', column: 'father_name' }),
    );
  });

  test('is refused when a member stands twice', () => {
    const twice = Buffer.from('{"columns":{"A":"name","A":"sex"}}');
    expect(() => parseMapping(twice)).toThrow(expect.objectContaining({ code: 'MAPPING_INVALID' }));
  });
});

describe('a heading', () => {
  const none = mapping({});
  test.each([
    [['reference', 'name', 'caseload', 'note'], 'COLUMN_UNKNOWN', '#4'],
    [['reference', 'name', 'caseload', 'name'], 'HEADING_REPEATED', '#4'],
    [['reference', 'caseload'], 'COLUMN_MISSING', 'name'],
    [['reference', 'name'], 'COLUMN_MISSING', 'caseload'],
  ])('%j is refused', (headings, code, column) => {
    expect(() => resolveHeading(headings, none, false)).toThrow(
      expect.objectContaining({ code, column }),
    );
  });

  test('of two headings for one column is refused', () => {
    const read = mapping({ columns: { 'Full name': 'name' } });
    expect(() => resolveHeading(['reference', 'name', 'Full name'], read, true)).toThrow(
      expect.objectContaining({ code: 'COLUMN_REPEATED', column: 'name' }),
    );
  });

  test('needs no caseload when the file was declared to be of one', () => {
    expect(resolveHeading(['reference', 'name'], none, true)).toEqual(['reference', 'name']);
  });
});

describe('an encoding', () => {
  const text = 'reference,name\r\nR-1,محمد رحیم';
  test.each(['utf-8', 'utf-16le', 'utf-16be', 'windows-1256'])(
    '%s gives its text back',
    async (name) => {
      const arabic = text.replace('ی', 'ي');
      const bytes = textEncoder({ name, byteOrderMark: Buffer.alloc(0) })(arabic);
      const encoding = recogniseEncoding(bytes, name);
      const pieces: string[] = [];
      for await (const piece of decodeText(inPieces(bytes, 3), encoding)) pieces.push(piece);
      expect(pieces.join('')).toBe(arabic);
    },
  );

  test('is recognised by its byte order mark and contradicted by another', () => {
    expect(recogniseEncoding(Buffer.of(0xff, 0xfe, 0x61, 0))).toMatchObject({ name: 'utf-16le' });
    expect(recogniseEncoding(Buffer.of(0xfe, 0xff, 0, 0x61))).toMatchObject({ name: 'utf-16be' });
    expect(recogniseEncoding(Buffer.from('a'))).toMatchObject({ name: 'utf-8' });
    for (const declared of ['utf-8', 'shift_jis', 'no such']) {
      expect(() => recogniseEncoding(Buffer.of(0xff, 0xfe), declared)).toThrow('ENCODING_UNKNOWN');
    }
  });

  test('names the line of bytes that do not decode', async () => {
    const bytes = Buffer.concat([Buffer.from('a\nb\nc'), Buffer.of(0xc3, 0x28), Buffer.from('\n')]);
    const read = async () => {
      for await (const _ of decodeText(inPieces(bytes, 100), recogniseEncoding(bytes))) continue;
    };
    await expect(read()).rejects.toMatchObject({ code: 'BYTES_INVALID', line: 3 });
  });
});

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
