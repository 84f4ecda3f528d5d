import { sign, X509Certificate, type KeyObject } from 'node:crypto';
import { DerReader, contextConstructed, derTag } from '../der/read-der.js';
import { bitString, explicit, implicit, integer, sequence, time } from '../der/write-der.js';
import type { CertificateAuthority } from './issue.js';
import { extension, keyIdentifier, oid, signingAlgorithm } from './sign-certificate.js';

export interface RevokedSerial {
  /** Hex of the content octets. */
  readonly serial: string;
  readonly revokedAt: Date;
}

/**
 * A complete revocation list in DER (RFC 5280 §5), signed by the CA: CRL number and authority key
 * identifier, no reasons.
 *
 * @param number CRL number; greater than of any list before
 */
export function signCrl(
  authority: CertificateAuthority,
  revoked: readonly RevokedSerial[],
  list: { readonly number: number; readonly thisUpdate: Date; readonly nextUpdate: Date },
): Buffer {
  const key: KeyObject = authority.privateKey;
  const algorithm = signingAlgorithm(key);
  const entries = revoked.map(({ serial, revokedAt }) =>
    sequence(integer(Buffer.from(serial, 'hex')), time(revokedAt)),
  );
  const issuer = new X509Certificate(authority.certificate).publicKey;
  const tbs = sequence(
    integer(1),
    algorithm.identifier,
    subjectOf(authority.certificate),
    time(list.thisUpdate),
    time(list.nextUpdate),
    // Left out, not empty, when nothing is revoked (§5.1.2.6).
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    explicit(
      0,
      sequence(
        extension(oid.authorityKeyIdentifier, false, sequence(implicit(0, keyIdentifier(issuer)))),
        extension('2.5.29.20', false, integer(list.number)),
      ),
    ),
  );
  const signature = bitString(sign(algorithm.hash, tbs, key));
  return sequence(tbs, algorithm.identifier, signature);
}

/** PEM with the label of RFC 7468 §6. */
export function crlPem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN X509 CRL-----\n${lines.join('\n')}\n-----END X509 CRL-----\n`;
}

/** `subject` of a certificate, octet for octet. */
function subjectOf(certificate: Buffer): Buffer {
  const tbs = new DerReader(certificate).enter(derTag.sequence).enter(derTag.sequence);
  tbs.readOptional(contextConstructed(0));
  tbs.read(derTag.integer);
  for (let skipped = 0; skipped < 3; skipped += 1) tbs.read(derTag.sequence);
  return tbs.read(derTag.sequence).raw;
}
