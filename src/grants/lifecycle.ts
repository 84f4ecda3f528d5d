import type { DataSource, EntityManager } from 'typeorm';
import { GatewayError, inputInvalid } from '../core/errors.js';
import { printGrant } from '../core/grants/document.js';
import { grantDigest, type Grant } from '../core/grants/grant.js';
import { parseTerms } from '../core/grants/parse-terms.js';
import { decideTransition, type GrantAct, type StoredState } from '../core/grants/states.js';
import { compareTerms, isNarrowing, type TermsChange } from '../core/grants/widening.js';
import type { GrantId } from '../core/ids.js';
import {
  addEvent,
  insertProposal,
  insertVersion,
  lockGrant,
  openProposal,
  readEvents,
  readVersion,
  setProposalState,
  setStanding,
  unknownGrant,
  type GrantEvent,
  type Proposal,
} from './lifecycle.repository.js';

/** A person of the host, by account; which role may do what is the staff door's table. */
export interface GrantOfficer {
  readonly account: string;
}

/**
 * The life of a grant at the host. Every method runs in the transaction it is given, so that the
 * record of the act and the act are one; it takes who acts, what, and when. What lets more be learnt
 * takes two people, by these rules and by constraints of the tables.
 *
 * Bringing a version into force is the partner's: see accept-grant.ts.
 */
export class GrantLifecycle {
  /** @param newId random v4 UUIDs */
  constructor(private readonly newId: () => string) {}

  /**
   * Draws up a new grant.
   *
   * @param terms JSON, see parseTerms
   * @throws {GatewayError} ERR_INPUT_INVALID
   */
  async draft(
    manager: EntityManager,
    by: GrantOfficer,
    { terms }: { readonly terms: unknown },
    at: Date,
  ): Promise<Grant> {
    const read = parseTerms(terms);
    const known = await manager.query<unknown[]>('SELECT 1 FROM partner WHERE code = $1', [
      read.partner,
    ]);
    if (known.length === 0) throw inputInvalid('terms.partner');
    const id = this.newId() as GrantId;
    await manager.query(
      `INSERT INTO access_grant (id, partner, state, version) VALUES ($1, $2, 'DRAFT', 0)`,
      [id, read.partner],
    );
    const drafted = await insertProposal(manager, id, 1, read, by.account);
    await addEvent(manager, id, { version: 1, act: 'DRAFT', at, by: by.account });
    return drafted;
  }

  /**
   * Draws up the next version of a grant, for the same partner and purpose. What only takes away is
   * in force at once; anything else waits to be submitted, approved and accepted.
   *
   * @throws {GatewayError} ERR_INPUT_INVALID, ERR_GRANT_STATE
   */
  async amend(
    manager: EntityManager,
    by: GrantOfficer,
    command: { readonly grantId: GrantId; readonly terms: unknown },
    at: Date,
  ): Promise<Grant> {
    const terms = parseTerms(command.terms);
    const standing = await lockGrant(manager, command.grantId);
    const decision = decideTransition('NARROW', standing.state, [by.account]);
    if (!decision.allow) throw new GatewayError(decision.code);
    const before = await readVersion(manager, standing.id, standing.version);
    if (terms.partner !== before.partner) throw inputInvalid('terms.partner');
    if (terms.purpose !== before.purpose) throw inputInvalid('terms.purpose');
    const version = await nextVersion(manager, standing.id);
    if (!isNarrowing(before, terms)) {
      const drafted = await insertProposal(manager, standing.id, version, terms, by.account);
      await addEvent(manager, standing.id, { version, act: 'AMEND', at, by: by.account });
      return drafted;
    }
    const digest = grantDigest(standing.id, version, terms);
    const state = decision.to;
    const grant: Grant = Object.freeze({ ...terms, id: standing.id, version, digest, state });
    await insertVersion(manager, grant, by.account, null, at);
    // What was drawn up against the wider version would bring it back.
    await voidProposal(manager, standing.id);
    await setStanding(manager, standing.id, state, version);
    await addEvent(manager, standing.id, { version, act: 'NARROW', at, by: by.account });
    return grant;
  }

  /** Puts a draft before another person. @throws {GatewayError} ERR_GRANT_STATE */
  async submit(
    manager: EntityManager,
    by: GrantOfficer,
    { grantId }: { readonly grantId: GrantId },
    at: Date,
  ): Promise<Grant> {
    const proposal = await this.proposal(manager, grantId);
    return this.move(manager, proposal, 'SUBMIT', [by.account], at);
  }

  /**
   * Approves what another person submitted. It is a version from now on, and waits for the partner.
   *
   * @param command `digest` of what the approver has read
   * @throws {GatewayError} ERR_GRANT_STATE, ERR_APPROVER_IS_REQUESTER, ERR_GRANT_CHANGED
   */
  async approve(
    manager: EntityManager,
    by: GrantOfficer,
    { grantId, digest }: { readonly grantId: GrantId; readonly digest: string },
    at: Date,
  ): Promise<Grant> {
    const proposal = await this.proposal(manager, grantId);
    if (proposal.grant.digest !== digest) throw new GatewayError('ERR_GRANT_CHANGED');
    const people = [proposal.requestedBy, by.account];
    const approved = await this.move(manager, proposal, 'APPROVE', people, at);
    await insertVersion(manager, approved, proposal.requestedBy, by.account, at);
    return approved;
  }

  /** Sends a submitted version back to its draft. @throws {GatewayError} ERR_GRANT_STATE */
  async refuse(
    manager: EntityManager,
    by: GrantOfficer,
    { grantId, reason }: { readonly grantId: GrantId; readonly reason: string },
    at: Date,
  ): Promise<Grant> {
    const proposal = await this.proposal(manager, grantId);
    return this.move(manager, proposal, 'REFUSE', [by.account], at, reason);
  }

