import type { GatewayErrorCode } from '../errors.js';

/** What a member of staff may be; an account has one or several. */
export const staffRoles = [
  'LIAISON',
  'REGISTRAR',
  'SECURITY',
  'OVERSIGHT',
  'PROTECTION_OFFICER',
  'ADMINISTRATOR',
] as const;
export type StaffRole = (typeof staffRoles)[number];

/** One line of the table: who may do an act, and whether a second person has to agree. */
export interface ActRule {
  /** Any one of these may do it, or ask for it where it widens. */
  readonly roles: readonly StaffRole[];
  /**
   * Roles of the second person. An act that has them widens: more may be learnt, by more callers or
   * about more people, and it happens when another person than the one who asked has approved.
   */
  readonly approvers?: readonly StaffRole[];
  /** Whether an approver's account must be {@link settlingHours} old. */
  readonly settledApprover?: boolean;
}

const everyRole: readonly StaffRole[] = staffRoles;
const watchers: readonly StaffRole[] = ['SECURITY', 'OVERSIGHT'];
const accounts: readonly StaffRole[] = ['ADMINISTRATOR'];

/** Narrows or stops: one person, at once. */
const atOnce = (...roles: readonly StaffRole[]): ActRule => ({ roles });
/** Widens: asked for by one, approved by another. */
const byTwo = (...roles: readonly StaffRole[]): ActRule => ({
  roles,
  approvers: roles,
  settledApprover: true,
});

/**
 * The one table of role and act. Every door, command and page asks here; what is not in it cannot be
 * done. Reading is an act too.
 */
