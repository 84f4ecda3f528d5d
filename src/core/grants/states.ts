import type { GatewayErrorCode } from '../errors.js';
import type { Grant, GrantState, GrantTerms } from './grant.js';

/** What can happen to a version of a grant. */
export const grantActs = [
  'SUBMIT',
  'APPROVE',
  'REFUSE',
  'ACCEPT',
  'NARROW',
  'SUSPEND',
  'RESUME',
  'REVOKE',
] as const;
export type GrantAct = (typeof grantActs)[number];

/** States as stored; ACCEPTED and EXPIRED follow from the clock, see {@link stateAt}. */
export type StoredState = Exclude<GrantState, 'ACCEPTED' | 'EXPIRED'>;

/** Who takes part in an act: one person of the host, two different ones, or the partner. */
export type Participants = 'ONE' | 'TWO' | 'PARTNER';

interface Transition {
  readonly from: readonly StoredState[];
  readonly to: StoredState;
  readonly by: Participants;
}

/**
 * The one transition table. What stops or narrows takes one person and acts at once; what lets more
 * be learnt takes two.
 */
export const grantTransitions: Readonly<Record<GrantAct, Transition>> = {
  // Again as well, when nobody decided in time.
  SUBMIT: { from: ['DRAFT', 'SUBMITTED'], to: 'SUBMITTED', by: 'ONE' },
  APPROVE: { from: ['SUBMITTED'], to: 'APPROVED', by: 'TWO' },
  REFUSE: { from: ['SUBMITTED'], to: 'DRAFT', by: 'ONE' },
  ACCEPT: { from: ['APPROVED'], to: 'ACTIVE', by: 'PARTNER' },
  NARROW: { from: ['ACTIVE', 'SUSPENDED'], to: 'ACTIVE', by: 'ONE' },
  SUSPEND: { from: ['ACTIVE'], to: 'SUSPENDED', by: 'ONE' },
  RESUME: { from: ['SUSPENDED'], to: 'ACTIVE', by: 'TWO' },
  REVOKE: {
    from: ['DRAFT', 'SUBMITTED', 'APPROVED', 'ACTIVE', 'SUSPENDED'],
    to: 'REVOKED',
    by: 'ONE',
  },
};

export type TransitionDecision =
  | { readonly allow: true; readonly to: StoredState }
  | { readonly allow: false; readonly code: GatewayErrorCode };

/**
 * May this act happen to a version in this state, by these people? A narrowed grant stays as it was:
 * suspended remains suspended.
 *
 * @param people accounts of the host that take part: who asked, then who approved; none for the partner
 */
export function decideTransition(
  act: GrantAct,
  state: StoredState,
  people: readonly string[],
): TransitionDecision {
  const { from, to, by } = grantTransitions[act];
  if (!from.includes(state)) return { allow: false, code: 'ERR_GRANT_STATE' };
  const [first, second] = people;
  const needed = { ONE: 1, TWO: 2, PARTNER: 0 }[by];
  if (people.length !== needed) return { allow: false, code: 'ERR_GRANT_STATE' };
  if (by === 'TWO' && first === second) return { allow: false, code: 'ERR_APPROVER_IS_REQUESTER' };
  return { allow: true, to: act === 'NARROW' ? state : to };
}

/** The state a grant is in now: accepted until it begins, expired once it has ended. */
export function stateAt(
  {
    state,
    validFrom,
    validUntil,
  }: Pick<Grant, 'state'> & Pick<GrantTerms, 'validFrom' | 'validUntil'>,
  now: Date,
): GrantState {
  if (state === 'REVOKED' || state === 'EXPIRED') return state;
  if (now >= validUntil) return 'EXPIRED';
  if (state === 'ACTIVE' && now < validFrom) return 'ACCEPTED';
  return state;
}
