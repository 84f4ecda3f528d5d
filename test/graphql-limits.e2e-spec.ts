import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { operationLimits } from '../src/platform/graphql/limits.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { limitRows } from './truth/graphql-limits.js';

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
    test.each(limitRows)('$limit', async ({ within, beyond }) => {
      const [taken, refused] = [within, beyond].map((make) =>
        JSON.stringify({ query: make(root, leaf) }),
      );
      expect((await send(taken ?? '')).status).toBe(200);
      expect((await send(refused ?? '')).status).toBe(400);
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
