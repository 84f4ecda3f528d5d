import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { AccessEntry } from '../../access-log/index.js';
import { isGatewayError } from '../../core/errors.js';
import type { Grant } from '../../core/grants/grant.js';
import type { Caseload } from '../../core/ids.js';
import type { Subject } from '../../core/register/subject.js';
import { Budgets, type Caller } from '../../grants/index.js';
import { migrations } from '../../migrations.js';
import type { Database } from '../../platform/database/database.js';
import {
  fitsEvidence,
  OwnCursors,
  PartnerRecord,
  ReferralActs,
  ReferralDesk,
  ReferralStore,
  ToldFacts,
  ToldKeys,
} from '../../referrals/index.js';
import { registerVersionSql } from '../../register/index.js';
import { subjectOf } from '../../../test/support/arbitrary-people.js';
import { caller as anyCaller, earnestGrant } from '../../../test/support/arbitrary-world.js';
import { openTestDatabase } from '../../../test/support/databases.js';
import {
  forgetBudgets,
  memoryRegister,
  officer,
  oneEpoch,
  publicLog,
  type StoredPerson,
} from '../../../test/support/in-process-gateway.js';
import { VerifyIdentity } from '../verify-identity.js';
import { ReadReferrals } from './read-referrals.js';
import { RequestReferral } from './request-referral.js';

