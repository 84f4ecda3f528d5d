import { expect, test } from '@jest/globals';
import { Kind } from 'graphql';
import { StateCode } from './scalars.js';

const literal = (value: string) => StateCode.parseLiteral({ kind: Kind.STRING, value });

test('a state is read by its code of ICAO Doc 9303-3, and DEU as D, as in a file', () => {
  for (const [sent, read] of [
    ['AFG', 'AFG'],
    ['D', 'D'],
    ['XXA', 'XXA'],
    ['DEU', 'D'],
  ] as const) {
    expect([StateCode.parseValue(sent), literal(sent)]).toEqual([read, read]);
  }
});

test.each(['deu', 'DE', 'DEU ', 'QQQ', '', 276, null])(
  '%j is no state, and not repeated',
  (sent) => {
    expect(() => StateCode.parseValue(sent)).toThrow('StateCode is not of its form.');
  },
);

test('what leaves has the one spelling', () => {
  expect(StateCode.serialize('D')).toBe('D');
  expect(() => StateCode.serialize('DEU')).toThrow('StateCode is not of its form.');
});
