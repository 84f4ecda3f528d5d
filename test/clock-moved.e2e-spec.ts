import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { AccessLog } from '../src/access-log/index.js';
import { parseCheckpoint } from '../src/core/log/checkpoint.js';
import { splitNote } from '../src/core/log/note.js';
import { ACCESS_LOG } from '../src/rooms.module.js';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { laila, lailaAsSeen } from './support/people.js';
import { answerOf, checkAnswer, expectNoEcho } from './support/replies.js';

const hours = 3_600_000;

describeOnEachDatabase('a clock moved two hours', (kind) => {
  let shiftMs = 0;
  let gateway: TestGateway;
  const now = () => new Date(Date.now() + shiftMs);
  beforeAll(async () => {
    gateway = await startGateway({ kind, people: [laila], staff: true, now });
  });
  afterAll(async () => gateway.close());

  const rounds = async () => {
    const log = gateway.rooms.context.get<AccessLog>(ACCESS_LOG);
    await log.makeRound(now());
    return parseCheckpoint(splitNote(await log.published.coverCheckpoint()).text).size;
  };

  test.each([
    ['forward', 2 * hours],
    ['back', -2 * hours],
  ])(
    '%s: what was issued for another time opens nothing, and the log goes on',
    async (_, moved) => {
      const alpha = gateway.partner('ALPHA-BORDER');
      const before = answerOf(await alpha.verify(lailaAsSeen));
      const roundsBefore = await rounds();
      shiftMs = moved;
      const refused = await alpha.verify(lailaAsSeen).catch(() => undefined);
      if (refused !== undefined) {
        expect(refused.status).not.toBe(200);
        expectNoEcho(refused, 'MATCH', 'Samadi', 'GRANTED');
      }
      expect(await rounds()).toBeGreaterThan(roundsBefore);
      shiftMs = 0;
      const after = answerOf(await alpha.verify(lailaAsSeen));
      const question = { grant: alpha.grantId, person: lailaAsSeen };
      const { index } = await checkAnswer(gateway, 'ALPHA-BORDER', question, after);
      const first = await checkAnswer(gateway, 'ALPHA-BORDER', question, before);
      expect(index).toBeGreaterThan(first.index);
    },
  );

  test('back, what was revoked before stays revoked', async () => {
    const bravo = gateway.partner('BRAVO-CONSULAR');
    answerOf(await bravo.verify(lailaAsSeen));
    const act = await gateway.staff('LIA-1').act('suspendPartner', { code: 'BRAVO-CONSULAR' });
    expect(act.code).toBeUndefined();
    for (const moved of [0, -2 * hours, 2 * hours, 0]) {
      shiftMs = moved;
      const reply = await bravo.verify(lailaAsSeen).catch(() => undefined);
      expect(reply?.json?.data?.['verifyIdentity'] ?? null).toBeNull();
    }
  });
});
