import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startGateway, type TestGateway } from './support/gateway.js';
import { laila, lailaAsSeen } from './support/people.js';
import { answerOf, expectNoEcho, expectRefusal } from './support/replies.js';
import { makeSmallVolume, type SmallVolume } from './support/small-volume.js';

const kibibyte = 1024;
/** A tenth is kept for revocations: what is left is more, and less than the journal's next step. */
const sizeMebibytes = 4;
const leftKibibytes = 640;
const journalSizes = { segmentBytes: 2_048 * kibibyte, stepBytes: 768 * kibibyte };
const batch = 100;
const mostBatches = 60;

describe('a gateway whose journal is on a disk that is full', () => {
  let volume: SmallVolume;
  let gateway: TestGateway;
  const acknowledged: string[] = [];
  beforeAll(async () => {
    volume = await makeSmallVolume(sizeMebibytes);
    const { files, volume: space } = volume.under;
    gateway = await startGateway({
      kind: 'PostgreSQL',
      home: volume.path,
      journalSizes,
      ...(files === undefined ? {} : { journalFiles: files }),
      ...(space === undefined ? {} : { journalVolume: space }),
      people: [laila],
      terms: { questionsPerDay: 100_000 },
    });
  });
  afterAll(async () => {
    await gateway?.close();
    volume?.remove();
  });

  const ask = async () => gateway.partner('ALPHA-BORDER').verify(lailaAsSeen);
  const readyz = async () => (await fetch(`${gateway.opsUrl}/readyz`)).status;
  const until = async (status: number) => {
    while ((await readyz()) !== status) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  const journaled = async (ids: readonly string[]) => {
    const rows = await gateway.rooms.database.dataSource.query<{ count: number }[]>(
      'SELECT count(*)::int AS count FROM access_log_leaf WHERE id = ANY ($1::uuid[])',
      [[...ids]],
    );
    return rows[0]?.count;
  };

  test('refuses the question whose record no longer fits, and nothing of it leaves', async () => {
    acknowledged.push(answerOf(await ask()).id);
    volume.fillUpTo(leftKibibytes * kibibyte);
    let refused;
    for (let round = 0; refused === undefined && round < mostBatches; round += 1) {
      const replies = await Promise.all(Array.from({ length: batch }, ask));
      for (const reply of replies) {
        if (reply.status === 200) acknowledged.push(answerOf(reply).id);
        else refused ??= reply;
      }
    }
    if (refused === undefined) throw new TypeError('the disk was never full');
    expectRefusal(refused, 'ERR_LOG_UNAVAILABLE', {}, 503);
    expect(refused.headers['retry-after']).toMatch(/^\d+$/);
    expectNoEcho(refused, 'MATCH', 'Samadi');
    await until(503);
  });

  test('with not one byte left answers nobody', async () => {
    volume.fillUpTo(0);
    expect(volume.freeBytes()).toBe(0);
    for (let turn = 0; turn < 5; turn += 1) {
      const reply = await ask();
      expectRefusal(reply, 'ERR_LOG_UNAVAILABLE', {}, 503);
      expectNoEcho(reply, 'MATCH', 'Samadi');
    }
  });

  test('goes on by itself once there is room, with every acknowledged record, once', async () => {
    volume.makeRoom();
    await until(200);
    acknowledged.push(answerOf(await ask()).id);
    expect(new Set(acknowledged).size).toBe(acknowledged.length);
    expect(await journaled(acknowledged)).toBe(acknowledged.length);
    expect(acknowledged.length).toBeGreaterThan(batch);
  });
});
