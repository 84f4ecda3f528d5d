import type { EntityManager } from 'typeorm';
import type { GrantId } from '../core/ids.js';
import { grantDigest, type Grant, type GrantState, type GrantTerms } from '../core/grants/grant.js';

/** Terms as JSON gives them back. */
export type StoredTerms = Omit<GrantTerms, 'validFrom' | 'validUntil'> & {
  readonly validFrom: string;
  readonly validUntil: string;
};

interface GrantRow {
  readonly id: GrantId;
  readonly state: GrantState;
  readonly version: number;
  readonly terms: StoredTerms;
  readonly digest: string;
}

export const termsFromJson = (terms: StoredTerms): GrantTerms => ({
  ...terms,
  validFrom: new Date(terms.validFrom),
  validUntil: new Date(terms.validUntil),
});

/** Every grant in its current version. A version whose terms are not those of its digest is left out: it grants nothing. */
export async function readGrants(manager: EntityManager): Promise<readonly Grant[]> {
  const rows = await manager.query<GrantRow[]>(
    `SELECT g.id, g.state, g.version, v.terms, v.digest
     FROM access_grant g JOIN grant_version v ON v.grant_id = g.id AND v.version = g.version
     ORDER BY g.id`,
  );
  return rows.flatMap(intactGrant);
}

/** Versions two people of the host have approved and the partner has not accepted yet. */
export async function readAwaitingAcceptance(manager: EntityManager): Promise<readonly Grant[]> {
  const rows = await manager.query<GrantRow[]>(
    `SELECT grant_id AS id, state, version, terms, digest FROM grant_proposal
     WHERE state = 'APPROVED' ORDER BY grant_id`,
  );
  return rows.flatMap(intactGrant);
}

function intactGrant({ id, version, digest, state, ...row }: GrantRow): readonly Grant[] {
  const terms = termsFromJson(row.terms);
  if (grantDigest(id, version, terms) !== digest) return [];
  return [Object.freeze({ ...terms, id, version, digest, state })];
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
  await manager.query(
    `INSERT INTO grant_event (grant_id, version, act, at, by, approved_by)
     VALUES ($1, 1, 'APPROVE', $2, $3, $4)`,
    [grant.id, grant.approvedAt, grant.requestedBy, grant.approvedBy],
  );
}
