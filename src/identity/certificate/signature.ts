import { constants, createPublicKey, verify, type KeyObject } from 'node:crypto';
import {
  DerError,
  DerReader,
  contextConstructed,
  derTag,
  integerContent,
  objectIdentifier,
  smallInteger,
  wholeOctets,
  type DerElement,
} from '../../platform/der/read-der.js';
import { certificateRefused, refuseMalformed } from './causes.js';

/** A signature algorithm we accept on certificates and revocation lists; never SHA-1 or MD5. */
export interface SignatureAlgorithm {
  readonly family: 'RSA' | 'RSA-PSS' | 'EC' | 'ED25519';
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null;
}

const hashByOid: Readonly<Record<string, 'sha256' | 'sha384' | 'sha512'>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};
const hashSizeBytes = { sha256: 32, sha384: 48, sha512: 64 } as const;

/** Sources: RFC 8017 §A.2.4, RFC 5758 §3.2, RFC 8410 §3; each with its parameters. */
const plainAlgorithms: Readonly<
  Record<string, SignatureAlgorithm & { readonly parameters: 'null' | 'absent' }>
> = {
  '1.2.840.113549.1.1.11': { family: 'RSA', hash: 'sha256', parameters: 'null' },
  '1.2.840.113549.1.1.12': { family: 'RSA', hash: 'sha384', parameters: 'null' },
  '1.2.840.113549.1.1.13': { family: 'RSA', hash: 'sha512', parameters: 'null' },
  '1.2.840.10045.4.3.2': { family: 'EC', hash: 'sha256', parameters: 'absent' },
  '1.2.840.10045.4.3.3': { family: 'EC', hash: 'sha384', parameters: 'absent' },
  '1.2.840.10045.4.3.4': { family: 'EC', hash: 'sha512', parameters: 'absent' },
  '1.3.101.112': { family: 'ED25519', hash: null, parameters: 'absent' },
};
const rsaPss = '1.2.840.113549.1.1.10';
const mgf1 = '1.2.840.113549.1.1.8';

/** @throws {GatewayError} ERR_CERTIFICATE_REFUSED `signature-algorithm` */
export function signatureAlgorithm(identifier: DerElement): SignatureAlgorithm {
  return refuseMalformed('signature-algorithm', () => {
    const reader = new DerReader(identifier.content);
    const oid = objectIdentifier(reader.read(derTag.objectIdentifier));
    if (oid === rsaPss) return pssAlgorithm(reader);
    const known = plainAlgorithms[oid];
    if (known === undefined) throw certificateRefused('signature-algorithm');
    if (known.parameters === 'null' && reader.read(derTag.null).content.length !== 0) {
      throw new DerError('NULL with content');
    }
    reader.end();
    return { family: known.family, hash: known.hash };
  });
}

/** RSASSA-PSS with one hash for both uses and a salt of its length (RFC 4055 §3.1). */
function pssAlgorithm(reader: DerReader): SignatureAlgorithm {
  const parameters = reader.enter(derTag.sequence);
  reader.end();
  const hash = hashIdentifier(parameters.enter(contextConstructed(0)));
  const maskField = parameters.enter(contextConstructed(1));
  const mask = maskField.enter(derTag.sequence);
  maskField.end();
  if (objectIdentifier(mask.read(derTag.objectIdentifier)) !== mgf1) {
    throw new DerError('another mask generation function');
  }
  if (hashIdentifier(mask) !== hash) throw new DerError('hashes differ');
  const salt = parameters.enter(contextConstructed(2));
  if (smallInteger(salt.read(derTag.integer)) !== hashSizeBytes[hash]) {
    throw new DerError('another salt length');
  }
  salt.end();
  parameters.end();
  return { family: 'RSA-PSS', hash };
}

function hashIdentifier(reader: DerReader): 'sha256' | 'sha384' | 'sha512' {
  const identifier = reader.enter(derTag.sequence);
  reader.end();
  const hash = hashByOid[objectIdentifier(identifier.read(derTag.objectIdentifier))];
  identifier.readOptional(derTag.null);
  identifier.end();
  if (hash === undefined) throw certificateRefused('signature-algorithm');
  return hash;
}

