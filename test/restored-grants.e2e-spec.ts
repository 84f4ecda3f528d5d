import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { Type } from '@nestjs/common';
import type { AccessLog } from '../src/access-log/index.js';
import type { GrantId } from '../src/core/ids.js';
import { AcceptGrant, Authority, Budgets, ReadGrants, type Caller } from '../src/grants/index.js';
import { openRooms, type OpenRooms } from '../src/main.js';
import { ACCESS_LOG, openMigratedDatabase } from '../src/rooms.module.js';
import {
  StaffActs,
  StaffDirectory,
  type ActPayload,
  type ChangingAct,
} from '../src/staff/index.js';
import { VerifyIdentity } from '../src/verification/index.js';
import { describeOnEachDatabase } from './support/databases.js';
import { standardTerms, startGateway, testPartners, type TestGateway } from './support/gateway.js';
import { backUpTables, everyTable, restoreTables } from './support/restored-database.js';

const [alpha, bravo] = testPartners;
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
const terms = {
  ...standardTerms,
  partner: alpha.code,
  questionsPerDay: 40,
  validFrom: inDays(-1),
  validUntil: inDays(300),
};
const caller = {
  partner: alpha.code,
  partnerName: 'Alpha',
  state: alpha.state,
  clientId: 'alpha-border',
  certificateFingerprint: 'x',
} as unknown as Caller;

