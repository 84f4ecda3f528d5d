import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Caller } from '../src/grants/index.js';
import { VerifyIdentity } from '../src/verification/index.js';
import { safeconduct, writeStaffProfile, type Ran } from './support/command.js';
import { temporaryHome } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { laila, lailaAsSeen } from './support/people.js';
import { TestPartner } from './support/partner.js';

const [alpha, bravo] = ['ALPHA-BORDER', 'BRAVO-CONSULAR'] as const;

describe('an emergency stop', () => {
  const place = temporaryHome();
  let gateway: TestGateway;
  let other: Awaited<ReturnType<TestGateway['replica']>>;
  let elsewhere: TestPartner;
  beforeAll(async () => {
    gateway = await startGateway({ kind: 'PostgreSQL', staff: true, people: [laila] });
    other = await gateway.replica();
    const first = gateway.partner(alpha);
    elsewhere = new TestPartner({ ...first.options, url: other.url });
    elsewhere.withToken(await first.accessToken());
  });
  afterAll(async () => {
    elsewhere?.close();
    await other?.close();
    await gateway?.close();
    place.remove();
  });

  const codeOf = async (partner: TestPartner) => {
    const { status, json } = await partner.verify(lailaAsSeen);
    return status === 200 && json?.errors === undefined
      ? 'answered'
      : `${status} ${String(json?.errors?.[0]?.extensions['code'])}`;
  };
  const answers = async () => ({
    alpha: await codeOf(gateway.partner(alpha)),
    elsewhere: await codeOf(elsewhere),
    bravo: await codeOf(gateway.partner(bravo)),
  });
  const stopped = '503 ERR_STOPPED';
  const run = (reference: string, ...args: readonly string[]): Promise<Ran> => {
    const from = {
      url: gateway.gateway.staff?.url ?? '',
      serverCaPem: gateway.serverCaPem,
      pair: gateway.staffPair(reference),
    };
    return safeconduct([...args, '--profile', writeStaffProfile(place.path, reference, from)]);
  };
  const lift = async (...code: readonly string[]): Promise<void> => {
    const asked = await run('LIA-1', 'stop', ...code, '--lift', '--json');
    const { id, digest } = JSON.parse(asked.out) as { id: string; digest: string };
    expect((await run('SEC-1', 'pending', 'approve', id, '--digest', digest)).code).toBe(0);
  };
  const sql = (text: string) => gateway.rooms.database.dataSource.query(text);

  test('without one everybody is answered, and nothing is listed', async () => {
    expect(await answers()).toEqual({
      alpha: 'answered',
      elsewhere: 'answered',
      bravo: 'answered',
    });
    expect((await run('SEC-1', 'stop', '--list')).out).toBe('nothing is stopped\n');
  });

  test('of everybody is in force at the next request, on every replica, by one person', async () => {
    const { code, out } = await run('SEC-1', 'stop');
    expect([code, out]).toEqual([0, expect.stringMatching(/^done: DISCLOSURE_STOP /)]);
    expect(await answers()).toEqual({ alpha: stopped, elsewhere: stopped, bravo: stopped });
    expect((await run('OVR-1', 'stop', '--list')).out).toMatch(/^every partner {2}stopped since /);
  });

  test('keeps everything from a partner but its log, and says when to come again', async () => {
    const partner = gateway.partner(alpha);
    const access = await partner.graphql('{ access { officer } }');
    expect([access.status, access.headers['retry-after']]).toEqual([503, expect.any(String)]);
    expect(access.json).toEqual({
      errors: [
        {
          message: expect.any(String),
          extensions: { code: 'ERR_STOPPED', reference: expect.any(String) },
        },
      ],
    });
    expect((await partner.raw({ method: 'GET', path: '/log/checkpoint' })).status).toBe(200);
    expect(await partner.fetchToken()).toMatch(/^ey/);
  });

  test('puts its refusals on record', async () => {
    const { json } = await gateway.partner(alpha).graphql('{ access { officer } }');
    const reference = json?.errors?.[0]?.extensions['reference'];
    const { value } = await gateway
      .staff('SEC-1')
      .graphql(
        'query L($filter: LogFilterInput!) { logRecords(filter: $filter, first: 5) { edges { node { id outcome partner } } } }',
        { filter: { partner: alpha, outcomes: ['ERR_STOPPED'] } },
      );
    const { edges } = value as { edges: { node: object }[] };
    expect(edges[0]?.node).toEqual({ id: reference, outcome: 'ERR_STOPPED', partner: alpha });
  });

  test('reaches the question that was let in before it', async () => {
    const caller = {
      partner: alpha,
      state: 'AUS',
      clientId: 'alpha-border',
      certificateFingerprint: 'x',
    } as unknown as Caller;
    const question = {
      requestId: randomUUID(),
      grantId: gateway.partner(alpha).grantId,
      purpose: 'BORDER_VERIFICATION',
      caseReference: 'CASE-1',
      person: lailaAsSeen,
      personAsSent: lailaAsSeen,
      fields: [],
    };
    await expect(
      gateway.rooms.context.get(VerifyIdentity).execute(caller, question as never),
    ).rejects.toMatchObject({ code: 'ERR_STOPPED' });
  });

  test('shows on /metrics, and is no reason to be taken out of service', async () => {
    const ready = await fetch(`${gateway.opsUrl}/readyz`);
    expect(ready.status).toBe(200);
    const text = await (await fetch(`${gateway.opsUrl}/metrics`)).text();
    expect(text).toContain('safeconduct_disclosure_stops{of="everybody"} 1');
    expect(text).toContain('safeconduct_disclosure_stops{of="partner"} 0');
  });

  test('twice is told so', async () => {
    const { code, err } = await run('LIA-1', 'stop');
    expect([code, err]).toEqual([3, expect.stringContaining('stop --list')]);
  });

  test('is lifted by two people of whom one watches, and not before the second', async () => {
    const asked = await run('LIA-1', 'stop', '--lift', '--json');
    const { id, digest, state } = JSON.parse(asked.out) as Record<string, string>;
    expect([asked.code, state]).toEqual([0, 'PENDING']);
    expect(await codeOf(gateway.partner(alpha))).toBe(stopped);
    const approve = (reference: string) =>
      run(reference, 'pending', 'approve', id ?? '', '--digest', digest ?? '');
    for (const reference of ['LIA-1', 'LIA-2', 'REG-1', 'ADM-1']) {
      expect([reference, (await approve(reference)).code]).toEqual([reference, 3]);
    }
    expect(await codeOf(elsewhere)).toBe(stopped);
    expect((await approve('PRO-1')).code).toBe(0);
    expect(await answers()).toEqual({
      alpha: 'answered',
      elsewhere: 'answered',
      bravo: 'answered',
    });
    expect((await run('LIA-1', 'stop', '--lift')).code).toBe(3);
  });

  test('of one partner leaves the others, and a stop of everybody stays beside it', async () => {
    expect((await run('REG-1', 'stop', alpha)).code).toBe(0);
    expect(await answers()).toEqual({ alpha: stopped, elsewhere: stopped, bravo: 'answered' });
    expect((await run('PRO-1', 'stop')).code).toBe(0);
    const { out } = await run('SEC-1', 'stop', '--list', '--json');
    expect(JSON.parse(out)).toMatchObject([{ partner: null }, { partner: alpha }]);
    await lift();
    expect(await answers()).toEqual({ alpha: stopped, elsewhere: stopped, bravo: 'answered' });
    await lift(alpha);
    expect(await answers()).toEqual({
      alpha: 'answered',
      elsewhere: 'answered',
      bravo: 'answered',
    });
  });

  test.each([
    ['OVR-1', ['stop'], 3],
    ['ADM-1', ['stop'], 3],
    ['REG-1', ['stop', '--lift'], 3],
    ['SEC-1', ['stop', 'NOBODY-1'], 3],
    ['SEC-1', ['stop', '--list', '--lift'], 2],
    ['SEC-1', ['stop', '--wait'], 2],
    ['ADM-1', ['stop', '--list'], 3],
  ])('%s who types %j is refused, and nothing is stopped', async (reference, args, exit) => {
    expect((await run(reference, ...args)).code).toBe(exit);
    expect(await codeOf(gateway.partner(alpha))).toBe('answered');
  });

  test('is not lifted in the database by anybody', async () => {
    expect((await run('SEC-1', 'stop', bravo)).code).toBe(0);
    await expect(sql('UPDATE disclosure_stop SET stopped = false')).rejects.toThrow(
      'second person',
    );
    await expect(
      sql(`UPDATE disclosure_stop SET stopped = false, act = '${randomUUID()}'`),
    ).rejects.toThrow('second person');
    await expect(
      sql(`UPDATE disclosure_stop SET scope = 'X' WHERE scope = '${bravo}'`),
    ).rejects.toThrow('second person');
    await expect(sql('DELETE FROM disclosure_stop')).rejects.toThrow('never forgotten');
    await expect(sql('TRUNCATE disclosure_stop')).rejects.toThrow('never forgotten');
    expect(await codeOf(gateway.partner(bravo))).toBe(stopped);
    await lift(bravo);
  });
});
