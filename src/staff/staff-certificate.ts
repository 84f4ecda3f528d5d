import { X509Certificate } from 'node:crypto';
import { encodeBase64Url, sha256 } from '../core/bytes.js';
import { inputInvalid } from '../core/errors.js';

/** What is kept of a certificate: enough to know it again and to warn before its end. */
export interface CertificateFacts {
  readonly der: Buffer;
  /** base64url SHA-256 of the DER. */
  readonly fingerprint: string;
  readonly notAfter: Date;
}

/**
 * Reads one certificate given as PEM or as base64 of its DER.
 *
 * @throws {GatewayError} ERR_INPUT_INVALID naming `argument`
 */
export function readCertificateText(text: string, argument: string): CertificateFacts {
  const isPem = text.includes('-----BEGIN');
  let certificate: X509Certificate;
  try {
    if (isPem && text.split('-----BEGIN').length !== 2) throw new TypeError('several');
    certificate = new X509Certificate(isPem ? text : Buffer.from(text, 'base64'));
  } catch {
    throw inputInvalid(argument, 'one certificate in PEM is asked for');
  }
  const { raw, validToDate, ca } = certificate;
  if (ca) throw inputInvalid(argument, 'a CA is nobody’s certificate');
  return { der: raw, fingerprint: encodeBase64Url(sha256(raw)), notAfter: validToDate };
}
