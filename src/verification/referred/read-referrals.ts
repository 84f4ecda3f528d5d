import type { AccessLog } from '../../access-log/index.js';
import { disclosureLevelOf, fieldCatalogue } from '../../core/disclosure/catalogue.js';
import type { SubjectField } from '../../core/disclosure/catalogue.js';
import { decideQuestion } from '../../core/grants/decide.js';
import { GatewayError, inputInvalid } from '../../core/errors.js';
import type { Grant } from '../../core/grants/grant.js';
import { isPurpose } from '../../core/grants/purpose.js';
import {
  classify,
  evidenceElementsOf,
  meetsEvidenceFloor,
  parseEvidence,
  restrictEvidence,
  type PersonEvidenceInput,
} from '../../core/matching/index.js';
import { mayBeCollected, type ReferralState } from '../../core/referrals/referral.js';
import type { Authority, BudgetLedger, Caller } from '../../grants/index.js';
import {
  closedReferrals,
  comparePeople,
  isCandidate,
  ownReferral,
  takesTwo,
  type OwnCursors,
  type OwnReferral,
  type PartnerRecord,
  type Referral,
  type ReferralRegister,
  type ReferralStore,
  type ToldFacts,
} from '../../referrals/index.js';
import type { Answer } from '../answer.js';
import { chargesUnder } from '../charge-question.js';
import { isUuid } from '../question.js';
import { TellAnswer } from '../tell-answer.js';

/** A referral, and what a confirmation lets out. */
export interface ReadReferral extends OwnReferral {
  readonly answer: Answer | undefined;
}

export interface ReferralPage {
  readonly referrals: readonly { readonly referral: OwnReferral; readonly cursor: string }[];
  readonly hasNextPage: boolean;
}

export interface ReadReferralsOptions {
  readonly authority: Pick<Authority, 'refresh' | 'establish' | 'grant' | 'grantsOf' | 'isStopped'>;
  readonly budget: Pick<BudgetLedger, 'noteReferredMatch'>;
  readonly register: ReferralRegister;
  readonly accessLog: Pick<AccessLog, 'append'>;
  readonly told: Pick<ToldFacts, 'prepare'>;
  readonly store: ReferralStore;
  readonly records: PartnerRecord;
  readonly cursors: OwnCursors;
  readonly now: () => Date;
  readonly newId: () => string;
}

export const mostReferrals = 50;

/** Looked up where the evidence is gone; whom it gives is nobody's business. */
const anybody: PersonEvidenceInput = {
  names: [{ full: 'Maryam Rahimi' }],
  fatherName: 'Abdul Karim',
  dateOfBirth: '1985-06-15',
};

/**
 * A partner asks what became of its referrals. What a liaison officer confirmed is told at the first
 * asking, as far as it may be told then, by the path every match takes; everything else looks alike.
 */
export class ReadReferrals {
  private readonly tellAnswer: TellAnswer;

  constructor(private readonly options: ReadReferralsOptions) {
    this.tellAnswer = new TellAnswer(options.accessLog, options.told, options.now);
  }

  /**
   * One referral of the partner's own; `undefined` for an unknown one and another partner's alike.
   *
   * @param fields of the subject selected; judged by the grant before anything is looked at
   * @throws {GatewayError} ERR_FIELD_NOT_GRANTED, ERR_NAMED_OFFICER_REQUIRED, ERR_STOPPED;
   *   ERR_LOG_UNAVAILABLE
   */
  async one(
    asked: Caller,
    referralId: string,
    fields: readonly SubjectField[],
  ): Promise<ReadReferral | undefined> {
    const { store, records, now } = this.options;
    return records.recorded(asked, this.reading({ referralId }), async (id) => {
      // 1. Authority as it is now.
      const caller = await this.established(asked);
      const at = now();

      // 2. The partner's own referral.
      const found = isUuid(referralId)
        ? await store.find(caller.partner, referralId, at)
        : undefined;
      if (found === undefined) {
        await this.record(id, caller, { referralId });
        return undefined;
      }

      // 3. What is selected, by the grant alone.
      this.checkSelected(caller, found, fields);

      // 4. What was confirmed, where it may be told now: its record first.
      const answer = await this.tell(caller, found, fields);
      if (answer !== undefined) {
        return { ...ownReferral({ ...found, told: 'CONFIRMED' }, now()), answer };
      }

      // 5. Anything else, on record; what is past its deadline is settled for good.
      await this.record(id, caller, { referralId }, async (manager) => {
        const settled = await store.settle(manager, caller.partner, at, { only: found.id });
        return closedReferrals('OVER', settled, at);
      });
      return { ...ownReferral(found, at), answer: undefined };
    });
  }

  /**
   * The partner's own, the latest first. What was confirmed and not told yet is told by it, without any
   * field; `one` gives the answer.
   *
   * @param first 1 to 50
   * @throws {GatewayError} ERR_INPUT_INVALID, ERR_STOPPED, ERR_LOG_UNAVAILABLE
   */
  async list(
    asked: Caller,
    wanted: {
      readonly first: number;
      readonly after: string | undefined;
      readonly state: ReferralState | undefined;
    },
  ): Promise<ReferralPage> {
    const { store, records, cursors, now } = this.options;
    const { first, after, state } = wanted;
    const said = { first, after: after ?? null, state: state ?? null };
    return records.recorded(asked, this.reading(said), async (id) => {
      const caller = await this.established(asked);
      const { partner } = caller;
      if (!Number.isSafeInteger(first) || first < 1 || first > mostReferrals) {
        throw inputInvalid('first');
      }
      const from = after === undefined ? undefined : cursors.read(partner, after);
      const at = now();
      const exceptGrants = this.notFor(caller);

      for (const referral of await store.listUntold(partner, exceptGrants, at)) {
        await this.tell(caller, referral, []);
      }
      await this.record(id, caller, said, async (manager) => {
        const settled = await store.settle(manager, partner, at, { exceptGrants });
        return closedReferrals('OVER', settled, at);
      });
      const found = await store.page(
        partner,
        { first: first + 1, after: from, state, exceptGrants },
        at,
      );
      return {
        referrals: found.slice(0, first).map((referral) => ({
          referral: ownReferral(referral, at),
          cursor: cursors.write(partner, { since: referral.requestedAt, id: referral.id }),
        })),
        hasNextPage: found.length > first,
      };
    });
  }

