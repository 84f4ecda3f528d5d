import { hash, type KeyObject } from 'node:crypto';

/** SHA-256 works in blocks of 64 bytes. */
const blockBytes = 64;
const digestBytes = 32;
const innerPad = 0x36;
const outerPad = 0x5c;

/** The key's two blocks, each with room for what is hashed after it. */
interface Padded {
  readonly inner: Buffer;
  readonly outer: Buffer;
}

/** A log keys six hashes a record with the same few keys. */
const paddedKeys = new WeakMap<KeyObject, Padded>();

/** Longer messages are given a buffer of their own. */
const roomBytes = 1024;

/**
 * HMAC-SHA-256 (RFC 2104 §2): SHA-256(key ^ 5c.. || SHA-256(key ^ 36.. || message)), 32 bytes.
 *
 * The same as `createHmac` of node:crypto in two one-shot digests, which make no object for the
 * garbage collector to end.
 *
 * @param key at most 64 bytes
 */
export function hmacSha256(key: KeyObject, message: Uint8Array): Buffer {
  const { inner, outer } = paddedOf(key);
  const size = blockBytes + message.length;
  let whole = inner;
  if (size > inner.length) whole = Buffer.concat([inner.subarray(0, blockBytes), message]);
  else inner.set(message, blockBytes);
  outer.write(hash('sha256', whole.subarray(0, size), 'binary'), blockBytes, 'binary');
  return Buffer.from(hash('sha256', outer, 'binary'), 'binary');
}

function paddedOf(key: KeyObject): Padded {
  const known = paddedKeys.get(key);
  if (known !== undefined) return known;
  const bytes = key.export();
  if (bytes.length > blockBytes) throw new TypeError('a key has 64 bytes at most');
  const pad = (value: number, size: number): Buffer => {
    const padded = Buffer.alloc(size);
    for (let at = 0; at < blockBytes; at += 1) padded[at] = (bytes[at] ?? 0) ^ value;
    return padded;
  };
  const padded = {
    inner: pad(innerPad, blockBytes + roomBytes),
    outer: pad(outerPad, blockBytes + digestBytes),
  };
  paddedKeys.set(key, padded);
  return padded;
}
