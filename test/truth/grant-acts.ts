import type { StaffAct, StaffRole } from '../../src/core/staff/acts.js';

/**
 * Who may do what about grants, budgets and trusted documents: by hand, not out of the table it is
 * held against. `asks` waits for a second person.
 */
export interface GrantActRow {
  readonly act: StaffAct;
  readonly may: readonly StaffRole[];
  readonly how: 'reads' | 'does' | 'asks';
}

export const grantActRows: readonly GrantActRow[] = [
  {
    act: 'GRANT_READ',
    may: ['LIAISON', 'SECURITY', 'OVERSIGHT', 'PROTECTION_OFFICER'],
    how: 'reads',
  },
  { act: 'GRANT_PREVIEW_READ', may: ['LIAISON'], how: 'reads' },
  { act: 'GRANT_PREVIEW_PERSON_READ', may: ['LIAISON', 'REGISTRAR'], how: 'reads' },
  { act: 'BUDGET_READ', may: ['LIAISON', 'SECURITY', 'PROTECTION_OFFICER'], how: 'reads' },
  { act: 'COUNTERS_READ', may: ['SECURITY', 'OVERSIGHT', 'PROTECTION_OFFICER'], how: 'reads' },
  { act: 'DOCUMENTS_READ', may: ['LIAISON', 'SECURITY', 'OVERSIGHT'], how: 'reads' },
  { act: 'GRANT_DRAFT', may: ['LIAISON'], how: 'does' },
  { act: 'GRANT_AMEND', may: ['LIAISON'], how: 'does' },
  { act: 'GRANT_NARROW', may: ['LIAISON'], how: 'does' },
  { act: 'GRANT_APPROVE', may: ['LIAISON'], how: 'asks' },
  { act: 'GRANT_RESUME', may: ['LIAISON'], how: 'asks' },
  { act: 'GRANT_VERSION_REVOKE', may: ['LIAISON', 'SECURITY'], how: 'does' },
  { act: 'GRANT_SUSPEND', may: ['LIAISON', 'SECURITY'], how: 'does' },
  { act: 'GRANT_REVOKE', may: ['LIAISON', 'SECURITY'], how: 'does' },
  { act: 'GRANT_KEY_ADD', may: ['LIAISON'], how: 'asks' },
  { act: 'GRANT_KEY_REMOVE', may: ['LIAISON', 'SECURITY'], how: 'does' },
  { act: 'TEST_GRANT_RENEW', may: ['LIAISON'], how: 'asks' },
  { act: 'BUDGET_RELEASE', may: ['LIAISON'], how: 'does' },
  { act: 'BUDGET_RELEASE_AGAIN', may: ['LIAISON'], how: 'asks' },
  { act: 'BUDGET_RELEASE_REVIEW', may: ['SECURITY', 'PROTECTION_OFFICER'], how: 'does' },
  { act: 'DOCUMENTS_SET', may: ['LIAISON'], how: 'does' },
  { act: 'DOCUMENTS_REQUIRE', may: ['LIAISON', 'SECURITY'], how: 'does' },
  { act: 'DOCUMENTS_RELAX', may: ['LIAISON'], how: 'asks' },
];
