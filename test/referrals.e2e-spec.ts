import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { AccessLog } from '../src/access-log/index.js';
import type { Caseload, GrantId, PartnerCode } from '../src/core/ids.js';
import { parseVerifierKey } from '../src/core/log/note.js';
import { decodeRecord } from '../src/core/log/record.js';
import { checkReceipt } from '../src/core/log/receipt.js';
import { mostOfAccount, viewsPerDay } from '../src/core/referrals/referral.js';
import { referralActAppliers, ReferralStore } from '../src/referrals/index.js';
import { approveLift, Register, requestLift, suppressPeople } from '../src/register/index.js';
import { ACCESS_LOG } from '../src/rooms.module.js';
import { encodingsOf, findNeedles } from './support/byte-sweep.js';
import { safeconduct, writeStaffProfile } from './support/command.js';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import type { TestPartner, TestReply } from './support/partner.js';
import { laila, lailaAsSeen, nobodyAsSeen } from './support/people.js';
import { answerOf, codeOf, expectRefusal, type AnswerJson } from './support/replies.js';
import type { StaffReply, TestStaffClient } from './support/staff-client.js';

/** Too little for a match, enough for people to look at. */
const unclear = { names: [{ full: 'LAILA ZARGHUNA' }], dateOfBirth: '1987', fatherName: 'Karim' };
/** As unclear a question, about nobody. */
const unclearNobody = { names: [{ full: 'PALWASHA' }], dateOfBirth: '1987', fatherName: 'Hamid' };

const referralFields =
  'id verificationId requestId grantId reason state requestedAt deadline checkAgainAt';
const answerFields = `verification { id requestId answeredAt relyUntil outcome handling
  evidence { element agreement } subject { reference visaStatus { level value } }
  receipt { record salt proof cover { leaf } } }`;

const requestDocument = `mutation R($input: RequestReferralInput!) {
  requestReferral(input: $input) {
    referral { ${referralFields} verification { id } } receipt { record salt proof } } }`;

interface Told {
  readonly id: string;
  readonly state: string;
  readonly requestedAt: string;
  readonly deadline: string;
  readonly checkAgainAt: string | null;
  readonly verification: AnswerJson | null;
}

interface CaseJson {
  readonly entry: { readonly needsSecond: boolean };
  readonly evidence: string;
  readonly candidates: readonly {
    readonly candidate: string;
    readonly reference: string;
    readonly elements: readonly { readonly words: string }[];
  }[];
}