export const staffActs = {
  // Reading
  SELF_READ: atOnce(...everyRole),
  ACTS_READ: atOnce(...everyRole),
  STAFF_READ: atOnce('ADMINISTRATOR', 'SECURITY', 'OVERSIGHT'),
  // Accounts and roles
  STAFF_ADD: byTwo(...accounts),
  STAFF_ROLES_SET: byTwo(...accounts),
  STAFF_CERTIFICATE_ADD: byTwo(...accounts),
  STAFF_RESUME: byTwo(...accounts),
  STAFF_SUSPEND: atOnce('ADMINISTRATOR', 'SECURITY'),
  STAFF_CERTIFICATE_REVOKE: atOnce('ADMINISTRATOR', 'SECURITY'),
  // Partners and what they authenticate by
  PARTNER_READ: atOnce(...watchers, 'LIAISON'),
  PARTNER_ADD: byTwo('LIAISON'),
  PARTNER_CONTACTS_SET: byTwo('LIAISON'),
  PARTNER_RESUME: byTwo('LIAISON'),
  PARTNER_SUSPEND: atOnce('LIAISON', 'SECURITY'),
  STATE_SUSPEND: atOnce('LIAISON', 'SECURITY'),
  CERTIFICATE_ADD: byTwo('LIAISON'),
  CERTIFICATE_REVOKE: atOnce('LIAISON', 'SECURITY'),
  ANCHOR_ADD: byTwo('LIAISON'),
  ANCHOR_REVOKE: atOnce('LIAISON', 'SECURITY'),
  CRL_IMPORT: atOnce('LIAISON', 'SECURITY'),
  CLIENT_KEYS_SET: byTwo('LIAISON'),
  CLIENT_KEY_REMOVE: atOnce('LIAISON', 'SECURITY'),
  CLIENT_TLS_SET: byTwo('LIAISON'),
  OFFICER_PROVIDER_SET: byTwo('LIAISON'),
  OFFICER_PROVIDER_REMOVE: atOnce('LIAISON', 'SECURITY'),
  OFFICER_REVOKE: atOnce('LIAISON', 'SECURITY'),
  CLIENT_SUSPEND: atOnce('LIAISON', 'SECURITY'),
  GRANT_KEY_ADD: byTwo('LIAISON'),
  GRANT_KEY_REMOVE: atOnce('LIAISON', 'SECURITY'),
  TEST_GRANT_RENEW: byTwo('LIAISON'),
  // Grants: drawn up by one, in force by two and the partner, narrowed and stopped by one
  GRANT_READ: atOnce(...watchers, 'LIAISON', 'PROTECTION_OFFICER'),
  GRANT_PREVIEW_READ: atOnce('LIAISON'),
  GRANT_PREVIEW_PERSON_READ: atOnce('LIAISON', 'REGISTRAR'),
  GRANT_DRAFT: atOnce('LIAISON'),
  GRANT_AMEND: atOnce('LIAISON'),
  GRANT_APPROVE: byTwo('LIAISON'),
  GRANT_RESUME: byTwo('LIAISON'),
  GRANT_NARROW: atOnce('LIAISON'),
  GRANT_VERSION_REVOKE: atOnce('LIAISON', 'SECURITY'),
  GRANT_SUSPEND: atOnce('LIAISON', 'SECURITY'),
  GRANT_REVOKE: atOnce('LIAISON', 'SECURITY'),
  // Budgets: a duty officer's release alerts at once and is looked at by who watches
  BUDGET_READ: atOnce('LIAISON', 'SECURITY', 'PROTECTION_OFFICER'),
  BUDGET_RELEASE: atOnce('LIAISON'),
  BUDGET_RELEASE_AGAIN: byTwo('LIAISON'),
  BUDGET_RELEASE_REVIEW: atOnce('SECURITY', 'PROTECTION_OFFICER'),
  COUNTERS_READ: atOnce(...watchers, 'PROTECTION_OFFICER'),
  // An emergency stop: whoever sees the need takes it, two go on; who opens doors does not alone
  STOP_READ: atOnce(...watchers, 'LIAISON', 'REGISTRAR', 'PROTECTION_OFFICER'),
  DISCLOSURE_STOP: atOnce('LIAISON', 'SECURITY', 'REGISTRAR', 'PROTECTION_OFFICER'),
  DISCLOSURE_RESUME: {
    roles: ['LIAISON', 'SECURITY', 'PROTECTION_OFFICER'],
    approvers: ['SECURITY', 'PROTECTION_OFFICER'],
    settledApprover: true,
  },
  // Trusted documents: requiring them takes away, no longer requiring them gives
  DOCUMENTS_READ: atOnce(...watchers, 'LIAISON'),
  DOCUMENTS_SET: atOnce('LIAISON'),
  DOCUMENTS_REQUIRE: atOnce('LIAISON', 'SECURITY'),
  DOCUMENTS_RELAX: byTwo('LIAISON'),
  // The gateway's own signing keys; who holds the host's files puts them there
  KEYS_READ: atOnce(...watchers, 'LIAISON'),
  KEY_ROTATE: { roles: ['SECURITY'], approvers: ['SECURITY', 'LIAISON'], settledApprover: true },
  KEY_REMOVE: atOnce('SECURITY'),
  KEY_REVOKE: atOnce('SECURITY'),
  // The register
  REGISTER_READ: atOnce('REGISTRAR', 'PROTECTION_OFFICER'),
  REGISTER_STATISTICS_READ: atOnce('REGISTRAR', 'PROTECTION_OFFICER', ...watchers, 'LIAISON'),
  REGISTER_IMPORT: atOnce('REGISTRAR'),
  REGISTER_RELEASE: byTwo('REGISTRAR'),
  REGISTER_DISCARD: atOnce('REGISTRAR'),
  REGISTER_CORRECT: atOnce('REGISTRAR'),
  REGISTER_SUPPRESS: atOnce('REGISTRAR', 'PROTECTION_OFFICER'),
  REGISTER_LIFT: byTwo('REGISTRAR', 'PROTECTION_OFFICER'),
  REGISTER_ERASE: byTwo('REGISTRAR', 'PROTECTION_OFFICER'),
  REGISTER_HOLD: byTwo('REGISTRAR', 'PROTECTION_OFFICER'),
  REGISTER_HOLD_LIFT: byTwo('REGISTRAR', 'PROTECTION_OFFICER'),
  REGISTER_MERGE: byTwo('REGISTRAR'),
  REGISTER_KEEP_APART: atOnce('REGISTRAR'),
  REGISTER_EXPORT: byTwo('REGISTRAR'),
  REGISTER_KEYS_ROTATE: atOnce('SECURITY'),
  // Fictional people to be asked for: planting gives nobody anything, retiring blinds the watch
  HONEY_READ: atOnce('SECURITY'),
  HONEY_PLANT: atOnce('SECURITY'),
  HONEY_RETIRE: {
    roles: ['SECURITY'],
    approvers: ['SECURITY', 'PROTECTION_OFFICER'],
    settledApprover: true,
  },
  // The access log
  LOG_READ: atOnce('SECURITY'),
  LOG_EXPORT_READ: atOnce('SECURITY'),
  LOG_SUMMARY_READ: atOnce(...watchers),
  CASE_REFERENCE_READ: atOnce('SECURITY'),
  // What was told of one person, and what may have left: security counts and never learns of whom
  HISTORY_RELEASE: { roles: ['REGISTRAR'], approvers: ['SECURITY'], settledApprover: true },
  HISTORY_READ: atOnce('REGISTRAR'),
  EXPOSURE_READ: atOnce('SECURITY', 'PROTECTION_OFFICER'),
  EXPOSURE_RELEASE: {
    roles: ['REGISTRAR'],
    approvers: ['PROTECTION_OFFICER'],
    settledApprover: true,
  },
  EXPOSURE_NAMES_READ: atOnce('REGISTRAR'),
  RELEASE_REQUEST_READ: atOnce('REGISTRAR', 'SECURITY', 'PROTECTION_OFFICER'),
  // What nobody on the partners' side is told
  CONFIRMATIONS_READ: atOnce('SECURITY'),
  MISTAKES_READ: atOnce('LIAISON', 'REGISTRAR', 'PROTECTION_OFFICER'),
  // Unclear cases a partner put before people; one officer decides, two where the grant is of high assurance
  REFERRALS_READ: atOnce('LIAISON'),
  REFERRAL_READ: atOnce('LIAISON'),
  REFERRAL_CONFIRM: atOnce('LIAISON'),
  REFERRAL_CONFIRM_BY_TWO: byTwo('LIAISON'),
  REFERRAL_DECLINE: atOnce('LIAISON'),
  SCREEN_READ: atOnce('SECURITY', 'PROTECTION_OFFICER'),
  ALERTS_READ: atOnce('SECURITY', 'PROTECTION_OFFICER'),
  ALERT_NOTE: atOnce('SECURITY', 'PROTECTION_OFFICER'),
  WITNESSES_READ: atOnce(...watchers, 'PROTECTION_OFFICER'),
} as const satisfies Readonly<Record<string, ActRule>>;

