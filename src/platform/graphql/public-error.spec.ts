import { describe, expect, test } from '@jest/globals';
import { buildSchema, execute, GraphQLError, parse, validate } from 'graphql';
import { pino } from 'pino';
import { gatewayErrorCodes, GatewayError, inputInvalid } from '../../core/errors.js';
import { errorMap, publicErrors } from './error-map.js';
import { faceOfRefusedRequest, retryAfterOf, toPublicError } from './public-error.js';

const logged: string[] = [];
const logger = pino({ level: 'debug' }, { write: (line: string) => void logged.push(line) });
const located = (thrown: Error) => new GraphQLError('x', { path: ['ask'], originalError: thrown });
const canary = 'Zalmai-canary';

describe('every code inside', () => {
  test.each(gatewayErrorCodes)('%s has one public face, its message fixed', (code) => {
    const error = new GatewayError(code, { detail: canary, cause: new Error(canary) });
    const { formatted, status } = toPublicError(located(error), logger);
    const face = errorMap[code];
    expect(status).toBe(face.status);
    expect(formatted.message).toBe(publicErrors[face.code].message);
    expect(formatted.extensions).toEqual({ code: face.code, reference: expect.any(String) });
  });

  test('and what it says of itself: argument, field, when, reference; nothing else', () => {
    const retryAt = new Date('2026-01-02T00:00:00Z');
    const { formatted } = toPublicError(
      located(
        new GatewayError('ERR_BUDGET_SPENT', {
          argument: 'a',
          field: 'f',
          retryAt,
          reference: 'r',
          detail: canary,
        }),
      ),
      logger,
    );
    expect(formatted.extensions).toEqual({
      code: 'ERR_BUDGET_SPENT',
      reference: 'r',
      argument: 'a',
      field: 'f',
      retryAt: '2026-01-02T00:00:00.000Z',
    });
  });
});

test.each([
  ['an error', new Error(canary)],
  [
    'an error of a driver',
    Object.assign(new Error(canary), { parameters: [canary], detail: canary }),
  ],
  ['a GraphQLError of a resolver', new GraphQLError(canary, { extensions: { code: canary } })],
])('%s is a fault: nothing of it leaves or is logged', (_what, thrown) => {
  logged.length = 0;
  const { formatted, status } = toPublicError(located(thrown), logger);
  expect(status).toBe(200);
  expect(formatted).toEqual({
    message: publicErrors.ERR_INTERNAL.message,
    extensions: { code: 'ERR_INTERNAL', reference: expect.any(String) },
  });
  expect(logged.join('')).not.toContain('canary');
  expect(logged.join('')).toContain(String(formatted.extensions?.['reference']));
});

describe('a refused document names the argument and not the value:', () => {
  const schema = buildSchema(`
    enum E { ONE }
    input P { date: Int, names: [N!] } input N { full: String! }
    input I { person: P, kind: E }
    type Query { ask(input: I, id: Int): Int }`);
  const argumentOf = async (source: string, variables: Record<string, unknown> = {}) => {
    const document = parse(source);
    const [invalid] = validate(schema, document);
    const errors =
      invalid === undefined
        ? (await execute({ schema, document, variableValues: variables })).errors
        : [invalid];
    const [error] = errors ?? [];
    if (error === undefined) throw new Error('nothing was refused');
    const { formatted, status } = toPublicError(error, logger, undefined, document);
    expect(status).toBe(400);
    expect(JSON.stringify(formatted)).not.toMatch(/canary/);
    return formatted.extensions?.['argument'];
  };
  const byVariable = 'query($input: I) { ask(input: $input) }';

  test.each<[string, string, Record<string, unknown>, string | undefined]>([
    ['a variable', byVariable, { input: { person: { date: 'canary' } } }, 'person.date'],
    [
      'in a list',
      byVariable,
      { input: { person: { names: [{ full: 'a' }, { full: 1 }] } } },
      'person.names[1].full',
    ],
    ['of no enum value', byVariable, { input: { kind: 'canary' } }, 'kind'],
    ['a member that is not known', byVariable, { input: { person: { canary: 1 } } }, 'person'],
    ['a variable of another kind', byVariable, { input: 'canary' }, 'input'],
    ['a value that looks like a path', byVariable, { input: 'x at "input.canary"; y' }, 'input'],
    ['a literal', '{ ask(input: { person: { date: "canary" } }) }', {}, 'person.date'],
    [
      'a literal in a list',
      '{ ask(input: { person: { names: [{ full: "a" }, { full: 1 }] } }) }',
      {},
      'person.names[1].full',
    ],
    ['a literal of no enum value', '{ ask(input: { kind: canary }) }', {}, 'kind'],
    [
      'a literal member that is not known',
      '{ ask(input: { person: { canary: 1 } }) }',
      {},
      'person',
    ],
    ['a plain argument', '{ ask(id: "canary") }', {}, 'id'],
    ['a field that is not there', '{ canary }', {}, undefined],
  ])('%s', async (_what, source, variables, argument) => {
    expect(await argumentOf(source, variables)).toBe(argument);
  });
});

test('what Apollo refuses by itself has a face of ours', () => {
  const formatted = { message: canary, extensions: { code: 'BAD_REQUEST', canary } };
  expect(faceOfRefusedRequest(formatted)).toEqual({
    message: publicErrors.ERR_INPUT_INVALID.message,
    extensions: { code: 'ERR_INPUT_INVALID', reference: expect.any(String) },
  });
  const fault = { message: canary, extensions: { code: 'INTERNAL_SERVER_ERROR' } };
  expect(faceOfRefusedRequest(fault).extensions?.['code']).toBe('ERR_INTERNAL');
});

test('who is to come again is told when', () => {
  expect(retryAfterOf(503)).toMatch(/^\d+$/);
  expect(retryAfterOf(429)).toMatch(/^\d+$/);
  expect(retryAfterOf(200)).toBeUndefined();
  expect(inputInvalid('a').argument).toBe('a');
});
