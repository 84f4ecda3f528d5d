import { encodeParts } from '../core/bytes.js';
import { GatewayError } from '../core/errors.js';
import type { PartnerCode, StateCode, SubjectId } from '../core/ids.js';
import type { Subject } from '../core/register/subject.js';
import { seal, unseal } from '../platform/keys/keys.js';
import type { EpochKey } from './register-keys.js';

/**
 * One version of one subject at rest. Sealed with AES-256-GCM under its own data key, bound to
 * subject and version; inside:
 *
 *     0x01 || reference secret (32) || length of JSON (uint32, big-endian) || JSON (UTF-8) || 0x00...
 *
 * JSON is the {@link Subject} without `suppressedFor`, whose one true copy is in the page. Zeros
 * fill up to a size class, so that the length does not tell how much is known of a person. Another
 * layout gets another first byte.
 */

export type SubjectContent = Omit<Subject, 'suppressedFor'>;

export interface SealedSubject {
  readonly epochId: number;
  readonly keyWrapped: Buffer;
  readonly sealed: Buffer;
}

export interface OpenedBlob {
  readonly content: SubjectContent;
  /** 32 random bytes, made with the person's first version, for references that partners see. */
  readonly referenceSecret: Buffer;
}

const headerBytes = 1 + 32 + 4;
/** Nearly everybody fits the smallest class. */
const smallestClassBytes = 1024;

/** Smallest of 1,024, 1,536, 2,048, 3,072, 4,096, ... that holds `bytes`. */
export function sizeClass(bytes: number): number {
  let size = smallestClassBytes;
  while (size < bytes) {
    if (size * 1.5 >= bytes) return size * 1.5;
    size *= 2;
  }
  return size;
}

/** JSON bytes of a subject's content; equal contents have equal bytes. */
export function encodeContent(content: SubjectContent): Buffer {
  return Buffer.from(JSON.stringify(content), 'utf8');
}

/** What of a person's sharing decides whether they may be found. */
export function sharingOf({ sharing }: SubjectContent): {
  readonly refusedFor: readonly (PartnerCode | StateCode)[];
  readonly informed: boolean;
} {
  return {
    refusedFor: sharing?.refusedFor ?? [],
    informed: sharing?.informedOn !== undefined,
  };
}

/** Seals one version under a fresh data key, wrapped by the epoch's. */
export function sealSubject(
  epoch: EpochKey,
  id: SubjectId,
  version: number,
  contentJson: Uint8Array,
  referenceSecret: Uint8Array,
  dataKey: Uint8Array,
): SealedSubject {
  const plain = Buffer.alloc(sizeClass(headerBytes + contentJson.length));
  plain[0] = 1;
  plain.set(referenceSecret, 1);
  plain.writeUInt32BE(contentJson.length, 33);
  plain.set(contentJson, headerBytes);
  return {
    epochId: epoch.id,
    keyWrapped: seal(epoch.key, dataKey, dataKeyContext(id, version, epoch.id)),
    sealed: seal(dataKey, plain, blobContext(id, version)),
  };
}

/** @throws {GatewayError} ERR_SEALED_DATA_DAMAGED when key, place or bytes are not those sealed */
export function openSubject(
  epoch: EpochKey,
  id: SubjectId,
  version: number,
  blob: SealedSubject,
): OpenedBlob {
  const dataKey = unseal(epoch.key, blob.keyWrapped, dataKeyContext(id, version, epoch.id));
  const plain = dataKey && unseal(dataKey, blob.sealed, blobContext(id, version));
  if (plain?.[0] !== 1) {
    throw new GatewayError('ERR_SEALED_DATA_DAMAGED', { detail: `subject ${id}` });
  }
  const length = plain.readUInt32BE(33);
  return {
    content: JSON.parse(
      plain.toString('utf8', headerBytes, headerBytes + length),
    ) as SubjectContent,
    referenceSecret: Buffer.from(plain.subarray(1, 33)),
  };
}

/** The data key wrapped anew; the blob stays as it is. */
export function rewrapDataKey(
  from: EpochKey,
  to: EpochKey,
  id: SubjectId,
  version: number,
  keyWrapped: Uint8Array,
): Buffer {
  const dataKey = unseal(from.key, keyWrapped, dataKeyContext(id, version, from.id));
  if (dataKey === undefined) {
    throw new GatewayError('ERR_SEALED_DATA_DAMAGED', { detail: `subject ${id}` });
  }
  return seal(to.key, dataKey, dataKeyContext(id, version, to.id));
}

function dataKeyContext(id: SubjectId, version: number, epochId: number): Buffer {
  return encodeParts('safeconduct/register/data-key/v1', id, String(version), String(epochId));
}

function blobContext(id: SubjectId, version: number): Buffer {
  return encodeParts('safeconduct/register/subject/v1', id, String(version));
}
