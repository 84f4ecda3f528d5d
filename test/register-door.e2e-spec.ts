import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { compactDecrypt } from 'jose';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { passport, personRow, testCaseload } from './support/register.js';
import { approveAct, changeRegister } from './support/registrar.js';
import { answerOf } from './support/replies.js';
import type { TestStaffClient } from './support/staff-client.js';

const lines = (...rows: readonly object[]): string =>
  rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);
const reference = (number: number) => ({ caseload: testCaseload, reference: `T-${number}` });
const people = (...wanted: readonly number[]) => ({
  caseload: testCaseload,
  references: wanted.map((number) => `T-${number}`),
});

describeOnEachDatabase('the registrars’ desk at the staff door', (kind) => {
  let gateway: TestGateway;
  let one: TestStaffClient;
  let two: TestStaffClient;
  let officer: TestStaffClient;
  beforeAll(async () => {
    gateway = await startGateway({ kind, staff: true });
    one = gateway.staff('REG-1');
    two = gateway.staff('REG-2');
    officer = gateway.staff('PRO-1');
    // Names apart from one another: nobody here is a duplicate.
    const rows = numbers(1, 12).map((number) => personRow(number));
    const { result } = await one.upload(lines(...rows), '?expect=12');
    await approveAct(two, result.release);
  });
  afterAll(async () => gateway?.close());

  /** Whether a partner is told of somebody by a passport. */
  const isTold = async (number: number, code = 'ALPHA-BORDER'): Promise<boolean> => {
    const reply = await gateway.partner(code).verify({
      names: [{ full: 'Zarghuna Wardakpur' }],
      documents: [{ type: 'PASSPORT', number: passport(number) }],
    });
    return answerOf(reply).outcome === 'MATCH';
  };
  const records = async (purpose: string): Promise<number> => {
    const { dataSource } = gateway.rooms.database;
    const rows = await dataSource.query<{ record: Buffer }[]>('SELECT record FROM access_log_leaf');
    return rows.filter(({ record }) => record.includes(`"purpose":"${purpose}"`)).length;
  };
  const change = (mutation: string, inputType: string, input: object, by = one) =>
    changeRegister(by, mutation, inputType, input);

  test('tells nobody of an import until another registrar has released it', async () => {
    const reply = await one.upload(lines(personRow(20), personRow(21)), '?expect=2');
    expect(reply.status).toBe(200);
    expect(reply.lines.slice(0, 2)).toEqual([{ stagedBytes: expect.any(Number) }, { counted: 2 }]);
    const { result } = reply;
    expect(result).toMatchObject({ rows: 2, added: 2, rejected: 0, people: 2, refused: false });
    expect(result.release?.act).toBe('REGISTER_RELEASE');
    expect(await isTold(20)).toBe(false);
    expect((await approveAct(one, result.release)).code).toBe('ERR_APPROVER_IS_REQUESTER');
    expect((await approveAct(officer, result.release)).code).toBe('ERR_NOT_FOUND');
    expect(await isTold(20)).toBe(false);
    expect((await approveAct(two, result.release)).code).toBeUndefined();
    expect(await isTold(20)).toBe(true);
    expect((await approveAct(two, result.release)).code).toBe('ERR_ACT_NOT_PENDING');
  });

  test('shows who releases it counts, findings and likely duplicates first', async () => {
    const twin = { ...personRow(22), documents: personRow(1).documents };
    const { result } = await one.upload(
      lines(
        twin,
        { ...personRow(23), dateOfBirth: '84' },
        personRow(20),
        personRow(25, { caseload: `${testCaseload}-0` }),
      ),
    );
    expect(result).toMatchObject({ rows: 4, added: 2, unchanged: 1, rejected: 1 });
    expect(result.rejectedLines).toEqual([2]);
    const { value } = await two.graphql(
      `query B($id: ID!) { importBatch(id: $id) {
        batch { state requestedBy people added rows unchanged rejected findings { column code count } }
        caseloads { caseload people isNew }
        duplicates { pairs { one { reference state } other { reference state } likelihood agreeing } compared total }
        release { id requestedBy } } }`,
      { id: result.batch },
    );
    expect(value).toMatchObject({
      batch: {
        state: 'WAITING',
        requestedBy: 'REG-1',
        people: 2,
        rows: 4,
        unchanged: 1,
        rejected: 1,
        findings: [{ column: 'dateOfBirth', code: 'DATE_INVALID', count: 1 }],
      },
      // Whom partners will be told of is decided by caseloads: a mistyped one stands out.
      caseloads: [
        { caseload: testCaseload, people: 1, isNew: false },
        { caseload: `${testCaseload}-0`, people: 1, isNew: true },
      ],
      release: { id: result.release?.id, requestedBy: 'REG-1' },
    });
    const { duplicates } = value as { duplicates: { pairs: object[]; compared: number } };
    expect(duplicates.compared).toBe(2);
    expect(duplicates.pairs[0]).toMatchObject({
      one: { reference: 'T-22', state: 'PENDING' },
      other: { reference: 'T-1', state: 'LIVE' },
      likelihood: 'MATCH',
      agreeing: expect.arrayContaining(['NAME', 'DOCUMENT']),
    });
    // Given up: nobody new is there, and it cannot be released any more.
    const discarded = await one.act('discardBatch', { batch: result.batch });
    expect(discarded.value).toMatchObject({ state: 'DONE', act: 'REGISTER_DISCARD' });
    expect((await approveAct(two, result.release)).code).toBe('ERR_ACT_NOT_PENDING');
    const gone = await one.graphql(
      'query P($r: PersonReferenceInput!) { person(reference: $r) { id } }',
      { r: reference(22) },
    );
    expect(gone.code).toBe('ERR_NOT_FOUND');
  });

  test('asks nobody to release a batch in which nobody waits any more', async () => {
    const wait = async (household: string) =>
      (await one.upload(lines(personRow(24, { household })))).result;
    const asked = async () => {
      const { value } = await two.graphql('{ acts { id } }');
      return (value as { id: string }[]).map(({ id }) => id);
    };
    const first = await wait('H-1');
    expect(await asked()).toContain(first.release?.id);
    // Another file takes over who waited in the first.
    const second = await wait('H-2');
    expect(await asked()).toContain(second.release?.id);
    expect(await asked()).not.toContain(first.release?.id);
    const { value } = await two.graphql('query A($id: ID!) { act(id: $id) { state decidedBy } }', {
      id: first.release?.id,
    });
    expect(value).toEqual({ state: 'REFUSED', decidedBy: null });
    expect((await approveAct(two, first.release)).code).toBe('ERR_ACT_NOT_PENDING');
    await one.act('discardBatch', { batch: second.batch });
    expect(await asked()).not.toContain(second.release?.id);
  });

  test('writes nothing when other rows are there than were meant, and says how many', async () => {
    const before = await one.graphql('{ importBatches(waiting: false) { id } }');
    const { result } = await one.upload(
      lines(...numbers(30, 34).map((n) => personRow(n))),
      '?expect=4',
    );
    expect(result).toMatchObject({ refused: true, rows: 5, added: 0, batch: null });
    expect(result.rejections).toMatchObject([{ code: 'ROW_COUNT_DIFFERS' }]);
    const after = await one.graphql('{ importBatches(waiting: false) { id } }');
    expect(after.value).toEqual(before.value);
    expect(await records('REGISTER_IMPORT')).toBeGreaterThan(0);
  });

  test('only says what would happen in a dry run, and keeps a record of that reading', async () => {
    const readings = await records('REGISTER_READ');
    const { result } = await one.upload(lines(personRow(40), personRow(1)), '?dryRun=true');
    expect(result).toMatchObject({ added: 1, unchanged: 1, batch: null, release: null });
    expect(await records('REGISTER_READ')).toBe(readings + 1);
  });

  test.each<[string, string, object, number, string]>([
    ['another page', '', { origin: 'https://evil.example' }, 403, 'ERR_INPUT_INVALID'],
    ['a cross-site request', '', { 'sec-fetch-site': 'cross-site' }, 403, 'ERR_INPUT_INVALID'],
    ['a form', '', { 'content-type': 'text/plain' }, 400, 'ERR_INPUT_INVALID'],
    ['an option nobody knows', '?name=x', {}, 400, 'ERR_INPUT_INVALID'],
    ['an option given twice', '?expect=1&expect=2', {}, 400, 'ERR_INPUT_INVALID'],
    ['a caseload that is none', '?caseload=%20', {}, 400, 'ERR_INPUT_INVALID'],
  ])('refuses an upload from %s', async (_what, query, headers, status, code) => {
    const reply = await one.upload(lines(personRow(41)), query, headers);
    expect([reply.status, reply.code]).toEqual([status, code]);
    expect(reply.headers['cache-control']).toBe('no-store');
  });

  test('takes an upload by POST alone, and nothing beside it', async () => {
    expect((await one.raw({ method: 'GET', path: '/register/import' })).status).toBe(405);
    expect((await one.raw({ path: '/register/other', body: '' })).status).toBe(404);
    expect((await one.raw({ path: '/register/imp%6Frt', body: '' })).status).not.toBe(200);
  });

  test.each(['LIA-1', 'SEC-1', 'OVR-1', 'ADM-1', 'PRO-1'])(
    'refuses an import by %s, and keeps a record of it',
    async (who) => {
      const before = await records('REGISTER_IMPORT');
      const reply = await gateway.staff(who).upload(lines(personRow(42)));
      expect([reply.status, reply.code]).toEqual([403, 'ERR_ACT_NOT_PERMITTED']);
      expect(await records('REGISTER_IMPORT')).toBe(before + 1);
    },
  );

  test.each(['LIA-1', 'SEC-1', 'OVR-1', 'ADM-1'])('shows nobody to %s', async (who) => {
    const reply = await gateway
      .staff(who)
      .graphql('query P($r: PersonReferenceInput!) { person(reference: $r) { content } }', {
        r: reference(1),
      });
    expect(reply.code).toBe('ERR_ACT_NOT_PERMITTED');
  });

  test('shows one person to a registrar, and keeps a record of it', async () => {
    const readings = await records('REGISTER_READ');
    const { value } = await one.graphql(
      `query P($r: PersonReferenceInput!) { person(reference: $r) {
        caseload reference version state content waiting suppressedFor held } }`,
      { r: reference(1) },
    );
    expect(value).toMatchObject({ reference: 'T-1', version: 1, state: 'LIVE', waiting: [] });
    const { content } = value as { content: string };
    expect(JSON.parse(content)).toMatchObject({ names: [{ full: 'Zarghuna Wardakpur' }] });
    expect(await records('REGISTER_READ')).toBe(readings + 1);
    const nobody = await one.graphql(
      'query P($r: PersonReferenceInput!) { person(reference: $r) { id } }',
      { r: reference(999) },
    );
    expect(nobody.code).toBe('ERR_NOT_FOUND');
    expect(await records('REGISTER_READ')).toBe(readings + 2);
  });

  test('adds one person, who waits for the release', async () => {
    const asked = await change('addPerson', 'AddPersonInput', {
      person: JSON.stringify(personRow(50)),
    });
    expect(asked.change).toMatchObject({
      act: { act: 'REGISTER_IMPORT', state: 'DONE' },
      release: { act: 'REGISTER_RELEASE', state: 'PENDING' },
    });
    expect(asked.change.fields).toContain('names');
    expect(await isTold(50)).toBe(false);
    await approveAct(two, asked.change.release);
    expect(await isTold(50)).toBe(true);
    const again = await change('addPerson', 'AddPersonInput', {
      person: JSON.stringify(personRow(50)),
    });
    expect(again.code).toBe('ERR_CONFLICT');
    const bad = await change('addPerson', 'AddPersonInput', {
      person: JSON.stringify({ ...personRow(51), dateOfBirth: '2 Saur 84' }),
    });
    expect([bad.code, bad.text.includes('dateOfBirth'), bad.text.includes('Saur')]).toEqual([
      'ERR_INPUT_INVALID',
      true,
      false,
    ]);
  });

  test('corrects a visa at once, and who somebody is once another has released it', async () => {
    const visa = await change('changeVisaStatus', 'ChangeVisaStatusInput', {
      reference: reference(2),
      status: 'USED',
    });
    expect(visa.change).toMatchObject({
      act: { act: 'REGISTER_CORRECT', state: 'DONE' },
      fields: ['visa.status'],
      release: null,
    });
    expect(JSON.parse(visa.change.act?.content ?? '')).toEqual({
      fields: ['visa.status'],
      people: 1,
    });
    const same = await change('changeVisaStatus', 'ChangeVisaStatusInput', {
      reference: reference(2),
      status: 'USED',
    });
    expect(same.change).toMatchObject({ act: null, fields: [] });

    const corrected = await change('correctPerson', 'CorrectPersonInput', {
      reference: reference(2),
      correction: JSON.stringify({ documents: [{ type: 'PASSPORT', number: passport(60) }] }),
      version: 2,
    });
    expect(corrected.change).toMatchObject({ fields: ['documents'], act: { state: 'DONE' } });
    expect([await isTold(2), await isTold(60)]).toEqual([true, false]);
    await approveAct(two, corrected.change.release);
    expect([await isTold(2), await isTold(60)]).toEqual([false, true]);
    const stale = await change('correctPerson', 'CorrectPersonInput', {
      reference: reference(2),
      correction: JSON.stringify({ household: 'H-1' }),
      version: 2,
    });
    expect(stale.code).toBe('ERR_CONFLICT');
  });

  test('changes a visa at once while a correction waits, which holds both once it is released', async () => {
    const visa = (status: string) =>
      change('changeVisaStatus', 'ChangeVisaStatusInput', { reference: reference(8), status });
    const seen = async () => {
      const { value } = await one.graphql(
        `query P($r: PersonReferenceInput!) { person(reference: $r) { state content waiting } }`,
        { r: reference(8) },
      );
      const { content, ...rest } = value as { content: string };
      return { ...rest, visa: (JSON.parse(content) as { visa?: object }).visa };
    };
    await visa('GRANTED');
    // The correction that waits has the status already: what partners are told has it not.
    const waiting = await change('correctPerson', 'CorrectPersonInput', {
      reference: reference(8),
      correction: JSON.stringify({
        documents: [{ type: 'PASSPORT', number: passport(68) }],
        visa: { status: 'CANCELLED' },
      }),
    });
    expect(waiting.change.fields).toEqual(['documents', 'visa.status']);
    expect(await seen()).toMatchObject({ waiting: ['documents', 'visa.status'] });
    const cancelled = await visa('CANCELLED');
    expect(cancelled.change).toMatchObject({
      act: { act: 'REGISTER_CORRECT', state: 'DONE' },
      fields: ['visa.status'],
      release: null,
    });
    expect(await seen()).toEqual({
      state: 'PENDING',
      waiting: ['documents'],
      visa: { status: 'CANCELLED' },
    });
    expect((await visa('CANCELLED')).change).toMatchObject({ act: null, fields: [] });
    expect((await visa('EXPIRED')).change.fields).toEqual(['visa.status']);
    expect([await isTold(8), await isTold(68)]).toEqual([true, false]);
    expect((await approveAct(two, waiting.change.release)).code).toBeUndefined();
    expect([await isTold(8), await isTold(68)]).toEqual([false, true]);
    expect(await seen()).toEqual({ state: 'LIVE', waiting: [], visa: { status: 'EXPIRED' } });
  });

  test('shows a household to a registrar', async () => {
    for (const number of [3, 4]) {
      await change('correctPerson', 'CorrectPersonInput', {
        reference: reference(number),
        correction: JSON.stringify({ household: 'H-7' }),
      });
    }
    const { value } = await one.graphql(
      'query H($r: PersonReferenceInput!) { household(reference: $r) { reference } }',
      { r: reference(3) },
    );
    expect(value).toEqual([{ reference: 'T-3' }, { reference: 'T-4' }]);
  });

  test('keeps people from a partner at once, and lets them be told of again by two', async () => {
    const input = { people: people(5, 6), codes: ['ALPHA-BORDER'] };
    const done = await change('suppressPeople', 'SuppressPeopleInput', input, officer);
    expect(done.change).toMatchObject({ act: { state: 'DONE', content: '{}' }, people: 2 });
    expect([await isTold(5), await isTold(5, 'BRAVO-CONSULAR'), await isTold(7)]).toEqual([
      false,
      true,
      true,
    ]);
    const lift = await change('liftSuppressions', 'SuppressPeopleInput', input, officer);
    expect(lift.change).toMatchObject({ act: { state: 'PENDING' }, people: 2 });
    expect(await isTold(5)).toBe(false);
    const { value } = await one.graphql(
      'query R($act: ID!) { registerRequest(act: $act) { kind people content } }',
      { act: lift.change.act?.id },
    );
    const { content, ...opened } = value as { content: string };
    expect(opened).toEqual({ kind: 'LIFT_SUPPRESSION', people: 2 });
    expect(JSON.parse(content)).toMatchObject({ codes: ['ALPHA-BORDER'] });
    expect((await approveAct(officer, lift.change.act)).code).toBe('ERR_APPROVER_IS_REQUESTER');
    expect((await approveAct(one, lift.change.act)).code).toBeUndefined();
    expect(await isTold(5)).toBe(true);
    for (const bent of [
      { ...input, codes: ['NOBODY'] },
      { ...input, codes: [] },
      { ...input, people: people(5, 999) },
    ]) {
      const refused = await change('suppressPeople', 'SuppressPeopleInput', bent);
      expect(['ERR_INPUT_INVALID', 'ERR_NOT_FOUND']).toContain(refused.code);
    }
  });

  test('drops the sealed request of an act that is refused', async () => {
    const input = { people: people(6), codes: ['AUS'] };
    await change('suppressPeople', 'SuppressPeopleInput', input);
    const lift = await change('liftSuppressions', 'SuppressPeopleInput', input);
    const sealed = async () => {
      const rows = await gateway.rooms.database.dataSource.query<{ count: string }[]>(
        'SELECT count(*) FROM register_act WHERE sealed IS NOT NULL',
      );
      return Number(rows[0]?.count);
    };
    const before = await sealed();
    await two.act('refuseAct', { id: lift.change.act?.id });
    expect(await sealed()).toBe(before - 1);
    expect(await isTold(6)).toBe(false);
  });

  test('forgets people by two, never one a legal hold protects', async () => {
    const until = new Date(Date.now() + 86_400_000).toISOString();
    const { batch } = (await one.upload(lines(personRow(55)))).result;
    const hold = await change('setLegalHold', 'SetLegalHoldInput', {
      people: people(8, 55),
      endsAt: until,
    });
    expect(hold.change.act?.state).toBe('PENDING');
    await approveAct(two, hold.change.act);
    const { value } = await one.graphql('{ legalHolds { id endsAt } }');
    expect(value).toMatchObject([{ endsAt: until }]);

    for (const bent of [
      { endsAt: until },
      { range: {}, endsAt: until },
      { people: people(8), endsAt: '2020-01-01' },
      { people: people(8), endsAt: '2099-02-30' },
    ]) {
      expect((await change('setLegalHold', 'SetLegalHoldInput', bent)).code).toBe(
        'ERR_INPUT_INVALID',
      );
    }
    const range = await change('setLegalHold', 'SetLegalHoldInput', {
      range: { partner: 'BRAVO-CONSULAR', from: '2020-01-01', to: '2020-02-01' },
      endsAt: until,
    });
    expect(range.change.act?.state).toBe('PENDING');

    const held = await change('erasePeople', 'ErasePeopleInput', { people: people(8, 9) });
    expect(held.code).toBe('ERR_LEGAL_HOLD');
    expect((await one.act('discardBatch', { batch })).code).toBe('ERR_LEGAL_HOLD');
    const plan = await one.graphql(
      'query P($input: ErasePeopleInput!) { erasurePlan(input: $input) { people held backupsCoveredBy } }',
      { input: { people: people(8, 9) } },
    );
    expect(plan.value).toMatchObject({ people: 1, held: 1, backupsCoveredBy: expect.any(String) });

    const erase = await change('erasePeople', 'ErasePeopleInput', { people: people(9) });
    expect(erase.change).toMatchObject({ people: 1, plan: { people: 1, held: 0 } });
    expect(await isTold(9)).toBe(true);
    expect((await approveAct(one, erase.change.act)).code).toBe('ERR_APPROVER_IS_REQUESTER');
    expect((await approveAct(officer, erase.change.act)).code).toBeUndefined();
    expect(await isTold(9)).toBe(false);

    const [first] = value as { id: string }[];
    const lift = await change('liftLegalHold', 'LiftLegalHoldInput', { hold: first?.id });
    await approveAct(two, lift.change.act);
    expect((await one.graphql('{ legalHolds { id } }')).value).toEqual([]);
    expect((await one.act('discardBatch', { batch })).code).toBeUndefined();
    for (const bent of [{}, { people: people(8), visaEndedBefore: '2020-01-01' }]) {
      expect((await change('erasePeople', 'ErasePeopleInput', bent)).code).toBe(
        'ERR_INPUT_INVALID',
      );
    }
  });

  test('merges two people by two, and keeps two apart by one', async () => {
    const merge = await change('mergePeople', 'MergePeopleInput', {
      into: reference(10),
      from: reference(11),
    });
    await approveAct(two, merge.change.act);
    const { value } = await one.graphql(
      'query P($r: PersonReferenceInput!) { person(reference: $r) { content } }',
      { r: reference(10) },
    );
    const { documents } = JSON.parse((value as { content: string }).content) as {
      documents: unknown[];
    };
    expect(documents).toHaveLength(2);
    const apart = await one.act('keepPeopleApart', { one: reference(1), other: reference(12) });
    expect(apart.code).toBeUndefined();
    expect(apart.value).toMatchObject({ act: 'REGISTER_KEEP_APART', state: 'DONE' });
  });

  test('exports for one key once two have seen the true number, and once only', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const recipient = JSON.stringify(publicKey.export({ format: 'jwk' }));
    const asked = await change('exportPeople', 'ExportPeopleInput', {
      caseload: testCaseload,
      recipient,
    });
    const { act, people: count } = asked.change;
    const fetch = async () =>
      one.raw({
        path: `/register/export?act=${act?.id ?? ''}`,
        headers: { 'content-type': 'application/octet-stream' },
        body: '',
      });
    expect((await fetch()).status).toBe(403);
    await approveAct(two, act);
    const reply = await fetch();
    expect([reply.status, reply.headers['content-type']]).toEqual([
      200,
      'application/jose; charset=utf-8',
    ]);
    const parts = await Promise.all(
      reply.text
        .trim()
        .split('\n')
        .map(async (jwe) => (await compactDecrypt(jwe, privateKey)).plaintext),
    );
    const exported = Buffer.concat(parts).toString('utf8').trim().split('\n');
    // Fictional people are among them, at least two.
    expect(exported.length).toBeGreaterThanOrEqual(count + 2);
    expect((await fetch()).status).toBe(403);
    const bad = await change('exportPeople', 'ExportPeopleInput', {
      caseload: testCaseload,
      recipient: '{"kty":"EC"}',
    });
    expect(bad.code).toBe('ERR_INPUT_INVALID');
  });

  test('gives statistics without people to those who watch', async () => {
    const { value } = await gateway
      .staff('OVR-1')
      .graphql('{ registerStatistics { people caseloads { caseload people } } }');
    expect(value).toEqual({ people: 10, caseloads: [{ caseload: testCaseload, people: 10 }] });
    const refused = await gateway.staff('ADM-1').graphql('{ registerStatistics { people } }');
    expect(refused.code).toBe('ERR_ACT_NOT_PERMITTED');
  });

  test('logs and books nobody: no name, number, reference', async () => {
    const acts = await gateway.rooms.database.dataSource.query<{ payload: string }[]>(
      "SELECT payload FROM staff_act WHERE act LIKE 'REGISTER%'",
    );
    expect(acts.length).toBeGreaterThan(15);
    const whole = acts.map(({ payload }) => payload).join('\n') + gateway.logged.join('');
    expect(whole).not.toMatch(/Zarghuna|T-\d|H-7|1984-05/);
    for (const number of numbers(1, 60)) expect(whole).not.toContain(passport(number));
  });
});
