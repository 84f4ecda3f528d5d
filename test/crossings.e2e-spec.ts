import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseVerifierKey } from '../src/core/log/note.js';
import { decodeRecord } from '../src/core/log/record.js';
import { checkReceipt } from '../src/core/log/receipt.js';
import type { Caseload, PartnerCode } from '../src/core/ids.js';
import type { AccessLog } from '../src/access-log/index.js';
import { ConfirmationAlarms } from '../src/referrals/index.js';
import { approveLift, Register, requestLift, suppressPeople } from '../src/register/index.js';
import { ACCESS_LOG } from '../src/rooms.module.js';
import { encodingsOf, findNeedles } from './support/byte-sweep.js';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import type { TestPartner, TestReply } from './support/partner.js';
import { laila, lailaAsSeen, nobodyAsSeen } from './support/people.js';
import { answerOf, codeOf, expectRefusal } from './support/replies.js';

const confirmationFields = `confirmation { id verificationId revision recordedAt
  crossing { state borderPoint crossedAt } } receipt { record salt proof cover { leaf } }`;
const confirmDocument = `mutation Confirm($input: ConfirmCrossingInput!) {
  confirmCrossing(input: $input) { ${confirmationFields} } }`;
const correctDocument = `mutation Correct($input: CorrectCrossingInput!) {
  correctCrossing(input: $input) { ${confirmationFields} } }`;

interface Told {
  readonly confirmation: {
    readonly id: string;
    readonly verificationId: string;
    readonly revision: number;
    readonly crossing: object | null;
  };
  readonly receipt: { readonly record: string; readonly salt: string; readonly proof: string };
}

