import { describe, expect, test } from '@jest/globals';
import { buildSchema, parse, validate } from 'graphql';
import { operationLimits, operationLimitsRule } from './limits.js';

const schema = buildSchema('type Query { a: A, b: A } type A { a: A, b: A, c: Int, d: Int }');
const complaintsOf = (text: string): readonly string[] =>
  validate(schema, parse(text), [operationLimitsRule]).map(({ message }) => message);

const nested = (depth: number): string => (depth === 1 ? 'c' : `a { ${nested(depth - 1)} }`);
const directives = (count: number): string => '@skip(if: false) '.repeat(count);
/** Different fields as far as there are any, without a name twice. */
const fields = (count: number): string => Array.from({ length: count - 1 }, () => 'c').join(' ');

describe('an operation within limits is taken:', () => {
  test.each([
    ['one field', '{ a { c } }'],
    ['the greatest depth', `{ ${nested(operationLimits.depth)} }`],
    ['the most fields', `{ a { ${fields(operationLimits.fields)} } }`],
    ['the most directives', `{ a { c ${directives(operationLimits.directives)} } }`],
    ['one root field in a fragment', '{ ...f } fragment f on Query { a { c } }'],
    [
      'one root field in fragments of fragments',
      '{ ... { ...f } } fragment f on Query { ... on Query { a { c } } }',
    ],
    ['a fragment spread twice', '{ a { a { ...f } b { ...f } } } fragment f on A { c d }'],
    ['one name for a field wherever it stands', '{ a { x: c a { y: c } } }'],
    ["a fragment that is not there, which is another rule's", '{ a { ...f } }'],
  ])('%s', (_what, text) => expect(complaintsOf(text)).toEqual([]));
});

describe('an operation beyond is refused:', () => {
  test.each([
    ['too deep', `{ ${nested(operationLimits.depth + 1)} }`, /deep/],
    [
      'too deep in fragments',
      `{ a { ...f } } fragment f on A { ${nested(operationLimits.depth)} }`,
      /deep/,
    ],
    ['too many fields', `{ a { ${fields(operationLimits.fields + 1)} } }`, /large/],
    [
      'too many fields when fragments are spread',
      `{ a { ${'...f '.repeat(21)} } } fragment f on A { ${fields(11)} }`,
      /large/,
    ],
    [
      'too many directives',
      `{ a { c ${directives(operationLimits.directives + 1)} } }`,
      /directives/,
    ],
    ['directives on the operation', `query ${directives(51)} { a { c } }`, /directives/],
    ['two root fields', '{ a { c } b { c } }', /root/],
    [
      'two in fragments',
      '{ ...f ...g } fragment f on Query { a { c } } fragment g on Query { b { c } }',
      /root/,
    ],
    ['no operation', 'fragment f on A { c }', /one operation/],
    ['two operations', '{ a { c } } query q { a { c } }', /one operation/],
    ['a circle', '{ a { ...f } } fragment f on A { ...g } fragment g on A { ...f }', /cycle/],
    ['two names for a field', '{ a { x: c y: c } }', /one name/],
    ['two names in fragments', '{ a { x: c ...f } } fragment f on A { c }', /one name/],
    ['two names far apart', '{ a { a { x: c } ... on A { a { y: c } } } }', /one name/],
  ])('%s', (_what, text, complaint) => {
    expect(complaintsOf(text).join()).toMatch(complaint);
  });

  test.each(['', 'c'])('fragments that spread each other over and over, ending in %j', (leaf) => {
    const levels = 12;
    const text = `{ a { ...f0 } } ${Array.from(
      { length: levels },
      (_, at) => `fragment f${at} on A { ${`...f${at + 1} `.repeat(80)} }`,
    ).join(' ')} ${leaf === '' ? '' : `fragment f${levels} on A { ${leaf} }`}`;
    // Followed one by one, 80^12 spreads would outlast everybody.
    expect(complaintsOf(text)).not.toEqual([]);
    const atRoot = text.replace('{ a { ...f0 } }', '{ ...f0 }').replaceAll('on A', 'on Query');
    expect(complaintsOf(atRoot)).not.toEqual([]);
  });
});
