import {
  checkAgainAt,
  deadlineOf,
  toldState,
  type ReferralReason,
  type ReferralState,
} from '../core/referrals/referral.js';
import type { Referral } from './referral-store.js';

/** A referral as its partner sees it. */
export interface OwnReferral {
  readonly id: string;
  readonly verificationId: string;
  readonly requestId: string;
  readonly grantId: string;
  readonly reason: ReferralReason;
  readonly state: ReferralState;
  readonly requestedAt: Date;
  readonly deadline: Date;
  /** When asking again may tell more; null where nothing more comes. */
  readonly checkAgainAt: Date | null;
}

/** Everything a partner is told of its referral but for the answer. The decision has no part in it. */
export function ownReferral(
  {
    id,
    content,
    ...facts
  }: Pick<Referral, 'id' | 'content' | 'requestedAt' | 'withdrawn' | 'told'>,
  now: Date,
): OwnReferral {
  const { verificationId, requestId, grant: grantId, reason } = content;
  const { requestedAt } = facts;
  const state = toldState(facts, now);
  return {
    id,
    verificationId,
    requestId,
    grantId,
    reason,
    state,
    requestedAt,
    deadline: deadlineOf(requestedAt),
    checkAgainAt: checkAgainAt(state, requestedAt, now),
  };
}