/**
 * Does `key` vouch for these bytes under exactly the algorithm we judged? The algorithm is passed
 * on explicitly, so that no second reader of the certificate decides which one it is.
 */
export function isSignatureValid(
  algorithm: SignatureAlgorithm,
  key: KeyObject,
  signed: Buffer,
  signature: Buffer,
): boolean {
  const keyType = { RSA: 'rsa', 'RSA-PSS': 'rsa', EC: 'ec', ED25519: 'ed25519' }[algorithm.family];
  if (key.asymmetricKeyType !== keyType) return false;
  switch (algorithm.family) {
    case 'RSA':
      return verify(
        algorithm.hash,
        signed,
        { key, padding: constants.RSA_PKCS1_PADDING },
        signature,
      );
    case 'RSA-PSS':
      return verify(
        algorithm.hash,
        signed,
        {
          key,
          padding: constants.RSA_PKCS1_PSS_PADDING,
          saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
        },
        signature,
      );
    case 'EC':
    case 'ED25519':
      return verify(algorithm.hash, signed, key, signature);
  }
}

const namedCurves: Readonly<Record<string, { readonly pointBytes: number }>> = {
  '1.2.840.10045.3.1.7': { pointBytes: 65 }, // P-256
  '1.3.132.0.34': { pointBytes: 97 }, // P-384
};

/**
 * A SubjectPublicKeyInfo we accept: RSA of 3072 to 8192 bits with an odd exponent of at least
 * 65537 (FIPS 186-5 §A.1.1), P-256 or P-384 by name with an uncompressed point, or Ed25519.
 *
 * @throws {GatewayError} ERR_CERTIFICATE_REFUSED `key-algorithm` or `key-weak`
 */
export function publicKey(info: DerElement): KeyObject {
  refuseMalformed('key-algorithm', () => {
    const reader = new DerReader(info.content);
    const algorithm = reader.enter(derTag.sequence);
    const key = wholeOctets(reader.read(derTag.bitString));
    reader.end();
    const oid = objectIdentifier(algorithm.read(derTag.objectIdentifier));
    switch (oid) {
      case '1.2.840.113549.1.1.1':
        if (algorithm.read(derTag.null).content.length !== 0) throw new DerError('NULL');
        checkRsaKey(key);
        break;
      case '1.2.840.10045.2.1': {
        const curve = namedCurves[objectIdentifier(algorithm.read(derTag.objectIdentifier))];
        if (curve === undefined) throw certificateRefused('key-algorithm');
        if (key[0] !== 0x04 || key.length !== curve.pointBytes) throw new DerError('point');
        break;
      }
      case '1.3.101.112':
        if (key.length !== 32) throw new DerError('key length');
        break;
      default:
        throw certificateRefused('key-algorithm');
    }
    algorithm.end();
  });
  try {
    return createPublicKey({ key: info.raw, format: 'der', type: 'spki' });
  } catch (error) {
    // A point that is not on its curve ends here.
    throw certificateRefused('key-algorithm', error);
  }
}

function checkRsaKey(key: Buffer): void {
  const outer = new DerReader(key);
  const reader = outer.enter(derTag.sequence);
  outer.end();
  const modulus = unsigned(reader.read(derTag.integer));
  const exponent = unsigned(reader.read(derTag.integer));
  reader.end();
  const bits = modulus.toString(2).length;
  if (bits < 3072 || bits > 8192 || modulus % 2n === 0n) throw certificateRefused('key-weak');
  if (exponent < 65537n || exponent % 2n === 0n || exponent >= 1n << 256n) {
    throw certificateRefused('key-weak');
  }
}

function unsigned(element: DerElement): bigint {
  const content = integerContent(element);
  if ((content[0] ?? 0) >= 0x80) throw new DerError('negative');
  return BigInt(`0x${content.toString('hex')}`);
}
