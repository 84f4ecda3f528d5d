import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AccessLog } from '../src/access-log/index.js';
import { logSource } from '../src/alerts/index.js';
import { listTestGrants } from '../src/grants/index.js';
import { builtInQuestions } from '../src/register/index.js';
import { ACCESS_LOG } from '../src/rooms.module.js';
import { ReadSummary } from '../src/scrutiny/index.js';
import type { StaffCaller, StaffRecords } from '../src/staff/index.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import type { TestPartner, TestReply } from './support/partner.js';
import { laila, lailaAsSeen } from './support/people.js';
import { codeOf } from './support/replies.js';

const code = 'ALPHA-BORDER';
const madeUp = builtInQuestions[0]?.person ?? {};

/** A test grant that is in force, of a gateway of its own. */
async function rehearse(gateway: TestGateway): Promise<string> {
  const asked = await gateway.staff('LIA-1').act('renewTestGrant', { partner: code });
  await gateway.staff('LIA-2').approve(asked);
  const partner = gateway.partner(code);
  const reply = await partner.graphql('{ access { grants { id version digest test } } }');
  const { grants } = reply.json?.data?.['access'] as {
    grants: { id: string; version: number; digest: string; test: boolean }[];
  };
  const found = grants.find((grant) => grant.test);
  const accepted = await partner.graphql(
    'mutation A($input: AcceptGrantInput!) { acceptGrant(input: $input) { grant { state } } }',
    { input: { grantId: found?.id, version: found?.version, digest: found?.digest } },
  );
  expect(accepted.json?.errors).toBeUndefined();
  return found?.id ?? '';
}

