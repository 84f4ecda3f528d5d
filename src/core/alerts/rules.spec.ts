import { describe, expect, test } from '@jest/globals';
import { mayBecome } from './alert.js';
import {
  budgetAlert,
  clockAlert,
  confirmationAlert,
  cosignatureAlert,
  endingAlert,
  lateAlert,
  reconciliationAlert,
  referralsAlert,
  refusalsAlert,
  revokedAlert,
  screenAlert,
  unusualAlerts,
} from './rules.js';

const now = new Date('2026-03-20T14:20:00Z');
const ago = (ms: number) => new Date(now.getTime() - ms);
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const asker = { partner: 'ALPHA-BORDER', asker: '42', named: true };

describe('budgets', () => {
  const alarm = { account: 'OFFICER:ALPHA-BORDER:o-17', partner: 'ALPHA-BORDER', raisedAt: now };
  test.each([
    ['QUESTIONS', 'NEAR', 'BUDGET_NEAR', 'LOW'],
    ['QUESTIONS', 'SPENT', 'BUDGET_NEAR', 'MEDIUM'],
    ['NARROW', 'NEAR', 'BUDGET_NEAR', 'LOW'],
    ['NARROW', 'SPENT', 'PROBING', 'HIGH'],
    ['MISSES', 'SPENT', 'PROBING', 'HIGH'],
    ['PEOPLE', 'SPENT', 'PROBING', 'HIGH'],
  ] as const)('%s %s is %s', (kind, stage, alert, severity) => {
    const found = budgetAlert({ ...alarm, kind, stage });
    expect(found).toMatchObject({ kind: alert, severity, partner: 'ALPHA-BORDER' });
    expect(found.reason).not.toContain('o-17');
  });

  test('a release is told as one, and waits to be looked at', () => {
    const release = { ...alarm, account: 'GRANT:1', kind: 'RELEASE', stage: 'NEAR' as const };
    const found = budgetAlert(release);
    expect(found).toMatchObject({ kind: 'BUDGET_NEAR', severity: 'MEDIUM' });
    expect(found.reason).toMatch(/duty officer.*grant review/);
    expect(found.reason).not.toContain('values tried');
  });
});

describe('referrals that are over', () => {
  const fact = { account: 'OFFICER:ALPHA-BORDER:o-17', partner: 'ALPHA-BORDER', lastAt: now };
  test.each([
    [10, 0, true],
    [11, 1, true],
    [10, 1, false],
    [9, 0, false],
    [100, 10, false],
  ])('%d, of which %d confirmed: %s', (over, confirmed, isTold) => {
    const found = referralsAlert({ ...fact, over, confirmed });
    expect(found?.kind).toBe(isTold ? 'REFERRALS_DECLINED' : undefined);
    expect(found?.reason ?? '').not.toContain('o-17');
  });
});

describe('refusals in a row', () => {
  const records = (outcomes: string) =>
    [...outcomes].map((letter, at) => ({
      id: String(at),
      at: ago(at * minute),
      outcome: { r: 'ERR_BUDGET_SPENT', s: 'ERR_STOPPED' }[letter] ?? 'MATCH',
    }));
  test.each([
    ['rrrrrrrrrr', true],
    ['rrrrrrrrrrrrm', true],
    ['rrrrrrrrrm', false],
    ['mrrrrrrrrrrr', false],
    ['ssssssssssss', false],
    ['rrrrrsssrrrrr', true],
    ['rrrrrsssrrrrm', false],
    ['', false],
  ])('%s: %s', (outcomes, expected) => {
    expect(refusalsAlert(asker, records(outcomes)) !== undefined).toBe(expected);
  });
  test('is told once a day', () => {
    expect(refusalsAlert(asker, records('rrrrrrrrrr'))?.key).toBe(
      refusalsAlert(asker, records('rrrrrrrrrrrrr'))?.key,
    );
  });
});

describe('an officer who asks unlike themselves', () => {
  /** Ten in the morning, so many a day, for so many days. */
  const mornings = (days: number, count: number) =>
    Array.from({ length: days }, (_, at) => ({
      at: new Date(`2026-03-${String(19 - at).padStart(2, '0')}T10:00:00Z`),
      count,
    }));
  const thisHour = (count: number) => ({ at: new Date('2026-03-20T14:00:00Z'), count });
  const kinds = (hours: Parameters<typeof unusualAlerts>[1]) =>
    unusualAlerts(asker, hours, now, ['r-1']).map(({ kind }) => kind);

  test.each([
    ['another hour', [...mornings(6, 5), thisHour(1)], ['UNUSUAL_HOUR']],
    [
      'the hour beside',
      [...mornings(6, 5), { at: new Date('2026-03-20T11:00:00Z'), count: 3 }],
      [],
    ],
    ['the usual hour', mornings(6, 5), []],
    ['too few days known', [...mornings(4, 20), thisHour(1)], []],
    ['too few records known', [...mornings(6, 1), thisHour(1)], []],
    ['far more than ever', [...mornings(6, 20), thisHour(61)], ['UNUSUAL_HOUR', 'UNUSUAL_VOLUME']],
    ['three times as much', [...mornings(6, 20), thisHour(60)], ['UNUSUAL_HOUR']],
    ['much for them and little in all', [...mornings(6, 4), thisHour(30)], ['UNUSUAL_HOUR']],
  ])('%s', (_what, hours, expected) => {
    expect(kinds(hours)).toEqual(expected);
  });
});

