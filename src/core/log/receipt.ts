import { GatewayError } from '../errors.js';
import { decodeBase64Url, equalInConstantTime } from '../bytes.js';
import { commitQuestion, decodeRecord, type AccessRecord, type DisclosedField } from './record.js';
import { checkTlogProof } from './tlog-proof.js';
import type { Checkpoint } from './checkpoint.js';
import type { CoverProof } from './cover.js';
import type { VerifierKeys } from './note.js';

/** What a partner is handed with every answer (contract `Receipt`). */
export interface Receipt {
  /** Leaf bytes, unpadded base64url. */
  readonly record: string;
  /** 32 bytes, unpadded base64url. */
  readonly salt: string;
  /** c2sp.org/tlog-proof text. */
  readonly proof: string;
}

/** A receipt obtained again, with its place in the cover tree once that has been cosigned. */
export interface CoveredReceipt extends Receipt {
  readonly cover: CoverProof | null;
}

/** What the partner asked and was told, to hold against the record. */
export interface AnswerToCheck {
  readonly id: string;
  readonly requestId: string;
  readonly grant: string;
  readonly purpose: string;
  /** The question's `person`, as it was sent. */
  readonly person: unknown;
  readonly outcome: string;
  /** Every field the answer holds, with its level; in any order. */
  readonly fields: readonly DisclosedField[];
  /** `subject.reference`, or null when there is no subject. */
  readonly reference: string | null;
}

export interface CheckedReceipt {
  readonly record: AccessRecord;
  readonly index: number;
  readonly checkpoint: Checkpoint;
}

/**
 * (Partner side) Checks that an answer was logged before it left, and that the record says what the
 * answer said. The partner learns nothing it was not told; it needs the tree's verifier key
 * (or keys, across a rotation) and its own question.
 *
 * @throws {GatewayError} ERR_PROOF_INVALID, ERR_NOTE_MALFORMED, ERR_RECORD_MALFORMED
 */
export function checkReceipt(
  receipt: Receipt,
  answer: AnswerToCheck,
  key: VerifierKeys,
): CheckedReceipt {
  const bytes = decodeBase64Url(receipt.record);
  const salt = decodeBase64Url(receipt.salt);
  if (bytes === undefined || salt?.length !== 32) throw invalid('record and salt are base64url');
  const { index, checkpoint } = checkTlogProof(bytes, receipt.proof, key);
  const record = decodeRecord(bytes);
  for (const member of ['id', 'requestId', 'grant', 'purpose', 'outcome', 'reference'] as const) {
    if (record[member] !== answer[member]) throw invalid(`the record has another ${member}`);
  }
  if (listFields(record.fields) !== listFields(answer.fields)) {
    throw invalid('the record has other fields');
  }
  const question = commitQuestion(salt, answer.person);
  if (record.question === null || !equalInConstantTime(record.question, question)) {
    throw invalid('the record is of another question');
  }
  return { record, index, checkpoint };
}

function listFields(fields: readonly DisclosedField[]): string {
  return JSON.stringify([...fields].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

function invalid(detail: string): GatewayError {
  return new GatewayError('ERR_PROOF_INVALID', { detail });
}
