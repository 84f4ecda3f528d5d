import type { AccessLog } from '../../access-log/index.js';
import { doneWithRecord } from '../../access-log/index.js';
import { equalInConstantTime } from '../../core/bytes.js';
import { decideQuestion } from '../../core/grants/decide.js';
import { GatewayError, inputInvalid } from '../../core/errors.js';
import type { Grant } from '../../core/grants/grant.js';
import { isPurpose } from '../../core/grants/purpose.js';
import { canonicalJson, commitQuestion } from '../../core/log/record.js';
import {
  canonicalEvidence,
  evidenceElementsOf,
  meetsEvidenceFloor,
  parseEvidence,
  restrictEvidence,
  type Evidence,
  type PersonEvidenceInput,
} from '../../core/matching/index.js';
import {
  hasRoom,
  requestHours,
  roomAt,
  type ReferralReason,
} from '../../core/referrals/referral.js';
import type { Authority, BudgetLedger, Caller } from '../../grants/index.js';
import {
  accountOf,
  fitsEvidence,
  ownReferral,
  takesTwo,
  type PartnerRecord,
  type RecordedReferral,
  type ReferralStore,
} from '../../referrals/index.js';
import { chargeQuestion } from '../charge-question.js';
import { isUuid } from '../question.js';

export interface RequestReferralCommand {
  readonly requestId: string;
  /** Of the caller's partner, ended NOT_CONFIRMED or POSSIBLE_MATCH. */
  readonly verificationId: string;
  readonly reason: ReferralReason;
  readonly person: PersonEvidenceInput;
  /** `person` as it was sent: it has to be what the verification was asked with. */
  readonly personAsSent: unknown;
}

/** The verification a referral is about, as its record has it. */
interface Verified {
  readonly id: string;
  readonly at: Date;
  readonly grant: string;
  readonly grantVersion: number;
  readonly purpose: string;
  readonly caseReference: string | null;
}

export interface RequestReferralOptions {
  readonly authority: Pick<
    Authority,
    'grant' | 'grantsOf' | 'grantsOfState' | 'catchUp' | 'establish' | 'isStopped'
  >;
  readonly budget: Pick<BudgetLedger, 'charge'>;
  readonly log: Pick<AccessLog['search'], 'ownRecord'>;
  readonly store: ReferralStore;
  readonly records: PartnerRecord;
  readonly now: () => Date;
  readonly newId: () => string;
}

const unclear: readonly string[] = ['NOT_CONFIRMED', 'POSSIBLE_MATCH'];

/**
 * Puts a verification that was no match before people of the host. Nobody is looked up: what is answered
 * follows from the verification, the evidence, the grant and the partner's own use alone.
 */
export class RequestReferral {
  constructor(private readonly options: RequestReferralOptions) {}

