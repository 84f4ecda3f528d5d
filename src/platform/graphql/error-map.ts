import type { GatewayErrorCode } from '../../core/errors.js';

/** What a partner sees of an error: a code of the published list, one message per code, a status. */
export interface PublicError {
  readonly code: PublicErrorCode;
  /** HTTP status; 200 is an executed operation, refusals included. */
  readonly status: 200 | 400 | 401 | 429 | 503;
}

export interface PublicErrorText {
  readonly message: string;
  readonly when: string;
  readonly retry: string;
  readonly ask: string;
}

/** The closed list of codes that leave. docs/errors.md is generated from it. */
export const publicErrors = {
  ERR_INPUT_INVALID: {
    message: 'The request is not valid; extensions.argument names the argument, if it is one.',
    when: 'The document, a variable or an argument does not have the published form.',
    retry: 'After correcting it.',
    ask: 'Your developer; schema.gql.',
  },
  ERR_EVIDENCE_INSUFFICIENT: {
    message: 'The evidence does not suffice for a question under this grant.',
    when: 'Below the evidence floor, or below what the grant asks for.',
    retry: 'With more evidence.',
    ask: 'The officer in front of the person.',
  },
  ERR_GRANT_NOT_USABLE: {
    message: 'This grant cannot be used.',
    when: 'Unknown, of another partner, not yet or no longer valid, suspended: one code for all.',
    retry: 'No.',
    ask: 'Your liaison officer at the host.',
  },
  ERR_PURPOSE_NOT_GRANTED: {
    message: 'The grant is for another purpose.',
    when: 'The purpose of the question is not that of the grant.',
    retry: 'No.',
    ask: 'Your liaison officer at the host.',
  },
  ERR_FIELD_NOT_GRANTED: {
    message: 'A selected field is not granted; extensions.field names it.',
    when: 'A field of the subject is selected that the grant withholds.',
    retry: 'Without the field.',
    ask: 'Your developer; `access { grants { fields } }`.',
  },
  ERR_BUDGET_SPENT: {
    message: 'A budget is spent; extensions.budget says which, extensions.retryAt until when.',
    when: 'A limit on your own use is reached. It says nothing about any person.',
    retry: 'At extensions.retryAt.',
    ask: 'Your liaison officer at the host.',
  },
  ERR_REQUEST_ID_REUSED: {
    message: 'This requestId was used for another question.',
    when: 'The same requestId within ten minutes with a different question.',
    retry: 'Under a new requestId.',
    ask: 'Your developer.',
  },
  ERR_NAMED_OFFICER_REQUIRED: {
    message: 'This grant needs a token of a named officer.',
    when: 'The grant requires one and the token was issued to the system alone.',
    retry: 'With a token obtained for the officer.',
    ask: 'Your developer.',
  },
  ERR_VERIFICATION_NOT_USABLE: {
    message: 'This verification cannot be confirmed.',
    when: 'Unknown, of another partner, no MATCH, older than 30 days: one code for all.',
    retry: 'No.',
    ask: 'Your developer; the id of one of your own MATCHes.',
  },
  ERR_CROSSING_CONFIRMED: {
    message: 'Another crossing was confirmed for this verification; correct that one.',
    when: 'confirmCrossing says something else than it said before of the same verification.',
    retry: 'With correctCrossing.',
    ask: 'Your developer.',
  },
  ERR_REFERRAL_NOT_USABLE: {
    message: 'This verification cannot be referred, or this referral is not open.',
    when: 'A verification that is unknown, of another partner, of a rehearsal, a MATCH, a refusal or older than 24 hours; a referral that is unknown, of another partner or not open: one code for all.',
    retry: 'No; ask again with verifyIdentity.',
    ask: 'Your developer; the id of one of your own verifications.',
  },
  ERR_STOPPED: {
    message: 'The gateway does not answer at present by order of the host.',
    when: 'An emergency stop is in force.',
    retry: 'Later.',
    ask: 'Your liaison officer at the host.',
  },
  ERR_BUSY: {
    message: 'The gateway cannot take the question now.',
    when: 'Too many questions are under way, or the budget cannot be charged.',
    retry: 'After Retry-After, under the same requestId.',
    ask: 'Nobody at first.',
  },
  ERR_LOG_UNAVAILABLE: {
    message: 'The access cannot be recorded, so nothing is answered.',
    when: 'The access log cannot be written.',
    retry: 'After Retry-After, under the same requestId.',
    ask: 'The operator, if it lasts.',
  },
  ERR_INTERNAL: {
    message: 'A fault; extensions.reference names it in the log of the host.',
    when: 'Something failed that should not.',
    retry: 'Once, under the same requestId.',
    ask: 'The operator, with extensions.reference.',
  },
} as const satisfies Readonly<Record<string, PublicErrorText>>;

