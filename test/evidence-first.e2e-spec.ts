import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeRecord } from '../src/core/log/record.js';
import { AccessLog } from '../src/access-log/index.js';
import { ACCESS_LOG } from '../src/rooms.module.js';
import { describeOnEachDatabase } from './support/databases.js';
import { FaultyFiles } from './support/faulty-files.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import type { TestPartner, TestReply } from './support/partner.js';
import { laila, lailaAsSeen, nobodyAsSeen } from './support/people.js';
import { answerOf, checkAnswer, expectNoEcho, expectRefusal } from './support/replies.js';

describeOnEachDatabase('without a record nothing is disclosed', (kind) => {
  const files = new FaultyFiles();
  let gateway: TestGateway;
  let alpha: TestPartner;
  beforeAll(async () => {
    gateway = await startGateway({ kind, people: [laila], journalFiles: files });
    alpha = gateway.partner('ALPHA-BORDER');
    await alpha.accessToken();
  });
  afterAll(async () => gateway.close());

  const sql = (text: string, ...values: unknown[]): Promise<unknown> =>
    gateway.rooms.database.dataSource.query(text, values);

  /** 503, one error, nothing beside it, when to come again. */
  const expectNothing = (reply: TestReply, code: string): void => {
    expectRefusal(reply, code, {}, 503);
    expect(Object.keys(reply.json ?? {})).toEqual(['errors']);
    expect(reply.headers['retry-after']).toMatch(/^\d+$/);
    expectNoEcho(reply, 'MATCH', 'NOT_CONFIRMED', 'Samadi', 'GRANTED');
  };
  const ready = async () => (await fetch(`${gateway.opsUrl}/readyz`)).status;

  test.each(['write', 'short write', 'sync'] as const)(
    'while the journal fails at %s; once it is mended there are answers again',
    async (fault) => {
      answerOf(await alpha.verify(lailaAsSeen));
      files.fail(fault);
      try {
        expectNothing(await alpha.verify(lailaAsSeen), 'ERR_LOG_UNAVAILABLE');
        expectNothing(await alpha.verify(nobodyAsSeen), 'ERR_LOG_UNAVAILABLE');
        // A refusal is evidence too.
        expectNothing(await alpha.verify({}), 'ERR_LOG_UNAVAILABLE');
        expect(await ready()).toBe(503);
      } finally {
        files.mend();
      }
      const answer = answerOf(await alpha.verify(lailaAsSeen));
      expect(answer.outcome).toBe('MATCH');
      const question = { grant: alpha.grantId, person: lailaAsSeen };
      await checkAnswer(gateway, 'ALPHA-BORDER', question, answer);
      expect(await ready()).toBe(200);
    },
  );

  test('nor any of a hundred questions in one call', async () => {
    files.fail('sync');
    const document = `mutation V($input: VerifyIdentitiesInput!) { verifyIdentities(input: $input) {
      ... on Verification { outcome } ... on VerificationRefusal { code } } }`;
    const questions = [lailaAsSeen, nobodyAsSeen, lailaAsSeen].map((person) => ({
      requestId: crypto.randomUUID(),
      caseReference: 'C',
      person,
    }));
    const input = { grantId: alpha.grantId, purpose: 'BORDER_VERIFICATION', questions };
    try {
      const reply = await alpha.graphql(document, { input });
      const results = reply.json?.data?.['verifyIdentities'] as { code?: string }[];
      expect(results.map(({ code }) => code)).toEqual(Array(3).fill('ERR_LOG_UNAVAILABLE'));
    } finally {
      files.mend();
    }
  });

  test.each([
    ['access_log_leaf', 'ERR_LOG_UNAVAILABLE'],
    ['budget_use', 'ERR_BUSY'],
    ['authority_head', 'ERR_BUSY'],
  ])('while the table %s cannot be reached: %s', async (table, code) => {
    answerOf(await alpha.verify(lailaAsSeen));
    await sql(`ALTER TABLE ${table} RENAME TO ${table}_away`);
    try {
      const reply = await alpha.verify(lailaAsSeen);
      expect(reply.status).toBe(503);
      expect(reply.headers['retry-after']).toMatch(/^\d+$/);
      expect(reply.json?.errors?.map(({ extensions }) => extensions['code'])).toEqual([code]);
      expect(reply.json?.data ?? null).toBeNull();
      expectNoEcho(reply, 'MATCH', table, 'Samadi', 'relation');
    } finally {
      await sql(`ALTER TABLE ${table}_away RENAME TO ${table}`);
    }
    expect(answerOf(await alpha.verify(lailaAsSeen)).outcome).toBe('MATCH');
  });

  test('and what was refused is recorded: each reference is a record of the partner', async () => {
    const log = gateway.rooms.context.get<AccessLog>(ACCESS_LOG);
    const spent = crypto.randomUUID();
    answerOf(await alpha.verify(lailaAsSeen, { requestId: spent }));
    for (const [reply, code] of [
      [await alpha.verify({}), 'ERR_EVIDENCE_INSUFFICIENT'],
      [await alpha.verify(lailaAsSeen, { purpose: 'ONWARD_TRAVEL' }), 'ERR_PURPOSE_NOT_GRANTED'],
      [await alpha.verify(lailaAsSeen, { grantId: crypto.randomUUID() }), 'ERR_GRANT_NOT_USABLE'],
      [await alpha.verify(nobodyAsSeen, { requestId: spent }), 'ERR_REQUEST_ID_REUSED'],
      [await alpha.verify({ ...lailaAsSeen, names: [{ full: ' ' }] }), 'ERR_INPUT_INVALID'],
    ] as const) {
      expectRefusal(reply, code);
      const reference = String(reply.json?.errors?.[0]?.extensions['reference']);
      const receipt = await log.receipt('ALPHA-BORDER' as never, reference);
      const record = decodeRecord(Buffer.from(receipt?.record ?? '', 'base64url'));
      expect([record.id, record.outcome, record.fields]).toEqual([reference, code, []]);
    }
  });
});
