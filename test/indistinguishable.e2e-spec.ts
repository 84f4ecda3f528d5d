import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { areaUnderCurve, meansOf, welchT } from '../bench/privacy/statistics.js';
import { describeOnEachDatabase } from './support/databases.js';
import { startGateway, testPartners, type TestGateway } from './support/gateway.js';

/**
 * What the network and a partner see of a match, a miss, a suppressed person and one out of scope.
 * Times are measured by `npm run bench:privacy`; a test that asserted them would fail by chance.
 */
const [alpha] = testPartners;
const names = ['Zarmina Wardak', 'Farid Noori', 'Gulalai Stanekzai', 'Omar Zadran', 'Latif Popal'];
const person = (reference: string, at: number, more: object = {}) => ({
  reference,
  caseload: 'AF-2021',
  names: [{ full: names[at - 1] ?? '' }],
  fatherName: 'Abdul Sabur',
  dateOfBirth: `19${at + 4}4-0${at}-1${at}`,
  documents: [{ type: 'PASSPORT', number: `P${at}7${at}12${at}4${at}`, issuingState: 'AFG' }],
  visa: { reference: `V-${at}`, status: 'GRANTED' },
  ...more,
});
const people = [
  person('P-1', 1),
  person('P-2', 2, { suppressedFor: [alpha.code] }),
  person('P-3', 3, { suppressedFor: [alpha.state] }),
  person('P-4', 4, { caseload: 'AF-2023' }),
];
const questionAbout = ({ names, dateOfBirth, documents }: ReturnType<typeof person>) => ({
  names,
  dateOfBirth,
  documents,
});
const [here, keptFromPartner, keptFromState, elsewhere] = people.map(questionAbout);
const absent = questionAbout(person('P-5', 5));

describeOnEachDatabase('answers', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ kind, people });
  });
  afterAll(async () => gateway.close());

  const ask = async (question: object) => {
    const reply = await gateway.partner(alpha.code).verify(question, { requestId: randomUUID() });
    const answer = reply.json?.data?.['verifyIdentity'] as Record<string, unknown>;
    return { reply, answer };
  };

  test('have one size, match or not, refused or not', async () => {
    const sizes = new Set<number>();
    for (const question of [here, keptFromPartner, keptFromState, elsewhere, absent]) {
      const { reply } = await ask(question ?? {});
      sizes.add(reply.body.length);
      expect(Number(reply.headers['content-length'])).toBe(reply.body.length);
    }
    const refused = await gateway.partner(alpha.code).verify({ names: [{ full: 'Zarmina' }] });
    expect(refused.json?.errors?.[0]?.extensions['code']).toBe('ERR_EVIDENCE_INSUFFICIENT');
    sizes.add(refused.body.length);
    expect(sizes.size).toBe(1);
  });

  test('are one for a person kept from the partner, one elsewhere and nobody', async () => {
    const seen = [];
    for (const question of [keptFromPartner, keptFromState, elsewhere, absent]) {
      const { reply, answer } = await ask(question ?? {});
      const { id, requestId, answeredAt, relyUntil, receipt, ...rest } = answer;
      expect([id, requestId, answeredAt, relyUntil].every((one) => typeof one === 'string')).toBe(
        true,
      );
      const parts = Object.entries(receipt as Record<string, string | null>);
      const lengths = parts.map(([name, text]) => [name, text?.length]);
      const headers = Object.keys(reply.headers).sort();
      // The proof grows with the log, whoever was asked for.
      seen.push(JSON.stringify([rest, lengths.filter(([name]) => name !== 'proof'), headers]));
    }
    expect(new Set(seen).size).toBe(1);
    expect((await ask(here ?? {})).answer).toMatchObject({ outcome: 'MATCH' });
  });

  test('cost a suppressed person’s question what nobody’s costs', async () => {
    const used = async () => {
      const query = '{ access { grants { budgets { kind used limit } } } }';
      const reply = await gateway.partner(alpha.code).graphql(query);
      const access = reply.json?.data?.['access'] as {
        grants: { budgets: { kind: string; used: number }[] }[];
      };
      return access.grants[0]?.budgets.map((budget) => budget.used) ?? [];
    };
    const costs = [];
    const nobody = { ...absent, documents: [{ type: 'PASSPORT', number: 'K9919912' }] };
    for (const question of [
      nobody,
      { ...keptFromPartner, fatherName: 'Abdul Sabur' },
      { ...elsewhere, fatherName: 'Abdul Sabur' },
    ]) {
      const before = await used();
      await ask(question);
      const after = await used();
      costs.push(after.map((one, at) => one - (before[at] ?? 0)).slice(0, 3));
    }
    expect(costs).toEqual([
      [1, 1, 1],
      [1, 1, 1],
      [1, 1, 1],
    ]);
  });
});

test('the statistics tell two series apart that differ, and none that do not', () => {
  const ramp = Array.from({ length: 400 }, (_, at) => (at * 7919) % 400);
  const shifted = ramp.map((value) => value + 100);
  expect(welchT(ramp, ramp)).toBe(0);
  expect(Math.abs(welchT(shifted, ramp))).toBeGreaterThan(4.5);
  expect(areaUnderCurve(ramp, ramp)).toBe(0.5);
  expect(areaUnderCurve(shifted, ramp)).toBeCloseTo(1 - (300 * 299) / 2 / 400 / 400, 2);
  expect(areaUnderCurve([1, 2], [0, 0.5])).toBe(1);
  expect(meansOf([1, 3, 5, 7, 9], 2)).toEqual([2, 6]);
});
