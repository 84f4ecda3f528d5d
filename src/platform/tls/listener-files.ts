import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GatewayError } from '../../core/errors.js';
import { readKeyFile } from '../keys/keys.js';

/**
 * A listener's certificate chain and key, and that they fit.
 *
 * @throws {GatewayError} ERR_CONFIGURATION or ERR_KEY_UNUSABLE, naming the variable of the door
 */
export function readListenerTls(
  files: { readonly certificateFile: string; readonly keyFile: string },
  door: 'PARTNER' | 'STAFF',
): { readonly certificate: string; readonly notAfter: Date; readonly key: string } {
  let certificate: string;
  let notAfter: Date;
  try {
    certificate = readFileSync(files.certificateFile, 'utf8');
    notAfter = new X509Certificate(certificate).validToDate;
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
  return { certificate, notAfter, key };
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
