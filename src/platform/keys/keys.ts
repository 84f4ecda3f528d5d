import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createSecretKey,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { GatewayError, isGatewayError } from '../../core/errors.js';
import { decodeBase64Url, sha256 } from '../../core/bytes.js';

/**
 * Keys of the gateway, each in a file of its own, each independent of the others:
 *
 * - master and log key: 32 random bytes, unpadded base64url, one line;
 * - token key: private JWK (RFC 7517), Ed25519 or P-256, with `kid`;
 * - checkpoint key: private JWK, Ed25519.
 *
 * A key file that others may read or write, that is missing or malformed refuses the start and is
 * named; its content never is.
 */

/** Wraps keys; a hardware module can stand behind it. */
export interface MasterKey {
  /** Short public name of the key, so that a wrong one is told from a damaged blob. */
  readonly id: string;
  /** Seals a key. `context` binds the result to its place. */
  wrap(key: Uint8Array, context: Uint8Array): Promise<Buffer>;
  /** @throws {GatewayError} ERR_KEY_UNUSABLE when key, context or blob are not those of `wrap` */
  unwrap(wrapped: Uint8Array, context: Uint8Array): Promise<Buffer>;
}

/**
 * AES-256-GCM (NIST SP 800-38D): `iv (12) || ciphertext || tag (16)`. Key objects, because Node takes
 * three times as long over a key in plain bytes.
 *
 * @param before what the result begins with instead, where it is kept together with something
 */
export function seal(
  key: Uint8Array,
  plaintext: Uint8Array,
  context: Uint8Array,
  before: Uint8Array = nothing,
): Buffer {
  const iv = freshIv();
  const cipher = createCipheriv('aes-256-gcm', createSecretKey(key), iv);
  cipher.setAAD(context);
  const ciphertext = cipher.update(plaintext);
  return Buffer.concat([before, iv, ciphertext, cipher.final(), cipher.getAuthTag()]);
}

const nothing = new Uint8Array();

let ivs = Buffer.alloc(0);

/** 12 random bytes, drawn for many at a time: a draw costs more than its bytes. */
function freshIv(): Buffer {
  if (ivs.length === 0) ivs = randomBytes(12 * 256);
  const iv = ivs.subarray(0, 12);
  ivs = ivs.subarray(12);
  return iv;
}

/** The plaintext of {@link seal}, or `undefined` when key, context or bytes differ. */
export function unseal(
  key: Uint8Array,
  sealed: Uint8Array,
  context: Uint8Array,
): Buffer | undefined {
  if (sealed.length < 28) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', createSecretKey(key), sealed.subarray(0, 12), {
    authTagLength: 16,
  });
  decipher.setAAD(context);
  decipher.setAuthTag(sealed.subarray(sealed.length - 16));
  try {
    return Buffer.concat([
      decipher.update(sealed.subarray(12, sealed.length - 16)),
      decipher.final(),
    ]);
  } catch {
    return undefined;
  }
}

/** HKDF-SHA-256 (RFC 5869), 32 bytes, one label for one use. */
export function deriveKey(secret: Uint8Array, label: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), label, 32));
}

/** Master key held in this process. */
export function localMasterKey(secret: Uint8Array): MasterKey {
  const wrapping = deriveKey(secret, 'safeconduct/master/wrap/v1');
  const id = sha256(deriveKey(secret, 'safeconduct/master/id/v1')).toString('hex').slice(0, 16);
  return {
    id,
    wrap: async (key, context) => seal(wrapping, key, context),
    unwrap: async (wrapped, context) => {
      const key = unseal(wrapping, wrapped, context);
      if (key === undefined) {
        throw new GatewayError('ERR_KEY_UNUSABLE', {
          detail: `master key ${id} does not open what is stored: it is another key, or the data is damaged`,
        });
      }
      return key;
    },
  };
}

/**
 * Wraps under the first key and opens what any of them wrapped: every process of a gateway holds
 * both keys while a rotation lasts.
 */
export function masterKeyRing(current: MasterKey, ...previous: readonly MasterKey[]): MasterKey {
  const keys = [current, ...previous];
  return {
    id: current.id,
    wrap: async (key, context) => current.wrap(key, context),
    unwrap: async (wrapped, context) => {
      for (const key of keys) {
        try {
          return await key.unwrap(wrapped, context);
        } catch (error) {
          if (!isGatewayError(error, 'ERR_KEY_UNUSABLE')) throw error;
        }
      }
      throw new GatewayError('ERR_KEY_UNUSABLE', {
        detail: `none of the master keys ${keys.map(({ id }) => id).join(', ')} opens what is stored`,
      });
    },
  };
}

/** Reads a 32-byte secret from its file. `variable` is named in every refusal. */
export function readSecretFile(path: string, variable: string): Buffer {
  const secret = decodeBase64Url(readKeyFile(path, variable).trim());
  if (secret?.length !== 32) {
    throw new GatewayError('ERR_KEY_UNUSABLE', {
      detail: `${variable}: ${path} does not hold 32 bytes in unpadded base64url`,
    });
  }
  return secret;
}

/** Reads a private JWK from its file. */
export function readPrivateJwkFile(path: string, variable: string): PrivateJwk {
  const text = readKeyFile(path, variable);
  try {
    const jwk = JSON.parse(text) as Record<string, unknown>;
    const key = createPrivateKey({ key: jwk, format: 'jwk' });
    if (typeof jwk['kid'] !== 'string' || jwk['kid'] === '') throw new TypeError('no kid');
    return { kid: jwk['kid'], key, jwk };
  } catch {
    throw new GatewayError('ERR_KEY_UNUSABLE', {
      detail: `${variable}: ${path} does not hold a private JWK with "kid"`,
    });
  }
}

export interface PrivateJwk {
  readonly kid: string;
  readonly key: KeyObject;
  readonly jwk: Readonly<Record<string, unknown>>;
}

/** Reads a file that only its owner may read. */
export function readKeyFile(path: string, variable: string): string {
  let mode: number;
  try {
    mode = statSync(path).mode;
  } catch {
    throw new GatewayError('ERR_KEY_UNUSABLE', { detail: `${variable}: no file at ${path}` });
  }
  if ((mode & 0o077) !== 0) {
    throw new GatewayError('ERR_KEY_UNUSABLE', {
      detail: `${variable}: ${path} may be read or written by others; run chmod 600 on it`,
    });
  }
  return readFileSync(path, 'utf8');
}
