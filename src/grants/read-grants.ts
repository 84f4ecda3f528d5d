import type { DataSource, EntityManager } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import { printGrant, printImpactAssessment } from '../core/grants/document.js';
import { grantDigest, type Grant, type GrantState, type GrantTerms } from '../core/grants/grant.js';
import { parseTerms } from '../core/grants/parse-terms.js';
import { stateAt, type StoredState } from '../core/grants/states.js';
import { compareTerms, type TermsChange } from '../core/grants/widening.js';
import type { GrantId } from '../core/ids.js';
import { decideAct, type StaffAct } from '../core/staff/acts.js';
import { staffReferences, uuidForm, type StaffCaller } from '../staff/index.js';
import { termsFromJson, type StoredTerms } from './grant.repository.js';
import { readEvents, readVersion, unknownGrant, type GrantEvent } from './lifecycle.repository.js';

/** One version of a grant, for staff. */
export interface VersionView {
  readonly version: number;
  readonly state: GrantState;
  readonly digest: string;
  readonly terms: GrantTerms;
  /** References of people; who approved is null for one that only takes away, and before. */
  readonly requestedBy: string;
  readonly approvedBy: string | null;
  readonly acceptedAt: Date | null;
}

/** A grant as staff see it. */
export interface GrantView {
  readonly id: GrantId;
  readonly partner: string;
  readonly partnerName: string;
  readonly state: GrantState;
  /** Version in force; null before any is. */
  readonly current: VersionView | null;
  /** Drawn up, submitted or waiting for the partner; null when nothing is. */
  readonly open: VersionView | null;
  /** Every version, the latest first. */
  readonly versions: readonly VersionView[];
}

export type GrantPaper = 'AGREEMENT' | 'IMPACT_ASSESSMENT';

export interface GrantDocument {
  readonly version: number;
  readonly digest: string;
  readonly markdown: string;
}

/** Grants as people of the host read them: no person of the register is in any of it. */
export class ReadGrants {
  constructor(
    private readonly dataSource: DataSource,
    private readonly now: () => Date,
  ) {}

  /** Every grant, by partner. @throws {GatewayError} ERR_ACT_NOT_PERMITTED */
  async list(caller: StaffCaller): Promise<readonly GrantView[]> {
    return this.read(caller, async (manager) => this.views(manager));
  }

  /** @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_NOT_FOUND */
  async show(
    caller: StaffCaller,
    id: string,
    act: 'GRANT_READ' | 'GRANT_PREVIEW_PERSON_READ' = 'GRANT_READ',
  ): Promise<GrantView> {
    return this.read(caller, async (manager) => this.view(manager, id), act);
  }

  /** Every act since the draft, with references of people. */
  async history(caller: StaffCaller, id: string): Promise<readonly GrantEvent[]> {
    return this.read(caller, async (manager) => {
      await this.view(manager, id);
      const people = await staffReferences(manager);
      const named = (account: string) => people.get(account) ?? account;
      return (await readEvents(manager, id as GrantId)).map((event) => ({
        ...event,
        by: named(event.by),
        approvedBy: event.approvedBy === null ? null : named(event.approvedBy),
      }));
    });
  }

  /** What differs between two versions, in words. */
  async difference(
    caller: StaffCaller,
    id: string,
    from: number,
    to: number,
  ): Promise<readonly TermsChange[]> {
    return this.read(caller, async (manager) => {
      const before = await readVersion(manager, id as GrantId, from);
      return compareTerms(before, await readVersion(manager, id as GrantId, to));
    });
  }

  /**
   * What terms that are not drawn up yet would change of the version in force, in words.
   *
   * @param terms JSON, see parseTerms
   */
  async wouldChange(
    caller: StaffCaller,
    id: string,
    terms: unknown,
  ): Promise<readonly TermsChange[]> {
    const after = parseTerms(terms);
    return this.read(caller, async (manager) => {
      const { current } = await this.view(manager, id);
      if (current === null) throw unknownGrant();
      return compareTerms(current.terms, after);
    });
  }

  /** One version on paper, with its digest; that in force, else the open one, when none is named. */
  async document(
    caller: StaffCaller,
    id: string,
    paper: GrantPaper,
    version?: number,
  ): Promise<GrantDocument> {
    return this.read(caller, async (manager) => {
      const { partnerName, versions, current, open } = await this.view(manager, id);
      const chosen =
        version === undefined
          ? (current ?? open ?? versions[0])
          : versions.find((one) => one.version === version);
      if (chosen === undefined) throw unknownGrant();
      const { terms, digest, state } = chosen;
      const grant: Grant = { ...terms, id: id as GrantId, version: chosen.version, digest, state };
      const print = paper === 'AGREEMENT' ? printGrant : printImpactAssessment;
      return { version: chosen.version, digest, markdown: print(grant, { partnerName }) };
    });
  }

