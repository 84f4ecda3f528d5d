import { describe, expect, test } from '@jest/globals';
import { buildSchema, execute, parse, type GraphQLResolveInfo } from 'graphql';
import { argumentAsSent, selectedFields } from './selection.js';

const schema = buildSchema(`
  input I { text: String, list: [I!], flag: Boolean = true }
  type S { a: Int, b: Int, c: Int }
  type R { s: S, t: S }
  type Query { ask(input: I, other: Int): R }`);

/** The resolver's own view of a document. */
async function infoOf(source: string, variables: Record<string, unknown> = {}) {
  let seen: GraphQLResolveInfo | undefined;
  const result = await execute({
    schema,
    document: parse(source),
    variableValues: variables,
    rootValue: {
      ask: (_: unknown, __: unknown, info: GraphQLResolveInfo) => {
        seen = info;
        return null;
      },
    },
  });
  if (seen === undefined) throw new Error(String(result.errors));
  return seen;
}

describe('the fields selected are', () => {
  test.each<[string, string, Record<string, unknown>, readonly string[]]>([
    ['those named', '{ ask { s { a b } } }', {}, ['a', 'b']],
    ['none where nothing is selected', '{ ask { t { a } } }', {}, []],
    ['named by their field, not their alias', '{ ask { s { a: c } } }', {}, ['c']],
    [
      'those of every alias of what holds them',
      '{ ask { x: s { a } y: s { b } } }',
      {},
      ['a', 'b'],
    ],
    ['told once', '{ ask { s { a a } s { a } } }', {}, ['a']],
    ['without the name of the type', '{ ask { s { __typename a } } }', {}, ['a']],
    [
      'those of fragments',
      '{ ask { s { ...f } } } fragment f on S { a ...g } fragment g on S { b }',
      {},
      ['a', 'b'],
    ],
    ['those of fragments around them', '{ ask { ...f } } fragment f on R { s { c } }', {}, ['c']],
    ['those of inline fragments', '{ ask { ... { s { ... on S { a } } } } }', {}, ['a']],
    ['without those skipped', '{ ask { s { a @skip(if: true) b @skip(if: false) } } }', {}, ['b']],
    [
      'with those included',
      '{ ask { s { a @include(if: true) b @include(if: false) } } }',
      {},
      ['a'],
    ],
    [
      'without what is skipped and included',
      '{ ask { s { a @include(if: true) @skip(if: true) b } } }',
      {},
      ['b'],
    ],
    [
      'without what stands in a fragment skipped',
      '{ ask { s { ...f @skip(if: true) b } } } fragment f on S { a }',
      {},
      ['b'],
    ],
    [
      'by variables',
      'query($on: Boolean!) { ask { s { a @include(if: $on) b @skip(if: $on) } } }',
      { on: true },
      ['a'],
    ],
    [
      'by the default of a variable',
      'query($on: Boolean! = false) { ask { s { a @include(if: $on) b } } }',
      {},
      ['b'],
    ],
    [
      'without those of an object skipped',
      '{ ask { s @skip(if: true) { a } s { b } } }',
      {},
      ['b'],
    ],
  ])('%s', async (_what, source, variables, fields) => {
    expect(selectedFields(await infoOf(source, variables), 's')).toEqual(fields);
  });
});

describe('an argument as sent is', () => {
  const asSent = async (source: string, variables: Record<string, unknown> = {}) =>
    argumentAsSent(await infoOf(source, variables), 'input', variables);

  test("the variable's own JSON, without defaults of the schema", async () => {
    const input = { text: 'x', list: [{ text: null }] };
    expect(await asSent('query($i: I) { ask(input: $i) { s { a } } }', { i: input })).toEqual(
      input,
    );
  });
  test('the literal, without defaults of the schema', async () => {
    expect(await asSent('{ ask(input: {text: "x", list: [{flag: false}]}) { s { a } } }')).toEqual({
      text: 'x',
      list: [{ flag: false }],
    });
  });
  test('a literal with variables in it, given or by their default', async () => {
    const source =
      'query($t: String, $u: String = "d") { ask(input: {text: $t, list: [{text: $u}]}) { s { a } } }';
    expect(await asSent(source, { t: 'x' })).toEqual({ text: 'x', list: [{ text: 'd' }] });
  });
  test('undefined where it was not sent', async () => {
    expect(await asSent('{ ask(other: 1) { s { a } } }')).toBeUndefined();
  });
});