export type StaffAct = keyof typeof staffActs;

/** How old an account has to be before it approves, and again after its roles or certificate changed. */
export const settlingHours = 24;
/** How long an act waits for its second person. */
export const pendingHours = 72;

/** Who would act. */
export interface StaffFacts {
  readonly account: string;
  readonly roles: readonly StaffRole[];
  readonly active: boolean;
  /** Before this instant the account approves nothing. */
  readonly approvesFrom: Date;
}

/** An act that waits for its second person. */
export interface PendingFacts {
  readonly act: StaffAct;
  readonly state: ActState;
  readonly requestedBy: string;
  /** Account the act is about; it has no say in it. */
  readonly concerns: string | null;
  readonly expiresAt: Date;
}

export const actStates = ['PENDING', 'DONE', 'REFUSED'] as const;
export type ActState = (typeof actStates)[number];

export type ActDecision =
  { readonly allow: true } | { readonly allow: false; readonly code: GatewayErrorCode };

const allow: ActDecision = { allow: true };
const refuse = (code: GatewayErrorCode): ActDecision => ({ allow: false, code });

export const isStaffAct = (name: string): name is StaffAct => Object.hasOwn(staffActs, name);
export const isStaffRole = (name: string): name is StaffRole =>
  (staffRoles as readonly string[]).includes(name);
export const ruleOf = (act: StaffAct): ActRule => staffActs[act];
/** Whether an act needs a second person. */
export const isWidening = (act: StaffAct): boolean => ruleOf(act).approvers !== undefined;

/** May they do this, or ask for it where it widens? */
export function decideAct(act: StaffAct, staff: StaffFacts): ActDecision {
  const may = staff.active && staff.roles.some((role) => ruleOf(act).roles.includes(role));
  return may ? allow : refuse('ERR_ACT_NOT_PERMITTED');
}

/** Whether an entry of the book of acts is shown to them: to who could have a part in it, and to who watches. */
export function maySeeAct(act: StaffAct, { active, roles }: StaffFacts): boolean {
  const rule = ruleOf(act);
  const seen = [...rule.roles, ...(rule.approvers ?? []), 'SECURITY', 'OVERSIGHT'];
  return active && roles.some((role) => seen.includes(role));
}

/**
 * May they be the second person of this act now? In order: role, state and time, not the requester,
 * not the one it is about, an account old enough. The first that fails is the answer.
 */
export function decideApproval(pending: PendingFacts, staff: StaffFacts, now: Date): ActDecision {
  const rule = ruleOf(pending.act);
  const may = staff.active && staff.roles.some((role) => rule.approvers?.includes(role) === true);
  if (!may) return refuse('ERR_ACT_NOT_PERMITTED');
  if (pending.state !== 'PENDING' || !(now < pending.expiresAt))
    return refuse('ERR_ACT_NOT_PENDING');
  if (pending.requestedBy === staff.account) return refuse('ERR_APPROVER_IS_REQUESTER');
  if (pending.concerns === staff.account) return refuse('ERR_APPROVER_IS_CONCERNED');
  if (rule.settledApprover === true && !(staff.approvesFrom <= now)) {
    return refuse('ERR_ACCOUNT_TOO_NEW');
  }
  return allow;
}

/**
 * May they end a waiting act without doing it? Whoever may ask for it or approve it, the requester
 * included: refusing widens nothing.
 */
export function decideRefusal(pending: PendingFacts, staff: StaffFacts, now: Date): ActDecision {
  const rule = ruleOf(pending.act);
  const roles = [...rule.roles, ...(rule.approvers ?? [])];
  const may = staff.active && staff.roles.some((role) => roles.includes(role));
  if (!may) return refuse('ERR_ACT_NOT_PERMITTED');
  const waits = pending.state === 'PENDING' && now < pending.expiresAt;
  return waits ? allow : refuse('ERR_ACT_NOT_PENDING');
}

/**
 * Whether one account may have these roles together. Nobody is liaison and security at once: who
 * opens doors does not also watch them. An administrator has accounts only.
 */
export function decideRoles(roles: readonly StaffRole[]): ActDecision {
  const has = (role: StaffRole) => roles.includes(role);
  const isTwice = new Set(roles).size !== roles.length;
  const excluded =
    (has('LIAISON') && has('SECURITY')) || (has('ADMINISTRATOR') && roles.length > 1);
  return roles.length === 0 || isTwice || excluded ? refuse('ERR_ROLES_EXCLUDE') : allow;
}
