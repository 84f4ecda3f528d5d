import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { encodeBase64Url } from '../core/bytes.js';
import { GatewayError } from '../core/errors.js';
import { jwkThumbprint, printWords } from '../core/fingerprint-words.js';
import { isJsonObject, parseStrictJson, type JsonValue } from '../platform/json/strict-json.js';

/** Something two people compare by telephone. */
export interface Fingerprint {
  /** Such as `certificate CN=…` or `key north-1`. */
  readonly what: string;
  /** SHA-256 of a certificate's DER, lower-case hex; of a key its RFC 7638 thumbprint. */
  readonly hex: string;
  /** The same as base64url, as the gateway names it. */
  readonly base64url: string;
  /** The same in words, in lines of eight (core/fingerprint-words.ts). */
  readonly words: string;
}

/** @param bytes a SHA-256 */
export const fingerprintInWords = (what: string, bytes: Uint8Array): Fingerprint => ({
  what,
  hex: Buffer.from(bytes).toString('hex'),
  base64url: encodeBase64Url(bytes),
  words: printWords(bytes),
});

/** @param text PEM, or base64 of DER */
export function certificateFingerprint(text: string): Fingerprint {
  const isPem = text.includes('-----BEGIN');
  const certificate = new X509Certificate(isPem ? text : Buffer.from(text, 'base64'));
  const subject = certificate.subject.split('\n').reverse().join(', ');
  const bytes = Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex');
  return fingerprintInWords(`certificate ${subject}`, bytes);
}

export function keyFingerprint(jwk: Readonly<Record<string, unknown>>): Fingerprint | undefined {
  const bytes = jwkThumbprint(jwk);
  return bytes === undefined
    ? undefined
    : fingerprintInWords(`key ${typeof jwk['kid'] === 'string' ? jwk['kid'] : ''}`, bytes);
}

/** Certificates and keys in the content of an act. */
export function fingerprintsOf(content: JsonValue): readonly Fingerprint[] {
  if (!isJsonObject(content)) return [];
  const { certificate, jwk, jwks } = content as Readonly<Record<string, JsonValue>>;
  const keys =
    jwks !== undefined && isJsonObject(jwks)
      ? (jwks as Readonly<Record<string, JsonValue>>)['keys']
      : [];
  const all = [jwk, ...(Array.isArray(keys) ? (keys as readonly JsonValue[]) : [])];
  return [
    ...(typeof certificate === 'string' ? [certificateFingerprint(certificate)] : []),
    ...all.flatMap((one) => {
      const found = one !== undefined && isJsonObject(one) ? keyFingerprint(one) : undefined;
      return found === undefined ? [] : [found];
    }),
  ];
}

export const printFingerprint = ({ what, hex, words }: Fingerprint): string =>
  `${what}\n  SHA-256 ${hex}\n${words.replace(/^/gm, '  ')}\n`;

/** `safeconduct fingerprint FILE...`: of certificates in PEM, and of keys in JWK and JWK Set. */
export function showFingerprints(files: readonly string[], options: { readonly json?: true }) {
  const found = files.flatMap(readFingerprints);
  process.stdout.write(
    options.json === true ? `${JSON.stringify(found)}\n` : found.map(printFingerprint).join('\n'),
  );
}

function readFingerprints(file: string): readonly Fingerprint[] {
  const nothing = () =>
    new GatewayError('ERR_INPUT_INVALID', { detail: `${file} holds no certificate and no key` });
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new GatewayError('ERR_INPUT_INVALID', { detail: `${file} cannot be read` });
  }
  try {
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
    if (blocks !== null) return blocks.map(certificateFingerprint);
    const json = parseStrictJson(Buffer.from(text));
    const found = fingerprintsOf(
      isJsonObject(json) && 'keys' in json ? { jwks: json } : { jwk: json },
    );
    if (found.length > 0) return found;
  } catch {
    throw nothing();
  }
  throw nothing();
}
