import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, testPartners, type TestGateway } from './support/gateway.js';
import type { TestStaffClient } from './support/staff-client.js';
import { documentRows } from './truth/document-decisions.js';

const [alpha, bravo] = testPartners;
const trusted = '{ access { officer } }';
const other = '{ access { tokenExpiresAt } }';
const idOf = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const names = {
  TRUSTED: { documentId: idOf(trusted) },
  UNKNOWN: { documentId: idOf(other) },
  MALFORMED: { documentId: 'md5:0' },
  NOTHING: {},
};
const carries = { TRUSTED: { query: trusted }, OTHER: { query: other }, NOTHING: {} };

describeOnEachDatabase('trusted documents', (kind) => {
  let gateway: TestGateway;
  let liaison: TestStaffClient;
  let second: TestStaffClient;
  beforeAll(async () => {
    gateway = await startGateway({ kind, staff: true });
    [liaison, second] = [gateway.staff('LIA-1'), gateway.staff('LIA-2')];
    const input = { partner: alpha.code, documents: [trusted] };
    const done = await act('setDocuments', 'SetDocumentsInput', input);
    expect(done.value).toMatchObject({ state: 'DONE' });
  });
  afterAll(async () => gateway?.close());

  const act = async (mutation: string, type: string, input: object) =>
    liaison.graphql(
      `mutation A($input: ${type}!) { ${mutation}(input: $input) { id state digest } }`,
      { input },
    );
  const mode = async (mutation: string, wanted: string) =>
    act(mutation, 'DocumentModeInput', { partner: alpha.code, mode: wanted });
  const send = async (code: string, body: object) =>
    gateway.partner(code).post(JSON.stringify(body));
  const documents = async () => {
    const { value } = await liaison.graphql(
      'query D($p: ID!) { partnerDocuments(partner: $p) { mode report { id refused seen } } }',
      { p: alpha.code },
    );
    return value as {
      mode: string;
      report: { id: string; refused: boolean; seen: number }[];
    };
  };
  const counted = async () => (await documents()).report.reduce((sum, { seen }) => sum + seen, 0);

  test('at the door every row of the table holds, and no other partner notices', async () => {
    for (const wanted of ['OFF', 'DRY_RUN', 'REQUIRED']) {
      if (wanted !== 'OFF') await mode('requireDocuments', wanted);
      expect((await documents()).mode).toBe(wanted);
      for (const row of documentRows.filter((one) => one.mode === wanted)) {
        const before = await counted();
        const reply = await send(alpha.code, { ...names[row.names], ...carries[row.carries] });
        const word = reply.status === 200 ? 'RUN' : 'REFUSED';
        const suffix = (await counted()) > before ? ' AND COUNTED' : '';
        expect([row.mode, row.rule, `${word}${suffix}`]).toEqual([
          row.mode,
          row.rule,
          row.expected,
        ]);
        if (word === 'REFUSED') {
          const [error] = reply.json?.errors ?? [];
          expect(error?.extensions['code']).toBe('ERR_INPUT_INVALID');
        }
      }
      expect((await send(bravo.code, { query: other })).status).toBe(200);
    }
  });

  test('none is required where none is trusted: that would be suspending the partner', async () => {
    const input = { partner: bravo.code, mode: 'REQUIRED' };
    const refused = await act('requireDocuments', 'DocumentModeInput', input);
    expect(refused.code).toBe('ERR_CONFLICT');
    expect((await send(bravo.code, { query: other })).status).toBe(200);
    const none = { partner: alpha.code, documents: [] };
    expect((await act('setDocuments', 'SetDocumentsInput', none)).code).toBe('ERR_CONFLICT');
  });

  test('a refused text is not parsed, says nothing of itself, and is on record', async () => {
    const size = async () => {
      const rows = await gateway.rooms.database.dataSource.query<{ count: string }[]>(
        'SELECT count(*) FROM access_log_leaf',
      );
      return Number(rows[0]?.count);
    };
    const before = await size();
    const reply = await send(alpha.code, { query: 'not GraphQL at all: secret' });
    expect([reply.status, reply.json?.errors?.[0]?.extensions['argument']]).toEqual([400, 'query']);
    expect(JSON.stringify(reply.json)).not.toContain('secret');
    expect(await size()).toBe(before + 1);
    const lines = (await documents()).report.filter(({ refused }) => refused);
    expect(lines.map(({ id }) => id)).toContain(idOf('not GraphQL at all: secret'));
    expect(gateway.logged.join('')).not.toContain('secret');
  });

  test('required by one at once, any document again by two', async () => {
    expect((await mode('requireDocuments', 'DRY_RUN')).code).toBe('ERR_CONFLICT');
    const asked = await mode('relaxDocuments', 'OFF');
    expect(asked.value).toMatchObject({ state: 'PENDING' });
    expect((await send(alpha.code, { query: other })).status).toBe(400);
    await second.approve(asked);
    expect((await send(alpha.code, { query: other })).status).toBe(200);
    await expect(
      gateway.rooms.database.dataSource.transaction(async (manager) => {
        await manager.query("UPDATE document_rule SET mode = 'REQUIRED'");
        await manager.query("UPDATE document_rule SET mode = 'OFF'");
      }),
    ).rejects.toThrow();
  });

  test.each([
    ['no GraphQL', '{'],
    ['a text that could be a person’s', 'mutation { a(name: "Somebody") }'],
  ])('refuses to trust %s', async (_what, document) => {
    const input = { partner: alpha.code, documents: [trusted, document] };
    const refused = await act('setDocuments', 'SetDocumentsInput', input);
    expect(refused.code).toBe('ERR_INPUT_INVALID');
  });

  test('answers a partner does not take are bounded, and another partner is answered', async () => {
    const grantId = gateway.partner(alpha.code).options.grantId;
    const questions = Array.from({ length: 100 }, (_, at) => ({
      requestId: `not an id ${at}`,
      caseReference: 'CASE-1',
      person: { documents: [{ type: 'PASSPORT', number: 'P0000001' }] },
    }));
    const batch = {
      query: `mutation B($input: VerifyIdentitiesInput!) { verifyIdentities(input: $input) {
        ... on VerificationRefusal { code } ... on Verification { outcome } } }`,
      variables: { input: { grantId, purpose: 'BORDER_VERIFICATION', questions } },
    };
    // 1.6 MiB each, 16 MiB in all.
    const replies = await Promise.all(
      Array.from({ length: 14 }, async () => send(alpha.code, batch)),
    );
    const statuses = replies.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(4);
    expect(statuses.filter((status) => status === 503).length).toBeGreaterThan(0);
    const busy = replies.find(({ status }) => status === 503);
    expect(busy?.headers['retry-after']).toBeDefined();
    expect((await send(bravo.code, { query: other })).status).toBe(200);
    expect((await send(alpha.code, batch)).status).toBe(200);
  });
});
