import { describe, expect, test } from '@jest/globals';
import { grantActRows } from '../../../test/truth/grant-acts.js';
import { decideAct, isWidening, staffActs, staffRoles, type StaffAct } from '../staff/acts.js';
import { isWideningAct, wideningActs } from './widening.js';

/** Named as widening, and at no door yet. */
const notDoneByAnybody = ['CASELOAD_MOVE', 'THRESHOLD_SET'];

describe('the table of widening acts and the table of role and act', () => {
  test.each(Object.keys(staffActs) as StaffAct[])('%s: by two exactly where it widens', (act) => {
    expect([act, isWidening(act)]).toEqual([act, isWideningAct(act)]);
  });

  test('name the same acts, but for those no door has yet', () => {
    const known: readonly string[] = Object.keys(staffActs);
    expect(Object.keys(wideningActs).filter((act) => !known.includes(act))).toEqual(
      notDoneByAnybody,
    );
  });
});

const at = new Date('2026-03-01T09:30:00Z');

test.each(grantActRows.flatMap((row) => staffRoles.map((role) => ({ ...row, role }))))(
  '$act by $role',
  ({ act, role, may, how }) => {
    const staff = { account: 'a', roles: [role], active: true, approvesFrom: at };
    expect(decideAct(act, staff)).toEqual(
      may.includes(role) ? { allow: true } : { allow: false, code: 'ERR_ACT_NOT_PERMITTED' },
    );
    expect(isWidening(act)).toBe(how === 'asks');
    expect(act.endsWith('_READ')).toBe(how === 'reads');
  },
);

test('every act about grants, budgets and documents has its row', () => {
  const acts = Object.keys(staffActs).filter((act) =>
    /^(GRANT|TEST_GRANT|BUDGET|COUNTERS|DOCUMENTS)_/.test(act),
  );
  expect(grantActRows.map(({ act }) => act).sort()).toEqual(acts.sort());
});
