import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { laila, lailaAsSeen } from './support/people.js';
import { answerOf, expectNoEcho, expectRefusal } from './support/replies.js';

const sizeBytes = 1024 ** 3;

describeOnEachDatabase('a volume that is full up to what is kept for revocations', (kind) => {
  let freeBytes = sizeBytes;
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({
      kind,
      people: [laila],
      staff: true,
      journalVolume: async () => ({ freeBytes, sizeBytes }),
    });
  });
  afterAll(async () => gateway.close());

  const untilReadyz = async (status: number) => {
    while ((await fetch(`${gateway.opsUrl}/readyz`)).status !== status) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };

  test('takes no question and every revocation, and questions again once there is room', async () => {
    const alpha = gateway.partner('ALPHA-BORDER');
    const bravo = gateway.partner('BRAVO-CONSULAR');
    answerOf(await alpha.verify(lailaAsSeen));
    freeBytes = Math.floor(sizeBytes / 10);
    await untilReadyz(503);
    const refused = await alpha.verify(lailaAsSeen);
    expectRefusal(refused, 'ERR_LOG_UNAVAILABLE', {}, 503);
    expect(refused.headers['retry-after']).toMatch(/^\d+$/);
    expectNoEcho(refused, 'MATCH', 'Samadi');
    const act = await gateway.staff('LIA-1').act('suspendPartner', { code: 'BRAVO-CONSULAR' });
    expect(act.code).toBeUndefined();
    freeBytes = sizeBytes;
    await untilReadyz(200);
    expect(answerOf(await alpha.verify(lailaAsSeen)).outcome).toBe('MATCH');
    const kept = await bravo.verify(lailaAsSeen).catch(() => undefined);
    expect(kept?.json?.data?.['verifyIdentity'] ?? null).toBeNull();
  });
});
