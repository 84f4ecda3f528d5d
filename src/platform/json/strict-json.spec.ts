import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseStrictJson } from './strict-json.js';

const read = (text: string) => parseStrictJson(Buffer.from(text, 'utf8'));

test.each(
  Object.entries({
    'duplicate member': '{"a":1,"a":2}',
    'duplicate member, spelt differently': '{"a":1,"\\u0061":2}',
    'duplicate member further down': '{"x":[{"a":1,"a":1}]}',
    'prototype member': '{"__proto__":{}}',
    'lone surrogate': '"\\ud83d"',
    'lone surrogate in a name': '{"\\udc00":1}',
    'byte order mark': '\ufeff{}',
    'text after the value': '{} {}',
    nothing: '',
    'single quotes': "{'a':1}",
    'trailing comma': '[1,]',
    comment: '{}//',
    'leading zero': '01',
    'infinite number': '1e999',
    'raw control in a string': '"\u0001"',
    'unknown escape': '"\\x41"',
    'too deep': `${'['.repeat(40)}${']'.repeat(40)}`,
    unclosed: '{"a":[1',
  }),
)('refuses: %s', (_, text) => {
  expect(() => read(text)).toThrow(/^ERR_INPUT_INVALID/);
});

test('refuses bytes that are not UTF-8', () => {
  expect(() => parseStrictJson(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(/^ERR_INPUT_INVALID/);
});

test('reads what JSON.parse reads, where members are unique', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 8 }), (text) => {
      let strict: unknown;
      try {
        strict = read(text);
      } catch {
        return; // __proto__, or a lone surrogate
      }
      expect(JSON.stringify(strict)).toBe(JSON.stringify(JSON.parse(text)));
    }),
  );
});
