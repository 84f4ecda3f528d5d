import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startGateway, type TestGateway } from './support/gateway.js';
import type { TestPartner, TestReply } from './support/partner.js';
import { laila, lailaAsSeen, nobodyAsSeen } from './support/people.js';
import {
  createDatabase,
  startPostgresServer,
  type PostgresServer,
} from './support/postgres-server.js';
import { answerOf, checkAnswer, expectNoEcho, expectRefusal } from './support/replies.js';

describe('a gateway whose PostgreSQL goes away', () => {
  let server: PostgresServer;
  let gateway: TestGateway;
  let alpha: TestPartner;
  beforeAll(async () => {
    server = await startPostgresServer();
    const databaseUrl = await createDatabase(server.url, 'gateway');
    try {
      gateway = await startGateway({ kind: 'PostgreSQL', databaseUrl, people: [laila] });
    } catch (error) {
      // Left running it would keep the whole run from ending.
      await server.stop();
      throw error;
    }
    alpha = gateway.partner('ALPHA-BORDER');
  });
  afterAll(async () => {
    await gateway.close();
    await server.stop();
  });

  const probe = async (name: 'livez' | 'readyz') =>
    (await fetch(`${gateway.opsUrl}/${name}`)).status;
  const untilReadyz = async (status: number) => {
    while ((await probe('readyz')) !== status) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  /** Nothing but the one error of a gateway that cannot keep a record, or cannot look. */
  const expectNothing = (reply: TestReply) => {
    const code = reply.json?.errors?.[0]?.extensions['code'];
    expect(['ERR_LOG_UNAVAILABLE', 'ERR_BUSY']).toContain(code);
    expectRefusal(reply, String(code), {}, 503);
    expect(Object.keys(reply.json ?? {})).toEqual(['errors']);
    expect(reply.headers['retry-after']).toMatch(/^\d+$/);
    expectNoEcho(reply, 'MATCH', 'NOT_CONFIRMED', 'Samadi', 'GRANTED');
  };
  const records = async (id: string) => {
    const rows = await gateway.rooms.database.dataSource.query<unknown[]>(
      'SELECT 1 FROM access_log_leaf WHERE id = $1',
      [id],
    );
    return rows.length;
  };

  test.each(['in order', 'at once'] as const)(
    'stopped %s: 503 and red, then by itself green, and every answer is on record once',
    async (how) => {
      const before = answerOf(await alpha.verify(lailaAsSeen));
      await server.halt(how);
      expectNothing(await alpha.verify(lailaAsSeen));
      expectNothing(await alpha.verify(nobodyAsSeen));
      // A refusal is evidence too.
      expectNothing(await alpha.verify({}));
      await untilReadyz(503);
      expect(await probe('livez')).toBe(200);
      await server.resume();
      await untilReadyz(200);
      const after = answerOf(await alpha.verify(lailaAsSeen));
      expect(after.outcome).toBe('MATCH');
      const question = { grant: alpha.grantId, person: lailaAsSeen };
      await checkAnswer(gateway, 'ALPHA-BORDER', question, after);
      expect([await records(before.id), await records(after.id)]).toEqual([1, 1]);
    },
  );

  test('under load each question has its answer and its record, or neither', async () => {
    const told: string[] = [];
    let refused = 0;
    let stop = false;
    const ask = async () => {
      while (!stop) {
        const reply = await alpha.verify(lailaAsSeen);
        if (reply.status === 200) {
          told.push(answerOf(reply).id);
        } else {
          expectNothing(reply);
          refused += 1;
        }
      }
    };
    const until = async (on: () => boolean) => {
      while (!on()) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const asking = Promise.all([ask(), ask(), ask(), ask()]);
    for (let round = 0; round < 3; round += 1) {
      const [toldBefore, refusedBefore] = [told.length, refused];
      await until(() => told.length > toldBefore + 5);
      await server.halt(round % 2 === 0 ? 'at once' : 'in order');
      await until(() => refused > refusedBefore + 5);
      await server.resume();
    }
    const settled = told.length;
    await until(() => told.length > settled + 5);
    stop = true;
    await asking;
    expect(new Set(told).size).toBe(told.length);
    for (const id of told) expect(await records(id)).toBe(1);
  });
});
