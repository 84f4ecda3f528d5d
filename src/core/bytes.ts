import { hash, timingSafeEqual } from 'node:crypto';

/**
 * Length-prefixed, domain-labelled bytes: `label` and each part are preceded by their length in
 * bytes as an unsigned 32-bit big-endian integer, so that no two lists of parts share an encoding.
 *
 * @param label domain, e.g. `safeconduct/question/v1`
 * @param parts strings are taken as UTF-8
 */
export function encodeParts(label: string, ...parts: readonly (string | Uint8Array)[]): Buffer {
  const head = encodedLabels.get(label) ?? encodeLabel(label);
  let size = head.length;
  for (const part of parts) {
    size += 4 + (typeof part === 'string' ? Buffer.byteLength(part, 'utf8') : part.length);
  }
  // One allocation: this runs for every keyed term of every person.
  const encoded = Buffer.allocUnsafe(size);
  encoded.set(head);
  let at = head.length;
  for (const part of parts) {
    let length = part.length;
    if (typeof part === 'string') length = encoded.write(part, at + 4, 'utf8');
    else encoded.set(part, at + 4);
    encoded.writeUInt32BE(length, at);
    at += 4 + length;
  }
  return encoded;
}

/** Labels with their length: there are as many as the code has uses, and each is used all the time. */
const encodedLabels = new Map<string, Buffer>();
const mostLabels = 256;

function encodeLabel(label: string): Buffer {
  const encoded = Buffer.alloc(4 + Buffer.byteLength(label, 'utf8'));
  encoded.writeUInt32BE(encoded.write(label, 4, 'utf8'));
  if (encodedLabels.size < mostLabels) encodedLabels.set(label, encoded);
  return encoded;
}

/** SHA-256 (FIPS 180-4), 32 bytes. */
export function sha256(...parts: readonly Uint8Array[]): Buffer {
  // One shot over one buffer: for the short inputs of trees and keys a hash object costs more than
  // the hashing, and so does memory of its own for every 32 bytes of a result.
  const [only] = parts;
  const whole = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  return Buffer.from(hash('sha256', whole, 'binary'), 'binary');
}

/** base64url without padding (RFC 4648 §5). */
export function encodeBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url');
}

/**
 * The bytes of unpadded base64url in its one canonical spelling (RFC 4648 §3.5), or `undefined`
 * for padding, white space, another alphabet or non-zero trailing bits.
 */
export function decodeBase64Url(text: string): Buffer | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return undefined;
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

/** Equality in time that depends on the lengths only. */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