  /** Stops a grant; the next question under it is refused. @throws {GatewayError} ERR_GRANT_STATE */
  async suspend(
    manager: EntityManager,
    by: GrantOfficer,
    command: { readonly grantId: GrantId; readonly reason: string },
    at: Date,
  ): Promise<void> {
    await this.stop(manager, by, 'SUSPEND', command, at);
  }

  /** Ends a grant for good, with what is proposed for it. @throws {GatewayError} ERR_GRANT_STATE */
  async revoke(
    manager: EntityManager,
    by: GrantOfficer,
    command: { readonly grantId: GrantId; readonly reason: string },
    at: Date,
  ): Promise<void> {
    await this.stop(manager, by, 'REVOKE', command, at);
    await voidProposal(manager, command.grantId);
  }

  /**
   * Puts a suspended grant in force again: one asked, another approves.
   *
   * @throws {GatewayError} ERR_GRANT_STATE, ERR_APPROVER_IS_REQUESTER
   */
  async resume(
    manager: EntityManager,
    people: { readonly requestedBy: GrantOfficer; readonly approvedBy: GrantOfficer },
    { grantId, reason }: { readonly grantId: GrantId; readonly reason: string },
    at: Date,
  ): Promise<void> {
    const [by, approvedBy] = [people.requestedBy.account, people.approvedBy.account];
    const standing = await lockGrant(manager, grantId);
    const decision = decideTransition('RESUME', standing.state, [by, approvedBy]);
    if (!decision.allow) throw new GatewayError(decision.code);
    await setStanding(manager, grantId, decision.to);
    const { version } = standing;
    await addEvent(manager, grantId, { version, act: 'RESUME', at, by, approvedBy, reason });
  }

  private async stop(
    manager: EntityManager,
    by: GrantOfficer,
    act: 'SUSPEND' | 'REVOKE',
    { grantId, reason }: { readonly grantId: GrantId; readonly reason: string },
    at: Date,
  ): Promise<void> {
    const { state, version } = await lockGrant(manager, grantId);
    const decision = decideTransition(act, state, [by.account]);
    if (!decision.allow) throw new GatewayError(decision.code);
    await setStanding(manager, grantId, decision.to);
    await addEvent(manager, grantId, { version, act, at, by: by.account, reason });
  }

  private async proposal(manager: EntityManager, id: GrantId): Promise<Proposal> {
    await lockGrant(manager, id);
    const proposal = await openProposal(manager, id);
    if (proposal === undefined) throw unknownGrant();
    return proposal;
  }

  private async move(
    manager: EntityManager,
    { grant }: Proposal,
    act: GrantAct,
    people: readonly string[],
    at: Date,
    reason?: string,
  ): Promise<Grant> {
    const decision = decideTransition(act, grant.state as StoredState, people);
    if (!decision.allow) throw new GatewayError(decision.code);
    const [by, approvedBy] = people;
    await setProposalState(manager, grant, decision.to, approvedBy ?? null);
    const standing = await lockGrant(manager, grant.id);
    // Before its first version is in force the grant stands where its proposal does.
    if (standing.version === 0) await setStanding(manager, grant.id, decision.to);
    await addEvent(manager, grant.id, {
      version: grant.version,
      act,
      at,
      by: by ?? '',
      ...(approvedBy === undefined ? {} : { approvedBy }),
      ...(reason === undefined ? {} : { reason }),
    });
    return Object.freeze({ ...grant, state: decision.to });
  }
}

/** Reading grants at the host. */
export class GrantHistory {
  constructor(private readonly dataSource: DataSource) {}

  /** Every act since the draft. */
  async history(id: GrantId): Promise<readonly GrantEvent[]> {
    return readEvents(this.dataSource.manager, id);
  }

  /** What differs between two versions, in words. @throws {GatewayError} ERR_GRANT_STATE */
  async difference(id: GrantId, from: number, to: number): Promise<readonly TermsChange[]> {
    const { manager } = this.dataSource;
    const [before, after] = [
      await readVersion(manager, id, from),
      await readVersion(manager, id, to),
    ];
    return compareTerms(before, after);
  }

  /** One version as a document with its digest. @throws {GatewayError} ERR_GRANT_STATE */
  async document(id: GrantId, version: number): Promise<string> {
    const { manager } = this.dataSource;
    const terms = await readVersion(manager, id, version);
    const [partner] = await manager.query<{ name: string }[]>(
      'SELECT name FROM partner WHERE code = $1',
      [terms.partner],
    );
    const digest = grantDigest(id, version, terms);
    const grant: Grant = { ...terms, id, version, digest, state: 'DRAFT' };
    return printGrant(grant, { partnerName: partner?.name ?? terms.partner });
  }
}

async function voidProposal(manager: EntityManager, id: GrantId): Promise<void> {
  const proposal = await openProposal(manager, id);
  if (proposal !== undefined) await setProposalState(manager, proposal.grant, 'REVOKED');
}

async function nextVersion(manager: EntityManager, id: GrantId): Promise<number> {
  const [row] = await manager.query<{ version: number }[]>(
    `SELECT 1 + greatest(
       (SELECT coalesce(max(version), 0) FROM grant_version WHERE grant_id = $1),
       (SELECT coalesce(max(version), 0) FROM grant_proposal WHERE grant_id = $1)) AS version`,
    [id],
  );
  if (row === undefined) throw new TypeError('a grant has versions');
  return row.version;
}
