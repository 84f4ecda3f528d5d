import { X509Certificate, createCipheriv, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import forge from 'node-forge';
import {
  element,
  explicit,
  implicit,
  integer,
  nullValue,
  objectId,
  octetString,
  sequence,
  setOf,
} from '../der/write-der.js';
import type { IssuedKeyPair } from './issue.js';
import { keyIdentifier } from './sign-certificate.js';

/**
 * PKCS #12 (RFC 7292) as current systems read it: certificates and key under PBES2 with AES-256-CBC
 * and PBKDF2-HMAC-SHA-256 (RFC 8018), the whole under HMAC-SHA-256. Written here because
 * node-forge's export takes RSA keys only and seals with SHA-1; the key derivation of the seal is
 * node-forge's.
 */

const oid = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certificateBag: '1.2.840.113549.1.12.10.1.3',
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const;

/** Enough beside a passphrase of 128 random bits; imports stay quick on an old machine. */
const iterations = 10_000;

/** A passphrase to type once: 26 letters and digits, 130 bits, none that look alike. */
export function newPassphrase(): string {
  const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
  return [...randomBytes(26)].map((octet) => alphabet[octet % alphabet.length]).join('');
}

/**
 * @param chain certificates that go along, the issuer first; DER
 * @param friendlyName shown by the system that imports it
 */
export function exportPkcs12(
  pair: IssuedKeyPair,
  chain: readonly Buffer[],
  friendlyName: string,
  passphrase: string,
): Buffer {
  const keyId = keyIdentifier(new X509Certificate(pair.certificate).publicKey);
  const attributes = setOf(
    attribute(oid.localKeyId, octetString(keyId)),
    attribute(oid.friendlyName, element(0x1e, bmpText(friendlyName))),
  );
  const certificates = sequence(
    bag(oid.certificateBag, certificateValue(pair.certificate), attributes),
    ...chain.map((certificate) => bag(oid.certificateBag, certificateValue(certificate))),
  );
  const privateKey = pair.privateKey.export({ format: 'der', type: 'pkcs8' });
  const sealedKey = encrypt(privateKey, passphrase);
  const keys = sequence(
    bag(
      oid.shroudedKeyBag,
      sequence(sealedKey.algorithm, octetString(sealedKey.bytes)),
      attributes,
    ),
  );
  const sealedCertificates = encrypt(certificates, passphrase);
  const safes = sequence(
    sequence(
      objectId(oid.encryptedData),
      explicit(
        0,
        sequence(
          integer(0),
          sequence(
            objectId(oid.data),
            sealedCertificates.algorithm,
            implicit(0, sealedCertificates.bytes),
          ),
        ),
      ),
    ),
    sequence(objectId(oid.data), explicit(0, octetString(keys))),
  );
  return sequence(
    integer(3),
    sequence(objectId(oid.data), explicit(0, octetString(safes))),
    seal(safes, passphrase),
  );
}

const attribute = (id: string, value: Buffer): Buffer => sequence(objectId(id), setOf(value));
const bag = (id: string, value: Buffer, ...attributes: readonly Buffer[]): Buffer =>
  sequence(objectId(id), explicit(0, value), ...attributes);
const certificateValue = (certificate: Buffer): Buffer =>
  sequence(objectId(oid.x509Certificate), explicit(0, octetString(certificate)));
const bmpText = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();

/** PBES2 (RFC 8018 §6.2). */
function encrypt(
  plain: Buffer,
  passphrase: string,
): { readonly algorithm: Buffer; readonly bytes: Buffer } {
  const salt = randomBytes(16);
  const iv = randomBytes(16);
  const key = pbkdf2Sync(passphrase, salt, iterations, 32, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const derivation = sequence(
    objectId(oid.pbkdf2),
    sequence(
      octetString(salt),
      integer(iterations),
      sequence(objectId(oid.hmacSha256), nullValue()),
    ),
  );
  const scheme = sequence(objectId(oid.aes256Cbc), octetString(iv));
  return {
    algorithm: sequence(objectId(oid.pbes2), sequence(derivation, scheme)),
    bytes: Buffer.concat([cipher.update(plain), cipher.final()]),
  };
}

/** MacData with the key derivation of RFC 7292 appendix B, purpose 3. */
function seal(safes: Buffer, passphrase: string): Buffer {
  const salt = randomBytes(16);
  const key = forge.pkcs12.generateKey(
    passphrase,
    forge.util.createBuffer(salt.toString('binary')),
    3,
    iterations,
    32,
    forge.md.sha256.create(),
  );
  const digest = createHmac('sha256', Buffer.from(key.getBytes(), 'binary')).update(safes).digest();
  return sequence(
    sequence(sequence(objectId(oid.sha256), nullValue()), octetString(digest)),
    octetString(salt),
    integer(iterations),
  );
}