/** What is asked in rehearsal is on record and has its limits, and is in no count and no alarm. */
describe('rehearsals', () => {
  let gateway: TestGateway;
  let alpha: TestPartner;
  let grantId: string;
  let accessLog: AccessLog;
  beforeAll(async () => {
    gateway = await startGateway({
      kind: 'PGlite',
      staff: true,
      people: [laila],
      releaseDelayMs: 1,
    });
    alpha = gateway.partner(code);
    grantId = await rehearse(gateway);
    accessLog = gateway.rooms.context.get<AccessLog>(ACCESS_LOG);
  });
  afterAll(async () => gateway?.close());

  const sql = <Row>(text: string, ...values: unknown[]): Promise<Row[]> =>
    gateway.rooms.database.dataSource.query<Row[]>(text, values);
  const rehearsed = (bent: object = {}): Promise<TestReply> =>
    alpha.graphql(
      'mutation V($input: VerifyIdentityInput!) { verifyIdentity(input: $input) { id outcome } }',
      {
        input: {
          requestId: randomUUID(),
          grantId,
          purpose: 'BORDER_VERIFICATION',
          caseReference: 'TEST',
          person: madeUp,
          ...bent,
        },
      },
    );
  const inEarnest = async (bent: object = {}) => alpha.verify(lailaAsSeen, { ...bent });
  const alerts = async (kind: string) => {
    await gateway.gateway.lookForAlerts();
    const { value } = await gateway
      .staff('SEC-1')
      .graphql('{ alerts(all: true) { kind partner reason } }');
    return (value as { kind: string }[]).filter((one) => one.kind === kind);
  };
  /** A look of its own: the gateway's looks at nobody twice in five minutes. */
  const refusalsFound = async () => {
    const { manager } = gateway.rooms.database.dataSource;
    const source = logSource(accessLog, async () => listTestGrants(manager));
    const { found } = await source.read(undefined, new Date());
    return found.filter(({ kind }) => kind === 'REFUSALS_IN_A_ROW');
  };
  const sizeOfTree = async () =>
    (await accessLog.search.trees()).find(({ partner }) => partner === code)?.size ?? 0;

  test('are on record, each, as what is asked in earnest is', async () => {
    const before = await sizeOfTree();
    await rehearsed();
    await rehearsed({ purpose: 'ONWARD_TRAVEL' });
    expect(await sizeOfTree()).toBe(before + 2);
    const [refused, answered] = await accessLog.search.find(
      { partner: code as never, grant: grantId },
      { first: 2 },
      new Date(),
    );
    expect([refused?.record.outcome, refused?.host?.test]).toEqual([
      'ERR_PURPOSE_NOT_GRANTED',
      true,
    ]);
    expect([answered?.record.outcome, answered?.host?.test]).toEqual(['MATCH', true]);
  });

  test('refused again and again alert nobody, and a match in one ends no run of refusals in earnest', async () => {
    for (let turn = 0; turn < 11; turn += 1) await rehearsed({ purpose: 'ONWARD_TRAVEL' });
    expect(await refusalsFound()).toEqual([]);
    for (let turn = 0; turn < 5; turn += 1) await inEarnest({ purpose: 'ONWARD_TRAVEL' });
    expect((await rehearsed()).json?.data?.['verifyIdentity']).toMatchObject({ outcome: 'MATCH' });
    for (let turn = 0; turn < 5; turn += 1) await inEarnest({ purpose: 'ONWARD_TRAVEL' });
    await rehearsed();
    const [found] = await refusalsFound();
    expect(found).toMatchObject({ partner: code });
    expect(found?.records).toHaveLength(10);
  });

  test('make no hour and no number of questions usual or unusual', async () => {
    const { clientId } = alpha.options;
    const who = { partner: code as never, clientId };
    const from = new Date(Date.now() - 86_400_000);
    const count = async (exceptGrants: readonly string[]) => {
      const { hours } = await accessLog.search.activity(who, { from, exceptGrants }, new Date());
      return hours.reduce((sum, hour) => sum + hour.count, 0);
    };
    const testGrants = await listTestGrants(gateway.rooms.database.dataSource.manager);
    expect(testGrants).toEqual([grantId]);
    const before = [await count([]), await count(testGrants)] as const;
    for (let turn = 0; turn < 3; turn += 1) await rehearsed();
    await inEarnest();
    expect([await count([]), await count(testGrants)]).toEqual([before[0] + 4, before[1] + 1]);
  });

  test('leave nobody outstanding: no crossing is waited for, and none is confirmed', async () => {
    const waiting = async () =>
      Number((await sql<{ count: string }>('SELECT count(*) FROM match_told'))[0]?.count);
    const before = await waiting();
    const { id } = (await rehearsed()).json?.data?.['verifyIdentity'] as { id: string };
    expect(await waiting()).toBe(before);
    const confirm = async (verificationId: string) =>
      alpha.graphql(
        `mutation C($input: ConfirmCrossingInput!) {
          confirmCrossing(input: $input) { confirmation { id } } }`,
        {
          input: {
            requestId: randomUUID(),
            verificationId,
            state: 'PAK',
            borderPoint: 'PKTRM',
            crossedAt: new Date().toISOString(),
          },
        },
      );
    expect(codeOf(await confirm(id))).toBe('ERR_VERIFICATION_NOT_USABLE');
    const real = (await inEarnest()).json?.data?.['verifyIdentity'] as { id: string };
    expect(await waiting()).toBe(before + 1);
    expect((await confirm(real.id)).json?.errors).toBeUndefined();
  });

  test('are in no summary of a month and no counter of a day', async () => {
    const month = new Date().toISOString().slice(0, 7);
    const read = new ReadSummary(
      accessLog,
      { record: async () => undefined } as unknown as StaffRecords,
      async () => listTestGrants(gateway.rooms.database.dataSource.manager),
      () => new Date(Date.now() + 40 * 86_400_000),
    );
    const summary = async () =>
      (await read.execute({} as StaffCaller, month)).find(({ partner }) => partner === code);
    for (let turn = 0; turn < 12; turn += 1) await inEarnest();
    const before = await summary();
    expect(before?.answered).toBeGreaterThanOrEqual(12);
    for (let turn = 0; turn < 12; turn += 1) await rehearsed();
    expect(await summary()).toEqual(before);
    await inEarnest();
    expect((await summary())?.answered).toBe((before?.answered ?? 0) + 1);

    // Of the day before yesterday, in rehearsal and in earnest.
    const ended = new Date((Math.floor(Date.now() / 86_400_000) - 1) * 86_400_000);
    for (const grant of [grantId, alpha.grantId]) {
      await sql(
        `INSERT INTO use_of_day (grant_id, ends_at, questions, people, misses, tried, matched, returned)
         VALUES ($1, $2, 47, 0, 0, 0, 0, 0)`,
        grant,
        ended,
      );
    }
    const { value } = await gateway
      .staff('OVR-1')
      .graphql(
        'query C($from: DateTime!, $until: DateTime!) { counters(from: $from, until: $until) { grant used } }',
        {
          from: new Date(ended.getTime() - 1).toISOString(),
          until: new Date().toISOString(),
        },
      );
    const told = value as { grant: string; used: number | null }[];
    expect(told.filter(({ used }) => used !== null)).toEqual([{ grant: alpha.grantId, used: 40 }]);
    expect(told.filter(({ grant }) => grant === grantId)).toEqual([]);
  });

  test('have a budget of their own that ends, and alert nobody when it does', async () => {
    const use = async (grant: string) =>
      sql(
        `UPDATE budget_use SET used = 999 WHERE account = $1 AND kind = 'QUESTIONS'
           AND ends_at > now()`,
        `GRANT:${grant}`,
      );
    await use(grantId);
    expect((await rehearsed()).json?.errors).toBeUndefined();
    const size = await sizeOfTree();
    expect(codeOf(await rehearsed())).toBe('ERR_BUDGET_SPENT');
    // Refused, and on record: it counts towards the records a partner may cause.
    expect(await sizeOfTree()).toBe(size + 1);
    const raised = async () => sql("SELECT 1 FROM budget_alarm WHERE stage = 'SPENT'");
    expect(await raised()).toHaveLength(1);
    expect(await alerts('BUDGET_NEAR')).toEqual([]);
    await use(alpha.grantId);
    await inEarnest();
    expect(codeOf(await inEarnest())).toBe('ERR_BUDGET_SPENT');
    const told = await alerts('BUDGET_NEAR');
    expect(told.length).toBeGreaterThan(0);
  });
});

test('rehearsals and questions in earnest share the records a partner may cause in a day', async () => {
  const gateway = await startGateway({
    kind: 'PGlite',
    staff: true,
    people: [laila],
    releaseDelayMs: 1,
    recordsPerDay: 6,
  });
  try {
    const grantId = await rehearse(gateway);
    const alpha = gateway.partner(code);
    // One was the acceptance.
    for (let turn = 0; turn < 5; turn += 1) {
      const reply = await alpha.verify(madeUp, { grantId });
      expect(reply.json?.errors?.[0]?.extensions['code']).not.toBe('ERR_LOG_UNAVAILABLE');
    }
    for (const under of [{ grantId }, {}]) {
      const reply = await alpha.verify(madeUp, under);
      expect(codeOf(reply)).toBe('ERR_LOG_UNAVAILABLE');
    }
    expect((await gateway.partner('BRAVO-CONSULAR').verify(lailaAsSeen)).status).toBe(200);
  } finally {
    await gateway.close();
  }
});