/** What time, grants, officers and the register do to a referral between its steps. */
describe('between its steps', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase('PGlite', migrations);
  });
  afterAll(async () => database.close());

  const begin = new Date('2026-03-04T10:00:00Z').getTime();
  const zarmina = subjectOf(
    7,
    {
      names: ['Zarmina Wardak'],
      fatherName: 'Sabur',
      grandfatherName: undefined,
      dateOfBirth: '1990-07-02',
      sex: 'F',
      nationality: 'AFG',
      documents: [],
      visa: { reference: 'V-1', class: 'PROTECTION', status: 'GRANTED' },
      household: undefined,
    },
    'AF-2021' as Caseload,
    [],
  );
  const unclear = {
    names: [{ full: 'Zarmina Wardak' }],
    fatherName: 'Sabur',
    dateOfBirth: '1970',
  };

  let at = begin;
  let grant: Grant;
  let caller: Caller;
  let people: readonly StoredPerson[];
  let finds = 0;
  let lookUps = 0;
  let overtaking: Partial<Grant> | undefined;
  let entries: AccessEntry[] = [];
  let readings: (readonly [string, string | undefined])[] = [];
  let ids = 0;
  beforeEach(async () => {
    await forgetBudgets(database.dataSource);
    at = begin;
    grant = earnestGrant;
    caller = anyCaller;
    people = [zarmina];
    overtaking = undefined;
    entries = [];
    readings = [];
  });

  const parts = () => {
    const now = () => new Date(at);
    const newId = () => `00000000-0000-4000-8000-${String((ids += 1)).padStart(12, '0')}`;
    const { dataSource } = database;
    const authority = {
      isStopped: () => false,
      grant: (id: string) => (id === grant.id ? grant : undefined),
      grantsOf: () => [grant],
      grantsOfState: () => [grant],
      catchUp: async () => {
        if (overtaking === undefined) return false;
        grant = { ...grant, ...overtaking };
        return true;
      },
      refresh: async () => undefined,
      establish: () => caller,
      stateOf: () => caller.state,
    };
    const budget = new Budgets(dataSource, Buffer.alloc(32, 7), registerVersionSql);
    const { log: kept, ownRecord } = publicLog(dataSource);
    const log: typeof kept = {
      append: async (entry, options) => {
        entries.push(entry);
        return kept.append(entry, options);
      },
    };
    const toldKeys = new ToldKeys(dataSource, Buffer.alloc(32, 9), (size) => Buffer.alloc(size, 3));
    const register = {
      catchUp: async () => undefined,
      refresh: async () => undefined,
      candidates: (...asked: Parameters<ReturnType<typeof memoryRegister>['candidates']>) => {
        lookUps += 1;
        return memoryRegister(people).candidates(...asked);
      },
      find: async (...asked: Parameters<ReturnType<typeof memoryRegister>['find']>) => {
        finds += 1;
        return memoryRegister(people).find(...asked);
      },
    };
    const told = new ToldFacts(toldKeys);
    const store = new ReferralStore(toldKeys);
    const records = new PartnerRecord({ accessLog: log, now, newId });
    const common = { authority, budget, store, records, now, newId };
    const desk = new ReferralDesk({
      store,
      authority,
      register,
      records: {
        record: async (_caller, act, { subject }) => {
          readings.push([act, subject]);
        },
      },
      now,
    });
    return {
      ready: async () => toldKeys.open(oneEpoch(dataSource)),
      verify: new VerifyIdentity(
        authority,
        budget,
        register,
        log,
        told,
        { take: () => undefined },
        now,
        newId,
      ),
      request: new RequestReferral({ ...common, log: { ownRecord } }),
      read: new ReadReferrals({
        ...common,
        register,
        accessLog: log,
        told,
        cursors: new OwnCursors(Buffer.alloc(32, 6), 'test'),
      }),
      desk,
      acts: new ReferralActs(store, desk),
    };
  };
  type Parts = ReturnType<typeof parts>;

  const verified = async ({ verify }: Parts) => {
    const { id, outcome } = await verify.execute(caller, {
      requestId: `v-${(ids += 1)}`,
      grantId: grant.id,
      purpose: grant.purpose,
      caseReference: 'CASE/1',
      person: unclear,
      personAsSent: unclear,
      fields: [],
    });
    expect(outcome).toBe('NOT_CONFIRMED');
    return id;
  };
  const requested = async ({ request }: Parts, verificationId: string) => {
    const { referral } = await request.execute(caller, {
      requestId: `r-${(ids += 1)}`,
      verificationId,
      reason: 'DATE_UNSURE',
      person: unclear,
      personAsSent: unclear,
    });
    return referral.id;
  };
  const confirmed = async (made: Parts) => {
    await made.ready();
    const referral = await requested(made, await verified(made));
    await confirm(made, referral, 'REFERRAL_CONFIRM');
    return referral;
  };
  const confirm = async (
    made: Parts,
    referral: string,
    act: 'REFERRAL_CONFIRM' | 'REFERRAL_CONFIRM_BY_TWO',
  ) => {
    const { candidates } = await made.desk.show(officer, referral);
    const prepared = made.acts.handlers[act]({
      referral,
      candidate: candidates[0]?.candidate ?? '',
      reason: 'known by her letter',
    });
    await prepared.ready?.();
    await database.dataSource.transaction(async (manager) => {
      await prepared.apply(manager, {
        actId: '00000000-0000-7000-8000-000000000001',
        at: new Date(at),
        newId: () => '',
        by: officer.reference,
        requestedBy: officer.account,
      });
    });
  };
  const stateOf = async ({ read }: Parts, referral: string) =>
    (await read.one(caller, referral, []))?.state;
  const codeOf = async (doing: Promise<unknown>): Promise<string> => {
    try {
      await doing;
      return 'NOTHING';
    } catch (error) {
      if (!isGatewayError(error)) throw error;
      return error.code;
    }
  };
  const hours = (count: number) => {
    at += count * 3_600_000;
  };

  test.each([
    [23.99, 'NOTHING'],
    [24, 'ERR_REFERRAL_NOT_USABLE'],
  ])('a verification of %d hours ago is referred: %s', async (age, code) => {
    const made = parts();
    await made.ready();
    const id = await verified(made);
    hours(age);
    expect(await codeOf(requested(made, id))).toBe(code);
  });

  test.each<[string, Partial<Grant>, string]>([
    ['as it was', {}, 'NOTHING'],
    ['in another version', { version: 2 }, 'ERR_GRANT_NOT_USABLE'],
    ['suspended', { state: 'SUSPENDED' }, 'ERR_GRANT_NOT_USABLE'],
    ['over', { validUntil: new Date(begin) }, 'ERR_GRANT_NOT_USABLE'],
    ['for named officers now', { requiresNamedOfficer: true }, 'ERR_NAMED_OFFICER_REQUIRED'],
  ])('under a grant %s it is requested: %s', async (_how, change, code) => {
    const made = parts();
    await made.ready();
    const id = await verified(made);
    grant = { ...grant, ...change };
    expect(await codeOf(requested(made, id))).toBe(code);
  });

  test.each<[string, () => void, string]>([
    ['nothing', () => undefined, 'CONFIRMED'],
    [
      'a version that lets out less',
      () => (grant = { ...grant, version: 2, fields: {} }),
      'CONFIRMED',
    ],
    ['a suspension of the grant', () => (grant = { ...grant, state: 'SUSPENDED' }), 'OPEN'],
    ['a revocation', () => (grant = { ...grant, state: 'REVOKED' }), 'OPEN'],
    ['the end of the grant', () => (grant = { ...grant, validUntil: new Date(at) }), 'OPEN'],
    ['another caseload', () => (grant = { ...grant, caseloads: ['AF-2022' as Caseload] }), 'OPEN'],
    [
      'elements no longer compared',
      () => (grant = { ...grant, matchOn: ['SEX', 'DOCUMENT'] }),
      'OPEN',
    ],
    ['an erasure', () => (people = []), 'OPEN'],
    ['a suppression', () => (people = [changed({ suppressedFor: ['AUS' as never] })]), 'OPEN'],
    ['a move', () => (people = [changed({ caseload: 'AF-2023' as Caseload })]), 'OPEN'],
    ['a visa that changed', () => (people = [changed({ visa: {} })]), 'CONFIRMED'],
    ['a correction after which nothing agrees', () => (people = [changed(another)]), 'OPEN'],
  ])('%s between a confirmation and its telling', async (_what, happens, state) => {
    const made = parts();
    const referral = await confirmed(made);
    happens();
    expect(await stateOf(made, referral)).toBe(state);
    hours(48);
    expect(await stateOf(made, referral)).toBe(state === 'OPEN' ? 'NOT_CONFIRMED' : 'CONFIRMED');
  });
  const changed = (change: Partial<Subject>): StoredPerson => ({
    ...zarmina,
    subject: { ...zarmina.subject, ...change },
  });
  const another = { names: [{ full: 'Gul Zadran' }], fatherName: 'Ahmad Khan' };

  test('a grant that became one of high assurance takes two, before a decision and after', async () => {
    const made = parts();
    const byOne = await confirmed(made);
    const undecided = await requested(made, await verified(made));
    grant = { ...grant, version: 2, assuranceLevel: 'HIGH' };
    expect(await stateOf(made, byOne)).toBe('OPEN');
    expect((await made.desk.show(officer, undecided)).needsSecond).toBe(true);
    expect((await made.desk.list(officer)).map(({ needsSecond }) => needsSecond)).toEqual([true]);
    expect(await codeOf(confirm(made, undecided, 'REFERRAL_CONFIRM'))).toBe('ERR_CONFLICT');
    await confirm(made, undecided, 'REFERRAL_CONFIRM_BY_TWO');
    expect(await stateOf(made, undecided)).toBe('CONFIRMED');
  });

  test('what the database says takes one, or is another partner’s, is taken for damage', async () => {
    const made = parts();
    grant = { ...grant, assuranceLevel: 'HIGH' };
    const referral = await (async () => {
      await made.ready();
      return requested(made, await verified(made));
    })();
    await database.dataSource.query('UPDATE referral SET needs_second = false');
    expect((await made.desk.show(officer, referral)).needsSecond).toBe(true);
    await database.dataSource.query(`UPDATE referral SET partner = 'BRAVO-CONSULAR'`);
    caller = { ...caller, partner: 'BRAVO-CONSULAR' as never };
    expect(await codeOf(made.read.one(caller, referral, []))).toBe('ERR_SEALED_DATA_DAMAGED');
  });

  test('nobody is opened for one who is kept from the partner: it is no more work than nobody', async () => {
    const made = parts();
    const referral = await confirmed(made);
    people = [changed({ suppressedFor: ['AUS' as never] })];
    const before = finds;
    expect(await stateOf(made, referral)).toBe('OPEN');
    const wanted = { first: 10, after: undefined, state: undefined };
    expect((await made.read.list(caller, wanted)).referrals).toHaveLength(1);
    expect(finds).toBe(before);
    people = [zarmina];
    expect(await stateOf(made, referral)).toBe('CONFIRMED');
    expect(finds).toBe(before + 1);
  });

  test('whom an officer is shown is on record, each of them', async () => {
    people = [zarmina, { ...zarmina, number: 8 }];
    const made = parts();
    await made.ready();
    await made.desk.show(officer, await requested(made, await verified(made)));
    expect(readings).toEqual([
      ['REFERRAL_READ', undefined],
      ['REFERRAL_READ', '7'],
      ['REFERRAL_READ', '8'],
    ]);
    people = [];
    await made.desk.show(officer, await requested(made, await verified(made)));
    expect(readings).toHaveLength(4);
  });

  test('what was charged is on record where the grant is suspended before the referral is there', async () => {
    const made = parts();
    await made.ready();
    const id = await verified(made);
    overtaking = { state: 'SUSPENDED' };
    expect(await codeOf(requested(made, id))).toBe('ERR_GRANT_NOT_USABLE');
    const refusal = entries.at(-1);
    expect([refusal?.outcome, refusal?.grant]).toEqual(['ERR_GRANT_NOT_USABLE', grant.id]);
    expect(refusal?.host.charge).toEqual(expect.any(String));
  });

  test('an undecided, a declined and a withheld case are looked up alike', async () => {
    const made = parts();
    const kept = await confirmed(made);
    const undecided = await requested(made, await verified(made));
    const declined = await requested(made, await verified(made));
    await database.dataSource.query(
      `UPDATE referral SET decision = 'DECLINED', evidence = NULL WHERE id = $1`,
      [declined],
    );
    people = [];
    for (const referral of [kept, undecided, declined]) {
      const before = lookUps;
      expect(await stateOf(made, referral)).toBe('OPEN');
      expect(lookUps).toBe(before + 1);
    }
  });

  test('whoever asked is held to climbing as well, whoever of them reads', async () => {
    caller = { ...caller, officer: 'o-17' };
    const made = parts();
    const referral = await confirmed(made);
    caller = { ...caller, officer: 'o-18' };
    expect(await stateOf(made, referral)).toBe('CONFIRMED');
    const rows = await database.dataSource.query<{ account: string }[]>(
      `SELECT DISTINCT account FROM matched_anchor WHERE account LIKE '%o-1_' ORDER BY account`,
    );
    expect(rows.map(({ account }) => account.slice(-4))).toEqual(['o-17', 'o-18']);
  });

  test('a system is told nothing under a grant for named officers, and settles nothing for them', async () => {
    const made = parts();
    await made.ready();
    const verification = await verified(made);
    const referral = await requested(made, verification);
    await confirm(made, referral, 'REFERRAL_CONFIRM');
    grant = { ...grant, requiresNamedOfficer: true };
    expect(await codeOf(requested(made, verification))).toBe('ERR_NAMED_OFFICER_REQUIRED');
    hours(50);
    expect(await codeOf(made.read.one(caller, referral, []))).toBe('ERR_NAMED_OFFICER_REQUIRED');
    const wanted = { first: 10, after: undefined, state: undefined };
    expect((await made.read.list(caller, wanted)).referrals).toEqual([]);
    caller = { ...caller, officer: 'o-17' };
    const { referrals } = await made.read.list(caller, wanted);
    expect(referrals.map(({ referral: { id, state } }) => [id, state])).toEqual([
      [referral, 'CONFIRMED'],
    ]);
  });

  test('asked for a day after the deadline at the latest, it is told once more and not again', async () => {
    const made = parts();
    const referral = await confirmed(made);
    hours(71.9);
    const answer = (await made.read.one(caller, referral, []))?.answer;
    expect([answer?.outcome, answer?.evidence.length]).toEqual(['MATCH', 7]);
    hours(0.2);
    expect(await made.read.one(caller, referral, [])).toMatchObject({
      state: 'CONFIRMED',
      answer: undefined,
    });
    const late = parts();
    at = begin;
    const never = await confirmed(late);
    hours(72);
    expect(await stateOf(late, never)).toBe('EXPIRED');
  });

  test('evidence has one size; what does not fit is refused, not cut', () => {
    expect(fitsEvidence({ person: unclear, sent: unclear })).toBe(true);
    expect(fitsEvidence({ person: unclear, sent: 'x'.repeat(33_000) })).toBe(false);
  });
});
