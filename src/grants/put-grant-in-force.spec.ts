import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase, openTestDatabase } from '../../test/support/databases.js';
import { standardTerms } from '../../test/support/gateway.js';
import type { GrantId, PartnerCode } from '../core/ids.js';
import { migrations } from '../migrations.js';
import type { Database } from '../platform/database/database.js';
import { Authority, putGrantInForce, type AgreedGrant } from './index.js';

const partner = 'ALPHA' as PartnerCode;

describeOnEachDatabase('a grant', (kind) => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase(kind, migrations);
    await database.dataSource.query(
      'INSERT INTO partner (code, name, state, active, valid_after) VALUES ($1, $1, $2, true, now())',
      [partner, 'AUS'],
    );
  });
  afterAll(async () => database.close());

  const agreed = (bent: Partial<AgreedGrant> = {}): AgreedGrant => ({
    id: randomUUID() as GrantId,
    terms: {
      ...standardTerms,
      partner,
      validFrom: new Date('2026-01-01T00:00:00Z'),
      validUntil: new Date('2027-01-01T00:00:00Z'),
    },
    requestedBy: 'one',
    approvedBy: 'two',
    approvedAt: new Date('2026-01-01T00:00:00Z'),
    ...bent,
  });

  test('of two people is in force, with its terms as they were agreed', async () => {
    const grant = agreed();
    await putGrantInForce(database.dataSource, grant);
    const authority = await Authority.open(database.dataSource);
    expect(authority.grant(grant.id)).toMatchObject({
      ...grant.terms,
      state: 'ACTIVE',
      version: 1,
    });
  });

  test('approved by who asked for it is refused, by the rule and by the database', async () => {
    const alone = putGrantInForce(database.dataSource, agreed({ approvedBy: 'one' }));
    await expect(alone).rejects.toThrow('ERR_APPROVER_IS_REQUESTER');
    const grant = agreed();
    await putGrantInForce(database.dataSource, grant);
    await expect(
      database.dataSource.query(
        `INSERT INTO grant_version (grant_id, version, terms, digest, requested_by, approved_by, approved_at)
         SELECT grant_id, 2, terms, '', 'one', 'one', now() FROM grant_version WHERE grant_id = $1`,
        [grant.id],
      ),
    ).rejects.toThrow('approver_is_not_requester');
  });

  test.each([
    "UPDATE grant_version SET digest = ''",
    'DELETE FROM grant_version',
    'TRUNCATE grant_version CASCADE',
  ])('has versions that are never changed: %s', async (change) => {
    await expect(database.dataSource.query(change)).rejects.toThrow('never changed');
  });

  test('whose terms are not those of its digest grants nothing', async () => {
    const grant = agreed();
    await putGrantInForce(database.dataSource, grant);
    await database.dataSource.transaction(async (manager) => {
      await manager.query('ALTER TABLE grant_version DISABLE TRIGGER grant_version_immutable');
      await manager.query(
        `UPDATE grant_version SET terms = jsonb_set(terms, '{fields,FULL_NAME}', '"FULL"') WHERE grant_id = $1`,
        [grant.id],
      );
      await manager.query('ALTER TABLE grant_version ENABLE TRIGGER grant_version_immutable');
    });
    const authority = await Authority.open(database.dataSource);
    expect(authority.grant(grant.id)).toBeUndefined();
  });
});
