import { sha256 } from '../../core/bytes.js';
import { certificateRefused, refuseMalformed } from './causes.js';
import { alternativeNames, distinguishedName, type AlternativeName } from './names.js';
import { readCertificate, type CertificateParts } from './read-certificate.js';
import { isSignatureValid, publicKey, signatureAlgorithm } from './signature.js';
import {
  clientAuthUsage,
  extendedKeyUsage,
  extensionId,
  isAuthority,
  keyUsage,
  keyUsageBit,
  refuseUnknownCritical,
  type TrustAnchor,
} from './trust-anchor.js';

/** What a client certificate that passed says about its holder. */
export interface CheckedCertificate {
  readonly anchorId: string;
  /** Lower-case hex of the serial number's content octets; unique within the anchor. */
  readonly serial: string;
  /** RFC 4514 string; may be empty when alternative names stand for it. */
  readonly subject: string;
  readonly alternativeNames: readonly AlternativeName[];
  readonly notAfter: Date;
  readonly fingerprintSha256: {
    /** As in the `x5t#S256` confirmation method (RFC 8705 §3.1). */
    readonly base64url: string;
    readonly hex: string;
  };
}

/**
 * Judges a client's own certificate. The chain is one step long: the certificate and the registered
 * CA that signed it. Certificates the client sends beside its own are never looked at.
 *
 * @param der the leaf as received
 * @param anchors the CAs registered for this door
 * @returns frozen
 * @throws {GatewayError} ERR_CERTIFICATE_REFUSED, `detail` one of {@link certificateCauses}
 */
export function checkClientCertificate(
  der: Buffer,
  anchors: readonly TrustAnchor[],
  now: Date,
): CheckedCertificate {
  // An unset clock compares as neither before nor after and would let everything through.
  if (Number.isNaN(now.getTime())) throw new TypeError('now is not a time');

  // 1. One reading of the bytes: strict DER, version 3, nothing after the end.
  const parts = readCertificate(der);

  // 2. The two algorithm identifiers are one (RFC 5280 §4.1.1.2), and one we accept.
  if (!parts.innerAlgorithm.raw.equals(parts.outerAlgorithm.raw)) {
    throw certificateRefused('algorithms-differ');
  }
  const algorithm = signatureAlgorithm(parts.outerAlgorithm);

  // 3. A registered anchor of the issuer's name made the signature. During rotation two anchors
  //    may share a name, so the signature decides.
  const namesakes = anchors.filter((anchor) => anchor.subjectDer.equals(parts.issuer.raw));
  if (namesakes.length === 0) throw certificateRefused('issuer-unknown');
  const anchor = namesakes.find(({ publicKey: key }) =>
    isSignatureValid(algorithm, key, parts.tbs, parts.signature),
  );
  if (anchor === undefined) throw certificateRefused('signature');

  // 4. Certificate and anchor are valid now, both ends included (RFC 5280 §4.1.2.5).
  if (now < parts.notBefore) throw certificateRefused('not-yet-valid');
  if (now > parts.notAfter) throw certificateRefused('expired');
  if (now < anchor.notBefore) throw certificateRefused('anchor-not-yet-valid');
  if (now > anchor.notAfter) throw certificateRefused('anchor-expired');

  // 5. Made for a client's own signature, not for issuing.
  checkPurpose(parts);

  // 6. A key worth the trust.
  publicKey(parts.keyInfo);

  // 7. Names that can be shown and compared.
  const names = subjectNames(parts);

  // 8. Not on the anchor's list; a list that is over says nothing, so it refuses.
  checkRevocation(parts.serial, anchor, now);

  const fingerprint = sha256(der);
  return Object.freeze({
    anchorId: anchor.id,
    serial: parts.serial,
    ...names,
    notAfter: parts.notAfter,
    fingerprintSha256: Object.freeze({
      base64url: fingerprint.toString('base64url'),
      hex: fingerprint.toString('hex'),
    }),
  });
}

function checkPurpose({ extensions }: CertificateParts): void {
  if (isAuthority(extensions)) throw certificateRefused('is-authority');
  const usage = keyUsage(extensions);
  if (usage !== undefined) {
    const issues = usage.has(keyUsageBit.keyCertSign) || usage.has(keyUsageBit.crlSign);
    if (issues || !usage.has(keyUsageBit.digitalSignature)) throw certificateRefused('key-usage');
  }
  // Required, and by name: anyExtendedKeyUsage alone was not issued for this.
  if (extendedKeyUsage(extensions)?.has(clientAuthUsage) !== true) {
    throw certificateRefused('extended-key-usage');
  }
  refuseUnknownCritical(extensions);
}

function subjectNames({
  subject,
  extensions,
}: CertificateParts): Pick<CheckedCertificate, 'subject' | 'alternativeNames'> {
  const text = refuseMalformed('subject', () => distinguishedName(subject));
  const extension = extensions.get(extensionId.subjectAltName);
  const alternatives =
    extension === undefined
      ? []
      : refuseMalformed('alternative-name', () => alternativeNames(extension.value));
  // RFC 5280 §4.1.2.6: without a subject the alternative names are critical.
  if (text === '' && extension?.critical !== true) throw certificateRefused('subject');
  return { subject: text, alternativeNames: Object.freeze(alternatives) };
}

function checkRevocation(serial: string, anchor: TrustAnchor, now: Date): void {
  const { crl } = anchor;
  if (crl === undefined) return;
  if (crl.anchorId !== anchor.id) throw new TypeError('revocation list of another anchor');
  // A revoked serial stays revoked however old the list.
  if (crl.revokedSerials.has(serial)) throw certificateRefused('revoked');
  if (now < crl.thisUpdate || now > crl.nextUpdate) throw certificateRefused('crl-not-current');
}
