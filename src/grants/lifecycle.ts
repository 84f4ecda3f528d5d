import type { EntityManager } from 'typeorm';
import { GatewayError, inputInvalid } from '../core/errors.js';
import { grantDigest, type Grant } from '../core/grants/grant.js';
import { parseTerms } from '../core/grants/parse-terms.js';
import { decideTransition, type GrantAct, type StoredState } from '../core/grants/states.js';
import { isNarrowing } from '../core/grants/widening.js';
import type { GrantId } from '../core/ids.js';
import { countStops } from '../staff/index.js';
import {
  addEvent,
  insertProposal,
  insertVersion,
  lockGrant,
  openProposal,
  readVersion,
  setProposalState,
  setStanding,
  unknownGrant,
  type Proposal,
} from './lifecycle.repository.js';

/** A person of the host, by account; which role may do what is the staff door's table. */
export interface GrantOfficer {
  readonly account: string;
}

/** A version that is open, as whoever acts on it names it. */
export interface OpenVersion {
  readonly grantId: GrantId;
  /** Any open version when absent. */
  readonly version?: number;
  /** What was read; any when absent. */
  readonly digest?: string;
}

/**
 * The life of a grant at the host. Every method runs in the transaction it is given, so that the
 * record of the act and the act are one; it takes who acts, what, and when. What lets more be learnt
 * takes two people, by these rules and by constraints of the tables.
 *
 * Bringing a version into force is the partner's: see accept-grant.ts. What is done again after a
 * restored backup is in stop-again.ts.
 */
export class GrantLifecycle {
  /** @param newId random v4 UUIDs */
  constructor(private readonly newId: () => string) {}

  /**
   * Draws up a new grant.
   *
   * @param command `terms` JSON, see parseTerms; `id` of the grant, a new one when absent
   * @throws {GatewayError} ERR_INPUT_INVALID
   */
  async draft(
    manager: EntityManager,
    by: GrantOfficer,
    { terms, id = this.newId() as GrantId }: { readonly terms: unknown; readonly id?: GrantId },
    at: Date,
  ): Promise<Grant> {
    const read = parseTerms(terms);
    const known = await manager.query<unknown[]>('SELECT 1 FROM partner WHERE code = $1', [
      read.partner,
    ]);
    if (known.length === 0) throw inputInvalid('terms.partner');
    await manager.query(
      `INSERT INTO access_grant (id, partner, state, version) VALUES ($1, $2, 'DRAFT', 0)`,
      [id, read.partner],
    );
    const drafted = await insertProposal(manager, id, 1, read, by.account);
    await addEvent(manager, id, { version: 1, act: 'DRAFT', at, by: by.account });
    return drafted;
  }

  /**
   * Draws up the next version of a grant, for the same partner and purpose; it waits to be submitted,
   * approved and accepted, and what is in force stays. An earlier draft is replaced.
   *
   * @throws {GatewayError} ERR_INPUT_INVALID, ERR_GRANT_STATE, also while a version is submitted or
   *   waits for the partner
   */
  async amend(
    manager: EntityManager,
    by: GrantOfficer,
    command: { readonly grantId: GrantId; readonly terms: unknown },
    at: Date,
  ): Promise<Grant> {
    const terms = parseTerms(command.terms);
    const standing = await lockGrant(manager, command.grantId);
    const open = await openProposal(manager, standing.id);
    if (standing.state === 'REVOKED' || (open !== undefined && open.grant.state !== 'DRAFT')) {
      throw new GatewayError('ERR_GRANT_STATE');
    }
    const latest = await nextVersion(manager, standing.id);
    const before = open?.grant ?? (await readVersion(manager, standing.id, latest - 1));
    if (terms.partner !== before.partner) throw inputInvalid('terms.partner');
    if (terms.purpose !== before.purpose) throw inputInvalid('terms.purpose');
    await voidProposal(manager, standing.id);
    const drafted = await insertProposal(manager, standing.id, latest, terms, by.account);
    // Before its first version is in force the grant stands where its proposal does.
    if (standing.version === 0) await setStanding(manager, standing.id, 'DRAFT');
    await addEvent(manager, standing.id, { version: latest, act: 'AMEND', at, by: by.account });
    return drafted;
  }

