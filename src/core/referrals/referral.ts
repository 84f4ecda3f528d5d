/**
 * Referrals: an unclear case a partner's officer puts before people of the host. This file owns the
 * numbers, and what is told when.
 *
 * What its partner sees of a referral follows from its own conduct, from the time, and from one thing of
 * the host's: that a liaison officer confirmed a person who can be told of. Declined, decided by nobody,
 * without anybody in scope who resembles the evidence, and confirmed but not to be told of any more are
 * one: `OPEN` until the deadline, `NOT_CONFIRMED` from then, `EXPIRED` a day later.
 */

export const referralStates = [
  'OPEN',
  'CONFIRMED',
  'NOT_CONFIRMED',
  'EXPIRED',
  'WITHDRAWN',
] as const;
/** As its partner is told it. */
export type ReferralState = (typeof referralStates)[number];

/** Why the officer in front of the person thinks it unclear; no value and no free text is taken. */
export const referralReasons = [
  'SPELLING_UNSURE',
  'DATE_UNSURE',
  'DOCUMENT_DAMAGED',
  'NO_DOCUMENT',
  'OTHER',
] as const;
export type ReferralReason = (typeof referralReasons)[number];

export const referralDecisions = ['CONFIRMED', 'DECLINED'] as const;
export type ReferralDecision = (typeof referralDecisions)[number];

/** How long after its verification a case may be referred: as long as an answer may be relied on. */
export const requestHours = 24;
/** How long the host has to decide, and the partner waits for anything but a confirmation. */
export const decideHours = 48;
/** How long after the deadline a confirmation that was not asked for yet is still told. */
export const collectHours = 24;
/** How long a referral can be read by its partner after its deadline. */
export const keptDays = 30;
const pollMinutes = 10;

/** Referrals one account, and one partner, may have whose deadline has not come, whatever became of them. */
export const mostOfAccount = 10;
export const mostOfPartner = 40;

/** Cases one liaison officer may open on one UTC day: each shows people. */
export const viewsPerDay = 40;
/** People shown of one case. */
export const mostShown = 5;

export interface ReferralFacts {
  readonly requestedAt: Date;
  readonly decision: ReferralDecision | null;
  readonly withdrawn: boolean;
  /** What its partner has been told for good; null while nothing. */
  readonly told: 'CONFIRMED' | 'NOT_CONFIRMED' | null;
}

const hoursAfter = (at: Date, hours: number): Date => new Date(at.getTime() + hours * 3_600_000);

export const deadlineOf = (requestedAt: Date): Date => hoursAfter(requestedAt, decideHours);
/** From this instant nothing is disclosed any more, and the evidence is gone. */
export const collectUntilOf = (requestedAt: Date): Date =>
  hoursAfter(requestedAt, decideHours + collectHours);

/** What the partner is told where nothing is disclosed with it. The decision has no part in it. */
export function toldState(
  { requestedAt, withdrawn, told }: Omit<ReferralFacts, 'decision'>,
  now: Date,
): ReferralState {
  if (withdrawn) return 'WITHDRAWN';
  if (told === 'CONFIRMED') return 'CONFIRMED';
  if (now < deadlineOf(requestedAt)) return 'OPEN';
  return now < collectUntilOf(requestedAt) ? 'NOT_CONFIRMED' : 'EXPIRED';
}

/** Whether a confirmation may be told now, as far as the referral itself goes. */
export function mayBeCollected(
  { requestedAt, decision, withdrawn, told }: ReferralFacts,
  now: Date,
): boolean {
  return (
    decision === 'CONFIRMED' &&
    !withdrawn &&
    told !== 'NOT_CONFIRMED' &&
    now < collectUntilOf(requestedAt)
  );
}

/**
 * Whether a liaison officer may decide it now. Nothing is confirmed twice, or after a decline; a
 * confirmation is taken back until its partner has been told.
 */
export function mayBeDecided(
  { requestedAt, decision, withdrawn, told }: ReferralFacts,
  to: ReferralDecision,
  now: Date,
): boolean {
  const isLive = !withdrawn && told === null;
  if (to === 'DECLINED' && decision === 'CONFIRMED') {
    return isLive && now < collectUntilOf(requestedAt);
  }
  return isLive && decision === null && now < deadlineOf(requestedAt);
}

/** Whether its partner may take it back: while it is open to it, whatever was decided. */
export const mayBeWithdrawn = (facts: Omit<ReferralFacts, 'decision'>, now: Date): boolean =>
  toldState(facts, now) === 'OPEN';

/** When asking again may tell more; null where nothing more comes. */
export function checkAgainAt(state: ReferralState, requestedAt: Date, now: Date): Date | null {
  if (state !== 'OPEN') return null;
  const soon = new Date(now.getTime() + pollMinutes * 60_000);
  const deadline = deadlineOf(requestedAt);
  return soon < deadline ? soon : deadline;
}

/** What an account and its partner have under way. */
export interface ReferralUse {
  readonly ofAccount: number;
  readonly ofPartner: number;
  /** The first deadline of the account's; null of none. */
  readonly accountFreeAt: Date | null;
  /** Of the partner's. */
  readonly partnerFreeAt: Date | null;
}

/** When there is room for one more; null where there is, or nothing is under way. */
export function roomAt(use: ReferralUse): Date | null {
  const partnerAt = use.ofPartner < mostOfPartner ? null : use.partnerFreeAt;
  const accountAt = use.ofAccount < mostOfAccount ? null : use.accountFreeAt;
  if (partnerAt === null || accountAt === null) return partnerAt ?? accountAt;
  return partnerAt > accountAt ? partnerAt : accountAt;
}

/** Whether one more may be requested. A withdrawn one counts until its deadline: it took people's time. */
export const hasRoom = ({ ofAccount, ofPartner }: ReferralUse): boolean =>
  ofAccount < mostOfAccount && ofPartner < mostOfPartner;
