import { GatewayError } from '../../core/errors.js';
import { DerError } from '../../platform/der/read-der.js';

/**
 * Why a certificate, anchor or revocation list was refused: for the operator's counter and log
 * only. The other end learns nothing but that its connection ended.
 */
export const certificateCauses = [
  'absent',
  'malformed',
  'too-large',
  'version',
  'serial',
  'algorithms-differ',
  'signature-algorithm',
  'issuer-unknown',
  'signature',
  'not-yet-valid',
  'expired',
  'anchor-not-yet-valid',
  'anchor-expired',
  'unique-identifier',
  'extension-repeated',
  'extension-critical',
  'subject',
  'alternative-name',
  'is-authority',
  'key-usage',
  'extended-key-usage',
  'key-algorithm',
  'key-weak',
  'anchor-not-authority',
  'anchor-key-usage',
  'crl-not-current',
  'crl-issuer',
  'revoked',
  'credential-unknown',
  'credential-revoked',
  'credential-not-yet-usable',
  'fault',
] as const;
export type CertificateCause = (typeof certificateCauses)[number];

/** ERR_CERTIFICATE_REFUSED with its cause as detail. */
export function certificateRefused(cause: CertificateCause, error?: unknown): GatewayError {
  return new GatewayError('ERR_CERTIFICATE_REFUSED', {
    detail: cause,
    ...(error === undefined ? {} : { cause: error }),
  });
}

/** The cause of a refusal thrown in this room; `fault` when something of ours failed instead. */
export function certificateCauseOf(error: unknown): CertificateCause {
  const detail = error instanceof GatewayError ? error.detail : undefined;
  return certificateCauses.find((cause) => cause === detail) ?? 'fault';
}

/** Runs a parser; bytes that are not DER of the right shape become `cause`. */
export function refuseMalformed<T>(cause: CertificateCause, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof DerError) throw certificateRefused(cause, error);
    throw error;
  }
}