describeOnEachDatabase('referrals', (kind) => {
  let gateway: TestGateway;
  let alpha: TestPartner;
  let liaison: TestStaffClient;
  let high: GrantId;
  let other: GrantId;
  beforeAll(async () => {
    gateway = await startGateway({
      kind,
      staff: true,
      people: [laila],
      // Every question of these tests is a miss.
      terms: { questionsPerDay: 20_000 },
      grants: [
        { code: 'ALPHA-BORDER', terms: { assuranceLevel: 'HIGH' } },
        { code: 'ALPHA-BORDER', terms: {} },
      ],
    });
    alpha = gateway.partner('ALPHA-BORDER');
    liaison = gateway.staff('LIA-1');
    const [first, second] = gateway.grants;
    if (first === undefined || second === undefined) throw new TypeError('two grants');
    [high, other] = [first, second];
  }, 60_000);
  afterAll(async () => gateway.close());
  afterEach(async () => {
    await query('DELETE FROM referral');
  });

  const query = async <Row>(sql: string, parameters: unknown[] = []) =>
    gateway.rooms.database.dataSource.query<Row[]>(sql, parameters);
  const verified = async (person: object = unclear, bent: object = {}) =>
    answerOf(await alpha.verify(person, { ...bent }));
  const requestOf = (verificationId: string, person: object = unclear, bent: object = {}) => ({
    requestId: randomUUID(),
    verificationId,
    person,
    reason: 'NO_DOCUMENT',
    ...bent,
  });
  const request = async (
    verificationId: string,
    person: object = unclear,
    bent: object = {},
    partner = alpha,
  ) => partner.graphql(requestDocument, { input: requestOf(verificationId, person, bent) });
  /** So many of the account that are not over: copies of the one there is, which nobody can open. */
  const fillTo = async (count: number) => {
    await query(
      `INSERT INTO referral (id, epoch, verification, partner, account, grant_id, needs_second,
         requested_at, deadline, content, withdrawn_at)
       SELECT gen_random_uuid(), epoch, sha256(at::text::bytea), partner, account, grant_id, false,
         requested_at, deadline, content, requested_at
       FROM referral, generate_series(2, $1::int) AS at`,
      [count],
    );
  };
  const valueOf = <Value>(reply: TestReply): Value => {
    expect(reply.json?.errors).toBeUndefined();
    return Object.values(reply.json?.data ?? {})[0] as Value;
  };
  const requested = (reply: TestReply) =>
    valueOf<{ readonly referral: Told; readonly receipt: AnswerJson['receipt'] }>(reply);
  /** A referral of a new question. */
  const refer = async (person: object = unclear, bent: object = {}): Promise<Told> =>
    requested(await request((await verified(person, bent)).id, person)).referral;
  const read = async (id: string, fields = `${referralFields} ${answerFields}`, partner = alpha) =>
    partner.graphql(`query R($id: ID!) { referral(id: $id) { ${fields} } }`, { id });
  const told = async (id: string) => valueOf<Told>(await read(id));
  const listed = async (variables: object = {}) =>
    alpha.graphql(
      `query L($first: Int, $after: String, $state: ReferralState) {
         referrals(first: $first, after: $after, state: $state) {
           edges { cursor node { ${referralFields} } } pageInfo { hasNextPage endCursor } } }`,
      variables,
    );
  const states = async (variables: object = {}) =>
    valueOf<{ edges: { node: Told }[] }>(await listed(variables)).edges.map(
      ({ node }) => [node.id, node.state] as const,
    );
  const withdraw = async (referralId: string, partner = alpha) =>
    partner.graphql(
      `mutation W($input: WithdrawReferralInput!) { withdrawReferral(input: $input) {
         referral { ${referralFields} } receipt { record } } }`,
      { input: { requestId: randomUUID(), referralId } },
    );
  const open = async (id: string, staff = liaison): Promise<StaffReply> =>
    staff.graphql(
      `query C($id: ID!) { referralCase(id: $id) { entry { needsSecond } evidence notAll
         candidates { candidate reference likelihood elements { element words asked known } } } }`,
      { id },
    );
  const candidateOf = async (id: string): Promise<string> => {
    const { candidates } = (await open(id)).value as CaseJson;
    expect(candidates.map(({ reference }) => reference)).toEqual([laila.reference]);
    return candidates[0]?.candidate ?? '';
  };
  const decide = async (mutation: string, input: object, staff = liaison) => {
    const type = mutation === 'declineReferral' ? 'DeclineReferralInput' : 'ConfirmReferralInput';
    return staff.graphql(
      `mutation D($input: ${type}!) { ${mutation}(input: $input) { id state digest } }`,
      { input: { reason: 'looked at', ...input } },
    );
  };
  const confirm = async (id: string) => {
    const reply = await decide('confirmReferral', {
      referral: id,
      candidate: await candidateOf(id),
    });
    expect(reply.code).toBeUndefined();
  };
  const decline = async (id: string) => decide('declineReferral', { referral: id });
  /** Moves a referral back in time. */
  const age = async (id: string, hours: number) => {
    await query(
      `UPDATE referral SET requested_at = requested_at - make_interval(hours => $2),
         deadline = deadline - make_interval(hours => $2) WHERE id = $1`,
      [id, hours],
    );
  };
  const suppress = async () => {
    const { store } = gateway.rooms.context.get(Register);
    const people = {
      references: [{ caseload: 'AF-2021' as Caseload, reference: laila.reference }],
    };
    const knownPartners = new Set(['ALPHA-BORDER' as PartnerCode]);
    const common = { people, codes: ['ALPHA-BORDER'], requestedBy: 'registrar 1', knownPartners };
    await suppressPeople(store, common);
    return async () => {
      const lift = await requestLift(store, common);
      await approveLift(store, { actId: lift.id, approvedBy: 'registrar 2', people: 1 });
    };
  };
  const outcomesSince = async (before: readonly { readonly record: Buffer }[]) => {
    const after = await query<{ record: Buffer }>('SELECT record FROM access_log_leaf');
    const known = new Set(before.map(({ record }) => record.toString('hex')));
    return after
      .filter(({ record }) => !known.has(record.toString('hex')))
      .map(({ record }) => decodeRecord(record).outcome)
      .sort();
  };
  const leaves = async () => query<{ record: Buffer }>('SELECT record FROM access_log_leaf');

  describe('a request', () => {
    test('is recorded, with a receipt that proves what was asked, and open until the deadline', async () => {
      const { id } = await verified();
      const reply = await request(id, unclear, { requestId: 'ref-1' });
      const { referral, receipt } = requested(reply);
      expect(referral).toMatchObject({
        verificationId: id,
        requestId: 'ref-1',
        grantId: alpha.grantId,
        reason: 'NO_DOCUMENT',
        state: 'OPEN',
        verification: null,
      });
      const waits = Date.parse(referral.deadline) - Date.parse(referral.requestedAt);
      expect(waits).toBe(48 * 3_600_000);
      expect(Date.parse(referral.checkAgainAt ?? '')).toBeLessThan(Date.parse(referral.deadline));
      const log = gateway.rooms.context.get<AccessLog>(ACCESS_LOG);
      const tree = { kind: 'partner', partner: 'ALPHA-BORDER' as PartnerCode } as const;
      const expected = {
        id: decodeRecord(Buffer.from(receipt.record, 'base64url')).id,
        requestId: 'ref-1',
        grant: alpha.grantId,
        purpose: 'BORDER_VERIFICATION',
        person: { verificationId: id, reason: 'NO_DOCUMENT', person: unclear },
        outcome: 'REFERRAL_REQUESTED',
        fields: [],
        reference: null,
      };
      const key = parseVerifierKey(await log.verifierKey(tree));
      expect(() => checkReceipt(receipt, expected, key)).not.toThrow();
    });

    test('costs a question and a miss, never less than asking; requested again it costs nothing', async () => {
      const used = async () => {
        const reply = await alpha.graphql('{ access { grants { id budgets { kind used } } } }');
        const { grants } = valueOf<{
          grants: { id: string; budgets: { kind: string; used: number }[] }[];
        }>(reply);
        const own = grants.find(({ id }) => id === alpha.grantId)?.budgets ?? [];
        return own
          .filter(({ kind: of }) => ['QUESTIONS', 'MISSES'].includes(of))
          .map((b) => b.used);
      };
      const before = await used();
      const { id } = await verified();
      const asked = await used();
      const first = requested(await request(id)).referral;
      const after = await used();
      const cost = (from: number[], to: number[]) => to.map((one, at) => one - (from[at] ?? 0));
      expect(cost(asked, after)).toEqual(cost(before, asked));
      const replies = await Promise.all([request(id), request(id, unclear, { reason: 'OTHER' })]);
      expect(replies.map((reply) => requested(reply).referral.id)).toEqual([first.id, first.id]);
      expect(await used()).toEqual(after);
      expect(await query('SELECT 1 FROM referral')).toHaveLength(1);
    });

    test('is refused alike for what is unknown, foreign, matched, no verification, no id', async () => {
      const ofBravo = answerOf(await gateway.partner('BRAVO-CONSULAR').verify(unclear));
      const matched = answerOf(await alpha.verify(lailaAsSeen));
      const refused = await alpha.verify({ names: [{ full: 'LAILA' }] });
      const reading = requested(await request((await verified()).id));
      const replies = [
        await request(randomUUID()),
        await request(ofBravo.id),
        await request(matched.id, lailaAsSeen),
        await request(String(refused.json?.errors?.[0]?.extensions['reference'])),
        await request(decodeRecord(Buffer.from(reading.receipt.record, 'base64url')).id),
        await request('x'),
        await withdraw(randomUUID()),
        await withdraw(reading.referral.id, gateway.partner('BRAVO-CONSULAR')),
      ];
      const shapes = replies.map((reply) => {
        expectRefusal(reply, 'ERR_REFERRAL_NOT_USABLE');
        const error = reply.json?.errors?.[0];
        return JSON.stringify([
          error?.message,
          { ...error?.extensions, reference: '' },
          reply.status,
        ]);
      });
      expect(new Set(shapes).size).toBe(1);
      expect(new Set(replies.map(({ body }) => body.length))).toEqual(new Set([16_384]));
      expect(requested(await request((await verified()).id)).referral.state).toBe('OPEN');
    });

    test('takes the evidence of the verification, member for member', async () => {
      const { id } = await verified();
      for (const person of [
        { ...unclear, dateOfBirth: '1988' },
        { ...unclear, calendar: 'GREGORIAN' },
        nobodyAsSeen,
      ]) {
        expectRefusal(await request(id, person), 'ERR_INPUT_INVALID', { argument: 'person' });
      }
      expect(await query('SELECT 1 FROM referral')).toEqual([]);
    });

    test('beyond its quota is refused, whatever became of the others', async () => {
      const first = await refer();
      await withdraw(first.id);
      await fillTo(mostOfAccount);
      const { id } = await verified();
      const reply = await request(id);
      expectRefusal(reply, 'ERR_BUDGET_SPENT', { budget: 'REFERRALS', retryAt: first.deadline });
      await query('DELETE FROM referral WHERE id <> $1', [first.id]);
      expect(requested(await request(id)).referral.state).toBe('OPEN');
    });
  });

  describe('a confirmation', () => {
    test('is told at the next asking as a match: record, receipt, crossing, and what the grant lets out', async () => {
      const { id } = await refer();
      await confirm(id);
      const before = await leaves();
      const reply = await read(id);
      const { state, checkAgainAt, verification } = valueOf<Told>(reply);
      expect([state, checkAgainAt, verification?.outcome]).toEqual(['CONFIRMED', null, 'MATCH']);
      expect(await outcomesSince(before)).toEqual(['MATCH']);
      expect(verification?.subject).toMatchObject({
        visaStatus: { level: 'FULL', value: 'GRANTED' },
      });
      const direct = answerOf(await alpha.verify(lailaAsSeen));
      expect(verification?.subject?.reference).toBe(direct.subject?.reference);
      const log = gateway.rooms.context.get<AccessLog>(ACCESS_LOG);
      const tree = { kind: 'partner', partner: 'ALPHA-BORDER' as PartnerCode } as const;
      const key = parseVerifierKey(await log.verifierKey(tree));
      const expected = {
        id: verification?.id ?? '',
        requestId: verification?.requestId ?? '',
        grant: alpha.grantId,
        purpose: 'BORDER_VERIFICATION',
        person: unclear,
        outcome: 'MATCH',
        fields: [['visaStatus', 'FULL'] as const],
        reference: verification?.subject?.reference ?? null,
      };
      if (verification === null) throw new TypeError('an answer');
      expect(() => checkReceipt(verification.receipt, expected, key)).not.toThrow();
      const crossing = await alpha.graphql(
        `mutation C($input: ConfirmCrossingInput!) { confirmCrossing(input: $input) {
           confirmation { revision } } }`,
        {
          input: {
            requestId: randomUUID(),
            verificationId: verification.id,
            state: 'PAK',
            borderPoint: 'PKTRM',
            crossedAt: new Date(Date.now() - 60_000).toISOString(),
          },
        },
      );
      expect(valueOf(crossing)).toEqual({ confirmation: { revision: 1 } });
      // Again it is another answer; the size is that of any reading.
      const again = await read(id);
      expect(valueOf<Told>(again).verification?.id).not.toBe(verification.id);
      expect(again.body.length).toBe((await read(randomUUID())).body.length);
      expect(reply.body.length).toBe(again.body.length);
    });

    test('is told by the list too, with its match on record', async () => {
      const { id } = await refer();
      const still = await refer(unclearNobody);
      await confirm(id);
      const before = await leaves();
      expect(await states({ state: 'CONFIRMED' })).toEqual([[id, 'CONFIRMED']]);
      expect(await outcomesSince(before)).toEqual(['MATCH', 'READ_REFERRALS']);
      expect(await states({ state: 'OPEN' })).toEqual([[still.id, 'OPEN']]);
      expect(await states()).toEqual([
        [still.id, 'OPEN'],
        [id, 'CONFIRMED'],
      ]);
    });

    test('lets out no field the grant withholds, and says so before anything else, whatever was decided', async () => {
      const { id } = await refer();
      const nobody = await refer(unclearNobody);
      await confirm(id);
      const before = await leaves();
      for (const one of [id, nobody.id]) {
        const reply = await read(one, 'verification { subject { sex { value } } }');
        expectRefusal(reply, 'ERR_FIELD_NOT_GRANTED', { field: 'sex' });
      }
      expect(await outcomesSince(before)).toEqual([
        'ERR_FIELD_NOT_GRANTED',
        'ERR_FIELD_NOT_GRANTED',
      ]);
    });

    test('is not told to another partner, nor taken for one that is there', async () => {
      const { id } = await refer();
      await confirm(id);
      const bravo = gateway.partner('BRAVO-CONSULAR');
      expect(valueOf(await read(id, 'state', bravo))).toBeNull();
      expect(valueOf(await read(randomUUID(), 'state', bravo))).toBeNull();
      expect((await told(id)).state).toBe('CONFIRMED');
    });

    test('makes new values around the person climbing, as a match does', async () => {
      await query('DELETE FROM matched_anchor');
      const { id } = await refer();
      await confirm(id);
      expect(await query('SELECT 1 FROM matched_anchor')).toEqual([]);
      await told(id);
      expect((await query('SELECT 1 FROM matched_anchor')).length).toBeGreaterThan(0);
    });
  });

  describe('what is not confirmed, or not to be told of, is one answer', () => {
    /** Without names and times of its own. */
    const shapeOf = (reply: TestReply) => [
      reply.status,
      reply.body.length,
      JSON.stringify(reply.json).replaceAll(
        /"(id|verificationId|grantId|requestId|requestedAt|deadline|checkAgainAt)":"[^"]*"/g,
        '"$1":"x"',
      ),
    ];

    test('before the deadline, after it and a day later: declined, undecided, nobody, kept from the partner, suspended', async () => {
      const declined = await refer();
      const undecided = await refer();
      const nobody = await refer(unclearNobody);
      const kept = await refer();
      const suspended = await refer(unclear, { grantId: other });
      const all = [declined, undecided, nobody, kept, suspended];
      expect((await decline(declined.id)).code).toBeUndefined();
      await confirm(kept.id);
      await confirm(suspended.id);
      const lift = await suppress();
      await liaison.act('suspendGrant', { grant: other, reason: 'a test' });
      for (const [hours, state] of [
        [0, 'OPEN'],
        [48, 'NOT_CONFIRMED'],
        [24, 'EXPIRED'],
      ] as const) {
        const shapes = [];
        const before = await leaves();
        for (const { id } of all) {
          await age(id, hours);
          const reply = await read(id);
          expect(valueOf<Told>(reply)).toMatchObject({ state, verification: null });
          shapes.push(JSON.stringify(shapeOf(reply)));
        }
        expect(new Set(shapes).size).toBe(1);
        expect(await outcomesSince(before)).toEqual(all.map(() => 'READ_REFERRALS'));
      }
      // What was told stays so, though the person may be told of again.
      await lift();
      await query("UPDATE referral SET requested_at = now() - interval '50 hours'");
      expect((await told(kept.id)).state).toBe('NOT_CONFIRMED');
      const listedAs = new Set((await states()).map(([, state]) => state));
      expect(listedAs).toEqual(new Set(['NOT_CONFIRMED']));
    });

    test('but one who is kept no longer is told of before the deadline, and a day after', async () => {
      const { id } = await refer();
      const late = await refer();
      await confirm(id);
      await confirm(late.id);
      const lift = await suppress();
      expect((await told(id)).state).toBe('OPEN');
      await lift();
      expect((await told(id)).state).toBe('CONFIRMED');
      await age(late.id, 60);
      expect((await told(late.id)).verification?.outcome).toBe('MATCH');
    });
  });

  describe('a withdrawal', () => {
    test('ends it, whatever was decided, and is the same when said again', async () => {
      const { id } = await refer();
      await confirm(id);
      const first = valueOf<{ referral: Told }>(await withdraw(id)).referral;
      expect(first).toMatchObject({ state: 'WITHDRAWN', checkAgainAt: null });
      expect(valueOf<{ referral: Told }>(await withdraw(id)).referral).toEqual(first);
      expect(await told(id)).toMatchObject({ state: 'WITHDRAWN', verification: null });
      expect((await open(id)).code).toBe('ERR_NOT_FOUND');
    });

    test('is refused once it was told or its time is over', async () => {
      const confirmed = await refer();
      await confirm(confirmed.id);
      expect((await told(confirmed.id)).state).toBe('CONFIRMED');
      const over = await refer();
      await age(over.id, 48);
      for (const { id } of [confirmed, over]) {
        expectRefusal(await withdraw(id), 'ERR_REFERRAL_NOT_USABLE');
      }
    });
  });

  describe('a liaison officer', () => {
    test('sees open cases, their evidence, and only whom the partner could be told of', async () => {
      const { id } = await refer();
      const entries = await liaison.graphql('{ referralCases { id partner reason needsSecond } }');
      expect(entries.value).toEqual([
        { id, partner: 'ALPHA-BORDER', reason: 'NO_DOCUMENT', needsSecond: false },
      ]);
      const shown = (await open(id)).value as CaseJson;
      expect(JSON.parse(shown.evidence)).toMatchObject(unclear);
      expect(shown.candidates[0]?.elements.map(({ words }) => words).join()).toMatch(/The name/);
      const lift = await suppress();
      expect(((await open(id)).value as CaseJson).candidates).toEqual([]);
      await lift();
      for (const reference of ['SEC-1', 'OVR-1', 'REG-1', 'PRO-1', 'ADM-1']) {
        const staff = gateway.staff(reference);
        expect((await open(id, staff)).code).toBe('ERR_ACT_NOT_PERMITTED');
        expect((await staff.graphql('{ referralCases { id } }')).code).toBe(
          'ERR_ACT_NOT_PERMITTED',
        );
      }
    });

    test('opens so many cases a day, those that are not there counted too', async () => {
      const { id } = await refer();
      await open(randomUUID());
      await query(`UPDATE referral_view SET views = ${viewsPerDay - 1}`);
      expect((await open(id)).code).toBeUndefined();
      expect((await open(id)).code).toBe('ERR_BUDGET_SPENT');
      await query('DELETE FROM referral_view');
    });

    test('decides once; the first decision stands, and a decline takes back what was not told', async () => {
      const { id } = await refer();
      const candidate = await candidateOf(id);
      const input = { referral: id, candidate };
      expect((await decide('confirmReferral', { ...input, candidate: 'a'.repeat(32) })).code).toBe(
        'ERR_CONFLICT',
      );
      expect((await decide('confirmReferral', input, gateway.staff('SEC-1'))).code).toBe(
        'ERR_ACT_NOT_PERMITTED',
      );
      const both = await Promise.all([
        decide('confirmReferral', input),
        decide('confirmReferral', input, gateway.staff('LIA-2')),
      ]);
      expect(both.filter(({ code }) => code === undefined)).toHaveLength(1);
      expect((await decline(id)).code).toBeUndefined();
      expect((await decide('confirmReferral', input)).code).toBe('ERR_NOT_FOUND');
      expect((await told(id)).state).toBe('OPEN');
      const second = await refer();
      await confirm(second.id);
      await told(second.id);
      expect((await decline(second.id)).code).toBe('ERR_CONFLICT');
    });

    test('cannot confirm by a statement beside the acts', async () => {
      const { id } = await refer();
      const forged = query(
        `UPDATE referral SET decision = 'CONFIRMED', decided_at = now(), act = gen_random_uuid()
         WHERE id = $1`,
        [id],
      );
      await expect(forged).rejects.toThrow(/needs the act that names it/);
    });

    test('confirms under high assurance with a second one', async () => {
      const { id } = await refer(unclear, { grantId: high });
      const input = { referral: id, candidate: await candidateOf(id) };
      expect((await decide('confirmReferral', input)).code).toBe('ERR_CONFLICT');
      const asked = await decide('confirmReferralByTwo', input);
      expect(asked.value).toMatchObject({ state: 'PENDING' });
      expect((await told(id)).state).toBe('OPEN');
      expect((await liaison.approve(asked)).code).toBe('ERR_APPROVER_IS_REQUESTER');
      expect((await gateway.staff('LIA-2').approve(asked)).code).toBeUndefined();
      expect((await told(id)).state).toBe('CONFIRMED');
    });

    test('does all of it with the command', async () => {
      const [kept, gone] = [await refer(), await refer()];
      const directory = mkdtempSync(join(tmpdir(), 'referral-'));
      const profile = writeStaffProfile(directory, 'LIA-1', {
        url: liaison.url,
        serverCaPem: gateway.serverCaPem,
        pair: gateway.staffPair('LIA-1'),
      });
      const run = async (...args: readonly string[]) =>
        safeconduct(['referral', ...args, '--profile', profile]);
      expect((await run('list')).out).toContain(kept.id);
      const shown = await run('show', kept.id);
      expect(shown.out).toContain(laila.reference);
      const candidate = await candidateOf(kept.id);
      expect((await run('confirm', kept.id, candidate, '--reason', 'seen')).out).toMatch(/^done/);
      expect((await run('decline', gone.id, '--reason', 'another')).out).toMatch(/^done/);
      expect((await told(kept.id)).state).toBe('CONFIRMED');
      expect((await told(gone.id)).state).toBe('OPEN');
      rmSync(directory, { recursive: true });
    });
  });

  describe('at rest', () => {
    test('nothing is readable, and evidence goes with the decision, or its time', async () => {
      const [one, declined, over] = [await refer(), await refer(), await refer()];
      await confirm(one.id);
      await decline(declined.id);
      const rows = await query<Record<string, unknown>>(
        'SELECT verification, content, evidence, choice FROM referral',
      );
      const bytes = Buffer.concat(
        rows.flatMap((row) => Object.values(row)).filter((value) => value !== null) as Buffer[],
      );
      const needles = ['ZARGHUNA', '1987', laila.reference].flatMap(encodingsOf);
      expect(findNeedles(bytes, needles)).toEqual([]);
      const evident = async () =>
        (await query<{ id: string }>('SELECT id FROM referral WHERE evidence IS NOT NULL')).map(
          ({ id }) => id,
        );
      expect((await evident()).sort()).toEqual([one.id, over.id].sort());
      const store = gateway.rooms.context.get(ReferralStore);
      await store.tidy(new Date());
      expect(await evident()).toHaveLength(2);
      await store.tidy(new Date(Date.now() + 49 * 3_600_000));
      expect(await evident()).toEqual([one.id]);
      await store.tidy(new Date(Date.now() + 73 * 3_600_000));
      expect(await evident()).toEqual([]);
      expect(await query('SELECT 1 FROM referral')).toHaveLength(3);
      await store.tidy(new Date(Date.now() + 33 * 86_400_000));
      expect(await query('SELECT 1 FROM referral')).toEqual([]);
    });

    test('a restored database closes again what was declined, withdrawn or answered', async () => {
      const [declined, withdrawn, over, left] = [
        await refer(),
        await refer(),
        await refer(),
        await refer(),
      ];
      await query('CREATE TABLE kept_referral AS SELECT * FROM referral');
      await decline(declined.id);
      await withdraw(withdrawn.id);
      await age(over.id, 48);
      await told(over.id);
      const acts = await query<{ body: Record<string, unknown> }>(
        `SELECT body FROM access_log_act WHERE act = 'referral.closed'
         ORDER BY number DESC LIMIT 3`,
      );
      await query('DELETE FROM referral');
      await query('INSERT INTO referral SELECT * FROM kept_referral');
      await query('DROP TABLE kept_referral');
      const apply = referralActAppliers['referral.closed'];
      await gateway.rooms.database.dataSource.transaction(async (manager) => {
        for (const { body } of [...acts, ...acts]) {
          const parsed = typeof body === 'string' ? (JSON.parse(body) as typeof body) : body;
          await apply?.(manager, parsed);
        }
      });
      for (const { id } of [declined, withdrawn, over]) {
        expect((await open(id)).code).toBe('ERR_NOT_FOUND');
      }
      expect((await open(left.id)).code).toBeUndefined();
      expect((await told(withdrawn.id)).state).toBe('WITHDRAWN');
    });
  });

  if (kind === 'PostgreSQL') {
    test('hold over two gateways: the quota is one, and so is a decision', async () => {
      const replica = await gateway.replica();
      const at = async (url: string, query: string, variables: object) =>
        alpha.post(JSON.stringify({ query, variables }), {}, { url });
      const both = [gateway.url, replica.url];
      const first = await refer();
      await fillTo(mostOfAccount - 2);
      const verifications = await Promise.all(Array.from({ length: 6 }, async () => verified()));
      const replies = await Promise.all(
        verifications.map(async ({ id }, turn) =>
          at(both[turn % 2] ?? '', requestDocument, { input: requestOf(id) }),
        ),
      );
      const codes = replies.map((reply) => reply.json?.errors?.[0]?.extensions['code'] ?? 'OPEN');
      expect(codes.sort()).toEqual([
        ...Array.from({ length: 4 }, () => 'ERR_BUDGET_SPENT'),
        'OPEN',
        'OPEN',
      ]);
      const input = { referral: first.id, candidate: await candidateOf(first.id) };
      const decided = await Promise.all([
        decide('confirmReferral', input),
        decide('declineReferral', { referral: first.id }, replica.staff('LIA-2')),
        decide('confirmReferral', input, replica.staff('LIA-2')),
      ]);
      const [row] = await query<{ decision: string }>(
        'SELECT decision FROM referral WHERE id = $1',
        [first.id],
      );
      const there = valueOf<Told>(
        await at(replica.url, `query R($id: ID!) { referral(id: $id) { ${referralFields} } }`, {
          id: first.id,
        }),
      );
      expect(decided.filter(({ code }) => code === undefined).length).toBeGreaterThan(0);
      expect(there.state).toBe(row?.decision === 'CONFIRMED' ? 'CONFIRMED' : 'OPEN');
      await replica.close();
    });
  }

  test('pages lead through all, and a cursor is of nobody else', async () => {
    const ids = [(await refer()).id, (await refer()).id, (await refer()).id].reverse();
    type Page = { edges: { node: Told }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
    const first = valueOf<Page>(await listed({ first: 2 }));
    expect(first.pageInfo.hasNextPage).toBe(true);
    const rest = valueOf<Page>(await listed({ first: 2, after: first.pageInfo.endCursor }));
    expect([...first.edges, ...rest.edges].map(({ node }) => node.id)).toEqual(ids);
    expect(rest.pageInfo.hasNextPage).toBe(false);
    const foreign = await gateway
      .partner('BRAVO-CONSULAR')
      .graphql('query L($after: String) { referrals(after: $after) { edges { cursor } } }', {
        after: first.pageInfo.endCursor,
      });
    expect(codeOf(foreign)).toBe('ERR_INPUT_INVALID');
    for (const size of [0, 51])
      expect(codeOf(await listed({ first: size }))).toBe('ERR_INPUT_INVALID');
    const sizes = [await listed(), await listed({ first: 0 }), foreign].map(
      ({ body }) => body.length,
    );
    expect(new Set(sizes)).toEqual(new Set([48 * 1024]));
  });
});
