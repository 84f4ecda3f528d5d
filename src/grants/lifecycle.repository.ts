import type { EntityManager } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import { grantDigest, termsOf, type Grant, type GrantTerms } from '../core/grants/grant.js';
import type { GrantAct, StoredState } from '../core/grants/states.js';
import type { GrantId, PartnerCode } from '../core/ids.js';
import { termsFromJson, type StoredTerms } from './grant.repository.js';

/** A version on its way, or as it went into force. */
export interface Proposal {
  readonly grant: Grant;
  readonly requestedBy: string;
  readonly approvedBy: string | null;
}

/** What is in force, with who brought it there. */
export interface StandingGrant {
  readonly id: GrantId;
  readonly partner: PartnerCode;
  readonly state: StoredState;
  /** 0 before any version was accepted. */
  readonly version: number;
}

export interface GrantEvent {
  readonly version: number;
  readonly act: GrantAct | 'DRAFT' | 'AMEND' | 'WITHDRAW';
  readonly at: Date;
  readonly by: string;
  readonly approvedBy: string | null;
  readonly reason: string | null;
}

/** The row of a grant, locked to the end of the transaction. */
export async function lockGrant(manager: EntityManager, id: GrantId): Promise<StandingGrant> {
  const [row] = await manager.query<StandingGrant[]>(
    'SELECT id, partner, state, version FROM access_grant WHERE id::text = $1 FOR UPDATE',
    [id],
  );
  if (row === undefined) throw unknownGrant();
  return row;
}

export async function readVersion(
  manager: EntityManager,
  id: GrantId,
  version: number,
): Promise<GrantTerms> {
  const [row] = await manager.query<{ terms: StoredTerms }[]>(
    `SELECT terms FROM grant_version WHERE grant_id::text = $1 AND version = $2
     UNION ALL SELECT terms FROM grant_proposal WHERE grant_id::text = $1 AND version = $2 LIMIT 1`,
    [id, version],
  );
  if (row === undefined) throw unknownGrant();
  return termsFromJson(row.terms);
}

/** The open proposal of a grant: at most one. */
export async function openProposal(
  manager: EntityManager,
  id: GrantId,
): Promise<Proposal | undefined> {
  const [row] = await manager.query<ProposalRow[]>(
    `SELECT grant_id AS id, version, terms, digest, state, requested_by, approved_by
     FROM grant_proposal WHERE grant_id::text = $1 AND state IN ('DRAFT', 'SUBMITTED', 'APPROVED')
     FOR UPDATE`,
    [id],
  );
  return row === undefined ? undefined : toProposal(row);
}

interface ProposalRow {
  readonly id: GrantId;
  readonly version: number;
  readonly terms: StoredTerms;
  readonly digest: string;
  readonly state: StoredState;
  readonly requested_by: string;
  readonly approved_by: string | null;
}

function toProposal(row: ProposalRow): Proposal {
  const terms = termsFromJson(row.terms);
  if (grantDigest(row.id, row.version, terms) !== row.digest) {
    throw new GatewayError('ERR_SEALED_DATA_DAMAGED', {
      detail: `the terms of grant ${row.id} version ${row.version} are not those of its digest`,
    });
  }
  const { id, version, digest, state } = row;
  return {
    grant: Object.freeze({ ...terms, id, version, digest, state }),
    requestedBy: row.requested_by,
    approvedBy: row.approved_by,
  };
}

export async function insertProposal(
  manager: EntityManager,
  id: GrantId,
  version: number,
  terms: GrantTerms,
  requestedBy: string,
): Promise<Grant> {
  const digest = grantDigest(id, version, terms);
  await manager.query(
    `INSERT INTO grant_proposal (grant_id, version, terms, digest, state, requested_by)
     VALUES ($1, $2, $3, $4, 'DRAFT', $5)`,
    [id, version, JSON.stringify(terms), digest, requestedBy],
  );
  return Object.freeze({ ...terms, id, version, digest, state: 'DRAFT' });
}

export async function setProposalState(
  manager: EntityManager,
  { id, version }: Pick<Grant, 'id' | 'version'>,
  state: StoredState,
  approvedBy: string | null = null,
): Promise<void> {
  await manager.query(
    `UPDATE grant_proposal SET state = $3, approved_by = coalesce($4, approved_by)
     WHERE grant_id = $1 AND version = $2`,
    [id, version, state, approvedBy],
  );
}

/**
 * Makes a version immutable. `approvedBy` null: one that only takes away.
 *
 * @param act entry of the book behind it, where two people of the staff door did it
 */
export async function insertVersion(
  manager: EntityManager,
  grant: Grant,
  requestedBy: string,
  approvedBy: string | null,
  at: Date,
  act: string | null = null,
): Promise<void> {
  const { id, version, digest } = grant;
  const terms = termsOf(grant);
  const narrows = approvedBy === null;
  await manager.query(
    `INSERT INTO grant_version
       (grant_id, version, terms, digest, requested_by, approved_by, approved_at, narrows, act)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [id, version, JSON.stringify(terms), digest, requestedBy, approvedBy, at, narrows, act],
  );
}

export async function setStanding(
  manager: EntityManager,
  id: GrantId,
  state: StoredState,
  version?: number,
  act?: string,
): Promise<void> {
  await manager.query(
    `UPDATE access_grant SET state = $2, version = coalesce($3, version), act = coalesce($4, act)
     WHERE id = $1`,
    [id, state, version ?? null, act ?? null],
  );
}

export async function addEvent(
  manager: EntityManager,
  id: GrantId,
  event: Omit<GrantEvent, 'approvedBy' | 'reason'> & {
    readonly approvedBy?: string;
    readonly reason?: string;
  },
): Promise<void> {
  await manager.query(
    `INSERT INTO grant_event (grant_id, version, act, at, by, approved_by, reason)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      id,
      event.version,
      event.act,
      event.at,
      event.by,
      event.approvedBy ?? null,
      event.reason ?? null,
    ],
  );
}

export async function readEvents(
  manager: EntityManager,
  id: GrantId,
): Promise<readonly GrantEvent[]> {
  return manager.query<GrantEvent[]>(
    `SELECT version, act, at, by, approved_by AS "approvedBy", reason
     FROM grant_event WHERE grant_id::text = $1 ORDER BY position`,
    [id],
  );
}

export const unknownGrant = (): GatewayError =>
  new GatewayError('ERR_NOT_FOUND', {
    argument: 'grant',
    detail: 'no such grant, or no such version of it',
  });
