import type { KeyObject } from 'node:crypto';
import {
  DerReader,
  derTag,
  namedBits,
  objectIdentifier,
  readDefaultFalse,
  readWhole,
  smallInteger,
} from '../../platform/der/read-der.js';
import { certificateRefused, refuseMalformed } from './causes.js';
import { distinguishedName } from './names.js';
import { readCertificate, type Extension } from './read-certificate.js';
import type { RevocationList } from './revocation-list.js';
import { publicKey } from './signature.js';

/** Object identifiers of the extensions we understand (RFC 5280 §4.2). */
export const extensionId = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extKeyUsage: '2.5.29.37',
} as const;

/** Numbers of the bits of KeyUsage (RFC 5280 §4.2.1.3). */
export const keyUsageBit = { digitalSignature: 0, keyCertSign: 5, crlSign: 6 } as const;

export const clientAuthUsage = '1.3.6.1.5.5.7.3.2';
const anyUsage = '2.5.29.37.0';

/** A CA the host has registered as directly issuing client certificates. */
export interface TrustAnchor {
  /** The host's name for it. */
  readonly id: string;
  /** Its subject as encoded: what a client certificate's issuer must equal octet for octet. */
  readonly subjectDer: Buffer;
  /** Its subject as in RFC 4514. */
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly maySignRevocationLists: boolean;
  /** From {@link parseCrl} with this anchor; without one nothing of this anchor is revoked by list. */
  readonly crl?: RevocationList;
}

/**
 * Reads a CA certificate the host registers. That it is trusted is the host's decision, so its own
 * signature is not checked; that it can be what it is registered as is checked once, here.
 *
 * @throws {GatewayError} ERR_CERTIFICATE_REFUSED
 */
export function parseTrustAnchor(id: string, der: Buffer): TrustAnchor {
  const parts = readCertificate(der);
  const usage = keyUsage(parts.extensions);
  const purposes = extendedKeyUsage(parts.extensions);
  if (!isAuthority(parts.extensions)) throw certificateRefused('anchor-not-authority');
  if (usage?.has(keyUsageBit.keyCertSign) !== true) throw certificateRefused('anchor-key-usage');
  if (purposes && !purposes.has(clientAuthUsage) && !purposes.has(anyUsage)) {
    throw certificateRefused('anchor-key-usage');
  }
  refuseUnknownCritical(parts.extensions);
  const subject = refuseMalformed('subject', () => distinguishedName(parts.subject));
  if (subject === '') throw certificateRefused('subject');
  return Object.freeze({
    id,
    subjectDer: Buffer.from(parts.subject.raw),
    subject,
    publicKey: publicKey(parts.keyInfo),
    notBefore: parts.notBefore,
    notAfter: parts.notAfter,
    maySignRevocationLists: usage.has(keyUsageBit.crlSign),
  });
}

type Extensions = ReadonlyMap<string, Extension>;

/** What is critical and not understood refuses (RFC 5280 §4.2); name constraints among them. */
export function refuseUnknownCritical(extensions: Extensions): void {
  const understood = new Set<string>(Object.values(extensionId));
  for (const [id, { critical }] of extensions) {
    if (critical && !understood.has(id)) throw certificateRefused('extension-critical');
  }
}

/** The bits of KeyUsage, or `undefined` without that extension. */
export function keyUsage(extensions: Extensions): ReadonlySet<number> | undefined {
  const extension = extensions.get(extensionId.keyUsage);
  if (extension === undefined) return undefined;
  return refuseMalformed('key-usage', () => {
    const bits = namedBits(readWhole(extension.value, derTag.bitString));
    if (bits.size === 0) throw certificateRefused('key-usage');
    return bits;
  });
}

/** The purposes of ExtendedKeyUsage, or `undefined` without that extension. */
export function extendedKeyUsage(extensions: Extensions): ReadonlySet<string> | undefined {
  const extension = extensions.get(extensionId.extKeyUsage);
  if (extension === undefined) return undefined;
  return refuseMalformed('extended-key-usage', () => {
    const list = new DerReader(readWhole(extension.value, derTag.sequence).content);
    const purposes = new Set<string>();
    do purposes.add(objectIdentifier(list.read(derTag.objectIdentifier)));
    while (!list.isAtEnd);
    return purposes;
  });
}

/** `cA` of BasicConstraints; false without that extension. */
export function isAuthority(extensions: Extensions): boolean {
  const extension = extensions.get(extensionId.basicConstraints);
  if (extension === undefined) return false;
  return refuseMalformed('is-authority', () => {
    const reader = new DerReader(readWhole(extension.value, derTag.sequence).content);
    const authority = readDefaultFalse(reader);
    // A path length makes sense on an authority only (RFC 5280 §4.2.1.9).
    if (authority && !reader.isAtEnd) smallInteger(reader.read(derTag.integer));
    reader.end();
    return authority;
  });
}
