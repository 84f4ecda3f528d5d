/**
 * The one error type of the gateway and the closed list of its codes.
 *
 * A code is for a program, `detail` is for the operator's log. Neither may hold personal data: name
 * the argument, the line, the state, never the value.
 */

export const gatewayErrorCodes = [
  // Refusals a partner may see
  'ERR_INPUT_INVALID',
  'ERR_EVIDENCE_INSUFFICIENT',
  'ERR_GRANT_NOT_USABLE',
  'ERR_PURPOSE_NOT_GRANTED',
  'ERR_FIELD_NOT_GRANTED',
  'ERR_BUDGET_SPENT',
  'ERR_REQUEST_ID_REUSED',
  'ERR_NAMED_OFFICER_REQUIRED',
  'ERR_VERIFICATION_NOT_USABLE',
  'ERR_CROSSING_CONFIRMED',
  'ERR_REFERRAL_NOT_USABLE',
  'ERR_STOPPED',
  'ERR_BUSY',
  'ERR_LOG_UNAVAILABLE',
  'ERR_INTERNAL',
  // Identity: one public face, 401
  'ERR_CERTIFICATE_REFUSED',
  'ERR_TOKEN_REFUSED',
  // Refusals a member of staff may see
  'ERR_ACT_NOT_PERMITTED',
  'ERR_ACT_NOT_PENDING',
  'ERR_APPROVER_IS_CONCERNED',
  'ERR_ACCOUNT_TOO_NEW',
  'ERR_ROLES_EXCLUDE',
  'ERR_NOT_FOUND',
  'ERR_CONFLICT',
  // Inside only
  'ERR_CONFIGURATION',
  'ERR_KEY_UNUSABLE',
  'ERR_HOME_IN_USE',
  'ERR_DATABASE_UNAVAILABLE',
  'ERR_ROW_CONFLICT',
  'ERR_SEALED_DATA_DAMAGED',
  'ERR_IMPORT_REFUSED',
  'ERR_LEGAL_HOLD',
  'ERR_APPROVER_IS_REQUESTER',
  'ERR_GRANT_STATE',
  'ERR_GRANT_WIDENS',
  'ERR_GRANT_CHANGED',
  'ERR_RECORD_TOO_LARGE',
  'ERR_RECORD_MALFORMED',
  'ERR_PROOF_INVALID',
  'ERR_NOTE_MALFORMED',
  'ERR_LOG_CONTRADICTS_ITSELF',
  'ERR_JOURNAL_UNAVAILABLE',
] as const;

export type GatewayErrorCode = (typeof gatewayErrorCodes)[number];

export interface GatewayErrorOptions {
  /** For the operator's log; no personal data. */
  readonly detail?: string;
  /** Path of the refused argument in contract names, e.g. `person.documents[0].number`. */
  readonly argument?: string;
  /** Name of the field that is not granted, e.g. `dateOfBirth`. */
  readonly field?: string;
  /** Which of one's own budgets is spent, e.g. `PEOPLE`. */
  readonly budget?: string;
  /** When asking again may succeed. */
  readonly retryAt?: Date;
  readonly reference?: string;
  /** Never printed whole: causes from drivers carry data. */
  readonly cause?: unknown;
}

export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: GatewayErrorCode;
  readonly detail: string | undefined;
  readonly argument: string | undefined;
  readonly field: string | undefined;
  readonly budget: string | undefined;
  readonly retryAt: Date | undefined;
  /** Id of the access record or log line that tells the operator more. */
  readonly reference: string | undefined;

  constructor(code: GatewayErrorCode, options: GatewayErrorOptions = {}) {
    super(options.detail === undefined ? code : `${code}: ${options.detail}`, {
      cause: options.cause,
    });
    this.code = code;
    this.detail = options.detail;
    this.argument = options.argument;
    this.field = options.field;
    this.budget = options.budget;
    this.retryAt = options.retryAt;
    this.reference = options.reference;
  }

  /** The same error, naming the record that was kept of it. */
  withReference(reference: string): GatewayError {
    const { code, detail, argument, field, budget, retryAt, cause } = this;
    return new GatewayError(code, {
      reference,
      cause,
      ...(detail === undefined ? {} : { detail }),
      ...(argument === undefined ? {} : { argument }),
      ...(field === undefined ? {} : { field }),
      ...(budget === undefined ? {} : { budget }),
      ...(retryAt === undefined ? {} : { retryAt }),
    });
  }
}

/** The refusal of one argument, by its path in contract names. */
export function inputInvalid(argument: string, detail?: string): GatewayError {
  return new GatewayError('ERR_INPUT_INVALID', {
    argument,
    detail: detail === undefined ? argument : `${argument}: ${detail}`,
  });
}

export function isGatewayError(error: unknown, code?: GatewayErrorCode): error is GatewayError {
  return error instanceof GatewayError && (code === undefined || error.code === code);
}
