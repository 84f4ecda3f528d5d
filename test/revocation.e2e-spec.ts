import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startGateway, type TestGateway } from './support/gateway.js';
import { measureRevocation, revocationKinds } from './support/revocation.js';

describe('a revocation at one of two gateways over one PostgreSQL', () => {
  let gateway: TestGateway;
  let other: Awaited<ReturnType<TestGateway['replica']>>;
  beforeAll(async () => {
    gateway = await startGateway({ kind: 'PostgreSQL', staff: true });
    other = await gateway.replica();
  });
  afterAll(async () => {
    await other?.close();
    await gateway?.close();
  });

  test.each(revocationKinds)(
    'of a %s: a token both have verified dies at the next request on both, and the time is recorded',
    async (kind) => {
      const found = await measureRevocation(gateway, [gateway.url, other.url], kind);
      // Nothing that was sent after the act had been answered got through, anywhere.
      expect(found.lateMs).toBe(0);
      expect(found.enforcedMs).toEqual(expect.any(Number));
      // A connection nobody asks anything over is cut by notification, on the gateway that did nothing.
      const cuts = ['certificate', 'partner', 'state'].includes(kind);
      expect(found.idleCutMs === null).toBe(!cuts);
    },
  );
});
