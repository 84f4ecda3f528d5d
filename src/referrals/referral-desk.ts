import type { EntityManager } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import { decideGrant } from '../core/grants/decide.js';
import type { Grant } from '../core/grants/grant.js';
import type { Caseload, PartnerCode, SubjectId } from '../core/ids.js';
import {
  evidenceElementsOf,
  explainCandidateCap,
  explainComparison,
  meetsEvidenceFloor,
  parseEvidence,
  restrictEvidence,
  type ElementExplanation,
  type PersonEvidenceInput,
} from '../core/matching/index.js';
import {
  deadlineOf,
  mostShown,
  viewsPerDay,
  type ReferralReason,
} from '../core/referrals/referral.js';
import type { Authority } from '../grants/index.js';
import type { StaffCaller, StaffRecords } from '../staff/index.js';
import { comparePeople, type ComparedCase, type ReferralRegister } from './compare-people.js';
import type { Referral, ReferralStore } from './referral-store.js';

/** An open case in the list: no person, no evidence. */
export interface CaseEntry {
  readonly id: string;
  readonly partner: PartnerCode;
  /** Opaque `sub` of the named officer, if any. */
  readonly officer: string | null;
  readonly grant: string;
  readonly purpose: string;
  readonly reason: ReferralReason;
  readonly requestedAt: Date;
  readonly deadline: Date;
  /** Whether a confirmation takes two officers. */
  readonly needsSecond: boolean;
}

/** One person a case may be about. */
export interface CaseCandidate {
  /** Names the person in this case alone, and says nothing without the month's key. */
  readonly candidate: string;
  readonly caseload: Caseload;
  readonly reference: string;
  /** In bits. */
  readonly likelihood: number;
  readonly elements: readonly ElementExplanation[];
}

export interface OpenCase extends CaseEntry {
  readonly evidence: PersonEvidenceInput;
  /** Likeliest first, at most {@link mostShown}. */
  readonly candidates: readonly CaseCandidate[];
  /** That not everybody could be compared or shown, in words; null when all were. */
  readonly notAll: string | null;
}

export interface ReferralDeskOptions {
  readonly store: ReferralStore;
  readonly authority: Pick<Authority, 'refresh' | 'grant' | 'stateOf' | 'isStopped'>;
  readonly register: ReferralRegister;
  readonly records: Pick<StaffRecords, 'record'>;
  readonly now: () => Date;
}

const mostListed = 200;
const idForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Unclear cases for liaison officers. Somebody who drew up or approved a grant may decide cases under
 * it: what they see is bounded by the grant, and each reading and decision is on record.
 */
export class ReferralDesk {
  constructor(private readonly options: ReferralDeskOptions) {}

