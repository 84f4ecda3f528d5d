import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, CompactEncrypt, type JWK } from 'jose';
import { inputInvalid } from '../../core/errors.js';

/** Who alone can open what is sealed for them. */
export interface Recipient {
  /** Public members only, and `kid` where one was given. */
  readonly jwk: JWK;
  readonly key: KeyObject;
  readonly alg: 'ECDH-ES+A256KW' | 'RSA-OAEP-256';
}

/**
 * A public key for encryption: EC P-256, P-384, or RSA of at least 3,072 bits (RFC 7517).
 *
 * @throws {GatewayError} ERR_INPUT_INVALID naming `recipient`
 */
export function readRecipient(given: JWK): Recipient {
  const { kty, crv, x, y, n, e, kid, use, d } = given;
  const refused = (why: string) => inputInvalid('recipient', why);
  if (d !== undefined) throw refused('a private key');
  if (use !== undefined && use !== 'enc') throw refused('not for encryption');
  const members = kty === 'RSA' ? { kty, n, e } : { kty, crv, x, y };
  const bare = JSON.parse(JSON.stringify(members)) as JsonWebKey;
  let key: KeyObject;
  try {
    key = createPublicKey({ key: bare, format: 'jwk' });
  } catch {
    throw refused('not a public key');
  }
  const jwk = { ...bare, ...(kid === undefined ? {} : { kid }) } as JWK;
  if (kty === 'RSA') {
    if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < 3072) throw refused('too short');
    return { jwk, key, alg: 'RSA-OAEP-256' };
  }
  if (kty === 'EC' && (crv === 'P-256' || crv === 'P-384')) {
    return { jwk, key, alg: 'ECDH-ES+A256KW' };
  }
  throw refused('of another kind');
}

/**
 * Text for one recipient: a JWE in compact form (RFC 7516 §3.1).
 *
 * @param header further members of its protected header, which anybody can read
 */
export async function sealFor(
  { jwk, key, alg }: Recipient,
  text: string,
  header: Readonly<Record<string, string | number>>,
): Promise<string> {
  const kid = jwk.kid ?? (await calculateJwkThumbprint(jwk));
  return new CompactEncrypt(Buffer.from(text, 'utf8'))
    .setProtectedHeader({ alg, enc: 'A256GCM', kid, ...header })
    .encrypt(key);
}