  /**
   * A verification has one referral; requested again it is the same, and costs nothing.
   *
   * @throws {GatewayError} ERR_REFERRAL_NOT_USABLE for a verification that is not there, another
   *   partner's, of a rehearsal, a match, a refusal, or too old, alike; ERR_INPUT_INVALID for other
   *   evidence; ERR_GRANT_NOT_USABLE where the grant is not in force as it was; ERR_BUDGET_SPENT
   *   (`REFERRALS` for its quota); as a verification otherwise; ERR_LOG_UNAVAILABLE
   */
  async execute(asked: Caller, command: RequestReferralCommand): Promise<RecordedReferral> {
    const { store, records, budget, authority, now, newId } = this.options;
    const { requestId, verificationId, reason, person, personAsSent } = command;
    const said = { verificationId, reason, person: personAsSent ?? null };
    return records.recorded(asked, { requestId, said }, async (id, spent) => {
      const at = now();
      let caller = asked;
      const account = accountOf(caller.partner, caller.officer);

      // 1. The evidence, into frozen values.
      const evidence = parseEvidence(person, at);

      // 2. The partner's own verification, and the evidence it was asked with.
      const verified = await this.verified(caller, verificationId, personAsSent, at);
      if (!fitsEvidence({ person, sent: personAsSent })) throw inputInvalid('person');
      const entry = { ...verified, subject: null, grouping: canonicalEvidence(evidence) };

      // 3. One that is there already: recorded, and told as it stands.
      const earlier = await store.ofVerification(caller.partner, verified.id, verified.at, at);
      if (earlier !== undefined) {
        // As when it is read: a system is told nothing under a grant for named officers.
        const isForOfficers = authority.grant(verified.grant)?.requiresNamedOfficer === true;
        if (isForOfficers && caller.officer === undefined) {
          throw new GatewayError('ERR_NAMED_OFFICER_REQUIRED');
        }
        const receipt = await records.append(
          id,
          caller,
          { requestId, said },
          // Charged already where another request for it was first.
          { ...entry, charge: spent.about?.charge ?? null },
          'REFERRAL_REQUESTED',
          {},
        );
        return { referral: ownReferral(earlier, at), receipt };
      }

      // 4. The grant, in force as it was then; the officer, the evidence. Nobody is looked up.
      let grant = this.decide(caller, verified, evidence, at);

      // 5. The quota, then the budgets: as a question, as a miss that nothing gives back, and never
      //    from what a duty officer released. Who has caught up decides again.
      refuseWithoutRoom(await store.use(store.querier, { partner: caller.partner, account }, at));
      const canonicalQuestion = canonicalJson({ referral: verified.id, reason });
      const charged = await chargeQuestion(
        budget,
        authority,
        { caller, grant, requestId, canonicalQuestion, evidence, isReferral: true },
        at,
      );
      spent.about = { ...verified, subject: null, charge: charged.kept };
      if (await authority.catchUp(charged.authority)) {
        caller = authority.establish(asked);
        grant = this.decide(caller, verified, evidence, at);
      }

      // 6. The referral and its record, durable together before anything leaves.
      const content = {
        verificationId: verified.id,
        requestId,
        grant: verified.grant,
        grantVersion: verified.grantVersion,
        purpose: verified.purpose,
        reason,
        officer: caller.officer ?? null,
        caseReference: verified.caseReference,
        needsSecond: takesTwo(grant),
      };
      const referral = {
        id: newId(),
        partner: caller.partner,
        account,
        requestedAt: at,
        verifiedAt: verified.at,
        content,
        evidence: { person, sent: personAsSent },
      };
      const insert = await store.prepare(referral);
      const receipt = await doneWithRecord(
        async (alongside) =>
          records.append(
            id,
            caller,
            { requestId, said },
            { ...entry, charge: charged.kept },
            'REFERRAL_REQUESTED',
            { alongside },
          ),
        async (manager) => {
          // The tree of the partner grows by one after the other, so that none is counted past.
          refuseWithoutRoom(await store.use(manager, referral, at));
          await insert(manager);
        },
      );
      return { referral: ownReferral({ ...referral, ...unanswered }, at), receipt };
    });
  }

  /** @throws {GatewayError} ERR_REFERRAL_NOT_USABLE; ERR_INPUT_INVALID for other evidence */
  private async verified(
    { partner }: Caller,
    id: string,
    personAsSent: unknown,
    now: Date,
  ): Promise<Verified> {
    const found = isUuid(id) ? await this.options.log.ownRecord(partner, id) : undefined;
    if (found === undefined) throw notUsable();
    const { record, host, salt } = found;
    const { grant, grantVersion, purpose, question, outcome } = record;
    const at = new Date(record.at);
    const isRecent = now.getTime() - at.getTime() < requestHours * 3_600_000;
    if (!unclear.includes(outcome) || !isRecent || host.test === true) throw notUsable();
    if (grant === null || grantVersion === null || purpose === null || question === null) {
      throw notUsable();
    }
    if (!equalInConstantTime(commitQuestion(salt, personAsSent ?? null), question)) {
      throw inputInvalid('person');
    }
    return { id, at, grant, grantVersion, purpose, caseReference: host.caseReference };
  }

  /** The grant, when it is in force in the version the verification was answered under. */
  private decide(caller: Caller, verified: Verified, evidence: Evidence, now: Date): Grant {
    const { authority } = this.options;
    if (authority.isStopped(caller.partner)) throw new GatewayError('ERR_STOPPED');
    const grant = authority.grant(verified.grant);
    const compared = restrictEvidence(evidence, new Set(grant?.matchOn ?? []));
    const { purpose, grantVersion } = verified;
    if (!isPurpose(purpose)) throw new GatewayError('ERR_GRANT_NOT_USABLE');
    const decision = decideQuestion(
      grant,
      caller,
      {
        purpose,
        fields: [],
        elements: evidenceElementsOf(compared),
        meetsFloor: meetsEvidenceFloor(compared),
      },
      now,
    );
    if (!decision.allow) throw new GatewayError(decision.code);
    if (grant?.version !== grantVersion) throw new GatewayError('ERR_GRANT_NOT_USABLE');
    return grant;
  }
}

const unanswered = { withdrawn: false, told: null } as const;

const notUsable = (): GatewayError => new GatewayError('ERR_REFERRAL_NOT_USABLE');

function refuseWithoutRoom(use: Parameters<typeof hasRoom>[0]): void {
  if (hasRoom(use)) return;
  const retryAt = roomAt(use);
  throw new GatewayError('ERR_BUDGET_SPENT', {
    budget: 'REFERRALS',
    ...(retryAt === null ? {} : { retryAt }),
  });
}
