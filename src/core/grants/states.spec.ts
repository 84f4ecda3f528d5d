import { describe, expect, test } from '@jest/globals';
import {
  decideTransition,
  grantActs,
  grantTransitions,
  stateAt,
  type GrantAct,
  type StoredState,
} from './states.js';

const states: readonly StoredState[] = [
  'DRAFT',
  'SUBMITTED',
  'APPROVED',
  'ACTIVE',
  'SUSPENDED',
  'REVOKED',
];

/** Every act in every state: where it leads, or a dash where it is refused. */
const table: Readonly<Record<GrantAct, Readonly<Record<StoredState, StoredState | '-'>>>> = {
  SUBMIT: row('SUBMITTED', 'SUBMITTED', '-', '-', '-', '-'),
  APPROVE: row('-', 'APPROVED', '-', '-', '-', '-'),
  REFUSE: row('-', 'DRAFT', '-', '-', '-', '-'),
  ACCEPT: row('-', '-', 'ACTIVE', '-', '-', '-'),
  NARROW: row('-', '-', '-', 'ACTIVE', 'SUSPENDED', '-'),
  SUSPEND: row('-', '-', '-', 'SUSPENDED', '-', '-'),
  RESUME: row('-', '-', '-', '-', 'ACTIVE', '-'),
  REVOKE: row('REVOKED', 'REVOKED', 'REVOKED', 'REVOKED', 'REVOKED', '-'),
};

function row(...to: readonly (StoredState | '-')[]) {
  return Object.fromEntries(states.map((state, at) => [state, to[at] ?? '-'])) as Record<
    StoredState,
    StoredState | '-'
  >;
}

const peopleFor = (act: GrantAct) =>
  ({ ONE: ['a'], TWO: ['a', 'b'], PARTNER: [] })[grantTransitions[act].by];

describe('transitions', () => {
  test.each(grantActs.flatMap((act) => states.map((state) => [act, state] as const)))(
    '%s in %s',
    (act, state) => {
      const to = table[act][state];
      expect(decideTransition(act, state, peopleFor(act))).toEqual(
        to === '-' ? { allow: false, code: 'ERR_GRANT_STATE' } : { allow: true, to },
      );
    },
  );

  test.each<[GrantAct, StoredState, readonly string[], string]>([
    ['APPROVE', 'SUBMITTED', ['a', 'a'], 'ERR_APPROVER_IS_REQUESTER'],
    ['APPROVE', 'SUBMITTED', ['a'], 'ERR_GRANT_STATE'],
    ['RESUME', 'SUSPENDED', ['a', 'a'], 'ERR_APPROVER_IS_REQUESTER'],
    ['RESUME', 'SUSPENDED', ['a'], 'ERR_GRANT_STATE'],
    ['ACCEPT', 'APPROVED', ['a'], 'ERR_GRANT_STATE'],
    ['SUSPEND', 'ACTIVE', [], 'ERR_GRANT_STATE'],
  ])('%s in %s is refused to %j', (act, state, people, code) => {
    expect(decideTransition(act, state, people)).toEqual({ allow: false, code });
  });
});

test.each<[StoredState, string, string]>([
  ['ACTIVE', '2026-01-01', 'ACCEPTED'],
  ['ACTIVE', '2026-02-01', 'ACTIVE'],
  ['ACTIVE', '2026-03-01', 'EXPIRED'],
  ['SUSPENDED', '2026-02-15', 'SUSPENDED'],
  ['SUSPENDED', '2026-03-01', 'EXPIRED'],
  ['APPROVED', '2026-01-01', 'APPROVED'],
  ['REVOKED', '2026-03-01', 'REVOKED'],
])('%s on %s is %s', (state, day, expected) => {
  const validFrom = new Date('2026-02-01T00:00:00Z');
  const validUntil = new Date('2026-03-01T00:00:00Z');
  expect(stateAt({ state, validFrom, validUntil }, new Date(`${day}T00:00:00Z`))).toBe(expected);
});
