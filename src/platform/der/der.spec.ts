import { describe, expect, test } from '@jest/globals';
import {
  DerError,
  DerReader,
  booleanValue,
  derTag,
  integerContent,
  namedBits,
  objectIdentifier,
  readTime,
  smallInteger,
  wholeOctets,
} from './read-der.js';
import {
  bitString,
  booleanTrue,
  element,
  integer,
  namedBitList,
  objectId,
  octetString,
  setOf,
  time,
} from './write-der.js';

const read = (hex: string) => new DerReader(Buffer.from(hex, 'hex')).readAny();

describe('what is written is read', () => {
  test.each([0, 1, 127, 128, 255, 256, 65_535, 2 ** 31 - 1])('integer %i', (value) => {
    expect(smallInteger(new DerReader(integer(value)).readAny())).toBe(value);
  });
  test.each(['1.2.840.113549.1.1.11', '2.5.29.15', '0.9.2342.19200300.100.1.25', '2.999.3'])(
    'object identifier %s',
    (dotted) => {
      expect(objectIdentifier(new DerReader(objectId(dotted)).readAny())).toBe(dotted);
    },
  );
  test.each([[[0]], [[5, 6]], [[0, 7]], [[7]]])('named bits %j', (bits) => {
    expect([...namedBits(new DerReader(namedBitList(...bits)).readAny())]).toEqual(bits);
  });
  test.each([
    '1950-01-01T00:00:00Z',
    '2026-02-28T23:59:59Z',
    '2049-12-31T23:59:59Z',
    '2050-01-01T00:00:00Z',
    '9999-12-31T23:59:59Z',
  ])('time %s', (text) => {
    expect(readTime(new DerReader(time(new Date(text))))).toEqual(new Date(text));
  });
  test.each([0, 127, 128, 255, 256, 65_535, 65_536])('%i octets of content', (size) => {
    const content = Buffer.alloc(size, 1);
    expect(new DerReader(octetString(content)).readAny().content).toEqual(content);
  });
  test('a set in ascending order', () => {
    expect(setOf(integer(300), integer(2), booleanTrue()).toString('hex')).toBe(
      '310a0101ff0201020202012c',
    );
  });
  test('whole octets of a bit string', () => {
    const octets = Buffer.of(1, 2);
    expect(wholeOctets(new DerReader(bitString(octets)).readAny())).toEqual(octets);
  });
});

describe('what has two spellings is refused', () => {
  test.each([
    ['an indefinite length', '3080020101' + '0000'],
    ['a length in more octets than needed', '30810302' + '0101'],
    ['a length with a leading zero', '3082000302' + '0101'],
    ['a length beyond the end', '3004020101'],
    ['a tag above 30', '1f8101' + '00'],
    ['nothing', ''],
  ])('%s', (_what, hex) => {
    expect(() => read(hex)).toThrow(DerError);
  });
  test.each(['0200', '02020001', '0202ff80'])('integer %s', (hex) => {
    expect(() => integerContent(read(hex))).toThrow(DerError);
  });
  test.each(['0100', '010101', '01020000'])('boolean %s', (hex) => {
    expect(() => booleanValue(read(hex))).toThrow(DerError);
  });
  test.each(['0600', '06022a80', '06032a8001'])('object identifier %s', (hex) => {
    expect(() => objectIdentifier(read(hex))).toThrow(DerError);
  });
  test.each(['0300', '03020080', '03020881', '030107', '0302077f'])('named bits %s', (hex) => {
    expect(() => namedBits(read(hex))).toThrow(DerError);
  });
  test('more after the last element', () => {
    const reader = new DerReader(Buffer.concat([integer(1), integer(2)]));
    reader.read(derTag.integer);
    expect(() => reader.end()).toThrow(DerError);
    expect(() => new DerReader(element(0x30)).read(derTag.integer)).toThrow(DerError);
  });
});
