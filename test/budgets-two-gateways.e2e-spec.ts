import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT } from 'jose';
import type { BudgetKind, GrantBudgets } from '../src/core/budget/index.js';
import { decodeRecord } from '../src/core/log/record.js';
import type { GrantId } from '../src/core/ids.js';
import { Authority } from '../src/grants/index.js';
import { deleteAll } from './support/databases.js';
import { startGateway, testPartners, type TestGateway } from './support/gateway.js';
import { TestPartner, verifyDocument, type TestReply } from './support/partner.js';

const [alpha, bravo] = testPartners;

/**
 * Which budget lets five through (or six), and whose it is: of the named officer, of the grant, of
 * all grants of the partner together, or of those of all partners of a state.
 */
interface Row {
  readonly kind: BudgetKind;
  readonly level: 'officer' | 'grant' | 'partner' | 'state';
  /** Whose grants they are: of each so many. */
  readonly of: readonly string[];
  readonly grantsEach: number;
  readonly through: number;
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
const one = { of: [alpha.code], grantsEach: 1, through: 5 };
const rows: readonly Row[] = [
  {
    kind: 'QUESTIONS',
    level: 'grant',
    ...one,
    questionsPerDay: 5,
    budgets: roomy,
    person: passport,
  },
  {
    kind: 'PEOPLE',
    level: 'grant',
    ...one,
    questionsPerDay: 1_000,
    budgets: { ...roomy, peoplePerDay: 5 },
    person: passport,
  },
  {
    kind: 'MISSES',
    level: 'grant',
    ...one,
    questionsPerDay: 1_000,
    budgets: { ...roomy, missesPerWeek: 5 },
    person: passport,
  },
  {
    kind: 'VALUES',
    level: 'grant',
    ...one,
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
  {
    kind: 'QUESTIONS',
    level: 'partner',
    of: [bravo.code],
    grantsEach: 4,
    through: 5,
    questionsPerDay: 3,
    budgets: roomy,
    person: passport,
  },
  // Half of what the grant allows.
  {
    kind: 'QUESTIONS',
    level: 'officer',
    ...one,
    questionsPerDay: 10,
    budgets: roomy,
    person: passport,
  },
  // Twice its most generous grant: six of three, where its two partners may ask five each.
  {
    kind: 'QUESTIONS',
    level: 'state',
    of: [alpha.code, bravo.code],
    grantsEach: 2,
    through: 6,
    questionsPerDay: 3,
    budgets: roomy,
    person: passport,
  },
];

/**
 * Fifty questions at once against a budget of five, spread over two whole gateways with a PostgreSQL
 * database between them, on real sockets: five are answered, and all fifty are on record.
 */
describe('fifty at once on two gateways against a budget that lets few through', () => {
  let gateway: TestGateway;
  let other: Awaited<ReturnType<TestGateway['replica']>>;
  /** Of each partner one at each gateway; `officer`: in the name of one. */
  const systems = new Map<string, readonly TestPartner[]>();
  beforeAll(async () => {
    const grants = rows.flatMap(({ of, grantsEach, questionsPerDay, budgets }) =>
      of.flatMap((code) =>
        Array.from({ length: grantsEach }, () => ({ code, terms: { questionsPerDay, budgets } })),
      ),
    );
    // The partner of the row about partners has no grant but those four, and both have these too.
    gateway = await startGateway({
      kind: 'PostgreSQL',
      grants,
      releaseDelayMs: 5,
      terms: { questionsPerDay: 3 },
    });
    other = await gateway.replica();
    const atEach = async (code: string, tokenOf: (one: TestPartner) => Promise<string>) => {
      const { options } = gateway.partner(code);
      const made = [gateway.url, other.url].map((url) => new TestPartner({ ...options, url }));
      const token = await tokenOf(gateway.partner(code));
      return made.map((system) => system.withToken(token));
    };
    for (const { code } of testPartners) {
      systems.set(code, await atEach(code, async (system) => system.accessToken()));
    }
    const naming = await nameOfficer(gateway);
    systems.set('officer', await atEach(alpha.code, naming));
  });
  afterAll(async () => {
    for (const system of [...systems.values()].flat()) system.close();
    await other?.close();
    await gateway?.close();
  });

  const grantsOf = (row: Row): readonly GrantId[] => {
    const countOf = ({ of, grantsEach }: Row) => of.length * grantsEach;
    const from = rows.slice(0, rows.indexOf(row)).reduce((sum, one) => sum + countOf(one), 0);
    return gateway.grants.slice(from, from + countOf(row));
  };
  /** Both partners are of one state that asked nothing yet, and have no other grants. */
  const leaveOnly = async (own: readonly GrantId[]) => {
    const { dataSource } = gateway.rooms.database;
    await deleteAll(dataSource, ['budget_use', 'budget_seen', 'miss_score', 'question_asked']);
    await dataSource.query("UPDATE partner SET state = 'NZL'");
    await dataSource.query(
      "UPDATE access_grant SET state = 'SUSPENDED' WHERE id <> ALL ($1::uuid[])",
      [own],
    );
    for (const system of systems.get(alpha.code) ?? []) {
      const reply = await system.graphql('{ access { grants { id state } } }');
      const { grants } = reply.json?.data?.['access'] as { grants: { state: string }[] };
      expect(grants.filter(({ state }) => state === 'ACTIVE')).toHaveLength(2);
    }
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
    const { of, grantsEach, through } = row;
    const grants = grantsOf(row);
    if (row.level === 'state') await leaveOnly(grants);
    const ask = async (at: number): Promise<TestReply | undefined> => {
      // Every partner at every gateway under every grant of its own.
      const whose = Math.floor(at / 2) % of.length;
      const grant = whose * grantsEach + (Math.floor(at / 2 / of.length) % grantsEach);
      const asking = systems.get(row.level === 'officer' ? 'officer' : (of[whose] ?? ''));
      return asking?.[at % 2]?.graphql(verifyDocument, {
        input: {
          requestId: randomUUID(),
          grantId: grants[grant],
          purpose: 'BORDER_VERIFICATION',
          caseReference: 'CASE-1',
          person: row.person(at),
        },
      });
    };
    const replies = await Promise.all(Array.from({ length: 50 }, async (_, at) => ask(at)));
    const refusals = replies.flatMap((reply) => {
      const { code, budget, retryAt } = reply?.json?.errors?.[0]?.extensions ?? {};
      return code === undefined ? [] : [{ code, budget, retryAt: typeof retryAt }];
    });
    expect(replies.map((reply) => reply?.status)).toEqual(replies.map(() => 200));
    expect(refusals).toHaveLength(50 - through);
    expect(new Set(refusals.map((refusal) => JSON.stringify(refusal)))).toEqual(
      new Set([JSON.stringify({ code: 'ERR_BUDGET_SPENT', budget: row.kind, retryAt: 'string' })]),
    );
    const answers = replies.filter((reply) => reply?.json?.data?.['verifyIdentity'] != null);
    expect(answers).toHaveLength(through);

    const records = await recordsOf(grants);
    expect(records).toHaveLength(50);
    expect(records.filter(({ outcome }) => outcome === 'NOT_CONFIRMED')).toHaveLength(through);
    expect(records.filter(({ outcome }) => outcome === 'ERR_BUDGET_SPENT')).toHaveLength(
      50 - through,
    );
    expect(new Set(records.map(({ id }) => id)).size).toBe(50);
  });
});

/** A token in the name of an officer, whom the partner's identity provider names (RFC 7523). */
async function nameOfficer(
  gateway: TestGateway,
): Promise<(system: TestPartner) => Promise<string>> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = 'https://idp.alpha.example';
  // Without staff the database takes it from one.
  await gateway.rooms.database.dataSource.query(
    `INSERT INTO officer_provider (partner, issuer, jwks, active, valid_after)
     VALUES ($1, $2, $3, true, now() - interval '1 minute')`,
    [
      alpha.code,
      issuer,
      JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'idp-1' }] }),
    ],
  );
  await gateway.rooms.context.get(Authority).refresh();
  const assertion = await new SignJWT()
    .setProtectedHeader({ alg: 'ES256', kid: 'idp-1' })
    .setIssuer(issuer)
    .setSubject('officer-1')
    .setAudience(gateway.url)
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('1m')
    .sign(privateKey);
  return async (system) =>
    system.requestToken({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion,
      ...(await system.clientAssertion()),
    });
}