  private async established(asked: Caller): Promise<Caller> {
    const { authority, register } = this.options;
    await authority.refresh();
    await register.refresh();
    const caller = authority.establish(asked);
    if (authority.isStopped(caller.partner)) throw new GatewayError('ERR_STOPPED');
    return caller;
  }

  /** @throws {GatewayError} ERR_FIELD_NOT_GRANTED, ERR_NAMED_OFFICER_REQUIRED */
  private checkSelected(
    caller: Caller,
    { content }: Referral,
    fields: readonly SubjectField[],
  ): void {
    const grant = this.options.authority.grant(content.grant);
    if (grant === undefined) return;
    if (grant.requiresNamedOfficer && caller.officer === undefined) {
      throw new GatewayError('ERR_NAMED_OFFICER_REQUIRED');
    }
    for (const field of fields) {
      if (disclosureLevelOf(grant.fields, field) === 'WITHHELD') {
        throw new GatewayError('ERR_FIELD_NOT_GRANTED', { field: fieldCatalogue[field].name });
      }
    }
  }

  /** Grants whose referrals are not for this caller: a named officer is asked for. */
  private notFor({ partner, officer }: Caller): readonly string[] {
    if (officer !== undefined) return [];
    return this.options.authority
      .grantsOf(partner)
      .filter(({ requiresNamedOfficer }) => requiresNamedOfficer)
      .map(({ id }) => id);
  }

  /**
   * Tells what was confirmed, or does nothing: where the grant does not let it be asked now, or the
   * person is not among those it may be told of, it is as if nobody had decided.
   */
  private async tell(
    caller: Caller,
    referral: Referral,
    fields: readonly SubjectField[],
  ): Promise<Answer | undefined> {
    const { register, store, budget, now, newId } = this.options;
    const at = now();
    const { evidence: supplied, choice: chosenBefore, content } = referral;
    const choice = mayBeCollected(referral, at) ? chosenBefore : null;
    // The same is looked up whatever was decided, that an undecided case takes no less than one whose
    // person is kept from the partner.
    const evidence = parseEvidence(supplied?.person ?? anybody, at);
    const { purpose } = content;
    const grant = this.usable(caller, referral, evidence, at);
    if (grant === undefined || !isPurpose(purpose)) return undefined;
    const isThere = isCandidate(register, grant, caller, evidence, choice);
    if (!isThere || supplied === null) return undefined;
    // A grant that became one of high assurance since: what one confirmed is not enough.
    if ((content.needsSecond || takesTwo(grant)) && !referral.byTwo) return undefined;
    const { people } = await comparePeople(register, grant, caller, evidence);
    const chosen = people.find(({ opened }) => opened.id === choice);
    if (chosen === undefined) return undefined;
    return this.tellAnswer.execute({
      id: newId(),
      caller,
      grant,
      question: {
        requestId: content.requestId,
        grantId: grant.id,
        purpose,
        caseReference: content.caseReference ?? '',
        personAsSent: supplied.sent,
        fields,
      },
      evidence,
      found: classify([chosen], grant.assuranceLevel),
      outcome: 'MATCH',
      kept: null,
      withMatch: async (manager) => {
        // Withdrawn, taken back or settled in between: looked at again.
        if (!(await store.noteTold(manager, referral, at))) {
          throw new GatewayError('ERR_ROW_CONFLICT');
        }
        if (referral.told === null) {
          const charges = chargesUnder(grant, evidence);
          const { partner, state } = caller;
          // Who reads knows it now, and who asked will hear of it.
          for (const officer of new Set([caller.officer, content.officer ?? undefined])) {
            const named = officer === undefined ? {} : { officer };
            const match = { partner, state, ...named, grant: grant.id, charges };
            await budget.noteReferredMatch(manager, match, at);
          }
        }
      },
    });
  }

  private usable(
    caller: Caller,
    { content }: Referral,
    evidence: ReturnType<typeof parseEvidence>,
    now: Date,
  ): Grant | undefined {
    const grant = this.options.authority.grant(content.grant);
    const compared = restrictEvidence(evidence, new Set(grant?.matchOn ?? []));
    const { purpose } = content;
    if (grant === undefined || !isPurpose(purpose)) return undefined;
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
    return decision.allow ? grant : undefined;
  }

  private reading(said: object) {
    return { requestId: this.options.newId(), said };
  }

  private async record(
    id: string,
    caller: Caller,
    said: object,
    alongside?: NonNullable<NonNullable<Parameters<AccessLog['append']>[1]>['alongside']>,
  ): Promise<void> {
    await this.options.records.append(
      id,
      caller,
      { requestId: id, said },
      { grant: null, grantVersion: null, purpose: null, subject: null },
      'READ_REFERRALS',
      alongside === undefined ? {} : { alongside },
    );
  }
}
