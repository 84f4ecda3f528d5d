import { describe, expect, test } from '@jest/globals';
import { parseBearer } from './bearer.js';

describe('an Authorization header', () => {
  test.each(['Bearer abc.def-_~+/==', 'bearer abc.def-_~+/==', 'BEARER abc.def-_~+/=='])(
    'gives its token: %s',
    (header) => {
      expect(parseBearer(header)).toBe('abc.def-_~+/==');
      expect(parseBearer([header])).toBe('abc.def-_~+/==');
    },
  );

  test.each([undefined, []])('is refused when absent', (header) => {
    expect(() => parseBearer(header)).toThrow('absent');
  });

  test.each([
    '',
    'Bearer',
    'Bearer ',
    'Bearer  abc',
    ' Bearer abc',
    'Bearer abc ',
    'Bearer\tabc',
    'Bearer abc def',
    'Bearer abc,def',
    'Bearer abc, Bearer def',
    'Bearer =abc',
    'Bearer a=b',
    'Bearer "abc"',
    'Bearer é',
    'Bearer abc\n',
    'Basic abc',
    'DPoP abc',
    'BearerX abc',
    'abc',
  ])('is refused when it reads %j', (header) => {
    expect(() => parseBearer(header)).toThrow('header-malformed');
  });

  test('is refused when there are two', () => {
    expect(() => parseBearer(['Bearer abc', 'Bearer abc'])).toThrow('header-malformed');
  });
});
