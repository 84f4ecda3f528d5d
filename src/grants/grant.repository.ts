import type { EntityManager } from 'typeorm';
import type { GrantId } from '../core/ids.js';
import { grantDigest, type Grant, type GrantState, type GrantTerms } from '../core/grants/grant.js';

interface GrantRow {
  readonly id: GrantId;
  readonly state: GrantState;
  readonly version: number;
  readonly terms: Omit<GrantTerms, 'validFrom' | 'validUntil'> & {
    readonly validFrom: string;
    readonly validUntil: string;
  };
  readonly digest: string;
}

/** Every grant in its current version. A version whose terms are not those of its digest is left out: it grants nothing. */
export async function readGrants(manager: EntityManager): Promise<readonly Grant[]> {
  const rows = await manager.query<GrantRow[]>(
    `SELECT g.id, g.state, g.version, v.terms, v.digest
     FROM access_grant g JOIN grant_version v ON v.grant_id = g.id AND v.version = g.version
     ORDER BY g.id`,
  );
  return rows.flatMap((row) => {
    const terms: GrantTerms = {
      ...row.terms,
      validFrom: new Date(row.terms.validFrom),
      validUntil: new Date(row.terms.validUntil),
    };
    const intact = grantDigest(row.id, row.version, terms) === row.digest;
    if (!intact) return [];
    return [
      Object.freeze({
        ...terms,
        id: row.id,
        version: row.version,
        digest: row.digest,
        state: row.state,
      }),
    ];
  });
}

/**
 * Stores a grant with its first version, already approved by a second person and accepted.
 *
 * @throws when requester and approver are one person (constraint `approver_is_not_requester`)
 */
export async function insertGrant(
  manager: EntityManager,
  grant: {
    readonly id: GrantId;
    readonly state: GrantState;
    readonly terms: GrantTerms;
    readonly requestedBy: string;
    readonly approvedBy: string;
    readonly approvedAt: Date;
  },
): Promise<void> {
  await manager.query(
    'INSERT INTO access_grant (id, partner, state, version) VALUES ($1, $2, $3, 1)',
    [grant.id, grant.terms.partner, grant.state],
  );
  await manager.query(
    `INSERT INTO grant_version
       (grant_id, version, terms, digest, requested_by, approved_by, approved_at)
     VALUES ($1, 1, $2, $3, $4, $5, $6)`,
    [
      grant.id,
      JSON.stringify(grant.terms),
      grantDigest(grant.id, 1, grant.terms),
      grant.requestedBy,
      grant.approvedBy,
      grant.approvedAt,
    ],
  );
}