test('a revoked credential is told of, any other refusal is not', () => {
  const fact = { partner: null, count: 3, record: 'r-1', at: now };
  expect(revokedAlert({ ...fact, cause: 'credential-revoked' })?.severity).toBe('HIGH');
  expect(revokedAlert({ ...fact, cause: 'revoked' })).toBeDefined();
  expect(revokedAlert({ ...fact, cause: 'expired' })).toBeUndefined();
  const ofPartner = revokedAlert({ ...fact, cause: 'token-revoked', partner: 'ALPHA-BORDER' });
  expect(ofPartner?.reason).toContain('ALPHA-BORDER');
  expect(ofPartner?.key).not.toBe(revokedAlert({ ...fact, cause: 'revoked' })?.key);
});

describe('what ends', () => {
  const fact = { id: 'x', partner: null };
  test.each([
    ['CERTIFICATE', 31 * day, undefined],
    ['CERTIFICATE', 30 * day, 'LOW'],
    ['CERTIFICATE', 7 * day, 'MEDIUM'],
    ['CERTIFICATE', day, 'HIGH'],
    ['CERTIFICATE', 0, undefined],
    ['REVOCATION_LIST', 7 * day, undefined],
    ['REVOCATION_LIST', hour, 'HIGH'],
    ['REVOCATION_LIST', -hour, 'HIGH'],
  ])('%s in %d ms: %s', (kind, left, severity) => {
    const found = endingAlert({ ...fact, kind, at: new Date(now.getTime() + left) }, now);
    expect(found?.severity).toBe(severity);
    if (kind === 'REVOCATION_LIST' && left < 0) expect(found?.kind).toBe('REVOCATION_LIST_STALE');
  });
});

test.each([
  [59 * minute, undefined],
  [61 * minute, 'MEDIUM'],
  [25 * hour, 'HIGH'],
])('a witness silent for %d ms: %s', (silent, severity) => {
  const witness = { verifierKey: 'w', partner: 'ALPHA-BORDER', registeredAt: ago(30 * day) };
  expect(cosignatureAlert({ ...witness, cosignedAt: ago(silent) }, now)?.severity).toBe(severity);
  const never = { ...witness, registeredAt: ago(silent), cosignedAt: null };
  expect(cosignatureAlert(never, now)?.severity).toBe(severity);
});

test('a start that put nothing right is no alert; one that did is', () => {
  const none = {
    repaired: false,
    completedFromDatabase: 0,
    restoredFromJournal: 0,
    reappliedActs: 0,
    restoredRounds: 0,
  };
  expect(reconciliationAlert(none, now)).toBeUndefined();
  expect(reconciliationAlert({ ...none, repaired: true }, now)?.severity).toBe('MEDIUM');
  expect(reconciliationAlert({ ...none, completedFromDatabase: 1 }, now)?.severity).toBe('MEDIUM');
  expect(reconciliationAlert({ ...none, restoredFromJournal: 1 }, now)?.severity).toBe('HIGH');
});

test('late answers and moved clocks are alerts beyond what happens by itself', () => {
  expect(lateAlert(9, now, 'g')).toBeUndefined();
  expect(lateAlert(10, now, 'g')?.kind).toBe('LATE_RELEASES');
  expect(clockAlert(30_000, -30_000, now, 'g')).toBeUndefined();
  expect(clockAlert(7_200_000, 0, now, 'g')?.reason).toContain('7200 seconds ahead');
  expect(clockAlert(0, -31_000, now, 'g')?.reason).toContain('back');
});

test.each([
  [false, 'MEDIUM', 'OFFICER:ALPHA-BORDER:o-17', 'an officer'],
  [true, 'HIGH', 'PARTNER:ALPHA-BORDER', 'all grants'],
] as const)('matches nobody arrives after, severe %s: %s', (severe, severity, account, whose) => {
  const fact = { account, kind: 'OVERDUE', partner: 'ALPHA-BORDER', people: 12, raisedAt: now };
  const found = confirmationAlert({ ...fact, severe });
  expect(found).toMatchObject({ kind: 'MATCHES_UNCONFIRMED', severity, partner: 'ALPHA-BORDER' });
  expect(found.reason).toContain(`12 people matched by ${whose}`);
  expect(found.reason).not.toContain('o-17');
  // Raised anew it is told anew; the same one is not.
  expect(confirmationAlert({ ...fact, severe, people: 13 }).key).toBe(found.key);
  expect(confirmationAlert({ ...fact, severe, raisedAt: ago(day) }).key).not.toBe(found.key);
});

test('a question the screen found something in is an alert that names no person, question or partner', () => {
  const finding = { verificationId: 'v-1', partner: 'ALPHA-BORDER', round: 'r-1' };
  expect(screenAlert({ ...finding, kind: 'HONEY_ASKED_FOR' })).toMatchObject({
    kind: 'HONEY_ASKED',
    severity: 'CRITICAL',
    key: 'screen HONEY_ASKED_FOR r-1',
    partner: null,
    records: [],
  });
  const ofKept = screenAlert({ ...finding, kind: 'SUPPRESSED_ASKED_FOR' });
  expect(ofKept).toMatchObject({ kind: 'SUPPRESSED_ASKED', partner: null, records: [] });
  expect(JSON.stringify(ofKept)).not.toMatch(/v-1|ALPHA/);
});

test('an alert goes on, never back', () => {
  expect(mayBecome('OPEN', 'ACKNOWLEDGED')).toBe(true);
  expect(mayBecome('OPEN', 'CLOSED')).toBe(true);
  expect(mayBecome('ACKNOWLEDGED', 'ACKNOWLEDGED')).toBe(false);
  expect(mayBecome('CLOSED', 'ACKNOWLEDGED')).toBe(false);
});
