import {
  X509Certificate,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { isIP } from 'node:net';
import { DerReader, contextConstructed, derTag } from '../der/read-der.js';
import {
  booleanTrue,
  implicit,
  integer,
  namedBitList,
  objectId,
  octetString,
  sequence,
} from '../der/write-der.js';
import {
  distinguishedName,
  extension,
  keyIdentifier,
  oid,
  signCertificate,
} from './sign-certificate.js';

/**
 * The host's own certificates. Keys are P-256: every current TLS library takes them, a signature
 * costs a tenth of RSA-3072's. Certificates are written with our DER writer and signed with
 * node:crypto, because node-forge signs with RSA keys only.
 */

export interface CertificateAuthority {
  readonly certificate: Buffer;
  readonly privateKey: KeyObject;
}

/** A certificate in DER with its key. */
export interface IssuedKeyPair {
  readonly certificate: Buffer;
  readonly privateKey: KeyObject;
}

const dayMilliseconds = 86_400_000;

/** Longer than every certificate it signs; short enough that its rotation is not forgotten. */
const authorityValidityDays = 5 * 365;
/** A partner renews once a year; a lost key that nobody reported is over by then. */
const clientValidityDays = 365;
/** What browsers and operating systems take for a server at most (CA/B Forum BR §6.3.2, 2025). */
const serverValidityDays = 199;
/** A partner's clock may be behind ours. */
const backdateMilliseconds = 5 * 60_000;

const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

/** 159 random bits: positive, never zero, 20 octets at most (RFC 5280 §4.1.2.2). */
export function newSerial(): Buffer {
  const serial = randomBytes(20);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

export interface Names {
  readonly organization: string;
  readonly commonName: string;
}

/** A CA for client certificates. It may sign certificates and revocation lists, nothing below it. */
export function createClientCa(names: Names, now: Date): CertificateAuthority {
  return createAuthority(names, oid.clientAuth, now);
}

/** A CA for server certificates, for the demo and for hosts without one. */
export function createServerCa(names: Names, now: Date): CertificateAuthority {
  return createAuthority(names, oid.serverAuth, now);
}

function createAuthority(names: Names, purpose: string, now: Date): CertificateAuthority {
  const privateKey = newKey();
  const publicKey = createPublicKey(privateKey);
  const subject = distinguishedName(names.organization, names.commonName);
  const certificate = signCertificate(
    {
      serial: newSerial(),
      issuer: subject,
      subject,
      ...validity(now, authorityValidityDays),
      publicKey,
      extensions: [
        extension(oid.basicConstraints, true, sequence(booleanTrue(), integer(0))),
        extension(oid.keyUsage, true, namedBitList(5, 6)),
        extension(oid.extKeyUsage, false, sequence(objectId(purpose))),
        extension(oid.subjectKeyIdentifier, false, octetString(keyIdentifier(publicKey))),
      ],
    },
    privateKey,
  );
  return { certificate, privateKey };
}

/**
 * A server certificate for these host names and addresses.
 *
 * @param hosts e.g. `localhost`, `127.0.0.1`, `::1`
 */
export function issueServerCertificate(
  authority: CertificateAuthority,
  names: Names,
  hosts: readonly string[],
  now: Date,
): IssuedKeyPair {
  const privateKey = newKey();
  const alternatives = hosts.map((host) =>
    isIP(host) === 0 ? implicit(2, Buffer.from(host, 'latin1')) : implicit(7, addressOctets(host)),
  );
  const certificate = issue(authority, names, createPublicKey(privateKey), now, {
    validityDays: serverValidityDays,
    purpose: oid.serverAuth,
    extensions: [extension(oid.subjectAltName, false, sequence(...alternatives))],
  });
  return { certificate, privateKey };
}

/** A client certificate over a key of ours, for the demo's partners. */
export function issueClientKeyPair(
  authority: CertificateAuthority,
  names: Names,
  now: Date,
): IssuedKeyPair {
  const privateKey = newKey();
  const certificate = issueClientCertificate(authority, names, createPublicKey(privateKey), now);
  return { certificate, privateKey };
}

/**
 * A client certificate over a partner's own key. The name is the host's choice: what the request
 * asked to be called does not matter.
 *
 * @param publicKey from a signing request whose signature has been checked
 * @returns DER
 */
export function issueClientCertificate(
  authority: CertificateAuthority,
  names: Names,
  publicKey: KeyObject,
  now: Date,
): Buffer {
  return issue(authority, names, publicKey, now, {
    validityDays: clientValidityDays,
    purpose: oid.clientAuth,
    extensions: [],
  });
}

function issue(
  authority: CertificateAuthority,
  names: Names,
  publicKey: KeyObject,
  now: Date,
  kind: {
    readonly validityDays: number;
    readonly purpose: string;
    readonly extensions: readonly Buffer[];
  },
): Buffer {
  const issuer = new X509Certificate(authority.certificate);
  const { notBefore, notAfter } = validity(now, kind.validityDays);
  return signCertificate(
    {
      serial: newSerial(),
      issuer: subjectOf(authority.certificate),
      subject: distinguishedName(names.organization, names.commonName),
      notBefore,
      // A certificate that outlives its issuer stops working on a day nobody wrote down.
      notAfter: notAfter < issuer.validToDate ? notAfter : issuer.validToDate,
      publicKey,
      extensions: [
        extension(oid.basicConstraints, true, sequence()),
        extension(oid.keyUsage, true, namedBitList(0)),
        extension(oid.extKeyUsage, false, sequence(objectId(kind.purpose))),
        extension(
          oid.authorityKeyIdentifier,
          false,
          sequence(implicit(0, keyIdentifier(issuer.publicKey))),
        ),
        extension(oid.subjectKeyIdentifier, false, octetString(keyIdentifier(publicKey))),
        ...kind.extensions,
      ],
    },
    authority.privateKey,
  );
}

function validity(now: Date, days: number): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: new Date(now.getTime() - backdateMilliseconds),
    notAfter: new Date(now.getTime() + days * dayMilliseconds),
  };
}

/** The subject `Name` of a certificate, as encoded. */
function subjectOf(certificate: Buffer): Buffer {
  const tbs = new DerReader(certificate).enter(derTag.sequence).enter(derTag.sequence);
  tbs.read(contextConstructed(0));
  tbs.read(derTag.integer);
  for (let i = 0; i < 3; i += 1) tbs.read(derTag.sequence);
  return tbs.read(derTag.sequence).raw;
}

function addressOctets(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const missing = 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(missing).fill('0'), ...groups(tail)];
  const octets = Buffer.alloc(16);
  all.forEach((group, i) => octets.writeUInt16BE(Number.parseInt(group, 16), i * 2));
  return octets;
}
