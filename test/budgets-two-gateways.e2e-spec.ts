import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BudgetKind, GrantBudgets } from '../src/core/budget/index.js';
import { decodeRecord } from '../src/core/log/record.js';
import type { GrantId } from '../src/core/ids.js';
import { startGateway, testPartners, type TestGateway } from './support/gateway.js';
import { TestPartner, verifyDocument, type TestReply } from './support/partner.js';

const [alpha, bravo] = testPartners;

/** Which budget is five, and of whom: of the grant, or of all grants of the partner together. */
interface Row {
  readonly kind: BudgetKind;
  readonly level: 'grant' | 'partner';
  readonly questionsPerDay: number;
  readonly budgets: GrantBudgets;
  readonly person: (at: number) => object;
}

/** Numbers of no common run, and of nobody. */
const passport = (at: number) => {
  const number = `L${String((at + 1) * 7_368_787).padStart(9, '0')}`;
  return { documents: [{ type: 'PASSPORT', number: [...number].reverse().join('') }] };
};
const months = (at: number) =>
  `${1950 + Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}`;
const roomy = { peoplePerDay: 1_000, missesPerWeek: 1_000, valuesPerPerson: 500 };
const rows: readonly Row[] = [
  { kind: 'QUESTIONS', level: 'grant', questionsPerDay: 5, budgets: roomy, person: passport },
  {
    kind: 'PEOPLE',
    level: 'grant',
    questionsPerDay: 1_000,
    budgets: { ...roomy, peoplePerDay: 5 },
    person: passport,
  },
  {
    kind: 'MISSES',
    level: 'grant',
    questionsPerDay: 1_000,
    budgets: { ...roomy, missesPerWeek: 5 },
    person: passport,
  },
  {
    kind: 'VALUES',
    level: 'grant',
    questionsPerDay: 1_000,
    // Of six the last has to wait a minute, as new values do once three quarters are used.
    budgets: { ...roomy, valuesPerPerson: 6 },
    person: (at) => ({
      names: [{ full: 'Latifa Barakzai' }],
      fatherName: 'Sabur',
      dateOfBirth: months(at),
    }),
  },
  // Half as much again as its most generous grant: five of three, over grants that allow three each.
  { kind: 'QUESTIONS', level: 'partner', questionsPerDay: 3, budgets: roomy, person: passport },
];

/**
 * Fifty questions at once against a budget of five, spread over two whole gateways with a PostgreSQL
 * database between them, on real sockets: five are answered, and all fifty are on record.
 */
describe('fifty at once on two gateways against a budget of five', () => {
  let gateway: TestGateway;
  let other: Awaited<ReturnType<TestGateway['replica']>>;
  const systems: TestPartner[] = [];
  beforeAll(async () => {
    const grants = rows.flatMap(({ level, questionsPerDay, budgets }) =>
      Array.from({ length: level === 'grant' ? 1 : 4 }, () => ({
        code: level === 'grant' ? alpha.code : bravo.code,
        terms: { questionsPerDay, budgets },
      })),
    );
    // The partner of the last row has no grant but those four, and the first has these too.
    gateway = await startGateway({
      kind: 'PostgreSQL',
      grants,
      releaseDelayMs: 5,
      terms: { questionsPerDay: 3 },
    });
    other = await gateway.replica();
    for (const { code } of testPartners) {
      const { options } = gateway.partner(code);
      const made = [gateway.url, other.url].map((url) => new TestPartner({ ...options, url }));
      const token = await made[0]?.accessToken();
      for (const system of made) systems.push(system.withToken(token ?? ''));
    }
  });
  afterAll(async () => {
    for (const system of systems) system.close();
    await other?.close();
    await gateway?.close();
  });

  const grantsOf = (row: Row): readonly GrantId[] => {
    let at = 0;
    for (const one of rows) {
      const count = one.level === 'grant' ? 1 : 4;
      if (one === row) return gateway.grants.slice(at, at + count);
      at += count;
    }
    return [];
  };
  const recordsOf = async (grants: readonly string[]) => {
    const leaves = await gateway.rooms.database.dataSource.query<{ record: Buffer }[]>(
      'SELECT record FROM access_log_leaf',
    );
    return leaves
      .map(({ record }) => decodeRecord(record))
      .filter(({ grant }) => grant !== null && grants.includes(grant));
  };

  test.each(rows)('$kind of the $level', async (row) => {
    const grants = grantsOf(row);
    const from = row.level === 'grant' ? 0 : 2;
    const ask = async (at: number): Promise<TestReply | undefined> =>
      systems[from + (at % 2)]?.graphql(verifyDocument, {
        input: {
          requestId: randomUUID(),
          grantId: grants[at % grants.length],
          purpose: 'BORDER_VERIFICATION',
          caseReference: 'CASE-1',
          person: row.person(at),
        },
      });
    const replies = await Promise.all(Array.from({ length: 50 }, async (_, at) => ask(at)));
    const refusals = replies.flatMap((reply) => {
      const { code, budget, retryAt } = reply?.json?.errors?.[0]?.extensions ?? {};
      return code === undefined ? [] : [{ code, budget, retryAt: typeof retryAt }];
    });
    expect(replies.map((reply) => reply?.status)).toEqual(replies.map(() => 200));
    expect(refusals).toHaveLength(45);
    expect(new Set(refusals.map((refusal) => JSON.stringify(refusal)))).toEqual(
      new Set([JSON.stringify({ code: 'ERR_BUDGET_SPENT', budget: row.kind, retryAt: 'string' })]),
    );
    const answers = replies.filter((reply) => reply?.json?.data?.['verifyIdentity'] != null);
    expect(answers).toHaveLength(5);

    const records = await recordsOf(grants);
    expect(records).toHaveLength(50);
    expect(records.filter(({ outcome }) => outcome === 'NOT_CONFIRMED')).toHaveLength(5);
    expect(records.filter(({ outcome }) => outcome === 'ERR_BUDGET_SPENT')).toHaveLength(45);
    expect(new Set(records.map(({ id }) => id)).size).toBe(50);
  });
});
