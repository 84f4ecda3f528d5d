import { expect, test } from '@jest/globals';
import { isStateCode, readStateCode } from './states.js';

test.each(['AFG', 'PAK', 'D', 'XXA', 'XXB', 'XXC', 'XXX', 'UNO', 'UNA', 'RKS'])(
  '%s is a code of ICAO Doc 9303-3',
  (code) => {
    expect(isStateCode(code)).toBe(true);
  },
);

test.each(['DEU', 'afg', 'AF', 'XYZ', '', 'AFGH', 'D<<', 'constructor'])('%j is not', (code) => {
  expect(isStateCode(code)).toBe(false);
});

test('the ISO code of Germany is read as its ICAO code', () => {
  expect(readStateCode('DEU')).toBe('D');
  expect(readStateCode('DDR')).toBeUndefined();
});
