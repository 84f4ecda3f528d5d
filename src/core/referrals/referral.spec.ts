import { describe, expect, test } from '@jest/globals';
import {
  checkAgainAt,
  hasRoom,
  roomAt,
  mayBeCollected,
  mayBeDecided,
  mayBeWithdrawn,
  mostOfAccount,
  mostOfPartner,
  toldState,
  type ReferralDecision,
  type ReferralFacts,
} from './referral.js';

const requestedAt = new Date('2026-03-04T10:00:00Z');
const after = (hours: number) => new Date(requestedAt.getTime() + hours * 3_600_000);
const open: ReferralFacts = { requestedAt, decision: null, withdrawn: false, told: null };
const decisions: readonly (ReferralDecision | null)[] = [null, 'CONFIRMED', 'DECLINED'];

describe('what a partner is told where nothing is disclosed', () => {
  test.each([
    ['OPEN', {}, 47.99],
    ['NOT_CONFIRMED', {}, 48],
    ['NOT_CONFIRMED', {}, 71.99],
    ['EXPIRED', {}, 72],
    ['EXPIRED', { told: 'NOT_CONFIRMED' }, 500],
    ['NOT_CONFIRMED', { told: 'NOT_CONFIRMED' }, 50],
    ['CONFIRMED', { told: 'CONFIRMED' }, 1],
    ['CONFIRMED', { told: 'CONFIRMED' }, 500],
    ['WITHDRAWN', { withdrawn: true }, 1],
    ['WITHDRAWN', { withdrawn: true }, 500],
  ] as const)('is %s of %j after %d hours, whatever was decided', (state, bent, hours) => {
    for (const decision of decisions) {
      expect(toldState({ ...open, ...bent, decision } as ReferralFacts, after(hours))).toBe(state);
    }
  });

  test('comes with a time to ask again only while it is open, never past the deadline', () => {
    expect(checkAgainAt('OPEN', requestedAt, after(1))).toEqual(
      new Date(after(1).getTime() + 600_000),
    );
    expect(checkAgainAt('OPEN', requestedAt, after(47.95))).toEqual(after(48));
    for (const state of ['CONFIRMED', 'NOT_CONFIRMED', 'EXPIRED', 'WITHDRAWN'] as const) {
      expect(checkAgainAt(state, requestedAt, after(1))).toBeNull();
    }
  });
});

describe('a confirmation', () => {
  const confirmed: ReferralFacts = { ...open, decision: 'CONFIRMED' };
  test('is told at once, again, and for a day after the deadline', () => {
    expect(mayBeCollected(confirmed, after(0))).toBe(true);
    expect(mayBeCollected({ ...confirmed, told: 'CONFIRMED' }, after(50))).toBe(true);
    expect(mayBeCollected(confirmed, after(71.99))).toBe(true);
  });

  test.each([
    ['later', confirmed, 72],
    ['before there is one', open, 1],
    ['of what was declined', { ...open, decision: 'DECLINED' }, 1],
    ['of what was withdrawn', { ...confirmed, withdrawn: true }, 1],
    ['once NOT_CONFIRMED was told', { ...confirmed, told: 'NOT_CONFIRMED' }, 49],
  ] as const)('is not told %s', (_when, facts, hours) => {
    expect(mayBeCollected(facts, after(hours))).toBe(false);
  });
});

describe('a liaison officer decides', () => {
  test.each([
    ['an open case', open, 1, true, true],
    ['at the deadline', open, 48, false, false],
    ['what was withdrawn', { ...open, withdrawn: true }, 1, false, false],
    ['what was declined', { ...open, decision: 'DECLINED' }, 1, false, false],
    ['what was confirmed', { ...open, decision: 'CONFIRMED' }, 1, false, true],
    ['what was confirmed, a day later', { ...open, decision: 'CONFIRMED' }, 72, false, false],
    ['what was told', { ...open, decision: 'CONFIRMED', told: 'CONFIRMED' }, 1, false, false],
    ['what was told otherwise', { ...open, told: 'NOT_CONFIRMED' }, 48, false, false],
  ] as const)('%s', (_what, facts, hours, confirm, decline) => {
    expect(mayBeDecided(facts, 'CONFIRMED', after(hours))).toBe(confirm);
    expect(mayBeDecided(facts, 'DECLINED', after(hours))).toBe(decline);
  });
});

test('a partner takes back what is open to it, and nothing else', () => {
  for (const decision of decisions) {
    expect(mayBeWithdrawn({ ...open, decision } as ReferralFacts, after(47))).toBe(true);
  }
  expect(mayBeWithdrawn(open, after(48))).toBe(false);
  expect(mayBeWithdrawn({ ...open, told: 'CONFIRMED' }, after(1))).toBe(false);
  expect(mayBeWithdrawn({ ...open, withdrawn: true }, after(1))).toBe(false);
});

test('one more is requested below both quotas only', () => {
  const use = {
    ofAccount: mostOfAccount - 1,
    ofPartner: mostOfPartner - 1,
    accountFreeAt: after(40),
    partnerFreeAt: after(30),
  };
  expect(hasRoom(use)).toBe(true);
  expect(hasRoom({ ...use, ofAccount: mostOfAccount })).toBe(false);
  expect(hasRoom({ ...use, ofPartner: mostOfPartner })).toBe(false);
  expect(roomAt(use)).toBeNull();
  expect(roomAt({ ...use, ofAccount: mostOfAccount })).toEqual(after(40));
  expect(roomAt({ ...use, ofPartner: mostOfPartner })).toEqual(after(30));
  const both = { ...use, ofAccount: mostOfAccount, ofPartner: mostOfPartner };
  expect(roomAt(both)).toEqual(after(40));
});