  /**
   * Puts a version in force at once that only takes away; one person does it. What was drawn up
   * against the wider version is void: it would bring it back.
   *
   * @throws {GatewayError} ERR_INPUT_INVALID; ERR_GRANT_STATE unless it is in force or suspended;
   *   ERR_GRANT_WIDENS when anything of it lets more be learnt, or nothing changes
   */
  async narrow(
    manager: EntityManager,
    by: GrantOfficer,
    command: {
      readonly grantId: GrantId;
      readonly terms: unknown;
      /** Number it has to have; the next one when absent. */
      readonly version?: number;
    },
    at: Date,
  ): Promise<Grant> {
    const terms = parseTerms(command.terms);
    const standing = await lockGrant(manager, command.grantId);
    const decision = decideTransition('NARROW', standing.state, [by.account]);
    if (!decision.allow) throw new GatewayError(decision.code);
    const before = await readVersion(manager, standing.id, standing.version);
    if (terms.partner !== before.partner) throw inputInvalid('terms.partner');
    if (terms.purpose !== before.purpose) throw inputInvalid('terms.purpose');
    if (!isNarrowing(before, terms)) throw new GatewayError('ERR_GRANT_WIDENS');
    const version = command.version ?? (await nextVersion(manager, standing.id));
    const digest = grantDigest(standing.id, version, terms);
    const state = decision.to;
    const grant: Grant = Object.freeze({ ...terms, id: standing.id, version, digest, state });
    await insertVersion(manager, grant, by.account, null, at);
    await voidProposal(manager, standing.id);
    await setStanding(manager, standing.id, state, version);
    await addEvent(manager, standing.id, { version, act: 'NARROW', at, by: by.account });
    return grant;
  }

  /** Puts a draft before another person. @throws {GatewayError} ERR_GRANT_STATE, ERR_GRANT_CHANGED */
  async submit(
    manager: EntityManager,
    by: GrantOfficer,
    named: OpenVersion,
    at: Date,
  ): Promise<Grant> {
    const proposal = await this.proposal(manager, named);
    return this.move(manager, proposal, 'SUBMIT', [by.account], at);
  }

  /**
   * Approves what was submitted, as another person than who drew it up. It is a version from now on,
   * and waits for the partner.
   *
   * @param named `digest` of what the approver has read
   * @throws {GatewayError} ERR_GRANT_STATE, ERR_APPROVER_IS_REQUESTER, ERR_GRANT_CHANGED
   */
  async approve(
    manager: EntityManager,
    by: GrantOfficer,
    named: OpenVersion & { readonly digest: string; readonly act?: string },
    at: Date,
  ): Promise<Grant> {
    const proposal = await this.proposal(manager, named);
    const people = [proposal.requestedBy, by.account];
    const approved = await this.move(manager, proposal, 'APPROVE', people, at);
    const { requestedBy } = proposal;
    await insertVersion(manager, approved, requestedBy, by.account, at, named.act ?? null);
    return approved;
  }

  /** Sends a submitted version back to its draft. @throws {GatewayError} ERR_GRANT_STATE */
  async refuse(
    manager: EntityManager,
    by: GrantOfficer,
    named: OpenVersion & { readonly reason?: string },
    at: Date,
  ): Promise<Grant> {
    const proposal = await this.proposal(manager, named);
    return this.move(manager, proposal, 'REFUSE', [by.account], at, named.reason);
  }

  /**
   * Takes back an open version, at whatever point it is; what is in force stays. A grant that never
   * was in force ends with it.
   *
   * @throws {GatewayError} ERR_NOT_FOUND when it is not open
   */
  async withdraw(
    manager: EntityManager,
    by: GrantOfficer,
    named: OpenVersion,
    at: Date,
  ): Promise<void> {
    const standing = await lockGrant(manager, named.grantId);
    const { grant } = await this.proposal(manager, named);
    await voidProposal(manager, grant.id);
    if (standing.version === 0) await setStanding(manager, grant.id, 'REVOKED');
    const { version } = grant;
    await addEvent(manager, grant.id, { version, act: 'WITHDRAW', at, by: by.account });
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
    {
      grantId,
      reason,
      act,
    }: { readonly grantId: GrantId; readonly reason: string; readonly act?: string },
    at: Date,
  ): Promise<void> {
    const [by, approvedBy] = [people.requestedBy.account, people.approvedBy.account];
    const standing = await lockGrant(manager, grantId);
    const decision = decideTransition('RESUME', standing.state, [by, approvedBy]);
    if (!decision.allow) throw new GatewayError(decision.code);
    await setStanding(manager, grantId, decision.to, undefined, act);
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
    await countStops(manager, 'GRANT_RESUME', [grantId]);
    const decision = decideTransition(act, state, [by.account]);
    if (!decision.allow) throw new GatewayError(decision.code);
    await setStanding(manager, grantId, decision.to);
    await addEvent(manager, grantId, { version, act, at, by: by.account, reason });
  }

  private async proposal(manager: EntityManager, named: OpenVersion): Promise<Proposal> {
    await lockGrant(manager, named.grantId);
    const proposal = await openProposal(manager, named.grantId);
    if (proposal === undefined) throw unknownGrant();
    const { version, digest } = proposal.grant;
    if ((named.version ?? version) !== version) throw unknownGrant();
    if ((named.digest ?? digest) !== digest) throw new GatewayError('ERR_GRANT_CHANGED');
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
