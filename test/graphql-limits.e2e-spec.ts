import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  buildSchema,
  getNamedType,
  isObjectType,
  isUnionType,
  type GraphQLOutputType,
} from 'graphql';
import { operationLimits } from '../src/platform/graphql/limits.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { deepestPaths, depthRows, limitRows } from './truth/graphql-limits.js';

/**
 * The limits of one operation at the real doors. Every refused document is one that is valid, and
 * differs from the one taken only by being beyond the limit.
 */
describe('within limits is taken and beyond is refused', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ kind: 'PGlite', staff: true });
  });
  afterAll(async () => gateway?.close());

  /** Limits the log says documents were beyond, since this line of it. */
  const limitsLogged = (from: number): readonly string[] =>
    gateway.logged.slice(from).flatMap((line) => {
      const { detail = '' } = JSON.parse(line) as { readonly detail?: string };
      return /beyond the limit of (.+)$/.exec(detail)?.[1] ?? [];
    });

  const doors = {
    partner: {
      root: 'access',
      leaf: 'officer',
      send: async (body: string) => gateway.partner('ALPHA-BORDER').post(body),
    },
    staff: {
      root: 'self',
      leaf: 'name',
      send: async (body: string) => gateway.staff('LIA-1').raw({ body }),
    },
  } as const;

  describe.each(['partner', 'staff'] as const)('at the %s door:', (name) => {
    const { root, leaf, send } = doors[name];
    test.each(limitRows)('$limit', async ({ within, beyond, named }) => {
      const [taken, refused] = [within, beyond].map((make) =>
        JSON.stringify({ query: make(root, leaf) }),
      );
      expect((await send(taken ?? '')).status).toBe(200);
      const before = gateway.logged.length;
      expect((await send(refused ?? '')).status).toBe(400);
      if (named !== undefined) expect(limitsLogged(before)).toContain(named);
    });

    test.each(depthRows)('depth: $rule', async ({ make, refusedBy }) => {
      const { fields, types } = deepestPaths[name];
      const before = gateway.logged.length;
      const { status } = await send(JSON.stringify({ query: make(fields, types) }));
      expect([status, limitsLogged(before)]).toEqual([
        refusedBy === 'NOBODY' ? 200 : 400,
        refusedBy === 'THE LIMIT' ? ['depth'] : [],
      ]);
    });

    test('the size of a body', async () => {
      const body = JSON.stringify({ query: `{ ${root} { ${leaf} } }` });
      expect((await send(body.padEnd(operationLimits.bodyBytes, ' '))).status).toBe(200);
      expect((await send(body.padEnd(operationLimits.bodyBytes + 1, ' '))).status).toBe(413);
    });

    test('one operation a request', async () => {
      const body = JSON.stringify({ query: `{ ${root} { ${leaf} } }` });
      expect((await send(body)).status).toBe(200);
      expect((await send(`[${body}]`)).status).toBe(400);
      expect((await send(`[${body},${body}]`)).status).toBe(400);
    });
  });
});

/** The truth the rows about depth stand on. */
test.each([
  ['schema.gql', 'partner'],
  ['schema.staff.gql', 'staff'],
] as const)('no type of %s holds itself, and its deepest path is the one named', (file, door) => {
  const schema = buildSchema(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'));
  const depthOf = (type: GraphQLOutputType, holding: readonly string[]): number => {
    const named = getNamedType(type);
    const members = isUnionType(named) ? named.getTypes() : isObjectType(named) ? [named] : [];
    expect(members.filter((member) => holding.includes(member.name))).toEqual([]);
    const depths = members.flatMap((member) =>
      Object.values(member.getFields()).map(
        (field) => 1 + depthOf(field.type, [...holding, member.name]),
      ),
    );
    return Math.max(0, ...depths);
  };
  const roots = [schema.getQueryType(), schema.getMutationType()].flatMap((root) => root ?? []);
  const deepest = Math.max(...roots.map((root) => depthOf(root, [])));
  expect(deepest).toBe(deepestPaths[door].fields.length);
  expect(deepest).toBeLessThan(operationLimits.depth);
});