  /** Open cases, the first deadline first, at most 200. @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_LOG_UNAVAILABLE */
  async list(caller: StaffCaller): Promise<readonly CaseEntry[]> {
    const { authority, records, store, now } = this.options;
    await records.record(caller, 'REFERRALS_READ', { content: {} });
    await authority.refresh();
    return (await store.listOpen(now(), mostListed)).map((one) => this.#entryOf(one));
  }

  /**
   * One case with its evidence, and only the people its partner could be told of. Each time counts; who
   * opens more in a day than {@link viewsPerDay} is refused, on record. Whom it shows is on record as well,
   * one by one, before they are shown.
   *
   * @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_NOT_FOUND for what is not open, ERR_BUDGET_SPENT,
   *   ERR_LOG_UNAVAILABLE
   */
  async show(caller: StaffCaller, id: string): Promise<OpenCase> {
    const { records, now } = this.options;
    const at = now();
    const content = { referral: idForm.test(id) ? id : 'malformed' };
    // What is not there counts as well, or ids could be tried.
    await records.record(caller, 'REFERRAL_READ', { content }, async (manager) =>
      countView(manager, caller.account, at),
    );
    const referral = await this.#open(id, at);
    const { evidence, people, candidates } = await this.compared(referral);
    const supplied = referral.evidence;
    if (supplied === null) throw unknownCase();
    const cap = explainCandidateCap(candidates);
    const further = people.length - mostShown;
    const shown = people.slice(0, mostShown);
    // Whose history is asked for later: it says who of the host has seen them.
    await Promise.all(
      shown.map(async ({ opened: { id: subject } }) =>
        records.record(caller, 'REFERRAL_READ', { content, subject }),
      ),
    );
    const more = further > 0 ? `${further} more resemble it less and are not shown.` : undefined;
    return {
      ...this.#entryOf(referral),
      evidence: supplied.person,
      candidates: shown.map(({ opened, prepared, comparison }) => ({
        candidate: candidateOf(referral, opened.id),
        caseload: opened.subject.caseload,
        reference: opened.subject.reference,
        likelihood: comparison.score,
        elements: explainComparison(evidence, prepared, comparison),
      })),
      notAll: [cap, more].filter((words) => words !== undefined).join(' ') || null,
    };
  }

  /**
   * The open case, whom a candidate of it names, and whether the act that confirms it takes two.
   *
   * @throws {GatewayError} ERR_NOT_FOUND for a case that is not open; ERR_CONFLICT for a candidate that is
   *   none any more
   */
  async choose(
    id: string,
    candidate: string,
  ): Promise<{
    readonly referral: Referral;
    readonly subject: SubjectId;
    readonly needsSecond: boolean;
  }> {
    const referral = await this.#open(id, this.options.now());
    const { people } = await this.compared(referral);
    const chosen = people
      .slice(0, mostShown)
      .find(({ opened }) => candidateOf(referral, opened.id) === candidate);
    if (chosen === undefined) {
      throw new GatewayError('ERR_CONFLICT', { argument: 'candidate', detail: 'candidate' });
    }
    const { needsSecond } = this.#entryOf(referral);
    return { referral, subject: chosen.opened.id, needsSecond };
  }

  /** Nobody where the grant does not let the question be asked now. */
  private async compared(referral: Referral): Promise<ComparedCase> {
    const { authority, register, now } = this.options;
    await authority.refresh();
    const { partner, content, evidence: supplied } = referral;
    const state = authority.stateOf(partner);
    const grant = authority.grant(content.grant);
    if (supplied === null) throw unknownCase();
    const evidence = parseEvidence(supplied.person, now());
    if (grant === undefined || state === undefined || !this.#isUsable(grant, referral)) {
      return { evidence, people: [], candidates: 0 };
    }
    const compared = restrictEvidence(evidence, new Set(grant.matchOn));
    const elements = evidenceElementsOf(compared);
    const suffices =
      meetsEvidenceFloor(compared) && grant.minimumEvidence.every((one) => elements.has(one));
    if (!suffices) return { evidence, people: [], candidates: 0 };
    return comparePeople(register, grant, { partner, state }, evidence);
  }

  #entryOf({ id, partner, content, requestedAt }: Referral): CaseEntry {
    const { officer, grant, purpose, reason } = content;
    const deadline = deadlineOf(requestedAt);
    const now = this.options.authority.grant(grant);
    // As it was requested or as it is now, whichever asks for more.
    const needsSecond = content.needsSecond || (now !== undefined && takesTwo(now));
    return { id, partner, officer, grant, purpose, reason, requestedAt, deadline, needsSecond };
  }

  #isUsable(grant: Grant, { partner, content }: Referral): boolean {
    const { authority, now } = this.options;
    const caller = {
      partner,
      ...(content.officer === null ? {} : { officer: content.officer }),
    };
    return (
      !authority.isStopped(partner) &&
      grant.purpose === content.purpose &&
      decideGrant(grant, caller, now()).allow
    );
  }

  async #open(id: string, now: Date): Promise<Referral> {
    const found = idForm.test(id) ? await this.options.store.findCase(id, now) : undefined;
    const isOpen =
      found !== undefined &&
      found.decision === null &&
      !found.withdrawn &&
      found.told === null &&
      found.evidence !== null &&
      now < deadlineOf(found.requestedAt);
    if (!isOpen) throw unknownCase();
    return found;
  }
}

const unknownCase = (): GatewayError =>
  new GatewayError('ERR_NOT_FOUND', { argument: 'id', detail: 'no such open case' });

/** Whether a case under a grant takes two to confirm. */
export const takesTwo = ({ assuranceLevel }: Pick<Grant, 'assuranceLevel'>): boolean =>
  assuranceLevel === 'HIGH';

/**
 * 16 bytes in hex, which no command takes for an option. The book of acts holds it, and whoever reads
 * the database reads that.
 */
const candidateOf = ({ id, key }: Referral, subject: SubjectId): string =>
  key.fingerprint('safeconduct/told/candidate/v1', id, subject).toString('hex', 0, 16);

/** @throws {GatewayError} ERR_BUDGET_SPENT beyond {@link viewsPerDay} on one UTC day */
async function countView(manager: EntityManager, account: string, at: Date): Promise<void> {
  const rows = await manager.query<unknown[]>(
    `INSERT INTO referral_view AS v (account, day, views) VALUES ($1, $2, 1)
     ON CONFLICT (account) DO UPDATE SET day = greatest(v.day, excluded.day),
       views = CASE WHEN v.day < excluded.day THEN 1 ELSE v.views + 1 END
     WHERE v.day < excluded.day OR v.views < $3
     RETURNING account`,
    [account, at.toISOString().slice(0, 10), viewsPerDay],
  );
  if (rows.length > 0) return;
  const dayMs = 86_400_000;
  const retryAt = new Date(Math.floor(at.getTime() / dayMs + 1) * dayMs);
  throw new GatewayError('ERR_BUDGET_SPENT', { budget: 'PEOPLE', retryAt });
}
