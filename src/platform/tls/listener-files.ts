import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { encodeBase64Url, sha256 } from '../../core/bytes.js';
import { GatewayError } from '../../core/errors.js';
import { readKeyFile } from '../keys/keys.js';

/** What a listener serves. */
export interface ListenerTls {
  /** PEM: the certificate and what leads to its root. */
  readonly certificate: string;
  readonly notAfter: Date;
  /** base64url SHA-256 of the certificate. */
  readonly fingerprint: string;
  /** PEM. */
  readonly key: string;
}

/**
 * A listener's certificate chain and key, and that they fit.
 *
 * @throws {GatewayError} ERR_CONFIGURATION or ERR_KEY_UNUSABLE, naming the variable of the door
 */
export function readListenerTls(
  files: { readonly certificateFile: string; readonly keyFile: string },
  door: 'PARTNER' | 'STAFF',
): ListenerTls {
  let certificate: string;
  let notAfter: Date;
  let fingerprint: string;
  try {
    certificate = readFileSync(files.certificateFile, 'utf8');
    const { raw, validToDate } = new X509Certificate(certificate);
    notAfter = validToDate;
    fingerprint = encodeBase64Url(sha256(raw));
  } catch (cause) {
    throw new GatewayError('ERR_CONFIGURATION', {
      detail: `SAFECONDUCT_${door}_TLS_CERT_FILE: ${files.certificateFile} holds no certificate`,
      cause,
    });
  }
  const key = readKeyFile(files.keyFile, `SAFECONDUCT_${door}_TLS_KEY_FILE`);
  if (!isPair(certificate, key)) {
    throw new GatewayError('ERR_CONFIGURATION', {
      detail: `SAFECONDUCT_${door}_TLS_KEY_FILE: ${files.keyFile} is not the key of ${files.certificateFile}`,
    });
  }
  return { certificate, notAfter, fingerprint, key };
}

/**
 * The CA certificates of a file, each in PEM; none where no file is named.
 *
 * @throws {GatewayError} ERR_CONFIGURATION naming the variable
 */
export function readCaCertificates(file: string | undefined): readonly string[] {
  if (file === undefined) return [];
  try {
    const blocks = readFileSync(file, 'utf8').match(
      /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g,
    );
    const read = (blocks ?? []).map((pem) => new X509Certificate(pem));
    if (read.length === 0 || !read.every(({ ca }) => ca)) throw new TypeError('no CA');
    return read.map(String);
  } catch (cause) {
    throw new GatewayError('ERR_CONFIGURATION', {
      detail: `SAFECONDUCT_PARTNER_CA_FILE: ${file} holds no CA certificate`,
      cause,
    });
  }
}

function isPair(certificate: string, key: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
