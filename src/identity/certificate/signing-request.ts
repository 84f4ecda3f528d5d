import type { KeyObject } from 'node:crypto';
import {
  DerReader,
  contextConstructed,
  derTag,
  readWhole,
  smallInteger,
  wholeOctets,
} from '../../platform/der/read-der.js';
import { certificateRefused, refuseMalformed } from './causes.js';
import { distinguishedName } from './names.js';
import { isSignatureValid, publicKey, signatureAlgorithm } from './signature.js';

/** What we take from a partner's certificate signing request (PKCS #10, RFC 2986). */
export interface SigningRequest {
  readonly publicKey: KeyObject;
  /** As asked for, RFC 4514; shown to the operator, not copied into the certificate. */
  readonly subject: string;
}

/**
 * Reads one PEM request and checks that its sender holds the key: the request is signed by it.
 * Requested extensions are ignored; the issuing CA decides what a certificate may do.
 *
 * @throws {GatewayError} ERR_CERTIFICATE_REFUSED
 */
export function readSigningRequest(pem: string): SigningRequest {
  const match =
    /^\s*-----BEGIN (NEW )?CERTIFICATE REQUEST-----\s([A-Za-z0-9+/=\s]+)-----END (NEW )?CERTIFICATE REQUEST-----\s*$/.exec(
      pem,
    );
  if (match?.[2] === undefined) throw certificateRefused('malformed');
  const der = Buffer.from(match[2], 'base64');
  return refuseMalformed('malformed', () => {
    const request = new DerReader(readWhole(der, derTag.sequence).content);
    const info = request.read(derTag.sequence);
    const algorithm = signatureAlgorithm(request.read(derTag.sequence));
    const signature = wholeOctets(request.read(derTag.bitString));
    request.end();
    const reader = new DerReader(info.content);
    if (smallInteger(reader.read(derTag.integer)) !== 0) throw certificateRefused('version');
    const name = reader.read(derTag.sequence);
    const key = publicKey(reader.read(derTag.sequence));
    reader.readOptional(contextConstructed(0));
    reader.end();
    if (!isSignatureValid(algorithm, key, info.raw, signature)) {
      throw certificateRefused('signature');
    }
    return { publicKey: key, subject: refuseMalformed('subject', () => distinguishedName(name)) };
  });
}
