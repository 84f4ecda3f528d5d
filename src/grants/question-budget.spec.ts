import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase, openTestDatabase } from '../../test/support/databases.js';
import { standardTerms } from '../../test/support/gateway.js';
import type { GatewayError } from '../core/errors.js';
import type { GrantId, PartnerCode, StateCode } from '../core/ids.js';
import { partnerMigrations } from '../partners/index.js';
import type { Database } from '../platform/database/database.js';
import { grantMigrations, putGrantInForce, QuestionBudget, type AgreedGrant } from './index.js';

const partner = 'ALPHA' as PartnerCode;
const noon = new Date('2026-06-01T12:00:00Z');
const later = (minutes: number) => new Date(noon.getTime() + minutes * 60_000);

describeOnEachDatabase('the budget of questions', (kind) => {
  let database: Database;
  let budget: QuestionBudget;
  beforeAll(async () => {
    database = await openTestDatabase(kind, [...partnerMigrations, ...grantMigrations]);
    await database.dataSource.query(
      'INSERT INTO partner (code, name, state, active, valid_after) VALUES ($1, $1, $2, true, now())',
      [partner, 'AUS' as StateCode],
    );
    budget = new QuestionBudget(database.dataSource, randomBytes(32), '(SELECT 7::bigint)');
  });
  afterAll(async () => database.close());

  const agreed = (id: GrantId): AgreedGrant => ({
    id,
    terms: {
      ...standardTerms,
      partner,
      validFrom: new Date('2026-01-01'),
      validUntil: new Date('2027-01-01'),
    },
    requestedBy: 'one',
    approvedBy: 'two',
    approvedAt: noon,
  });
  const newGrant = async (): Promise<GrantId> => {
    const id = randomUUID() as GrantId;
    await putGrantInForce(database.dataSource, agreed(id));
    return id;
  };
  const charge = async (
    grant: GrantId,
    { limit = 3, requestId = randomUUID() as string, question = 'q', at = noon, of = partner } = {},
  ): Promise<string> => {
    try {
      const versions = await budget.charge(
        { partner: of, grant, requestId, canonicalQuestion: question, questionsPerDay: limit },
        at,
      );
      expect(versions.register).toBe(7n);
      expect(versions.authority).toBeGreaterThan(1n);
      return 'charged';
    } catch (error) {
      return (error as GatewayError).code;
    }
  };
  const used = async (grant: GrantId, at = noon) => (await budget.use(grant, 3, at)).used;

  test('lets as many through as it has, and no more; the next day begins anew', async () => {
    const grant = await newGrant();
    const first = [
      await charge(grant),
      await charge(grant),
      await charge(grant),
      await charge(grant),
    ];
    expect(first).toEqual(['charged', 'charged', 'charged', 'ERR_BUDGET_SPENT']);
    expect(await used(grant)).toBe(3);
    const lastInstant = new Date('2026-06-01T23:59:59.999Z');
    expect(await charge(grant, { at: lastInstant })).toBe('ERR_BUDGET_SPENT');
    const tomorrow = new Date('2026-06-02T00:00:00.000Z');
    expect(await charge(grant, { at: tomorrow })).toBe('charged');
    expect([await used(grant, tomorrow), await used(grant)]).toEqual([1, 3]);
  });

  test('of none lets none through', async () => {
    expect(await charge(await newGrant(), { limit: 0 })).toBe('ERR_BUDGET_SPENT');
  });

  test('says when it begins anew', async () => {
    const { resetsAt } = await budget.use(await newGrant(), 3, noon);
    expect(resetsAt).toEqual(new Date('2026-06-02T00:00:00Z'));
  });

  test('of five lets five of forty through that come at once', async () => {
    const grant = await newGrant();
    const results = await Promise.all(
      Array.from({ length: 40 }, () => charge(grant, { limit: 5 })),
    );
    expect(results.filter((result) => result === 'charged')).toHaveLength(5);
    expect(await used(grant)).toBe(5);
  });

  test('is charged once for one request asked again at once', async () => {
    const grant = await newGrant();
    const again = { requestId: randomUUID() };
    const results = await Promise.all(Array.from({ length: 8 }, () => charge(grant, again)));
    expect(new Set(results)).toEqual(new Set(['charged']));
    expect(await used(grant)).toBe(1);
  });

  test('is not charged again within ten minutes, is after them, and is after ten repeats', async () => {
    const grant = await newGrant();
    const requestId = randomUUID();
    expect(await charge(grant, { requestId })).toBe('charged');
    expect(await charge(grant, { requestId, at: later(9.9) })).toBe('charged');
    expect(await used(grant)).toBe(1);
    expect(await charge(grant, { requestId, at: later(10.1) })).toBe('charged');
    expect(await used(grant)).toBe(2);
    const often = randomUUID();
    const other = await newGrant();
    for (let time = 0; time < 12; time += 1) await charge(other, { requestId: often, limit: 100 });
    expect(await used(other)).toBe(2);
  });

  test('lets a repeat through when it is spent: it was paid for', async () => {
    const grant = await newGrant();
    const requestId = randomUUID();
    expect(await charge(grant, { requestId, limit: 1 })).toBe('charged');
    expect(await charge(grant, { limit: 1 })).toBe('ERR_BUDGET_SPENT');
    expect(await charge(grant, { requestId, limit: 1 })).toBe('charged');
  });

  test('refuses another question under a request of the last ten minutes, and charges nothing', async () => {
    const [grant, other] = [await newGrant(), await newGrant()];
    const requestId = randomUUID();
    await charge(grant, { requestId });
    expect(await charge(grant, { requestId, question: 'r' })).toBe('ERR_REQUEST_ID_REUSED');
    expect(await charge(other, { requestId })).toBe('ERR_REQUEST_ID_REUSED');
    expect(await charge(grant, { requestId, question: 'r', at: later(11) })).toBe('charged');
    expect([await used(grant), await used(other)]).toEqual([2, 0]);
  });

  test('keeps a question that was refused for want of budget from counting as asked', async () => {
    const grant = await newGrant();
    const requestId = randomUUID();
    expect(await charge(grant, { requestId, limit: 0 })).toBe('ERR_BUDGET_SPENT');
    expect(await charge(grant, { requestId, question: 'r' })).toBe('charged');
  });

  test('refuses when the database cannot say', async () => {
    await database.dataSource.query('ALTER TABLE budget_use RENAME TO budget_use_away');
    const result = await charge(randomUUID() as GrantId);
    await database.dataSource.query('ALTER TABLE budget_use_away RENAME TO budget_use');
    expect(result).toBe('ERR_BUSY');
    expect(await charge(randomUUID() as GrantId)).toBe('ERR_BUSY');
  });

  test('a grant is put in force by two people, and its versions are never changed', async () => {
    const id = randomUUID() as GrantId;
    await expect(
      putGrantInForce(database.dataSource, { ...agreed(id), approvedBy: 'one' }),
    ).rejects.toThrow('ERR_APPROVER_IS_REQUESTER');
    await expect(
      database.dataSource.query(
        `INSERT INTO grant_version (grant_id, version, terms, digest, requested_by, approved_by, approved_at)
         VALUES ($1, 9, '{}', '', 'one', 'one', now())`,
        [await newGrant()],
      ),
    ).rejects.toThrow('approver_is_not_requester');
    for (const change of ["UPDATE grant_version SET digest = ''", 'DELETE FROM grant_version']) {
      await expect(database.dataSource.query(change)).rejects.toThrow('never changed');
    }
  });
});