  private async view(manager: EntityManager, id: string): Promise<GrantView> {
    const [view] = uuidForm.test(id) ? await this.views(manager, id) : [];
    if (view === undefined) throw unknownGrant();
    return view;
  }

  private async views(manager: EntityManager, id?: string): Promise<readonly GrantView[]> {
    const grants = await manager.query<StandingRow[]>(
      `SELECT g.id, g.partner, p.name, g.state, g.version
       FROM access_grant g JOIN partner p ON p.code = g.partner
       WHERE $1::uuid IS NULL OR g.id = $1 ORDER BY g.partner, g.id`,
      [id ?? null],
    );
    const rows = await manager.query<VersionRow[]>(
      `SELECT coalesce(v.grant_id, p.grant_id) AS id, coalesce(v.version, p.version) AS version,
         coalesce(v.terms, p.terms) AS terms, coalesce(v.digest, p.digest) AS digest,
         p.state AS proposed, coalesce(v.requested_by, p.requested_by) AS requested_by,
         coalesce(v.approved_by, p.approved_by) AS approved_by, a.accepted_at
       FROM grant_version v
         FULL JOIN grant_proposal p ON p.grant_id = v.grant_id AND p.version = v.version
         LEFT JOIN grant_acceptance a ON a.grant_id = v.grant_id AND a.version = v.version
       WHERE $1::uuid IS NULL OR coalesce(v.grant_id, p.grant_id) = $1
       ORDER BY coalesce(v.version, p.version) DESC`,
      [id ?? null],
    );
    const people = await staffReferences(manager);
    const named = (account: string) => people.get(account) ?? account;
    const now = this.now();
    return grants.map((grant) => {
      const versions = rows
        .filter((row) => row.id === grant.id)
        .map((row): VersionView => {
          const terms = termsFromJson(row.terms);
          if (grantDigest(grant.id, row.version, terms) !== row.digest) {
            throw new GatewayError('ERR_SEALED_DATA_DAMAGED', {
              detail: `the terms of grant ${grant.id} version ${row.version} are not those of its digest`,
            });
          }
          return {
            version: row.version,
            state: stateAt({ ...terms, state: stateOf(grant, row) }, now),
            digest: row.digest,
            terms,
            requestedBy: named(row.requested_by),
            approvedBy: row.approved_by === null ? null : named(row.approved_by),
            acceptedAt: row.accepted_at,
          };
        });
      const current = versions.find(({ version }) => version === grant.version) ?? null;
      const open = rows.find((row) => row.id === grant.id && isOpen(row.proposed));
      return {
        id: grant.id,
        partner: grant.partner,
        partnerName: grant.name,
        state: current?.state ?? grant.state,
        current,
        open: versions.find(({ version }) => version === open?.version) ?? null,
        versions,
      };
    });
  }

  private async read<Value>(
    caller: StaffCaller,
    work: (manager: EntityManager) => Promise<Value>,
    act: StaffAct = 'GRANT_READ',
  ): Promise<Value> {
    const decision = decideAct(act, caller);
    if (!decision.allow) throw new GatewayError(decision.code);
    return this.dataSource.transaction('REPEATABLE READ', work);
  }
}

interface StandingRow {
  readonly id: GrantId;
  readonly partner: string;
  readonly name: string;
  readonly state: StoredState;
  readonly version: number;
}

interface VersionRow {
  readonly id: GrantId;
  readonly version: number;
  readonly terms: StoredTerms;
  readonly digest: string;
  /** Null for a version that took away only, which was never proposed. */
  readonly proposed: StoredState | null;
  readonly requested_by: string;
  readonly approved_by: string | null;
  readonly accepted_at: Date | null;
}

const isOpen = (state: StoredState | null): boolean =>
  state === 'DRAFT' || state === 'SUBMITTED' || state === 'APPROVED';

/** A version before the one in force has ended; one that was taken back never was. */
function stateOf(grant: StandingRow, { version, proposed }: VersionRow): GrantState {
  if (version === grant.version) return grant.state;
  if (proposed !== null && (isOpen(proposed) || proposed === 'REVOKED')) return proposed;
  return 'EXPIRED';
}
