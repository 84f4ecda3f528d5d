import { hash, sign, type KeyObject } from 'node:crypto';
import {
  bitString,
  booleanTrue,
  explicit,
  integer,
  nullValue,
  objectId,
  octetString,
  sequence,
  setOf,
  time,
  utf8String,
} from '../der/write-der.js';

/** Object identifiers we write (RFC 5280 §4.2 and appendix A). */
export const oid = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const;

/** `Name` of an organisation and a common name, as UTF8String. */
export const distinguishedName = (organization: string, commonName: string): Buffer =>
  sequence(
    setOf(sequence(objectId(oid.organization), utf8String(organization))),
    setOf(sequence(objectId(oid.commonName), utf8String(commonName))),
  );

/** One `Extension`; `value` is the DER inside `extnValue`. */
export const extension = (id: string, critical: boolean, value: Uint8Array): Buffer =>
  sequence(objectId(id), ...(critical ? [booleanTrue()] : []), octetString(value));

/** Key identifier: 160 bits of SHA-256 over the key's encoding (the method is free, RFC 5280 §4.2.1.2). */
export function keyIdentifier(publicKey: KeyObject): Buffer {
  const info = publicKey.export({ format: 'der', type: 'spki' });
  return hash('sha256', info, 'buffer').subarray(0, 20);
}

/** The algorithm a key signs certificates with: ECDSA or RSA PKCS #1 with SHA-256, or Ed25519. */
export function signingAlgorithm(key: KeyObject): {
  readonly identifier: Buffer;
  readonly hash: 'sha256' | null;
} {
  const type = key.asymmetricKeyType;
  if (type === 'ec') {
    return { identifier: sequence(objectId('1.2.840.10045.4.3.2')), hash: 'sha256' };
  }
  if (type === 'rsa') {
    return { identifier: sequence(objectId('1.2.840.113549.1.1.11'), nullValue()), hash: 'sha256' };
  }
  if (type === 'ed25519') return { identifier: sequence(objectId('1.3.101.112')), hash: null };
  throw new TypeError('no signing algorithm for this kind of key');
}

export interface CertificateTemplate {
  /** At most 20 octets, the first bit clear and not all zero. */
  readonly serial: Buffer;
  /** `Name` of the issuer, octet for octet the subject of its certificate. */
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: KeyObject;
  /** From {@link extension}. */
  readonly extensions: readonly Buffer[];
}

/** A version 3 certificate in DER (RFC 5280 §4.1), signed by `issuerKey`. */
export function signCertificate(template: CertificateTemplate, issuerKey: KeyObject): Buffer {
  const algorithm = signingAlgorithm(issuerKey);
  const tbs = sequence(
    explicit(0, integer(2)),
    integer(template.serial),
    algorithm.identifier,
    template.issuer,
    sequence(time(template.notBefore), time(template.notAfter)),
    template.subject,
    template.publicKey.export({ format: 'der', type: 'spki' }),
    explicit(3, sequence(...template.extensions)),
  );
  return sequence(tbs, algorithm.identifier, bitString(sign(algorithm.hash, tbs, issuerKey)));
}
