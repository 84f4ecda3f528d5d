import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeRecord } from '../src/core/log/record.js';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { verifyDocument, type TestPartner, type TestReply } from './support/partner.js';
import { laila, lailaAsSeen, nobodyAsSeen } from './support/people.js';
import {
  answerOf,
  checkAnswer,
  codeOf,
  expectNoEcho,
  expectRefusal,
  type AnswerJson,
} from './support/replies.js';

describeOnEachDatabase('a verification', (kind) => {
  let gateway: TestGateway;
  let alpha: TestPartner;
  let bravo: TestPartner;
  beforeAll(async () => {
    gateway = await startGateway({ kind, people: [laila] });
    alpha = gateway.partner('ALPHA-BORDER');
    bravo = gateway.partner('BRAVO-CONSULAR');
  });
  afterAll(async () => gateway.close());

  const sql = (text: string, ...values: unknown[]): Promise<unknown> =>
    gateway.rooms.database.dataSource.query(text, values);
  const used = async (grant: string): Promise<number> => {
    const reply = await alpha.graphql('{ access { grants { id budgets { kind limit used } } } }');
    const { grants } = reply.json?.data?.['access'] as {
      grants: { id: string; budgets: { used: number }[] }[];
    };
    return grants.find(({ id }) => id === grant)?.budgets[0]?.used ?? Number.NaN;
  };

  describe('that matches', () => {
    test('tells each granted field at its level and no more', async () => {
      const answer = answerOf(await alpha.verify(lailaAsSeen));
      const silent = { present: null, agreement: null, value: null };
      expect(answer.outcome).toBe('MATCH');
      expect(answer.handling).toBe('NO_ONWARD_TRANSFER');
      expect(answer.subject).toEqual({
        reference: expect.stringMatching(/^[\w-]{22}$/),
        fullName: { ...silent, level: 'CONFIRM', agreement: 'AGREES' },
        dateOfBirth: { ...silent, level: 'GENERALISED', value: '1990' },
        documentNumber: { ...silent, level: 'MASKED', value: '******21' },
        visaReference: { ...silent, level: 'PRESENCE', present: true },
        visaStatus: { ...silent, level: 'FULL', value: 'GRANTED' },
      });
      const agreement = Object.fromEntries(answer.evidence.map((e) => [e.element, e.agreement]));
      expect(agreement).toEqual({
        NAME: 'AGREES',
        FATHER_NAME: 'NOT_CONFIRMED',
        GRANDFATHER_NAME: 'NOT_CONFIRMED',
        DATE_OF_BIRTH: 'AGREES',
        SEX: 'NOT_CONFIRMED',
        NATIONALITY: 'NOT_CONFIRMED',
        DOCUMENT: 'AGREES',
      });
      expect(Date.parse(answer.relyUntil)).toBeGreaterThan(Date.parse(answer.answeredAt));
    });

    test('comes with a receipt the partner can check by itself', async () => {
      const answer = answerOf(await alpha.verify(lailaAsSeen));
      const question = { grant: alpha.grantId, person: lailaAsSeen };
      const checked = await checkAnswer(gateway, 'ALPHA-BORDER', question, answer);
      expect(checked.record.outcome).toBe('MATCH');
      expect(checked.record.grantVersion).toBe(1);
    });

    test('has a receipt that fails for any other answer, question or partner', async () => {
      const answer = answerOf(await alpha.verify(lailaAsSeen));
      const question = { grant: alpha.grantId, person: lailaAsSeen };
      const check = (
        bent: Partial<AnswerJson>,
        partner = 'ALPHA-BORDER',
        asked: { readonly grant: string; readonly person: unknown } = question,
      ) => checkAnswer(gateway, partner, asked, { ...answer, ...bent });
      await expect(check({ outcome: 'NOT_CONFIRMED' })).rejects.toThrow('ERR_PROOF_INVALID');
      await expect(check({ id: randomUUID() })).rejects.toThrow('ERR_PROOF_INVALID');
      await expect(check({ subject: null })).rejects.toThrow('ERR_PROOF_INVALID');
      await expect(
        check({}, 'ALPHA-BORDER', { ...question, person: nobodyAsSeen }),
      ).rejects.toThrow('ERR_PROOF_INVALID');
      await expect(
        check({}, 'ALPHA-BORDER', { ...question, grant: bravo.grantId }),
      ).rejects.toThrow('ERR_PROOF_INVALID');
      await expect(check({}, 'BRAVO-CONSULAR')).rejects.toThrow('ERR_');
    });

    test('names the person to each partner by another reference, always the same to one', async () => {
      const references = await Promise.all(
        [alpha, alpha, bravo].map(
          async (one) => answerOf(await one.verify(lailaAsSeen)).subject?.reference,
        ),
      );
      expect(references[0]).toBe(references[1]);
      expect(references[0]).not.toBe(references[2]);
    });

    test('may be asked in another script and order, and with literals in the document', async () => {
      const person = `{names:[{full:"صمدی لیلا زرغونه"}] dateOfBirth:"1990-04-05" fatherName:"عبدالکریم"}`;
      const reply = await alpha.graphql(
        `mutation{verifyIdentity(input:{requestId:"lit-1",grantId:"${alpha.grantId}",purpose:BORDER_VERIFICATION,caseReference:"CASE-1",person:${person}}){
          id requestId answeredAt relyUntil outcome handling evidence{element agreement} subject{reference} receipt{record salt proof}}}`,
      );
      const answer = answerOf(reply);
      expect(answer.outcome).toBe('MATCH');
      const sent = {
        names: [{ full: 'صمدی لیلا زرغونه' }],
        dateOfBirth: '1990-04-05',
        fatherName: 'عبدالکریم',
      };
      await checkAnswer(gateway, 'ALPHA-BORDER', { grant: alpha.grantId, person: sent }, answer);
    });
  });

  test('about nobody on the register is not confirmed, and its receipt says so', async () => {
    const answer = answerOf(await alpha.verify(nobodyAsSeen));
    expect(answer.outcome).toBe('NOT_CONFIRMED');
    expect(answer.subject).toBeNull();
    expect(new Set(answer.evidence.map(({ agreement }) => agreement))).toEqual(
      new Set(['NOT_CONFIRMED']),
    );
    const question = { grant: alpha.grantId, person: nobodyAsSeen };
    const { record } = await checkAnswer(gateway, 'ALPHA-BORDER', question, answer);
    expect([record.outcome, record.fields, record.reference]).toEqual(['NOT_CONFIRMED', [], null]);
  });

  test('with a state spelt DEU is one with D, and its receipt is of what was sent', async () => {
    const person = { ...nobodyAsSeen, nationality: 'DEU' };
    const answer = answerOf(await alpha.verify(person));
    const check = (sent: object) =>
      checkAnswer(gateway, 'ALPHA-BORDER', { grant: alpha.grantId, person: sent }, answer);
    expect((await check(person)).record.outcome).toBe('NOT_CONFIRMED');
    await expect(check({ ...person, nationality: 'D' })).rejects.toThrow('ERR_PROOF_INVALID');
  });

  describe('is refused before any look-up', () => {
    const select = (inner: string) =>
      verifyDocument.replace(/subject \{[^]*?visaStatus \{ \.\.\.d \} \}/, inner);
    const ask = (document: string, variables: object = {}): Promise<TestReply> =>
      alpha.graphql(document, {
        input: {
          requestId: randomUUID(),
          grantId: alpha.grantId,
          purpose: 'BORDER_VERIFICATION',
          caseReference: 'CASE-1',
          person: lailaAsSeen,
        },
        ...variables,
      });
    const withFlag = (document: string) =>
      document.replace('VerifyIdentityInput!)', 'VerifyIdentityInput!, $on: Boolean!)');

    test.each([
      ['as it is', 'subject { fatherName { value ...d } }', 'fatherName'],
      ['under an alias', 'subject { fullName: visaClass { ...d } }', 'visaClass'],
      ['in a fragment', 'subject { ... on DisclosedSubject { sex { ...d } } }', 'sex'],
      ['beside granted ones', 'subject { visaStatus {...d} visaExpires {...d} }', 'visaExpires'],
      ['with @include true', 'subject { sex @include(if: true) { ...d } }', 'sex'],
      ['with @skip false', 'subject { sex @skip(if: false) { ...d } }', 'sex'],
      ['in an included fragment', '... @include(if: true) { subject { sex { ...d } } }', 'sex'],
    ])('a field that is not granted, %s', async (_how, inner, field) => {
      const before = await used(alpha.grantId);
      const reply = await ask(select(inner));
      expectRefusal(reply, 'ERR_FIELD_NOT_GRANTED', { field });
      expectNoEcho(reply, 'Samadi', 'O7654321');
      expect(await used(alpha.grantId)).toBe(before);
    });

    test('a field that is not granted, switched on by a variable; not one switched off', async () => {
      const document = withFlag(select('subject { reference sex @include(if: $on) { ...d } }'));
      expectRefusal(await ask(document, { on: true }), 'ERR_FIELD_NOT_GRANTED', { field: 'sex' });
      expect(answerOf(await ask(document, { on: false })).subject).toEqual({
        reference: expect.any(String),
      });
      const skipped = select('subject { reference sex @skip(if: true) { ...d } }');
      expect(answerOf(await ask(skipped)).outcome).toBe('MATCH');
    });

    test('another purpose than the grant is for', async () => {
      const reply = await alpha.verify(lailaAsSeen, { purpose: 'ONWARD_TRAVEL' });
      expectRefusal(reply, 'ERR_PURPOSE_NOT_GRANTED');
    });

    test('a grant that is foreign, unknown, malformed, suspended, over, not yet begun: one answer', async () => {
      const suspended = await gateway.addGrant('ALPHA-BORDER', {});
      await sql("UPDATE access_grant SET state = 'SUSPENDED' WHERE id = $1", suspended);
      const unusable = [
        bravo.grantId,
        randomUUID(),
        'no-uuid',
        suspended,
        await gateway.addGrant('ALPHA-BORDER', { validUntil: new Date('2021-01-01') }),
        await gateway.addGrant('ALPHA-BORDER', { validFrom: new Date('2099-01-01') }),
      ];
      const bodies = new Set<string>();
      for (const grantId of unusable) {
        const reply = await alpha.verify(lailaAsSeen, { grantId });
        expectRefusal(reply, 'ERR_GRANT_NOT_USABLE');
        expectNoEcho(reply, grantId);
        bodies.add(reply.body.toString().replace(/"reference":"[^"]*"/, ''));
      }
      expect(bodies.size).toBe(1);
    });

    test('a grant for a named officer, with the token of a system', async () => {
      const grantId = await gateway.addGrant('ALPHA-BORDER', { requiresNamedOfficer: true });
      const reply = await alpha.verify(lailaAsSeen, { grantId });
      expectRefusal(reply, 'ERR_NAMED_OFFICER_REQUIRED');
    });

    test.each([
      ['nothing', {}],
      ['a name', { names: [{ full: 'Laila Samadi' }] }],
      ['a name and a year', { names: [{ full: 'Laila Samadi' }], dateOfBirth: '1990' }],
      ['a name and a father', { names: [{ full: 'Laila Samadi' }], fatherName: 'Karim' }],
      ['a date', { dateOfBirth: '1990-04-05' }],
      [
        'a date of many years',
        { names: [{ full: 'Laila' }], fatherName: 'Karim', dateOfBirth: '[1960..1999]' },
      ],
    ])('evidence below the floor: %s', async (_what, person) => {
      const before = await used(alpha.grantId);
      const reply = await alpha.verify(person);
      expectRefusal(reply, 'ERR_EVIDENCE_INSUFFICIENT');
      expectNoEcho(reply, 'Laila', '1990');
      expect(await used(alpha.grantId)).toBe(before);
    });

    test('evidence that is not compared under the grant, or not all it asks for', async () => {
      const noDocument = await gateway.addGrant('ALPHA-BORDER', {
        matchOn: ['NAME', 'FATHER_NAME', 'DATE_OF_BIRTH'],
      });
      const onlyDocument = { documents: lailaAsSeen.documents };
      const refused = await alpha.verify(onlyDocument, { grantId: noDocument });
      expectRefusal(refused, 'ERR_EVIDENCE_INSUFFICIENT');
      expect(answerOf(await alpha.verify(onlyDocument)).outcome).toBeDefined();
      const demanding = await gateway.addGrant('ALPHA-BORDER', { minimumEvidence: ['SEX'] });
      const without = await alpha.verify(lailaAsSeen, { grantId: demanding });
      expectRefusal(without, 'ERR_EVIDENCE_INSUFFICIENT');
      const withIt = await alpha.verify({ ...lailaAsSeen, sex: 'F' }, { grantId: demanding });
      expect(answerOf(withIt).outcome).toBe('MATCH');
    });

    const long = 'Qudratullahcanary '.repeat(40);
    test.each<[string, object, string, string]>([
      ['a name of blanks', { names: [{ full: ' ' }] }, 'person.names[0].full', ''],
      [
        'a name too long',
        { names: [{ full: 'Ok Ok' }, { full: long }] },
        'person.names[1].full',
        'qudratullahcanary',
      ],
      [
        'a name with a control',
        { names: [{ full: 'Zalmaicanary\u0000' }] },
        'person.names[0].full',
        'zalmaicanary',
      ],
      ["a father's name too long", { fatherName: long }, 'person.fatherName', 'qudratullahcanary'],
      ["an empty grandfather's name", { grandfatherName: '' }, 'person.grandfatherName', ''],
      ['no date', { dateOfBirth: 'zalmaicanary' }, 'person.dateOfBirth', 'zalmaicanary'],
      ['an impossible date', { dateOfBirth: '1991-02-30' }, 'person.dateOfBirth', '1991-02-30'],
      ['a date to come', { dateOfBirth: '2999-12-31' }, 'person.dateOfBirth', '2999-12-31'],
      ['a calendar nobody has', { calendar: 'ZALMAICANARY' }, 'person.calendar', 'zalmaicanary'],
      ['a sex nobody has', { sex: 'ZALMAICANARY' }, 'person.sex', 'zalmaicanary'],
      ['a state nobody has', { nationality: 'QQQ' }, 'person.nationality', 'QQQ'],
      [
        'a document without a number',
        { documents: [{ type: 'PASSPORT', number: '--' }] },
        'person.documents[0].number',
        '',
      ],
      [
        'a document number too long',
        { documents: [{ type: 'PASSPORT', number: 'ZALMAICANARY'.repeat(9) }] },
        'person.documents[0].number',
        'zalmaicanary',
      ],
      [
        'an issuing state nobody has',
        { documents: [{ type: 'PASSPORT', number: 'P1', issuingState: 'QQQ' }] },
        'person.documents[0].issuingState',
        'QQQ',
      ],
      [
        'no machine readable zone',
        { machineReadableZone: ['ZALMAICANARY'] },
        'person.machineReadableZone',
        'zalmaicanary',
      ],
      [
        'a name that is a number',
        { names: [{ full: 4711815 }] },
        'person.names[0].full',
        '4711815',
      ],
      ['a member nobody has', { zalmaicanary: 1 }, 'person', 'zalmaicanary'],
      [
        'eleven names',
        { names: Array(11).fill({ full: 'Zalmaicanary' }) },
        'person.names',
        'zalmaicanary',
      ],
      ['null among the names', { names: [null] }, 'person.names[0]', ''],
    ])('%s, naming the argument and not the value', async (_what, bent, argument, canary) => {
      const before = await used(alpha.grantId);
      const reply = await alpha.verify({ ...lailaAsSeen, ...bent });
      expectRefusal(reply, 'ERR_INPUT_INVALID', { argument });
      expectNoEcho(reply, ...(canary === '' ? [] : [canary]), 'Samadi', 'O7654321');
      expect(await used(alpha.grantId)).toBe(before);
    });

    test.each([
      ['requestId', 'Laila Samadi'],
      ['requestId', ''],
      ['requestId', 'x'.repeat(65)],
      ['caseReference', 'Laila Samadi'],
      ['caseReference', ''],
      ['purpose', 'SAMADI'],
    ])('%s %j', async (name, value) => {
      const reply = await alpha.verify(lailaAsSeen, { [name]: value });
      expectRefusal(reply, 'ERR_INPUT_INVALID', { argument: name });
      expectNoEcho(reply, 'Samadi', 'xxxxx');
    });

    test('a literal that is not of its form, naming the argument as well', async () => {
      const ask = (person: string) =>
        alpha.graphql(
          `mutation{verifyIdentity(input:{requestId:"a",grantId:"${alpha.grantId}",purpose:BORDER_VERIFICATION,caseReference:"C",person:${person}}){id}}`,
        );
      const date = await ask('{dateOfBirth:"zalmaicanary"}');
      expectRefusal(date, 'ERR_INPUT_INVALID', { argument: 'person.dateOfBirth' });
      const name = await ask('{names:[{full:"ok"},{full:4711815}]}');
      expectRefusal(name, 'ERR_INPUT_INVALID', { argument: 'person.names[1].full' });
      const member = await ask('{zalmaicanary:1}');
      expectRefusal(member, 'ERR_INPUT_INVALID', { argument: 'person' });
      for (const reply of [date, name, member]) expectNoEcho(reply, 'zalmaicanary', '4711815');
    });
  });

  describe('asked again under its requestId', () => {
    test('costs nothing, and is answered and recorded afresh', async () => {
      const requestId = randomUUID();
      const first = answerOf(await alpha.verify(lailaAsSeen, { requestId }));
      const before = await used(alpha.grantId);
      const second = answerOf(await alpha.verify(lailaAsSeen, { requestId }));
      expect(await used(alpha.grantId)).toBe(before);
      expect(second.id).not.toBe(first.id);
      expect(second.subject).toEqual(first.subject);
      const question = { grant: alpha.grantId, person: lailaAsSeen };
      await checkAnswer(gateway, 'ALPHA-BORDER', question, second);
    });

    test('with another person, case or grant is refused', async () => {
      const requestId = randomUUID();
      answerOf(await alpha.verify(lailaAsSeen, { requestId }));
      const before = await used(alpha.grantId);
      const other = await gateway.addGrant('ALPHA-BORDER', {});
      for (const [person, bent] of [
        [nobodyAsSeen, {}],
        [lailaAsSeen, { caseReference: 'CASE-2' }],
        [lailaAsSeen, { grantId: other }],
      ] as const) {
        const reply = await alpha.verify(person, { requestId, ...bent });
        expectRefusal(reply, 'ERR_REQUEST_ID_REUSED', { argument: 'requestId' });
      }
      expect(await used(alpha.grantId)).toBe(before);
    });

    test('by another partner is another question', async () => {
      const requestId = randomUUID();
      answerOf(await alpha.verify(lailaAsSeen, { requestId }));
      expect(answerOf(await bravo.verify(nobodyAsSeen, { requestId })).outcome).toBe(
        'NOT_CONFIRMED',
      );
    });
  });

  describe('under a budget', () => {
    test('of two questions a day gets two answers, then a refusal with the time of the next', async () => {
      const grantId = await gateway.addGrant('ALPHA-BORDER', { questionsPerDay: 2 });
      answerOf(await alpha.verify(lailaAsSeen, { grantId }));
      answerOf(await alpha.verify(nobodyAsSeen, { grantId }));
      const reply = await alpha.verify(lailaAsSeen, { grantId });
      expectRefusal(reply, 'ERR_BUDGET_SPENT');
      const retryAt = String(reply.json?.errors?.[0]?.extensions['retryAt']);
      expect(retryAt).toMatch(/T00:00:00\.000Z$/);
      expect(Date.parse(retryAt)).toBeGreaterThan(Date.now());
      expect(await used(grantId)).toBe(2);
    });

    test('of five lets five of thirty questions through that come at once', async () => {
      const grantId = await gateway.addGrant('ALPHA-BORDER', { questionsPerDay: 5 });
      const replies = await Promise.all(
        Array.from({ length: 30 }, (_, at) =>
          alpha.verify(at % 2 === 0 ? lailaAsSeen : nobodyAsSeen, { grantId }),
        ),
      );
      const refused = replies.filter(({ json }) => json?.errors !== undefined);
      expect(refused).toHaveLength(25);
      expect(new Set(refused.map(codeOf))).toEqual(new Set(['ERR_BUDGET_SPENT']));
      expect(await used(grantId)).toBe(5);
    });
  });

  describe('among several', () => {
    const document = `mutation Verify($input: VerifyIdentitiesInput!) { verifyIdentities(input: $input) {
      __typename
      ... on Verification { id requestId outcome subject { reference } receipt { record } }
      ... on VerificationRefusal { requestId code reference retryAt } } }`;
    interface Result {
      readonly __typename: string;
      readonly requestId: string;
      readonly outcome?: string;
      readonly code?: string;
      readonly reference?: string;
      readonly retryAt?: string | null;
      readonly receipt?: { readonly record: string };
    }
    const askMany = async (questions: readonly object[], grantId = alpha.grantId) =>
      alpha.graphql(document, { input: { grantId, purpose: 'BORDER_VERIFICATION', questions } });
    const resultsOf = (reply: TestReply): readonly Result[] => {
      expect(reply.json?.errors).toBeUndefined();
      return reply.json?.data?.['verifyIdentities'] as readonly Result[];
    };
    const question = (person: object, bent: object = {}) => ({
      requestId: randomUUID(),
      caseReference: 'CASE-1',
      person,
      ...bent,
    });

    test('is answered or refused alone, in order, each under a record of its own', async () => {
      const spent = randomUUID();
      answerOf(await alpha.verify(nobodyAsSeen, { requestId: spent }));
      const asked = [
        question(lailaAsSeen),
        question({ names: [{ full: 'Laila' }] }),
        question(nobodyAsSeen),
        question({ ...lailaAsSeen, names: [{ full: ' ' }] }),
        question(lailaAsSeen, { requestId: spent }),
        question(lailaAsSeen),
      ];
      const results = resultsOf(await askMany(asked));
      expect(results.map(({ requestId }) => requestId)).toEqual(asked.map((q) => q.requestId));
      expect(results.map(({ outcome, code }) => outcome ?? code)).toEqual([
        'MATCH',
        'ERR_EVIDENCE_INSUFFICIENT',
        'NOT_CONFIRMED',
        'ERR_INPUT_INVALID',
        'ERR_REQUEST_ID_REUSED',
        'MATCH',
      ]);
      const records = results.flatMap(({ receipt }) =>
        receipt === undefined ? [] : [decodeRecord(Buffer.from(receipt.record, 'base64url'))],
      );
      expect(new Set(records.map(({ id }) => id)).size).toBe(3);
      expect(results[1]?.reference).toMatch(/^[0-9a-f-]{36}$/);
    });

    test('shares no budget beyond its limit, and says when there is more', async () => {
      const grantId = await gateway.addGrant('ALPHA-BORDER', { questionsPerDay: 3 });
      const asked = Array.from({ length: 8 }, () => question(nobodyAsSeen));
      const results = resultsOf(await askMany(asked, grantId));
      const refused = results.filter(({ code }) => code === 'ERR_BUDGET_SPENT');
      expect(refused).toHaveLength(5);
      for (const { retryAt } of refused) expect(retryAt).toMatch(/T00:00:00\.000Z$/);
    });

    test('is refused altogether when one is not of the form of the schema, naming which', async () => {
      const before = await used(alpha.grantId);
      const reply = await askMany([
        question(nobodyAsSeen),
        question({ ...nobodyAsSeen, dateOfBirth: '1991-02-30' }),
      ]);
      const argument = 'questions[1].person.dateOfBirth';
      expectRefusal(reply, 'ERR_INPUT_INVALID', { argument });
      expectNoEcho(reply, '1991-02-30');
      expect(await used(alpha.grantId)).toBe(before);
    });

    test('is refused altogether with none or more than a hundred', async () => {
      for (const count of [0, 101]) {
        const reply = await askMany(Array.from({ length: count }, () => question(nobodyAsSeen)));
        expectRefusal(reply, 'ERR_INPUT_INVALID', { argument: 'questions' });
      }
    });

    test('is refused alone for a field that is not granted, every one of them', async () => {
      const reply = await alpha.graphql(
        document.replace('subject { reference }', 'subject { sex { value } }'),
        {
          input: {
            grantId: alpha.grantId,
            purpose: 'BORDER_VERIFICATION',
            questions: [question(lailaAsSeen), question(nobodyAsSeen)],
          },
        },
      );
      expect(resultsOf(reply).map(({ code }) => code)).toEqual([
        'ERR_FIELD_NOT_GRANTED',
        'ERR_FIELD_NOT_GRANTED',
      ]);
    });

    test('has one size of answer a question', async () => {
      const sizes = new Set<number>();
      for (const person of [lailaAsSeen, nobodyAsSeen, { names: [{ full: 'X' }] }]) {
        const reply = await askMany([question(person), question(person), question(person)]);
        sizes.add(reply.body.length);
      }
      expect([...sizes]).toEqual([3 * 16_384]);
    });
  });

  test('is what access tells of: partner, grants at their levels, use of budgets, nobody else', async () => {
    const reply = await bravo.graphql(`{ access { officer tokenExpiresAt partner { code name state }
      grants { id version digest state purpose legalBasis fields { field level } matchOn assuranceLevel
        requiresNamedOfficer handling validFrom validUntil budgets { kind limit used resetsAt } } } }`);
    const access = reply.json?.data?.['access'] as {
      partner: object;
      officer: null;
      grants: {
        id: string;
        fields: { field: string; level: string }[];
        budgets: { kind: string }[];
      }[];
    };
    expect(access.partner).toEqual({
      code: 'BRAVO-CONSULAR',
      name: 'Partner BRAVO-CONSULAR',
      state: 'CAN',
    });
    expect(access.grants.map(({ id }) => id)).toEqual([bravo.grantId]);
    const levels = new Map(access.grants[0]?.fields.map(({ field, level }) => [field, level]));
    expect(levels.size).toBe(10);
    expect(levels.get('VISA_STATUS')).toBe('FULL');
    expect(levels.get('FATHER_NAME')).toBe('WITHHELD');
    const budgets = access.grants[0]?.budgets ?? [];
    expect(budgets.map(({ kind }) => kind)).toEqual(['QUESTIONS', 'PEOPLE', 'MISSES', 'VALUES']);
    expect(budgets[0]).toMatchObject({ kind: 'QUESTIONS', limit: 1000 });
    expectNoEcho(reply, 'ALPHA', alpha.grantId, 'Samadi');
  });

  test.each([
    [
      'a variable that is not of its form',
      'mutation($i: VerifyIdentityInput!) { verifyIdentity(input: $i) { id } }',
      { i: { requestId: 'r' } },
    ],
    ['a document that is not of the schema', '{ people { names } }', {}],
    [
      'a batch without a question',
      'mutation($i: VerifyIdentitiesInput!) { verifyIdentities(input: $i) { __typename } }',
      'none',
    ],
  ])('of %s is refused on record, under its reference', async (_what, query, variables) => {
    const input = { grantId: alpha.grantId, purpose: 'BORDER_VERIFICATION', questions: [] };
    const reply = await alpha.graphql(
      query,
      variables === 'none' ? { i: input } : (variables as object),
    );
    expect(reply.status).toBe(400);
    const id = reply.json?.errors?.[0]?.extensions['reference'];
    const again = await alpha.graphql('query R($id: ID!) { receipt(id: $id) { record } }', { id });
    const { record } = again.json?.data?.['receipt'] as { record: string };
    const kept = JSON.parse(Buffer.from(record, 'base64url').toString()) as Record<string, unknown>;
    expect(kept).toMatchObject({ id, outcome: 'ERR_INPUT_INVALID', question: null, fields: [] });
  });

  test('has its receipt again for its own partner, and for nobody else', async () => {
    const answer = answerOf(await alpha.verify(lailaAsSeen));
    const receipt = 'query R($id: ID!) { receipt(id: $id) { record salt proof cover { leaf } } }';
    const own = await alpha.graphql(receipt, { id: answer.id });
    const again = own.json?.data?.['receipt'] as AnswerJson['receipt'];
    expect([again.record, again.salt]).toEqual([answer.receipt.record, answer.receipt.salt]);
    await checkAnswer(
      gateway,
      'ALPHA-BORDER',
      { grant: alpha.grantId, person: lailaAsSeen },
      { ...answer, receipt: again },
    );
    const foreign = await bravo.graphql(receipt, { id: answer.id });
    const unknown = await bravo.graphql(receipt, { id: randomUUID() });
    const malformed = await bravo.graphql(receipt, { id: 'x' });
    expect(foreign.json).toEqual({ data: { receipt: null } });
    expect(foreign.body.equals(unknown.body)).toBe(true);
    expect(foreign.body.equals(malformed.body)).toBe(true);
    expect(own.body.length).toBe(foreign.body.length);
  });
});
