import type { GatewayErrorCode } from '../../src/core/errors.js';
import type { GrantAct, StoredState } from '../../src/core/grants/states.js';

/**
 * What may happen to a version of a grant in which state: by hand, not out of the table it is held
 * against. Held to by the rule (core/grants/states.spec.ts), by the lifecycle in a database
 * (grants/lifecycle.spec.ts) and by the staff door (test/grants-door.e2e-spec.ts).
 */
export const storedStates: readonly StoredState[] = [
  'DRAFT',
  'SUBMITTED',
  'APPROVED',
  'ACTIVE',
  'SUSPENDED',
  'REVOKED',
];

/** Every act in every state: where it leads, or a dash where it is refused. */
export const grantTransitionRows: Readonly<
  Record<GrantAct, Readonly<Record<StoredState, StoredState | '-'>>>
> = {
  SUBMIT: row('SUBMITTED', 'SUBMITTED', '-', '-', '-', '-'),
  APPROVE: row('-', 'APPROVED', '-', '-', '-', '-'),
  REFUSE: row('-', 'DRAFT', '-', '-', '-', '-'),
  ACCEPT: row('-', '-', 'ACTIVE', '-', '-', '-'),
  NARROW: row('-', '-', '-', 'ACTIVE', 'SUSPENDED', '-'),
  SUSPEND: row('-', '-', '-', 'SUSPENDED', '-', '-'),
  RESUME: row('-', '-', '-', '-', 'ACTIVE', '-'),
  REVOKE: row('REVOKED', 'REVOKED', 'REVOKED', 'REVOKED', 'REVOKED', '-'),
};

/** Who takes part; `a` asked, and the second of two approved. */
export const transitionPeople: Readonly<Record<GrantAct, readonly string[]>> = {
  SUBMIT: ['a'],
  APPROVE: ['a', 'b'],
  REFUSE: ['a'],
  ACCEPT: [],
  NARROW: ['a'],
  SUSPEND: ['a'],
  RESUME: ['a', 'b'],
  REVOKE: ['a'],
};

/** Refused for who takes part, whatever the state. */
export const refusedPeopleRows: readonly {
  readonly act: GrantAct;
  readonly state: StoredState;
  readonly people: readonly string[];
  readonly code: GatewayErrorCode;
}[] = [
  { act: 'APPROVE', state: 'SUBMITTED', people: ['a', 'a'], code: 'ERR_APPROVER_IS_REQUESTER' },
  { act: 'APPROVE', state: 'SUBMITTED', people: ['a'], code: 'ERR_GRANT_STATE' },
  { act: 'RESUME', state: 'SUSPENDED', people: ['a', 'a'], code: 'ERR_APPROVER_IS_REQUESTER' },
  { act: 'RESUME', state: 'SUSPENDED', people: ['a'], code: 'ERR_GRANT_STATE' },
  { act: 'ACCEPT', state: 'APPROVED', people: ['a'], code: 'ERR_GRANT_STATE' },
  { act: 'SUSPEND', state: 'ACTIVE', people: [], code: 'ERR_GRANT_STATE' },
];

function row(
  ...to: readonly (StoredState | '-')[]
): Readonly<Record<StoredState, StoredState | '-'>> {
  return Object.fromEntries(storedStates.map((state, at) => [state, to[at] ?? '-'])) as Record<
    StoredState,
    StoredState | '-'
  >;
}
