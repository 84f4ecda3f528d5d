import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { decodeRecord } from '../src/core/log/record.js';
import type { Caseload } from '../src/core/ids.js';
import {
  approveErasure,
  changeVisaStatus,
  correctPerson,
  Register,
  releaseBatch,
  requestErasure,
  suppressPeople,
} from '../src/register/index.js';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, testPartners, type TestGateway } from './support/gateway.js';
import type { TestPartner } from './support/partner.js';
import { laila, lailaAsSeen } from './support/people.js';
import { answerOf, expectRefusal } from './support/replies.js';

const document = `query Notices($first: Int, $after: String) { notices(first: $first, after: $after) {
  edges { cursor node { id reference fields since } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

interface Connection {
  readonly edges: readonly {
    readonly cursor: string;
    readonly node: { readonly id: string; readonly reference: string; readonly fields: string[] };
  }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly endCursor: string | null;
  };
}

const knownPartners = new Set(testPartners.map(({ code }) => code));

describeOnEachDatabase('notices', (kind) => {
  let gateway: TestGateway;
  let alpha: TestPartner;
  let bravo: TestPartner;
  beforeAll(async () => {
    const other = {
      ...laila,
      reference: 'T-AF-000002',
      names: [{ full: 'Spozhmai Zahir' }],
      fatherName: 'Wakil',
      dateOfBirth: '1991-05-14',
      documents: [{ type: 'PASSPORT', number: 'P00994417', issuingState: 'AFG' }],
    };
    gateway = await startGateway({ kind, people: [laila, other] });
    alpha = gateway.partner('ALPHA-BORDER');
    bravo = gateway.partner('BRAVO-CONSULAR');
  });
  afterAll(async () => gateway.close());

  const store = () => gateway.rooms.context.get(Register).store;
  const person = (reference = laila.reference) => ({
    caseload: laila.caseload as Caseload,
    reference,
  });
  const by = { requestedBy: 'registrar 1' };
  const status = async (to: 'USED' | 'GRANTED' | 'CANCELLED', of = person()) =>
    changeVisaStatus(store(), { ...of, status: to, ...by });
  const ask = async (partner: TestPartner, variables: object = {}) =>
    partner.graphql(document, variables);
  const noticesOf = async (partner: TestPartner, variables: object = {}): Promise<Connection> => {
    const reply = await ask(partner, variables);
    expect(reply.json?.errors).toBeUndefined();
    return reply.json?.data?.['notices'] as Connection;
  };
  const fieldsOf = async (partner: TestPartner) =>
    (await noticesOf(partner)).edges.map(({ node }) => [node.reference, node.fields]);
  const referenceTold = async (partner: TestPartner) =>
    answerOf(await partner.verify(lailaAsSeen)).subject?.reference;

  test('are given to whoever was told, under their own reference, and to nobody else', async () => {
    const reference = await referenceTold(alpha);
    expect(await fieldsOf(alpha)).toEqual([]);
    await status('USED');
    expect(await fieldsOf(alpha)).toEqual([[reference, ['VISA_STATUS']]]);
    expect(await fieldsOf(bravo)).toEqual([]);
  });

  test('are not given for what was not told', async () => {
    const before = await fieldsOf(alpha);
    // The class of the visa is withheld; of the date of birth the year is told, and stays.
    await correctPerson(store(), { ...person(), correction: { visa: { class: 'OTHER' } }, ...by });
    const { batchId } = await correctPerson(store(), {
      ...person(),
      correction: { dateOfBirth: '1990-04-27' },
      ...by,
    });
    await releaseBatch(store(), { batchId: batchId ?? '', releasedBy: 'registrar 2', people: 1 });
    expect(await fieldsOf(alpha)).toEqual(before);
  });

  test('of a correction come with its release, not before', async () => {
    const before = await fieldsOf(alpha);
    const correction = { dateOfBirth: '1979-03-05' };
    const { batchId } = await correctPerson(store(), { ...person(), correction, ...by });
    expect(await fieldsOf(alpha)).toEqual(before);
    await releaseBatch(store(), { batchId: batchId ?? '', releasedBy: 'registrar 2', people: 1 });
    const [, told] = (await fieldsOf(alpha)).at(-1) ?? [];
    expect(told).toEqual(['DATE_OF_BIRTH']);
    expect(await fieldsOf(alpha)).toHaveLength(before.length + 1);
  });

  test('come in pages, each from its cursor, and no other partner’s cursor leads anywhere', async () => {
    await status('GRANTED');
    await status('CANCELLED');
    const all = await noticesOf(alpha);
    expect(all.edges.length).toBeGreaterThan(3);
    const [first, ...rest] = all.edges;
    const page = await noticesOf(alpha, { first: 1 });
    expect(page.edges).toMatchObject([{ node: first?.node }]);
    expect(page.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const after = page.pageInfo.endCursor;
    const next = await noticesOf(alpha, { first: 50, after });
    expect(next.edges.map(({ node }) => node.id)).toEqual(rest.map(({ node }) => node.id));
    expect(next.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    for (const variables of [{ after: 'x' }, { first: 0 }, { first: 51 }]) {
      expectRefusal(await ask(alpha, variables), 'ERR_INPUT_INVALID');
    }
    expectRefusal(await ask(bravo, { after }), 'ERR_INPUT_INVALID');
  });

  test('are on record before they are told, and of one size', async () => {
    const { dataSource } = gateway.rooms.database;
    const records = async () =>
      (await dataSource.query<{ record: Buffer }[]>('SELECT record FROM access_log_leaf'))
        .map(({ record }) => decodeRecord(record))
        .filter(({ outcome }) => outcome === 'READ_NOTICES').length;
    const before = await records();
    const replies = [await ask(alpha), await ask(bravo), await ask(alpha, { first: 1 })];
    expect(await records()).toBe(before + 3);
    expect(new Set(replies.map(({ body }) => body.length))).toEqual(new Set([48 * 1024]));
    for (const { body } of replies) {
      expect(body.toString().trimEnd().length).toBeLessThan(48 * 1024);
    }
  });

  test('say nothing of a suppression: none is given for it, and none is kept back after it', async () => {
    const other = person('T-AF-000002');
    const seen = {
      names: [{ full: 'Spozhmai Zahir' }],
      dateOfBirth: '1991-05-14',
      documents: [{ type: 'PASSPORT', number: 'P00994417' }],
    };
    const reference = answerOf(await alpha.verify(seen)).subject?.reference;
    const before = await fieldsOf(alpha);
    await suppressPeople(store(), {
      people: { references: [other] },
      codes: ['ALPHA-BORDER'],
      knownPartners,
      ...by,
    });
    expect(answerOf(await alpha.verify(seen)).outcome).toBe('NOT_CONFIRMED');
    expect(await fieldsOf(alpha)).toEqual(before);
    await status('USED', other);
    expect(await fieldsOf(alpha)).toEqual([...before, [reference, ['VISA_STATUS']]]);
  });

  test('of somebody erased name all that was told', async () => {
    const before = await fieldsOf(alpha);
    const act = await requestErasure(store(), {
      target: { references: [person()] },
      requestedBy: 'registrar 1',
    });
    await approveErasure(store(), { actId: act.id, approvedBy: 'registrar 2', people: act.people });
    const now = await fieldsOf(alpha);
    expect(now).toHaveLength(before.length + 1);
    const [, fields] = now.at(-1) ?? [];
    expect([...(fields as string[])].sort()).toEqual([
      'DATE_OF_BIRTH',
      'DOCUMENT_NUMBER',
      'FULL_NAME',
      'VISA_REFERENCE',
      'VISA_STATUS',
    ]);
  });
});
