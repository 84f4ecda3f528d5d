import canonicalize from 'canonicalize';
import type { SubjectField } from '../core/disclosure/catalogue.js';
import { inputInvalid } from '../core/errors.js';
import type { Purpose } from '../core/grants/purpose.js';
import type { PersonEvidenceInput } from '../core/matching/index.js';

/** One question as a door hands it over: shapes are checked, meaning is not. */
export interface Question {
  readonly requestId: string;
  readonly grantId: string;
  readonly purpose: Purpose;
  readonly caseReference: string;
  readonly person: PersonEvidenceInput;
  /** `person` as the partner sent it, before defaults of the schema: what the receipt commits to. */
  readonly personAsSent: unknown;
  /** Fields of the subject selected, after fragments, `@skip` and `@include`. */
  readonly fields: readonly SubjectField[];
}

const requestIdForm = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;
const caseReferenceForm = /^[A-Z0-9][A-Z0-9/._-]{0,63}$/;
const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export const isRequestId = (text: string): boolean => requestIdForm.test(text);
export const isUuid = (text: string): boolean => uuidForm.test(text);
export const isCaseReference = (text: string): boolean => caseReferenceForm.test(text);

/**
 * Checks what identifies a question. `requestId`: 1 to 64 of letters, digits, `.`, `_`, `:`, `-`,
 * beginning with a letter or digit; it stands in receipts and must never be a name.
 *
 * @throws {GatewayError} ERR_INPUT_INVALID
 */
export function checkQuestionIds(question: Question): void {
  if (!isRequestId(question.requestId)) throw inputInvalid('requestId');
  if (!isCaseReference(question.caseReference)) throw inputInvalid('caseReference');
}

/** RFC 8785 JSON of all that makes two questions the same question. */
export function canonicalQuestion(question: Question): string {
  const { grantId, purpose, caseReference, person } = question;
  const text = canonicalize(withoutNulls({ grantId, purpose, caseReference, person }));
  if (text === undefined) throw new TypeError('a question has JSON');
  return text;
}

/** Plain JSON of a value: null and undefined members are left out, prototypes are dropped. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null && member !== undefined)
      .map(([name, member]) => [name, withoutNulls(member)]),
  );
}
