import type { KeyObject } from 'node:crypto';
import { encodeBase64Url } from '../core/bytes.js';
import type { GatewayErrorCode } from '../core/errors.js';
import type { EventOutcome } from '../core/log/event.js';
import type { Receipt } from '../core/log/receipt.js';
import {
  commitQuestion,
  encodeRecord,
  sortedFields,
  type DisclosedField,
} from '../core/log/record.js';
import { encodeTlogProof } from '../core/log/tlog-proof.js';
import { deriveRecordSecrets } from './record-keys.js';
import { commitSealedPart, sealHostPart, type HostPart } from './sealed-part.js';
import type { SignedHead, TreeName } from './trees.js';

export type Outcome = 'MATCH' | 'POSSIBLE_MATCH' | 'NOT_CONFIRMED';

/** What became of an act of staff, in the host's tree: `purpose` names the act, `requestId` its id. */
export type ActOutcome = 'ACT_REQUESTED' | 'ACT_DONE' | 'ACT_REFUSED';

/** What a partner said or read of its own, in its tree; nothing of a person is told by it. */
export type PartnerAct =
  | 'CROSSING_CONFIRMED'
  | 'CROSSING_CORRECTED'
  | 'MISTAKE_REPORTED'
  | 'REFERRAL_REQUESTED'
  | 'REFERRAL_WITHDRAWN'
  | 'READ_NOTICES'
  | 'READ_REFERRALS';

/** One access, or one refusal, or one act of staff, to be recorded. */
export interface AccessEntry {
  readonly tree: TreeName;
  /** UUID the partner is told; new for every record. */
  readonly id: string;
  readonly requestId: string | null;
  readonly at: Date;
  /** Null for a refusal that found none; for an id the partner made up as well. */
  readonly grant: string | null;
  readonly grantVersion: number | null;
  readonly purpose: string | null;
  /** The question's `person` as it was sent, before defaults; null where none could be read. */
  readonly person: unknown;
  /** As the partner is told it; the code of a refusal or fault. */
  readonly outcome: Outcome | ActOutcome | PartnerAct | EventOutcome | GatewayErrorCode;
  /** What leaves, in any order; empty unless `MATCH`. */
  readonly fields: readonly DisclosedField[];
  /** The partner's reference for the person; null unless `MATCH`. */
  readonly reference: string | null;
  /** Not in the record: sealed for the host. */
  readonly host: HostPart;
  /**
   * The question's evidence in its canonical form, by which questions about the same person are
   * grouped while the keys of marks last (core/log/marks.ts). Stored nowhere.
   */
  readonly grouping?: string;
}

/** A record that is durable, and its receipt. */
export interface LoggedAccess extends Receipt {
  readonly index: number;
  readonly treeSize: number;
}

export interface ComposedRecord {
  readonly record: Buffer;
  readonly sealed: Buffer;
  readonly salt: Buffer;
}

/**
 * The bytes of a record, its sealed part and its salt.
 *
 * @param tree opaque id of its tree
 * @throws {GatewayError} ERR_RECORD_MALFORMED, ERR_RECORD_TOO_LARGE
 */
export function composeRecord(
  entry: AccessEntry,
  tree: string,
  epochKey: KeyObject,
  nonce: Uint8Array,
): ComposedRecord {
  const secrets = deriveRecordSecrets(epochKey, tree, entry.id);
  const sealed = sealHostPart(entry.host, secrets, tree, entry.id);
  const { id, requestId, grant, grantVersion, purpose, outcome, reference, person } = entry;
  const record = encodeRecord({
    id,
    requestId,
    at: entry.at.toISOString(),
    grant,
    grantVersion,
    purpose,
    question: person === null ? null : commitQuestion(secrets.salt, person),
    outcome,
    fields: sortedFields(entry.fields),
    reference,
    nonce: Buffer.from(nonce),
    sealed: commitSealedPart(sealed),
  });
  return { record, sealed, salt: secrets.salt };
}

export function receiptOf(
  { record, salt }: Pick<ComposedRecord, 'record' | 'salt'>,
  index: number,
  hashes: readonly Buffer[],
  head: SignedHead,
  base64?: (hash: Buffer) => string,
): LoggedAccess {
  return {
    record: encodeBase64Url(record),
    salt: encodeBase64Url(salt),
    proof: encodeTlogProof({ index, hashes, checkpoint: head.checkpoint }, base64),
    index,
    treeSize: head.size,
  };
}
