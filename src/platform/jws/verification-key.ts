import { constants, createPublicKey, verify, type KeyObject } from 'node:crypto';

/** Signature algorithms taken anywhere (FAPI 2.0 Security Profile §5.4.1, RFC 9864 for the last). */
export const signatureAlgorithms = ['PS256', 'ES256', 'EdDSA', 'Ed25519'] as const;
export type JwsAlgorithm = (typeof signatureAlgorithms)[number];

/** A public key and the algorithms it may be used with: never chosen by the token alone. */
export interface VerificationKey {
  readonly kid: string;
  readonly algorithms: readonly JwsAlgorithm[];
  readonly key: KeyObject;
}

/**
 * Reads a public JWK: RSA of at least 3072 bits with an odd exponent of at least 65537 for PS256,
 * P-256 for ES256, Ed25519 for EdDSA.
 *
 * @throws {TypeError} for any other key, one with private members, or one without `kid`
 */
export function readVerificationKey(jwk: unknown): VerificationKey {
  if (jwk === null || typeof jwk !== 'object') throw new TypeError('not a JWK');
  const { kid, use, alg, kty, crv, n, e, x, y } = jwk as Readonly<Record<string, unknown>>;
  if (typeof kid !== 'string' || kid === '' || kid.length > 128) throw new TypeError('kid');
  if (use !== undefined && use !== 'sig') throw new TypeError('use');
  const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
  if (privateMembers.some((member) => member in jwk)) throw new TypeError('a private key');
  // Only the members that make the key: node:crypto does not see the rest.
  const members = Object.entries({ kty, crv, n, e, x, y }).filter(([, v]) => v !== undefined);
  const key = createPublicKey({ key: Object.fromEntries(members), format: 'jwk' });
  const algorithms = algorithmsOf(key).filter((name) => alg === undefined || alg === name);
  if (algorithms.length === 0) throw new TypeError('no accepted algorithm');
  return { kid, algorithms, key };
}

function algorithmsOf(key: KeyObject): readonly JwsAlgorithm[] {
  const { modulusLength = 0, publicExponent = 0n, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') {
    const isStrong =
      modulusLength >= 3072 && publicExponent >= 65537n && publicExponent % 2n === 1n;
    return isStrong ? ['PS256'] : [];
  }
  if (key.asymmetricKeyType === 'ec') return namedCurve === 'prime256v1' ? ['ES256'] : [];
  return key.asymmetricKeyType === 'ed25519' ? ['EdDSA', 'Ed25519'] : [];
}

/** Is this the key's signature under `algorithm`? False for an algorithm the key is not for. */
export function isJwsSignatureValid(
  { algorithms, key }: VerificationKey,
  algorithm: JwsAlgorithm,
  signingInput: Buffer,
  signature: Buffer,
): boolean {
  if (!algorithms.includes(algorithm)) return false;
  switch (algorithm) {
    case 'PS256':
      return verify(
        'sha256',
        signingInput,
        { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
        signature,
      );
    case 'ES256':
      return verify('sha256', signingInput, { key, dsaEncoding: 'ieee-p1363' }, signature);
    case 'EdDSA':
    case 'Ed25519':
      return verify(null, signingInput, key, signature);
  }
}
