import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GatewayError } from '../../core/errors.js';
import { parseTrustAnchor, type TrustAnchor } from './trust-anchor.js';

/**
 * The CAs that issue the certificates of staff, of a file of PEM blocks.
 *
 * @throws {GatewayError} ERR_CONFIGURATION naming the variable
 */
export function readStaffAnchors(file: string): readonly TrustAnchor[] {
  const refuse = (cause: unknown) =>
    new GatewayError('ERR_CONFIGURATION', {
      detail: `SAFECONDUCT_STAFF_CA_FILE: ${file} holds no CA certificate that may issue client certificates`,
      cause,
    });
  try {
    const blocks = readFileSync(file, 'utf8').match(
      /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g,
    );
    if (blocks === null) throw new TypeError('no certificate');
    return blocks.map((pem, at) =>
      parseTrustAnchor(`staff-${at + 1}`, new X509Certificate(pem).raw),
    );
  } catch (cause) {
    throw refuse(cause);
  }
}
