import type { GatewayErrorCode } from '../core/errors.js';
import type { ErrorFaces } from '../platform/graphql/public-error.js';

/** The closed list of codes that leave the staff door; docs/staff.md shows it. */
export const staffErrors = {
  ERR_INPUT_INVALID: 'An argument is not valid; extensions.argument names it.',
  ERR_ACT_NOT_PERMITTED: 'None of your roles may do this.',
  ERR_ACT_NOT_PENDING: 'This act no longer waits: it was done, refused, or its time is over.',
  ERR_APPROVER_IS_REQUESTER: 'Another person than the one who asked has to approve.',
  ERR_APPROVER_IS_CONCERNED: 'Nobody approves what is about their own account.',
  ERR_ACCOUNT_TOO_NEW: 'Your account is new or was changed: it approves a day later.',
  ERR_ROLES_EXCLUDE: 'These roles cannot be held by one person.',
  ERR_NOT_FOUND: 'There is nothing of this name; extensions.argument names the argument.',
  ERR_CONFLICT: 'It is not in the state this needs; extensions.argument names the argument.',
  ERR_GRANT_WIDENS:
    'This lets more be learnt, or changes nothing: draw it up as an amendment, for two people.',
  ERR_BUDGET_SPENT:
    'You may do this no more on this day (UTC); extensions.retryAt says until when.',
  ERR_LEGAL_HOLD: 'A legal hold protects one of the people.',
  ERR_BUSY: 'The gateway cannot take this now.',
  ERR_LOG_UNAVAILABLE: 'The act cannot be recorded, so it was not done.',
  ERR_LOG_CONTRADICTS_ITSELF:
    'The access log contradicts itself, so nothing is recorded, done or shown: docs/operations.md says what to do.',
  ERR_INTERNAL: 'A fault; extensions.reference names it in the log of the host.',
} as const;

type StaffErrorCode = keyof typeof staffErrors;

const refusal: Partial<Record<GatewayErrorCode, StaffErrorCode>> = {
  ERR_ROW_CONFLICT: 'ERR_CONFLICT',
  ERR_IMPORT_REFUSED: 'ERR_CONFLICT',
  ERR_DATABASE_UNAVAILABLE: 'ERR_BUSY',
  ERR_JOURNAL_UNAVAILABLE: 'ERR_LOG_UNAVAILABLE',
};

const unavailable: ReadonlySet<StaffErrorCode> = new Set<StaffErrorCode>([
  'ERR_BUSY',
  'ERR_LOG_UNAVAILABLE',
  'ERR_LOG_CONTRADICTS_ITSELF',
]);

const isStaffError = (code: string): code is StaffErrorCode => Object.hasOwn(staffErrors, code);

/** What a code inside looks like to staff; what is not on the list is a fault. */
export const staffFaces: ErrorFaces = (thrown, root) => {
  // Whoever is to put the log right has to know that waiting does not.
  const isContradiction = thrown === 'ERR_LOG_UNAVAILABLE' && root === 'ERR_LOG_CONTRADICTS_ITSELF';
  const inside = isContradiction ? root : thrown;
  const code = refusal[inside] ?? (isStaffError(inside) ? inside : 'ERR_INTERNAL');
  const status = code === 'ERR_INPUT_INVALID' ? 400 : unavailable.has(code) ? 503 : 200;
  return { code, status, message: staffErrors[code] };
};
