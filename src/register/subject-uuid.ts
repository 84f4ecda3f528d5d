import type { SubjectId } from '../core/ids.js';

/**
 * UUIDv7 (RFC 9562 §5.7): 48 bits of Unix time in milliseconds, version, variant, 74 random bits.
 *
 * @param random 10 random bytes
 */
export function makeSubjectId(now: Date, random: Uint8Array): SubjectId {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(now.getTime(), 0, 6);
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  return decodeSubjectId(bytes);
}

/** When the id was made, of its 16 bytes. */
export function timeOfSubjectId(bytes: Buffer): Date {
  return new Date(bytes.readUIntBE(0, 6));
}

/** The textual form (RFC 9562 §4) of 16 bytes. */
export function decodeSubjectId(bytes: Uint8Array): SubjectId {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-') as SubjectId;
}

/** The 16 bytes of {@link decodeSubjectId}. */
export function encodeSubjectId(id: SubjectId): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}
