import { describe, expect, test } from '@jest/globals';
import { isGatewayError } from '../../core/errors.js';
import { parseStrictJson } from './strict-json.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');
const isRefused = (input: Uint8Array): boolean => {
  try {
    parseStrictJson(input);
    return false;
  } catch (error) {
    return isGatewayError(error, 'ERR_INPUT_INVALID');
  }
};

describe('strict JSON', () => {
  test.each([
    '{}',
    '[]',
    ' { "a" : [ 1 , -0.5e+3 , true , false , null ] , "b" : { "a" : "" } } ',
    '"\\u0645\\u062d\\u0645\\u062f \\ud83d\\ude00 \\" \\\\ \\/ \\b\\f\\n\\r\\t"',
    '"محمد 😀"',
    '0',
    '[[[[[[[[]]]]]]]]',
    '{"constructor":1,"toString":2,"hasOwnProperty":3}',
  ])('reads what JSON.parse reads: %s', (text) => {
    expect(parseStrictJson(bytes(text))).toEqual(JSON.parse(text));
  });

  test.each([
    ['two members of one name', '{"a":1,"a":1}'],
    ['two members of one name after escapes', '{"a":1,"\\u0061":1}'],
    ['two members of one name deep inside', '[{"b":{"a":1,"c":2,"a":3}}]'],
    ['the member __proto__', '{"__proto__":{}}'],
    ['the member __proto__ in escapes', '{"\\u005f_proto__":{}}'],
    ['a lone high surrogate', '"\\ud83d"'],
    ['a lone low surrogate', '"\\ude00x"'],
    ['surrogates the wrong way round', '"\\ude00\\ud83d"'],
    ['a lone surrogate as a member name', '{"\\ud83d":1}'],
    ['33 levels', `${'['.repeat(33)}${']'.repeat(33)}`],
    ['a million levels', '['.repeat(1_000_000)],
    ['nothing', ''],
    ['white space', ' \n'],
    ['text after the value', '{} {}'],
    ['a comma too many', '[1,]'],
    ['a comma too many in an object', '{"a":1,}'],
    ['a missing colon', '{"a" 1}'],
    ['a missing comma', '[1 2]'],
    ['a name without quotes', '{a:1}'],
    ['single quotes', "{'a':1}"],
    ['a comment', '{}// x'],
    ['a leading zero', '01'],
    ['a plus sign', '+1'],
    ['a bare point', '1.'],
    ['NaN', 'NaN'],
    ['Infinity', '-Infinity'],
    ['a number beyond a double', '1e999'],
    ['a line break in a string', '"a\nb"'],
    ['NUL in a string', '"a\0b"'],
    ['an unknown escape', '"\\x41"'],
    ['an unfinished escape', '"\\u12"'],
    ['an unfinished string', '"abc'],
    ['an unfinished word', 'tru'],
    ['a word in capitals', 'TRUE'],
    ['a no-break space', '[1,\u00a02]'],
    ['a byte order mark', '\ufeff{}'],
  ])('refuses %s', (_what, text) => {
    expect(isRefused(bytes(text))).toBe(true);
  });

  test.each([
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['an over-long encoding', Buffer.from([0x22, 0xc0, 0xaf, 0x22])],
    ['an encoded surrogate', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['UTF-16', Buffer.from('{}', 'utf16le')],
  ])('refuses %s', (_what, input) => {
    expect(isRefused(input)).toBe(true);
  });

  test('reads 32 levels', () => {
    expect(isRefused(bytes(`${'['.repeat(32)}${']'.repeat(32)}`))).toBe(false);
  });

  test('says nothing of the text it refuses', () => {
    expect(() => parseStrictJson(bytes('{"made-up":"Zarmina","made-up":1}'))).toThrow(
      /^ERR_INPUT_INVALID: body: duplicate member$/,
    );
  });
});