export type PublicErrorCode = keyof typeof publicErrors;

const internal: PublicError = { code: 'ERR_INTERNAL', status: 200 };

/** Every code inside has one public face; a new code without one does not compile. */
export const errorMap: Readonly<Record<GatewayErrorCode, PublicError>> = {
  ERR_INPUT_INVALID: { code: 'ERR_INPUT_INVALID', status: 400 },
  ERR_EVIDENCE_INSUFFICIENT: { code: 'ERR_EVIDENCE_INSUFFICIENT', status: 200 },
  ERR_GRANT_NOT_USABLE: { code: 'ERR_GRANT_NOT_USABLE', status: 200 },
  ERR_PURPOSE_NOT_GRANTED: { code: 'ERR_PURPOSE_NOT_GRANTED', status: 200 },
  ERR_FIELD_NOT_GRANTED: { code: 'ERR_FIELD_NOT_GRANTED', status: 200 },
  ERR_BUDGET_SPENT: { code: 'ERR_BUDGET_SPENT', status: 200 },
  ERR_REQUEST_ID_REUSED: { code: 'ERR_REQUEST_ID_REUSED', status: 200 },
  ERR_NAMED_OFFICER_REQUIRED: { code: 'ERR_NAMED_OFFICER_REQUIRED', status: 200 },
  ERR_VERIFICATION_NOT_USABLE: { code: 'ERR_VERIFICATION_NOT_USABLE', status: 200 },
  ERR_CROSSING_CONFIRMED: { code: 'ERR_CROSSING_CONFIRMED', status: 200 },
  ERR_REFERRAL_NOT_USABLE: { code: 'ERR_REFERRAL_NOT_USABLE', status: 200 },
  ERR_STOPPED: { code: 'ERR_STOPPED', status: 503 },
  ERR_BUSY: { code: 'ERR_BUSY', status: 503 },
  ERR_LOG_UNAVAILABLE: { code: 'ERR_LOG_UNAVAILABLE', status: 503 },
  ERR_INTERNAL: internal,
  ERR_CERTIFICATE_REFUSED: { code: 'ERR_INTERNAL', status: 401 },
  ERR_TOKEN_REFUSED: { code: 'ERR_INTERNAL', status: 401 },
  ERR_ACT_NOT_PERMITTED: internal,
  ERR_ACT_NOT_PENDING: internal,
  ERR_APPROVER_IS_CONCERNED: internal,
  ERR_ACCOUNT_TOO_NEW: internal,
  ERR_ROLES_EXCLUDE: internal,
  ERR_NOT_FOUND: internal,
  ERR_CONFLICT: internal,
  ERR_CONFIGURATION: internal,
  ERR_KEY_UNUSABLE: internal,
  ERR_HOME_IN_USE: internal,
  ERR_DATABASE_UNAVAILABLE: { code: 'ERR_BUSY', status: 503 },
  ERR_ROW_CONFLICT: internal,
  ERR_SEALED_DATA_DAMAGED: internal,
  ERR_IMPORT_REFUSED: internal,
  ERR_LEGAL_HOLD: internal,
  ERR_APPROVER_IS_REQUESTER: internal,
  ERR_GRANT_STATE: internal,
  ERR_GRANT_WIDENS: internal,
  ERR_GRANT_CHANGED: internal,
  ERR_RECORD_TOO_LARGE: internal,
  ERR_RECORD_MALFORMED: internal,
  ERR_PROOF_INVALID: internal,
  ERR_NOTE_MALFORMED: internal,
  ERR_LOG_CONTRADICTS_ITSELF: { code: 'ERR_LOG_UNAVAILABLE', status: 503 },
  ERR_JOURNAL_UNAVAILABLE: { code: 'ERR_LOG_UNAVAILABLE', status: 503 },
};

/** Seconds a caller is asked to wait before it asks again (RFC 9110 §10.2.3). */
export const retryAfterSeconds = 5;
