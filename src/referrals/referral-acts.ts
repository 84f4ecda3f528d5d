import { GatewayError } from '../core/errors.js';
import type { SubjectId } from '../core/ids.js';
import {
  textMember,
  uuidForm,
  type ActHandler,
  type ActPayload,
  type ChangingAct,
} from '../staff/index.js';
import { closedReferrals } from './close-again.js';
import type { ReferralDesk } from './referral-desk.js';
import type { Referral, ReferralStore } from './referral-store.js';

export type ReferralAct = Extract<ChangingAct, `REFERRAL_${string}`>;

const candidateForm = /^[0-9a-f]{32}$/;
const reasonForm = /^(?=.*\S)[^\p{Cc}\p{Cs}]{1,500}$/u;

/**
 * Decisions of liaison officers on unclear cases. The book of acts, which whoever reads the database can
 * read, names a candidate by a fingerprint that leads to nobody; whom it is, is sealed in the referral
 * and in the record. What was confirmed is told when its partner asks, and only what may be told then.
 */
export class ReferralActs {
  constructor(
    private readonly store: ReferralStore,
    private readonly desk: Pick<ReferralDesk, 'choose'>,
  ) {}

  /** @param needsSecond a case under a grant of high assurance takes two, others one */
  readonly #confirm =
    (needsSecond: boolean): ActHandler =>
    (content) => {
      const payload = {
        ...payloadOf(content),
        candidate: textMember(content, 'candidate', candidateForm),
      };
      let chosen: { readonly referral: Referral; readonly subject: SubjectId } | undefined;
      return {
        payload,
        get subject(): string {
          if (chosen === undefined) throw new TypeError('a candidate is chosen first');
          return chosen.subject;
        },
        ready: async () => {
          const found = await this.desk.choose(payload.referral, payload.candidate);
          if (found.needsSecond !== needsSecond) {
            throw new GatewayError('ERR_CONFLICT', { argument: 'referral', detail: 'assurance' });
          }
          chosen = found;
        },
        apply: async (manager, { actId, at }) => {
          if (chosen === undefined) throw new TypeError('a candidate is chosen first');
          const { referral, subject } = chosen;
          const isFirst = await this.store.confirm(manager, referral, subject, {
            act: actId,
            at,
            byTwo: needsSecond,
          });
          if (!isFirst) throw decidedBefore();
        },
      };
    };

  readonly #decline: ActHandler = (content) => {
    const payload = payloadOf(content);
    return {
      payload,
      apply: async (manager, { actId, at }) => {
        const { referral } = payload;
        const isFirst = await this.store.decline(manager, referral, { act: actId, at });
        if (!isFirst) throw decidedBefore();
        return closedReferrals('DECLINED', [referral], at);
      },
    };
  };

  /** A handler for each act; one missing does not compile. */
  readonly handlers: Readonly<Record<ReferralAct, ActHandler>> = {
    REFERRAL_CONFIRM: this.#confirm(false),
    REFERRAL_CONFIRM_BY_TWO: this.#confirm(true),
    REFERRAL_DECLINE: this.#decline,
  };
}

const payloadOf = (content: ActPayload) => ({
  referral: textMember(content, 'referral', uuidForm),
  reason: textMember(content, 'reason', reasonForm),
});

/** Decided, withdrawn, over or not there: one refusal. */
const decidedBefore = (): GatewayError =>
  new GatewayError('ERR_CONFLICT', { argument: 'referral', detail: 'not open' });