describeOnEachDatabase('yesterday’s database restored, of grants', (kind) => {
  let gateway: TestGateway;
  let rooms: OpenRooms;
  beforeAll(async () => {
    gateway = await startGateway({ kind, staff: true });
    await gateway.gateway.close();
    rooms = await openRooms(gateway.settings);
  });
  afterAll(async () => {
    await rooms?.close();
    await gateway?.close().catch(() => undefined);
  });

  const query = async <Row>(sql: string, parameters: unknown[] = []) =>
    rooms.database.dataSource.query<Row[]>(sql, parameters);
  const get = <T>(type: { readonly prototype: T }): T => rooms.context.get(type as Type<T>);
  const staff = async (reference: string) => {
    const [row] = await query<{ fingerprint: string }>(
      `SELECT c.fingerprint FROM staff_certificate c JOIN staff_account a ON a.id = c.account
       JOIN staff_person p ON p.id = a.person WHERE p.reference = $1`,
      [reference],
    );
    return get(StaffDirectory).establish(row?.fingerprint ?? '');
  };
  const act = async (who: string, name: ChangingAct, content: ActPayload) =>
    get(StaffActs).perform(await staff(who), name, content);
  const show = async (id: string) => get(ReadGrants).show(await staff('LIA-1'), id);
  const approved = async (change: object = {}): Promise<GrantId> => {
    const { id } = await act('LIA-1', 'GRANT_DRAFT', { terms: { ...terms, ...change } });
    await submit(id);
    return id as GrantId;
  };
  const submit = async (grant: string) => {
    const { open } = await show(grant);
    const { version = 0, digest = '' } = open ?? {};
    const asked = await act('LIA-1', 'GRANT_APPROVE', { grant, version, digest });
    await get(StaffActs).approve(await staff('LIA-2'), asked.id, asked.digest);
  };
  const accept = async (grant: GrantId) => {
    const { open } = await show(grant);
    const { version = 0, digest = '' } = open ?? {};
    // Certificate and token are the door's; here they are as they were.
    const authority = {
      refresh: async () => undefined,
      establish: () => caller,
    } as unknown as Authority;
    const log = rooms.context.get<AccessLog>(ACCESS_LOG);
    const use = new AcceptGrant(authority, log, () => new Date(), randomUUID);
    await use.execute(caller, { grantId: grant, version, digest });
    await get(Authority).refresh();
  };
  const inForce = async (change: object = {}): Promise<GrantId> => {
    const grant = await approved(change);
    await accept(grant);
    return grant;
  };
  const ask = async (grantId: string, number: string, requestId: string = randomUUID()) => {
    await get(Authority).refresh();
    const person = {
      names: [{ full: `Somebody ${number}` }],
      dateOfBirth: '1984-03',
      documents: [{ type: 'PASSPORT' as const, number }],
    };
    return get(VerifyIdentity)
      .execute(caller, {
        requestId,
        grantId,
        purpose: 'BORDER_VERIFICATION',
        caseReference: 'C-1',
        person,
        personAsSent: person,
        fields: [],
      })
      .then(
        ({ outcome }) => outcome as string,
        (error: { code: string }) => error.code,
      );
  };

  /** Every table as it is now, to be put back as a restore writes: without triggers. */
  const backUp = async (): Promise<() => Promise<void>> => {
    const tables = await everyTable(rooms.database);
    await backUpTables(rooms.database, tables);
    return async () => {
      await rooms.close();
      const database = await openMigratedDatabase(gateway.settings.configuration);
      await restoreTables(database, tables);
      await database.close();
      rooms = await openRooms(gateway.settings);
      await get(Authority).refresh();
    };
  };

  test('what was narrowed, suspended, revoked or withdrawn stays so', async () => {
    const reason = 'a reason';
    const [narrowed, suspended, revoked] = [await inForce(), await inForce(), await inForce()];
    const waiting = await approved();
    const later = await approved();
    const widened = await inForce();
    const restore = await backUp();

    const fewer = { ...terms, questionsPerDay: 5 } as never;
    await act('LIA-1', 'GRANT_NARROW', { grant: narrowed, terms: fewer });
    const { digest } = (await show(narrowed)).current ?? {};
    await act('LIA-1', 'GRANT_SUSPEND', { grant: suspended, reason });
    await act('SEC-1', 'GRANT_REVOKE', { grant: revoked, reason });
    await act('SEC-1', 'GRANT_VERSION_REVOKE', { grant: waiting, version: 1 });
    // In force only after the backup, then suspended: its partner could accept it a second time.
    await accept(later);
    await act('LIA-1', 'GRANT_SUSPEND', { grant: later, reason });
    // Widened, which is in no journal, and narrowed to something wider than what comes back.
    await act('LIA-1', 'GRANT_AMEND', {
      grant: widened,
      terms: { ...terms, questionsPerDay: 400 },
    });
    await submit(widened);
    await accept(widened);
    await act('LIA-1', 'GRANT_NARROW', {
      grant: widened,
      terms: { ...terms, questionsPerDay: 300 },
    });
    await act('LIA-1', 'DOCUMENTS_SET', {
      partner: alpha.code,
      documents: ['query Who { access { tokenExpiresAt } }'],
    });
    await act('LIA-1', 'DOCUMENTS_REQUIRE', { partner: alpha.code, mode: 'REQUIRED' });
    await act('SEC-1', 'DISCLOSURE_STOP', { partner: bravo.code });

    await restore();
    const states = async () =>
      Promise.all(
        [narrowed, suspended, revoked, waiting, later, widened].map(async (id) => {
          const { state, current } = await show(id);
          return [state, current?.version ?? null];
        }),
      );
    const expected = [
      ['ACTIVE', 2],
      ['SUSPENDED', 1],
      ['REVOKED', 1],
      ['REVOKED', null],
      ['REVOKED', null],
      ['SUSPENDED', 1],
    ];
    expect(await states()).toEqual(expected);
    expect((await show(narrowed)).current?.digest).toBe(digest);
    expect(get(Authority).documentRule(alpha.code).mode).toBe('REQUIRED');
    expect([alpha, bravo].map(({ code }) => get(Authority).isStopped(code))).toEqual([false, true]);
    await expect(accept(later)).rejects.toMatchObject({ code: 'ERR_GRANT_NOT_USABLE' });
    // A second start changes nothing.
    await rooms.close();
    rooms = await openRooms(gateway.settings);
    expect(await states()).toEqual(expected);
  });

  test('spent stays spent: questions, people, misses and values, and nothing twice', async () => {
    const grant = await inForce({ questionsPerDay: 12 });
    await ask(grant, 'P0000001');
    const restore = await backUp();
    const kept = randomUUID();
    for (let at = 2; at <= 6; at += 1) await ask(grant, `P000000${at}`);
    await ask(grant, 'P0000007', kept);
    await ask(grant, 'P0000007', kept);
    const use = async () => {
      const live = get(Authority).grant(grant);
      if (live === undefined) throw new TypeError('no grant');
      const at = new Date(Math.floor(Date.now() / 60_000) * 60_000 + 60_000);
      return (await get(Budgets).use(live, at)).map(({ kind: what, used }) => [what, used]);
    };
    const seen = async () =>
      query(
        `SELECT account, kind, encode(anchor, 'hex') AS anchor, encode(value, 'hex') AS value
         FROM budget_seen WHERE account = $1 ORDER BY 1, 2, 3, 4`,
        [`GRANT:${grant}`],
      );
    const [before, values] = [await use(), await seen()];
    expect(Object.fromEntries(before)).toMatchObject({ QUESTIONS: 7, PEOPLE: 7 });

    await restore();
    expect(await use()).toEqual(before);
    expect(await seen()).toEqual(values);
    // A question in doubt is asked again under its id: the same question, and free.
    expect(await ask(grant, 'P0000007', kept)).toBe('NOT_CONFIRMED');
    expect(await use()).toEqual(before);
    expect(await ask(grant, 'P0000008', kept)).toBe('ERR_REQUEST_ID_REUSED');
    for (let at = 0; at < 5; at += 1) await ask(grant, `P000001${at}`);
    expect(await ask(grant, 'P0000020')).toBe('ERR_BUDGET_SPENT');
  });
});