describeOnEachDatabase('crossing confirmations', (kind) => {
  let gateway: TestGateway;
  let alpha: TestPartner;
  beforeAll(async () => {
    gateway = await startGateway({ kind, staff: true, people: [laila] });
    alpha = gateway.partner('ALPHA-BORDER');
  });
  afterAll(async () => gateway.close());

  const matched = async (partner = alpha) => answerOf(await partner.verify(lailaAsSeen));
  const crossedAt = new Date(Date.now() - 3_600_000).toISOString();
  const claim = { state: 'PAK', borderPoint: 'PKTRM', crossedAt };
  const confirm = async (verificationId: string, bent: object = {}, partner = alpha) =>
    partner.graphql(confirmDocument, {
      input: { requestId: randomUUID(), verificationId, ...claim, ...bent },
    });
  const correct = async (confirmationId: string, bent: object, partner = alpha) =>
    partner.graphql(correctDocument, {
      input: { requestId: randomUUID(), confirmationId, ...bent },
    });
  const toldBy = (reply: TestReply): Told => {
    expect(reply.json?.errors).toBeUndefined();
    return Object.values(reply.json?.data ?? {})[0] as Told;
  };
  const query = async <Row>(sql: string, parameters: unknown[] = []) =>
    gateway.rooms.database.dataSource.query<Row[]>(sql, parameters);

  test('are recorded under the own MATCH, with a receipt that proves what was said', async () => {
    const { id } = await matched();
    const reply = await confirm(id, { requestId: 'c-1' });
    const { confirmation, receipt } = toldBy(reply);
    expect(confirmation).toMatchObject({ verificationId: id, revision: 1, crossing: claim });
    const record = decodeRecord(Buffer.from(receipt.record, 'base64url'));
    expect(record).toMatchObject({
      requestId: 'c-1',
      outcome: 'CROSSING_CONFIRMED',
      grant: alpha.grantId,
      reference: null,
      fields: [],
    });
    const log = gateway.rooms.context.get<AccessLog>(ACCESS_LOG);
    const vkey = await log.verifierKey({ kind: 'partner', partner: 'ALPHA-BORDER' as PartnerCode });
    const expected = {
      id: record.id,
      requestId: 'c-1',
      grant: alpha.grantId,
      purpose: 'BORDER_VERIFICATION',
      person: { verificationId: id, ...claim },
      outcome: 'CROSSING_CONFIRMED',
      fields: [],
      reference: null,
    };
    const proofOf = { ...receipt, cover: null };
    expect(() => checkReceipt(proofOf, expected, parseVerifierKey(vkey))).not.toThrow();
    const other = { ...expected, person: { ...expected.person, borderPoint: 'PKCHM' } };
    expect(() => checkReceipt(proofOf, other, parseVerifierKey(vkey))).toThrow();
  });

  test('said again change nothing, at the same time as well', async () => {
    const { id } = await matched();
    const replies = await Promise.all([confirm(id), confirm(id), confirm(id)]);
    const told = [...replies, await confirm(id)].map((reply) => toldBy(reply).confirmation);
    expect(new Set(told.map((one) => JSON.stringify(one))).size).toBe(1);
    const rows = await query('SELECT 1 FROM crossing WHERE id = $1', [told[0]?.id]);
    expect(rows).toHaveLength(1);
  });

  test('that say something else are refused, and left to correctCrossing', async () => {
    const { id } = await matched();
    const { confirmation } = toldBy(await confirm(id));
    expectRefusal(await confirm(id, { borderPoint: 'PKCHM' }), 'ERR_CROSSING_CONFIRMED');
    const crossing = { ...claim, borderPoint: 'PKCHM' };
    const corrected = toldBy(await correct(confirmation.id, { crossing }));
    expect(corrected.confirmation).toMatchObject({ id: confirmation.id, revision: 2, crossing });
    const record = decodeRecord(Buffer.from(corrected.receipt.record, 'base64url'));
    expect(record.outcome).toBe('CROSSING_CORRECTED');
    expect(toldBy(await correct(confirmation.id, { crossing })).confirmation.revision).toBe(2);
    const taken = toldBy(await correct(confirmation.id, { withdrawn: true }));
    expect(taken.confirmation).toMatchObject({ revision: 3, crossing: null });
    expect(codeOf(await correct(confirmation.id, {}))).toBe('ERR_INPUT_INVALID');
    expect(codeOf(await correct(confirmation.id, { crossing, withdrawn: true }))).toBe(
      'ERR_INPUT_INVALID',
    );
  });

  describe('are refused with one answer, size and record for', () => {
    const refused = async (): Promise<readonly (readonly [string, TestReply])[]> => {
      const notConfirmed = answerOf(await alpha.verify(nobodyAsSeen));
      const old = await matched();
      await query(
        `UPDATE match_told SET matched_at = matched_at - interval '31 days' WHERE matched_at >= $1`,
        [old.answeredAt],
      );
      const ofBravo = await matched(gateway.partner('BRAVO-CONSULAR'));
      return [
        ['a verification that is not there', await confirm(randomUUID())],
        ['one of another partner', await confirm(ofBravo.id)],
        ['one that was no match', await confirm(notConfirmed.id)],
        ['one too long ago', await confirm(old.id)],
        ['no id at all', await confirm('x')],
        ['a confirmation that is not there', await correct(randomUUID(), { withdrawn: true })],
      ];
    };

    test('unknown, foreign, no match, too old', async () => {
      const before = await query('SELECT 1 FROM access_log_leaf');
      const replies = await refused();
      const shapes = replies.map(([why, reply]) => {
        expectRefusal(reply, 'ERR_VERIFICATION_NOT_USABLE');
        const error = reply.json?.errors?.[0];
        return JSON.stringify([
          why === '' ? why : '',
          error?.message,
          { ...error?.extensions, reference: '' },
          reply.status,
          reply.body.length,
        ]);
      });
      expect(new Set(shapes).size).toBe(1);
      const after = await query('SELECT 1 FROM access_log_leaf');
      // Three questions and six refusals, each on record.
      expect(after.length - before.length).toBe(9);
    });

    test('but not the own match of yesterday', async () => {
      const { id } = await matched();
      expect(toldBy(await confirm(id)).confirmation.revision).toBe(1);
    });

    test('another partner’s confirmation', async () => {
      const { id } = await matched();
      const { confirmation } = toldBy(await confirm(id));
      const bravo = gateway.partner('BRAVO-CONSULAR');
      expectRefusal(
        await correct(confirmation.id, { withdrawn: true }, bravo),
        'ERR_VERIFICATION_NOT_USABLE',
      );
    });
  });

  test('take no notice of whether the person is kept from the partner by now', async () => {
    const { id } = await matched();
    const { store } = gateway.rooms.context.get(Register);
    await suppressPeople(store, {
      people: { references: [{ caseload: 'AF-2021' as Caseload, reference: laila.reference }] },
      codes: ['ALPHA-BORDER'],
      requestedBy: 'registrar 1',
      knownPartners: new Set(['ALPHA-BORDER' as PartnerCode]),
    });
    expect(answerOf(await alpha.verify(lailaAsSeen)).outcome).toBe('NOT_CONFIRMED');
    expect(toldBy(await confirm(id)).confirmation.revision).toBe(1);
    const lift = await requestLift(store, {
      people: { references: [{ caseload: 'AF-2021' as Caseload, reference: laila.reference }] },
      codes: ['ALPHA-BORDER'],
      requestedBy: 'registrar 1',
      knownPartners: new Set(['ALPHA-BORDER' as PartnerCode]),
    });
    await approveLift(store, { actId: lift.id, approvedBy: 'registrar 2', people: 1 });
  });

  test('have one size whatever is said and found', async () => {
    const { id } = await matched();
    const longest = 'C'.repeat(64);
    const replies = [
      await confirm(id, { requestId: 'r'.repeat(64), borderPoint: longest }),
      await confirm(id),
      await confirm(randomUUID()),
      await confirm(id, { state: 'ZZZ' }),
      await confirm(id, { crossedAt: '2026-02-30T00:00:00Z' }),
    ];
    expect(replies[0]?.body.toString().trimEnd().length).toBeLessThan(16_384);
    expect(new Set(replies.map(({ body }) => body.length))).toEqual(new Set([16_384]));
  });

  test.each([
    ['a day that is none', { crossedAt: '2026-02-30T10:00:00Z' }],
    ['a time to come', { crossedAt: new Date(Date.now() + 3_600_000).toISOString() }],
    ['a time long before the match', { crossedAt: '2020-01-01T10:00:00Z' }],
    ['local time', { crossedAt: '2026-01-01T10:00:00+04:30' }],
    ['an unknown state', { state: 'XYZ' }],
    ['a border point that could be a name', { borderPoint: 'Torkham gate' }],
    ['a request without a usable id', { requestId: 'a b' }],
  ])('with %s are not valid', async (_what, bent) => {
    const { id } = await matched();
    expectRefusal(await confirm(id, bent), 'ERR_INPUT_INVALID');
    expect(toldBy(await confirm(id)).confirmation.revision).toBe(1);
  });

  describe('a mistake that is reported', () => {
    const reportDocument = `mutation Report($input: ReportMistakeInput!) {
      reportMistake(input: $input) { id recordedAt receipt { record salt proof } } }`;
    const report = async (verificationId: string, bent: object = {}, partner = alpha) =>
      partner.graphql(reportDocument, {
        input: {
          requestId: randomUUID(),
          verificationId,
          kind: 'FIELD_WRONG',
          fields: ['VISA_STATUS'],
          ...bent,
        },
      });
    const idOf = (reply: TestReply) => {
      expect(reply.json?.errors).toBeUndefined();
      return (reply.json?.data?.['reportMistake'] as { readonly id: string }).id;
    };

    test('is on record, goes before liaison officers, and changes nothing when said again', async () => {
      const { id } = await matched();
      const first = idOf(await report(id, { requestId: 'm-1' }));
      expect(idOf(await report(id, { requestId: 'm-1' }))).toBe(first);
      expectRefusal(
        await report(id, { requestId: 'm-1', fields: ['SEX'] }),
        'ERR_REQUEST_ID_REUSED',
      );
      const { value } = await gateway
        .staff('LIA-1')
        .graphql('{ mistakeReports { id partner verificationId kind fields person } }');
      expect(value).toMatchObject([
        {
          id: first,
          partner: 'ALPHA-BORDER',
          verificationId: id,
          kind: 'FIELD_WRONG',
          fields: ['VISA_STATUS'],
        },
      ]);
      const refused = await gateway.staff('SEC-1').graphql('{ mistakeReports { id } }');
      expect(refused.code).toBe('ERR_ACT_NOT_PERMITTED');
    });

    test('is refused like a confirmation, and where its fields do not fit its kind', async () => {
      const { id } = await matched();
      const ofBravo = await matched(gateway.partner('BRAVO-CONSULAR'));
      for (const verification of [randomUUID(), 'x', ofBravo.id]) {
        expectRefusal(await report(verification), 'ERR_VERIFICATION_NOT_USABLE');
      }
      expectRefusal(await report(id, { fields: [] }), 'ERR_INPUT_INVALID');
      expectRefusal(await report(id, { kind: 'NOT_THIS_PERSON' }), 'ERR_INPUT_INVALID');
      const whole = await report(id, { kind: 'NOT_THIS_PERSON', fields: [] });
      expect(idOf(whole)).toMatch(/^[0-9a-f-]{36}$/);
      expect(whole.body.length).toBe((await report(randomUUID())).body.length);
    });
  });

  test('leave nothing readable at rest', async () => {
    const { id, subject } = await matched();
    const place = 'PKTORKHAM-GATE-7';
    const { confirmation } = toldBy(await confirm(id, { borderPoint: place }));
    const rows = await query<Record<string, unknown>>(
      `SELECT m.match, m.person, m.sealed, c.sealed AS said FROM match_told m
       JOIN crossing c ON c.match = m.match WHERE c.id = $1`,
      [confirmation.id],
    );
    expect(rows).toHaveLength(1);
    const bytes = Buffer.concat(
      rows.flatMap((row) => Object.values(row)).map((value) => value as Buffer),
    );
    const needles = [place, id, subject?.reference ?? ''].flatMap(encodingsOf);
    expect(findNeedles(bytes, needles)).toEqual([]);
  });

  test('are what the alarm about matches nobody arrives after waits for', async () => {
    const alarms = gateway.rooms.context.get(ConfirmationAlarms);
    await query('TRUNCATE match_told, confirmation_alarm');
    // Ten made-up others of the same partner: what the rule counts are people.
    for (let person = 0; person < 9; person += 1) {
      await query(
        `INSERT INTO match_told (match, epoch, account, partner, person, matched_at, sealed)
         VALUES (sha256($1::bytea), '2026-03', 'PARTNER:ALPHA-BORDER', 'ALPHA-BORDER',
           sha256($1::bytea), now() - interval '1 hour', $2)`,
        [Buffer.from([person]), Buffer.alloc(1052)],
      );
    }
    const standing = async () =>
      (await alarms.list(new Date(0)))
        .filter(({ clearedAt }) => clearedAt === null)
        .map(({ account, kind: alarm, people }) => [account, alarm, people]);
    expect(await standing()).toEqual([]);
    const { id } = await matched();
    expect(await standing()).toEqual([['PARTNER:ALPHA-BORDER', 'NEVER_CONFIRMS', 10]]);
    await matched();
    expect(await standing()).toHaveLength(1);
    expect((await alarms.counts(new Date()))[0]).toMatchObject({
      account: 'PARTNER:ALPHA-BORDER',
      matches: 11,
      people: 10,
      confirmed: 0,
      outstanding: 10,
      overdue: 0,
    });
    const { confirmation } = toldBy(await confirm(id));
    expect(await standing()).toEqual([]);
    await alarms.review(new Date(Date.now() + 71 * 3_600_000));
    expect(await standing()).toEqual([]);
    toldBy(await correct(confirmation.id, { withdrawn: true }));
    expect(await standing()).toEqual([['PARTNER:ALPHA-BORDER', 'NEVER_CONFIRMS', 10]]);
  });
});
