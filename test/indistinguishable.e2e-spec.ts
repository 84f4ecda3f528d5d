import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fieldCatalogue, subjectFields } from '../src/core/disclosure/catalogue.js';
import { importRegister, Register } from '../src/register/index.js';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, testPartners, type TestGateway } from './support/gateway.js';
import type { TestPartner, TestReply } from './support/partner.js';
import { laila, lailaAsSeen, nobodyAsSeen } from './support/people.js';
import { answerOf } from './support/replies.js';

/** One person by number, told from the others by everything. */
const numbered = (number: number, more: object) => ({
  ...laila,
  reference: `T-AF-10000${number}`,
  names: [
    {
      full: [
        'Zarmina Gulab',
        'Palwasha Noori',
        'Shukria Wardak',
        'Nilofar Hotak',
        'Spozhmai Zahir',
      ][number],
    },
  ],
  fatherName: ['Sher', 'Nazir', 'Gul', 'Aziz', 'Wakil'][number],
  dateOfBirth: `198${number}-0${number + 1}-1${number}`,
  documents: [{ type: 'PASSPORT', number: `P00${number}45${number}7`, issuingState: 'AFG' }],
  ...more,
});
const asSeen = ({ names, dateOfBirth, documents }: ReturnType<typeof numbered>) => ({
  names,
  dateOfBirth,
  documents: documents.map(({ type, number }) => ({ type, number })),
});

const kept = {
  'in another caseload': numbered(0, { caseload: 'AF-2023' }),
  'kept from this partner': numbered(1, { suppressedFor: ['ALPHA-BORDER'] }),
  'kept from its state': numbered(2, { suppressedFor: ['AUS'] }),
  pending: numbered(3, {}),
};

/** What may differ between two answers: ids, times, receipt. */
function shapeOf(reply: TestReply): unknown {
  const { id, requestId, answeredAt, relyUntil, receipt, ...rest } = answerOf(reply);
  const lengths = [id, requestId, answeredAt, relyUntil, receipt.record, receipt.salt].map(
    (text) => text.length,
  );
  return { ...rest, lengths, members: Object.keys(answerOf(reply)) };
}

describeOnEachDatabase('somebody kept from a partner', (kind) => {
  let gateway: TestGateway;
  let alpha: TestPartner;
  beforeAll(async () => {
    const { pending, ...released } = kept;
    gateway = await startGateway({ kind, people: [laila, ...Object.values(released)] });
    const { store } = gateway.rooms.context.get(Register);
    const report = await importRegister(store, {
      source: (async function* () {
        yield Buffer.from(`${JSON.stringify(pending)}\n`);
      })(),
      requestedBy: 'registrar 1',
      knownPartners: new Set(testPartners.map(({ code }) => code)),
      dryRun: false,
    });
    expect(report.added).toBe(1);
    alpha = gateway.partner('ALPHA-BORDER');
  });
  afterAll(async () => gateway.close());

  const ask = (person: object) => alpha.verify(person, { requestId: randomUUID() });

  describe.each(Object.entries(kept))('%s', (_why, person) => {
    test('is answered like somebody who is not there, byte for byte but ids, times, receipt', async () => {
      const absent = await ask(nobodyAsSeen);
      const reply = await ask(asSeen(person));
      expect(answerOf(reply).outcome).toBe('NOT_CONFIRMED');
      expect(shapeOf(reply)).toEqual(shapeOf(absent));
      expect(reply.body.length).toBe(absent.body.length);
      const { date: _, ...headers } = reply.headers;
      const { date: __, ...headersOfAbsent } = absent.headers;
      expect(headers).toEqual(headersOfAbsent);
      expect(reply.status).toBe(absent.status);
    });
  });

  test('is there for a partner it is not kept from: the refusals above are refusals', async () => {
    const bravo = gateway.partner('BRAVO-CONSULAR');
    for (const person of [kept['kept from this partner'], kept['kept from its state']]) {
      const reply = await bravo.verify(asSeen(person), { requestId: randomUUID() });
      expect(answerOf(reply).outcome).toBe('MATCH');
    }
    expect(answerOf(await ask(lailaAsSeen)).outcome).toBe('MATCH');
    const wider = await gateway.addGrant('ALPHA-BORDER', { caseloads: ['AF-2023'] as never });
    const other = await alpha.verify(asSeen(kept['in another caseload']), { grantId: wider });
    expect(answerOf(other).outcome).toBe('MATCH');
  });

  test('has no effect on budget, later answers or the size of a receipt', async () => {
    const grantId = await gateway.addGrant('ALPHA-BORDER', { questionsPerDay: 4 });
    const codes = [];
    for (const person of [
      asSeen(kept['kept from this partner']),
      nobodyAsSeen,
      asSeen(kept['kept from this partner']),
      nobodyAsSeen,
      asSeen(kept['kept from this partner']),
      nobodyAsSeen,
    ]) {
      const reply = await alpha.verify(person, { grantId });
      codes.push(reply.json?.errors?.[0]?.extensions['code'] ?? answerOf(reply).outcome);
    }
    const spent = 'ERR_BUDGET_SPENT';
    const no = 'NOT_CONFIRMED';
    expect(codes).toEqual([no, no, no, no, spent, spent]);
  });
});

