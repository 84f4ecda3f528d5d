import { describe, expect, test } from '@jest/globals';
import { checkStaff } from './staff-command.js';

const now = new Date('2026-03-01T00:00:00Z');
const member = (reference: string, role: string, notAfter: string, active = true) => ({
  account: reference,
  reference,
  name: reference,
  roles: [role],
  active,
  approvesFrom: '2026-01-01T00:00:00Z',
  certificates: [{ fingerprint: reference, notAfter, active: true }],
});
const far = '2027-01-01T00:00:00Z';
const administrators = ['A', 'B', 'C'].map((name) => member(name, 'ADMINISTRATOR', far));

describe('staff check', () => {
  test('finds nothing where all is well', () => {
    expect(checkStaff([...administrators, member('L', 'LIAISON', far)], now)).toEqual([]);
  });

  test('finds too few administrators, suspended ones not counted', () => {
    const [one, two] = administrators;
    const left = [one!, two!, member('C', 'ADMINISTRATOR', far, false)];
    expect(checkStaff(left, now)).toEqual(['2 active administrators; keep 3']);
  });

  test('finds certificates that end within 30 days or are over', () => {
    const soon = member('L', 'LIAISON', '2026-03-20T00:00:00Z');
    const over = member('R', 'REGISTRAR', '2026-02-20T00:00:00Z');
    expect(checkStaff([...administrators, soon, over], now)).toEqual([
      'L: the certificate ends 2026-03-20',
      'R has no certificate in force',
    ]);
  });
});
