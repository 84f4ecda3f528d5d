import {
  DerError,
  DerReader,
  contextConstructed,
  derTag,
  objectIdentifier,
  readTime,
  readWhole,
  smallInteger,
  wholeOctets,
} from '../../platform/der/read-der.js';
import { certificateRefused, refuseMalformed } from './causes.js';
import { readExtensions, serialNumber } from './read-certificate.js';
import { isSignatureValid, signatureAlgorithm } from './signature.js';
import type { TrustAnchor } from './trust-anchor.js';

/** A certificate revocation list (RFC 5280 §5) whose signature has been checked. */
export interface RevocationList {
  readonly anchorId: string;
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** Lower-case hex of the content octets of each revoked serial number. */
  readonly revokedSerials: ReadonlySet<string>;
}

/** The CRLs of the largest national issuers are a few megabytes. */
const maxSizeBytes = 8 * 1_048_576;
const crlNumber = '2.5.29.20';
const authorityKeyIdentifier = '2.5.29.35';

/**
 * Reads a complete CRL that `anchor` itself signed. Delta and partitioned lists carry critical
 * extensions and are refused: taking one for the whole would forget revocations.
 *
 * @param der one CertificateList
 * @throws {GatewayError} ERR_CERTIFICATE_REFUSED
 */
export function parseCrl(der: Buffer, anchor: TrustAnchor): RevocationList {
  if (der.length > maxSizeBytes) throw certificateRefused('too-large');
  return refuseMalformed('malformed', () => {
    const list = new DerReader(readWhole(der, derTag.sequence).content);
    const tbs = list.read(derTag.sequence);
    const outerAlgorithm = list.read(derTag.sequence);
    const signature = wholeOctets(list.read(derTag.bitString));
    list.end();

    const reader = new DerReader(tbs.content);
    if (smallInteger(reader.read(derTag.integer)) !== 1) throw certificateRefused('version');
    const innerAlgorithm = reader.read(derTag.sequence);
    if (!innerAlgorithm.raw.equals(outerAlgorithm.raw))
      throw certificateRefused('algorithms-differ');
    const issuer = reader.read(derTag.sequence);
    if (!issuer.raw.equals(anchor.subjectDer)) throw certificateRefused('crl-issuer');
    if (!anchor.maySignRevocationLists) throw certificateRefused('anchor-key-usage');
    const algorithm = signatureAlgorithm(outerAlgorithm);
    // Before the entries are read: what a stranger wrote is not worth the work.
    if (!isSignatureValid(algorithm, anchor.publicKey, tbs.raw, signature)) {
      throw certificateRefused('signature');
    }
    const thisUpdate = readTime(reader);
    const nextUpdate = readTime(reader);
    const entries = reader.readOptional(derTag.sequence);
    const revokedSerials =
      entries === undefined ? new Set<string>() : readEntries(new DerReader(entries.content));
    const wrapped = reader.read(contextConstructed(0));
    reader.end();
    for (const [id, { critical }] of readExtensions(wrapped)) {
      if (critical && id !== crlNumber && id !== authorityKeyIdentifier) {
        throw certificateRefused('extension-critical');
      }
    }
    return Object.freeze({ anchorId: anchor.id, thisUpdate, nextUpdate, revokedSerials });
  });
}

/** RFC 5280 §5.1.2.6: the list is left out, not empty, when nothing is revoked. */
function readEntries(list: DerReader): ReadonlySet<string> {
  const serials = new Set<string>();
  do {
    const entry = list.enter(derTag.sequence);
    serials.add(serialNumber(entry.read(derTag.integer)));
    readTime(entry);
    const extensions = entry.readOptional(derTag.sequence);
    if (extensions !== undefined) refuseCriticalEntry(new DerReader(extensions.content));
    entry.end();
  } while (!list.isAtEnd);
  return serials;
}

/** A critical entry extension may say that the entry speaks for another issuer (§5.3.3). */
function refuseCriticalEntry(extensions: DerReader): void {
  while (!extensions.isAtEnd) {
    const extension = extensions.enter(derTag.sequence);
    objectIdentifier(extension.read(derTag.objectIdentifier));
    if (extension.nextTag === derTag.boolean) throw certificateRefused('extension-critical');
    if (extension.readAny().tag !== derTag.octetString) throw new DerError('extension value');
    extension.end();
  }
}
