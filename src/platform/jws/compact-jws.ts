import { decodeBase64Url } from '../../core/bytes.js';
import { isGatewayError } from '../../core/errors.js';
import { parseStrictJson, type JsonValue } from '../json/strict-json.js';

export type JsonObject = Readonly<Record<string, JsonValue>>;

/** A JWS in compact serialisation (RFC 7515 §3.1) whose payload is a JSON object; not verified. */
export interface CompactJws {
  readonly header: JsonObject;
  readonly payload: JsonObject;
  /** The ASCII bytes the signature is over. */
  readonly signingInput: Buffer;
  readonly signature: Buffer;
}

export const compactJwsFaults = ['too-large', 'encoding', 'header', 'payload'] as const;
export type CompactJwsFault = (typeof compactJwsFaults)[number];

export type CompactJwsReading =
  | { readonly ok: true; readonly jws: CompactJws }
  | { readonly ok: false; readonly fault: CompactJwsFault };

/**
 * Reads a compact JWS that has one spelling: three parts of canonical unpadded base64url
 * (RFC 4648 §3.5), header and payload strict JSON objects. Libraries take padding, white space and
 * duplicate members; a token with many spellings slips through whatever is keyed by its text.
 */
export function readCompactJws(token: string, maxSizeBytes: number): CompactJwsReading {
  if (token.length > maxSizeBytes) return { ok: false, fault: 'too-large' };
  const [headerPart, payloadPart, signaturePart, ...others] = token.split('.');
  const headerBytes = decodePart(headerPart);
  const payloadBytes = decodePart(payloadPart);
  const signature = decodePart(signaturePart);
  if (!headerBytes || !payloadBytes || !signature || others.length > 0) {
    return { ok: false, fault: 'encoding' };
  }
  const header = readObject(headerBytes);
  if (header === undefined) return { ok: false, fault: 'header' };
  const payload = readObject(payloadBytes);
  if (payload === undefined) return { ok: false, fault: 'payload' };
  const signingInput = Buffer.from(`${headerPart}.${payloadPart}`, 'latin1');
  return { ok: true, jws: { header, payload, signingInput, signature } };
}

function decodePart(part: string | undefined): Buffer | undefined {
  return part === undefined || part === '' ? undefined : decodeBase64Url(part);
}

function readObject(bytes: Buffer): JsonObject | undefined {
  let value: JsonValue;
  try {
    value = parseStrictJson(bytes);
  } catch (error) {
    if (isGatewayError(error)) return undefined;
    throw error;
  }
  return value !== null && typeof value === 'object' && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}
