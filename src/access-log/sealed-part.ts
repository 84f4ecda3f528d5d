import { encodeParts, equalInConstantTime, sha256 } from '../core/bytes.js';
import { GatewayError } from '../core/errors.js';
import { canonicalJson } from '../core/log/record.js';
import { seal, unseal } from '../platform/keys/keys.js';
import type { RecordSecrets } from './record-keys.js';

/**
 * The part of a record only the host can open. This file owns the format.
 *
 * ```
 * plaintext   length of json (4 bytes, big-endian) || json || zeros, 1 024 bytes in all
 * json        RFC 8785: {"caseReference","certificate","clientId","finding","officer","subject","v":1},
 *             "charge" where the question charged anything, and "test":true where it was under a
 *             test grant
 * sealed part key check (32) || iv (12) || AES-256-GCM ciphertext (1 024) || tag (16): 1 084 bytes
 * commitment  SHA-256("safeconduct/log/sealed/v1", sealed part), parts length-prefixed: 32 bytes
 * ```
 *
 * `charge` is there only where the question was charged to a budget (grants/kept-charge.ts).
 *
 * The record carries the commitment, the database and the journal the sealed part. Its size says
 * nothing. Associated data binds it to tree and record; the key check (record-keys.ts) binds it to
 * one key, which AES-GCM alone does not: no one can later show a second plaintext for it. Anybody
 * holding the bytes can check the commitment; nobody without the epoch key can read them.
 */
export interface HostPart {
  /** OAuth client that asked. */
  readonly clientId: string;
  /** Opaque `sub` of the named officer; null when a system asked. */
  readonly officer: string | null;
  /** SHA-256 fingerprint of the client certificate, base64url. */
  readonly certificate: string;
  /** The partner's own case reference; null where none could be read. */
  readonly caseReference: string | null;
  /** Inside id of the person told of; null when nobody was. */
  readonly subject: string | null;
  /** What was found where the partner was told less, e.g. `POSSIBLE_MATCH`; null otherwise. */
  readonly finding: string | null;
  /** What the question charged, as its room keeps it; absent where nothing was. */
  readonly charge?: string;
  /** Asked under a test grant: about made-up people only. */
  readonly test?: true;
}

const plaintextBytes = 1024;
const keyCheckBytes = 32;

/**
 * Seals a host part.
 *
 * @throws {GatewayError} ERR_RECORD_TOO_LARGE
 */
export function sealHostPart(
  part: HostPart,
  secrets: RecordSecrets,
  tree: string,
  id: string,
): Buffer {
  const json = jsonOf(part);
  const size = Buffer.byteLength(json, 'utf8');
  if (size > plaintextBytes - 4) {
    throw new GatewayError('ERR_RECORD_TOO_LARGE', {
      detail: 'the host part of a record has 1 020 bytes at most',
    });
  }
  const plaintext = Buffer.alloc(plaintextBytes);
  plaintext.writeUInt32BE(size);
  plaintext.write(json, 4, 'utf8');
  return seal(secrets.sealKey, plaintext, contextOf(tree, id), secrets.keyCheck);
}

/**
 * The host part that was sealed.
 *
 * @throws {GatewayError} ERR_SEALED_DATA_DAMAGED when it is not of this key, tree and record
 */
export function openHostPart(
  sealed: Uint8Array,
  secrets: RecordSecrets,
  tree: string,
  id: string,
): HostPart {
  const plaintext = equalInConstantTime(sealed.subarray(0, keyCheckBytes), secrets.keyCheck)
    ? unseal(secrets.sealKey, sealed.subarray(keyCheckBytes), contextOf(tree, id))
    : undefined;
  if (plaintext?.length !== plaintextBytes) {
    throw new GatewayError('ERR_SEALED_DATA_DAMAGED', { detail: 'sealed part of a log record' });
  }
  const json = plaintext.toString('utf8', 4, 4 + plaintext.readUInt32BE());
  const { caseReference, certificate, charge, clientId, finding, officer, subject, test } =
    JSON.parse(json) as HostPart;
  return {
    caseReference,
    certificate,
    clientId,
    finding,
    officer,
    subject,
    ...(charge === undefined ? {} : { charge }),
    ...(test === true ? { test } : {}),
  };
}

function jsonOf(part: HostPart): string {
  const { caseReference, certificate, charge, clientId, finding, officer, subject, test } = part;
  // In their sorted order, JSON.stringify writes these members as RFC 8785 has them; ill-formed text,
  // which it would escape, is refused there.
  const members = {
    caseReference,
    certificate,
    ...(charge === undefined ? {} : { charge }),
    clientId,
    finding,
    officer,
    subject,
    ...(test === true ? { test } : {}),
    v: 1,
  };
  const texts = [caseReference, certificate, charge, clientId, finding, officer, subject];
  const isPlain = texts.every((text) => text?.isWellFormed() ?? true);
  return isPlain ? JSON.stringify(members) : canonicalJson(members);
}

/** Commitment of a record to its sealed part, 32 bytes. */
export function commitSealedPart(sealed: Uint8Array): Buffer {
  return sha256(encodeParts('safeconduct/log/sealed/v1', sealed));
}

function contextOf(tree: string, id: string): Buffer {
  return encodeParts('safeconduct/log/sealed-part/v1', tree, id);
}
