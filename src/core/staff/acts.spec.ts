import { describe, expect, test } from '@jest/globals';
import {
  decideAct,
  decideApproval,
  decideRefusal,
  decideRoles,
  isWidening,
  ruleOf,
  staffActs,
  staffRoles,
  type PendingFacts,
  type StaffAct,
  type StaffFacts,
  type StaffRole,
} from './acts.js';

const now = new Date('2026-03-02T12:00:00Z');
const hoursFromNow = (hours: number) => new Date(now.getTime() + hours * 3_600_000);
const person = (account: string, ...roles: StaffRole[]): StaffFacts => ({
  account,
  roles,
  active: true,
  approvesFrom: hoursFromNow(-1),
});
const pending: PendingFacts = {
  act: 'STAFF_ADD',
  state: 'PENDING',
  requestedBy: 'first',
  concerns: 'third',
  expiresAt: hoursFromNow(1),
};
const second = person('second', 'ADMINISTRATOR');
const acts = Object.keys(staffActs) as StaffAct[];

describe('the table of role and act', () => {
  test.each(acts.flatMap((act) => staffRoles.map((role) => [act, role] as const)))(
    '%s by %s is allowed exactly where the table says so',
    (act, role) => {
      const allowed = ruleOf(act).roles.includes(role);
      expect(decideAct(act, person('x', role))).toEqual(
        allowed ? { allow: true } : { allow: false, code: 'ERR_ACT_NOT_PERMITTED' },
      );
    },
  );

  test.each(acts)('%s is refused to an account that is suspended', (act) => {
    const suspended = { ...person('x', ...staffRoles), active: false };
    expect(decideAct(act, suspended).allow).toBe(false);
  });

  test('an administrator has accounts only', () => {
    const theirs = acts.filter((act) => ruleOf(act).roles.includes('ADMINISTRATOR'));
    expect(theirs.filter((act) => !/^(STAFF|SELF|ACTS)_/.test(act))).toEqual([]);
  });

  test('every act that widens has a settled second person; none that reads or stops has one', () => {
    for (const act of acts) {
      const rule = ruleOf(act);
      expect([act, rule.settledApprover ?? false]).toEqual([act, isWidening(act)]);
      if (/_(READ|SUSPEND|REVOKE|REMOVE|STOP)$/.test(act))
        expect([act, isWidening(act)]).toEqual([act, false]);
      if (/_(ADD|RESUME)$/.test(act)) expect([act, isWidening(act)]).toEqual([act, true]);
    }
  });
});

describe('a second person', () => {
  test('approves', () => {
    expect(decideApproval(pending, second, now)).toEqual({ allow: true });
  });

  test.each<[string, Partial<PendingFacts>, Partial<StaffFacts>, string]>([
    ['who asked for it', {}, { account: 'first' }, 'ERR_APPROVER_IS_REQUESTER'],
    ['whom it is about', {}, { account: 'third' }, 'ERR_APPROVER_IS_CONCERNED'],
    ['of another role', {}, { roles: ['SECURITY', 'REGISTRAR'] }, 'ERR_ACT_NOT_PERMITTED'],
    ['who is suspended', {}, { active: false }, 'ERR_ACT_NOT_PERMITTED'],
    ['of an account of today', {}, { approvesFrom: hoursFromNow(0.1) }, 'ERR_ACCOUNT_TOO_NEW'],
    ['after it was done', { state: 'DONE' }, {}, 'ERR_ACT_NOT_PENDING'],
    ['after it was refused', { state: 'REFUSED' }, {}, 'ERR_ACT_NOT_PENDING'],
    ['the instant it expires', { expiresAt: now }, {}, 'ERR_ACT_NOT_PENDING'],
    ['without a clock', { expiresAt: new Date(NaN) }, {}, 'ERR_ACT_NOT_PENDING'],
    ['of an act that widens nothing', { act: 'STAFF_SUSPEND' }, {}, 'ERR_ACT_NOT_PERMITTED'],
  ])('is refused %s', (_rule, bent, staff, code) => {
    expect(decideApproval({ ...pending, ...bent }, { ...second, ...staff }, now)).toEqual({
      allow: false,
      code,
    });
  });

  test('or the requester may end it, a stranger to it may not', () => {
    expect(decideRefusal(pending, second, now).allow).toBe(true);
    expect(decideRefusal(pending, { ...second, account: 'first' }, now).allow).toBe(true);
    expect(decideRefusal(pending, person('x', 'LIAISON'), now).allow).toBe(false);
    expect(decideRefusal({ ...pending, state: 'DONE' }, second, now).allow).toBe(false);
  });
});

describe('roles of one account', () => {
  test.each<[readonly StaffRole[], boolean]>([
    [['LIAISON'], true],
    [['LIAISON', 'REGISTRAR'], true],
    [['SECURITY', 'OVERSIGHT'], true],
    [['ADMINISTRATOR'], true],
    [['LIAISON', 'SECURITY'], false],
    [['ADMINISTRATOR', 'OVERSIGHT'], false],
    [['LIAISON', 'LIAISON'], false],
    [[], false],
  ])('%s: %s', (roles, allowed) => {
    expect(decideRoles(roles).allow).toBe(allowed);
  });
});
