import type { PartnerCode } from '../../core/ids.js';
import { certificateRefused } from './causes.js';
import type { CheckedCertificate } from './check-client-certificate.js';

/** What the host's records say a certificate stands for. */
export interface CertificateCredential {
  readonly id: string;
  readonly partner: PartnerCode;
  /** Set once revoked; never usable again. */
  readonly revokedAt?: Date;
  /** Connections and tokens older than this are refused. */
  readonly validAfter: Date;
}

/**
 * The host's records of credentials, read live at every connection.
 *
 * A revocation must be recorded by anchor and serial as well as by fingerprint: an ECDSA signature
 * has a second valid form, so the same certificate can be given another fingerprint by its holder.
 */
export interface CredentialDirectory {
  /** The credential registered for exactly this certificate. */
  byFingerprint(hex: string): Promise<CertificateCredential | undefined>;
  /**
   * The credential the anchor's subject or alternative-name rule gives this certificate, or
   * `undefined` where the anchor has no rule or the rule does not fit.
   */
  byAnchorRule(certificate: CheckedCertificate): Promise<CertificateCredential | undefined>;
  isRevoked(anchorId: string, serial: string): Promise<boolean>;
}

/**
 * The credential of a certificate that passed {@link checkClientCertificate}: by fingerprint first,
 * otherwise by its anchor's rule.
 *
 * @throws {GatewayError} ERR_CERTIFICATE_REFUSED
 */
export async function resolveCredential(
  certificate: CheckedCertificate,
  directory: CredentialDirectory,
  now: Date,
): Promise<CertificateCredential> {
  if (await directory.isRevoked(certificate.anchorId, certificate.serial)) {
    throw certificateRefused('credential-revoked');
  }
  const credential =
    (await directory.byFingerprint(certificate.fingerprintSha256.hex)) ??
    (await directory.byAnchorRule(certificate));
  if (credential === undefined) throw certificateRefused('credential-unknown');
  if (credential.revokedAt !== undefined) throw certificateRefused('credential-revoked');
  if (now < credential.validAfter) throw certificateRefused('credential-not-yet-usable');
  return credential;
}
