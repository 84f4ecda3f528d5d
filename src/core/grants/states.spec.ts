import { describe, expect, test } from '@jest/globals';
import {
  grantTransitionRows,
  refusedPeopleRows,
  storedStates,
  transitionPeople,
} from '../../../test/truth/grant-transitions.js';
import { decideTransition, grantActs, stateAt, type StoredState } from './states.js';

describe('transitions', () => {
  test.each(grantActs.flatMap((act) => storedStates.map((state) => [act, state] as const)))(
    '%s in %s',
    (act, state) => {
      const to = grantTransitionRows[act][state];
      expect(decideTransition(act, state, transitionPeople[act])).toEqual(
        to === '-' ? { allow: false, code: 'ERR_GRANT_STATE' } : { allow: true, to },
      );
    },
  );

  test.each(refusedPeopleRows)(
    '$act in $state is refused to $people',
    ({ act, state, people, code }) => {
      expect(decideTransition(act, state, people)).toEqual({ allow: false, code });
    },
  );
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
