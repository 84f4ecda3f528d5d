import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GrantTerms } from '../src/core/grants/grant.js';
import type { GrantId } from '../src/core/ids.js';
import { answered, askAt, askingDoors } from './support/asking.js';
import { deleteAll, temporaryHome } from './support/databases.js';
import { startGateway, testPartners, type TestGateway } from './support/gateway.js';
import {
  budgetRows,
  knownPerson,
  type AskedRow,
  type BudgetRow,
} from './truth/budget-decisions.js';

const [alpha] = testPartners;
const codeOf = (becomes: AskedRow['becomes']): string => {
  if (becomes === 'CHARGED') return answered;
  return becomes === 'ERR_REQUEST_ID_REUSED' ? becomes : 'ERR_BUDGET_SPENT';
};
/** The command names its requests itself, after the question. */
const namesRequests = ({ asked }: BudgetRow) =>
  asked.some(({ requestOf }) => requestOf !== undefined);

/** Rows about several grants come last, each of a partner of its own. */
const several = budgetRows.filter(({ grants = 1 }) => grants > 1);
const partnerOf = (row: BudgetRow): string =>
  (several.includes(row) ? testPartners[several.indexOf(row)] : alpha)?.code ?? '';

/** One table, at every door a question comes in through, with what each shows of it afterwards. */
describe.each(askingDoors)('budgets at %s', (door) => {
  const place = temporaryHome();
  const rows = budgetRows.filter((row) => door !== 'safeconduct verify' || !namesRequests(row));
  const grants = new Map<BudgetRow, readonly GrantId[]>();
  let gateway: TestGateway;
  beforeAll(async () => {
    const granted = rows.flatMap((row) =>
      Array.from({ length: row.grants ?? 1 }, () => ({
        row,
        code: partnerOf(row),
        terms: {
          questionsPerDay: row.questionsPerDay,
          ...(row.budgets === undefined ? {} : { budgets: row.budgets }),
        } satisfies Partial<GrantTerms>,
      })),
    );
    gateway = await startGateway({
      kind: 'PGlite',
      staff: true,
      releaseDelayMs: 1,
      people: [knownPerson],
      grants: granted,
    });
    for (const row of rows) {
      const own = gateway.grants.filter((_, at) => granted[at]?.row === row);
      grants.set(row, own);
    }
  });
  afterAll(async () => {
    await gateway?.close();
    place.remove();
  });

  /** Limits of a partner follow from its live grants: other rows' are revoked. */
  const leaveOnly = async (partner: string, own: readonly GrantId[]) => {
    const others = [
      ...[...grants].flatMap(([row, ids]) => (partnerOf(row) === partner ? ids : [])),
      gateway.partner(partner).grantId,
    ].filter((id) => !own.includes(id as GrantId));
    for (const grant of others) {
      const { code } = await gateway
        .staff('SEC-1')
        .graphql('mutation R($input: GrantReasonInput!) { revokeGrant(input: $input) { id } }', {
          input: { grant, reason: 'for another row' },
        });
      expect(code).toBeUndefined();
    }
  };

  test.each(rows)('$rule', async (row) => {
    const { dataSource } = gateway.rooms.database;
    // One partner asks them all: what it used with other rows is no part of this one.
    const budgets = ['budget_use', 'budget_seen', 'miss_score', 'miss_returned', 'matched_anchor'];
    await deleteAll(dataSource, [...budgets, 'question_asked']);
    const own = grants.get(row) ?? [];
    if (several.includes(row)) await leaveOnly(partnerOf(row), own);
    const requests = row.asked.map(() => randomUUID());
    const got: (readonly [string, string | undefined])[] = [];
    for (const [at, { person, grant = 0, requestOf = at }] of row.asked.entries()) {
      const [reply] = await askAt(
        door,
        gateway,
        partnerOf(row),
        place.path,
        { grantId: own[grant] },
        [{ person, requestId: requests[requestOf] ?? '' }],
      );
      got.push([reply?.code ?? '', reply?.outcome]);
      if (door === 'verifyIdentity' && reply?.code === 'ERR_BUDGET_SPENT') {
        expect(reply.budget).toBe(row.asked[at]?.becomes);
      }
    }
    expect(got.map(([code]) => code)).toEqual(row.asked.map(({ becomes }) => codeOf(becomes)));
    expect(got.map(([, outcome]) => outcome === 'MATCH')).toEqual(
      row.asked.map(({ isMatched }) => isMatched === true),
    );

    // The partner sees its own use, and the host the same.
    const byKind = (budgets: readonly { readonly kind: string; readonly used: number }[]) =>
      Object.fromEntries(budgets.map(({ kind, used }) => [kind, used]));
    const reply = await gateway
      .partner(partnerOf(row))
      .graphql('{ access { grants { id budgets { kind used } } } }');
    const { grants: seen } = reply.json?.data?.['access'] as {
      grants: { id: string; budgets: { kind: string; used: number }[] }[];
    };
    expect(byKind(seen.find(({ id }) => id === own[0])?.budgets ?? [])).toEqual(row.used);
    const { value } = await gateway
      .staff('LIA-1')
      .graphql('query B($grant: ID!) { budgetUse(grant: $grant) { kind used } }', {
        grant: own[0],
      });
    expect(byKind(value as { kind: string; used: number }[])).toEqual(row.used);
  });
});

describe('a batch is so many questions', () => {
  let gateway: TestGateway;
  const place = temporaryHome();
  afterAll(async () => {
    await gateway?.close();
    place.remove();
  });

  test('of eight side by side against a budget of five, five are answered and three refused', async () => {
    gateway = await startGateway({ kind: 'PGlite', terms: { questionsPerDay: 5 } });
    const { grantId } = gateway.partner(alpha.code);
    const people = Array.from({ length: 8 }, (_, at) => ({
      person: { documents: [{ type: 'PASSPORT', number: `${at}${at}L${at}938${at}756` }] },
    }));
    const replies = await askAt(
      'verifyIdentities',
      gateway,
      alpha.code,
      place.path,
      { grantId },
      people,
    );
    expect(replies.map(({ code }) => code).sort()).toEqual([
      ...Array.from({ length: 5 }, () => answered),
      ...Array.from({ length: 3 }, () => 'ERR_BUDGET_SPENT'),
    ]);
  });
});