describeOnEachDatabase('an answer', (kind) => {
  const longest = (of: string, length: number) => of.repeat(length).slice(0, length);
  const wide = {
    ...laila,
    reference: 'T-AF-000009',
    // Letters of three bytes in UTF-8; more than the catalogue lets out.
    names: [{ full: `Zarifa ${longest('ຝ', 280)}` }],
    fatherName: `Wakil ${longest('ຝ', 280)}`,
    documents: [{ type: 'PASSPORT', number: longest('O12345678', 40), issuingState: 'AFG' }],
    visa: {
      reference: longest('V-123456', 40),
      class: longest('PROTECTION ', 40).trim(),
      status: 'CANCELLED',
      expires: '2027-05-01',
    },
  };
  const full = Object.fromEntries(
    subjectFields.map((field) => [field, fieldCatalogue[field].levels.at(-1)]),
  );
  const everything = `mutation Verify($input: VerifyIdentityInput!) { verifyIdentity(input: $input) {
    __typename id requestId answeredAt relyUntil outcome handling evidence { __typename element agreement }
    subject { __typename reference ${subjectFields
      .map((field) => `${fieldCatalogue[field].name} { __typename level present agreement value }`)
      .join(' ')} }
    receipt { __typename record salt proof cover { __typename leaf slotPath proof } } } }`;
  let gateway: TestGateway;
  let alpha: TestPartner;
  beforeAll(async () => {
    gateway = await startGateway({ kind, people: [wide, laila], terms: { fields: full } });
    alpha = gateway.partner('ALPHA-BORDER');
  });
  afterAll(async () => gateway.close());

  test('has one size whatever is asked, found, refused or selected', async () => {
    const document = { type: 'PASSPORT', number: wide.documents[0]?.number };
    const person = { documents: [document], dateOfBirth: '1990-04-05' };
    const input = {
      requestId: 'r'.repeat(64),
      grantId: alpha.grantId,
      purpose: 'BORDER_VERIFICATION',
      caseReference: 'C'.repeat(64),
      person,
    };
    const widest = await alpha.graphql(everything, { input });
    const { subject } = answerOf(widest);
    const told = subject?.['fullName'];
    expect(typeof told === 'object' && told.value?.length).toBe(200);
    expect(widest.body.toString().trimEnd().length).toBeLessThan(16_384);
    const replies = [
      widest,
      await alpha.verify(lailaAsSeen),
      await alpha.verify(nobodyAsSeen),
      await alpha.verify({ names: [{ full: 'Laila' }] }),
      await alpha.verify(lailaAsSeen, { purpose: 'ONWARD_TRAVEL' }),
      await alpha.verify(lailaAsSeen, { grantId: randomUUID() }),
      await alpha.verify({ dateOfBirth: 'x' }),
      await alpha.verify(lailaAsSeen, { requestId: 'r'.repeat(64) }),
    ];
    expect(new Set(replies.map(({ body }) => body.length))).toEqual(new Set([16_384]));
    expect(new Set(replies.map(({ headers }) => headers['content-length']))).toEqual(
      new Set(['16384']),
    );
  });

  test('to a request without a caller is one body, whatever is wrong', async () => {
    const json = { 'content-type': 'application/json' };
    const bodies = await Promise.all(
      [{}, { authorization: 'Bearer x' }, { authorization: 'Basic eDp5' }].map(async (headers) =>
        alpha.raw({ headers: { ...json, ...headers }, body: '{}' }),
      ),
    );
    expect(new Set(bodies.map(({ body }) => body.toString('hex'))).size).toBe(1);
    for (const { status } of bodies) expect(status).toBe(401);
  });
});
