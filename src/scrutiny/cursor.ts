import { createHmac } from 'node:crypto';
import { inputInvalid } from '../core/errors.js';
import {
  decodeBase64Url,
  encodeBase64Url,
  encodeParts,
  equalInConstantTime,
} from '../core/bytes.js';
import { canonicalJson } from '../core/log/record.js';

/**
 * Signed cursors. This file owns the format.
 *
 * ```
 * cursor  base64url(tag || place)
 * place   RFC 8785 JSON, UTF-8
 * tag     first 16 bytes of HMAC-SHA-256(key, "safeconduct/staff/cursor/v1", account, query, place)
 * ```
 *
 * (parts length-prefixed, core/bytes.ts; `query` is the RFC 8785 JSON of what was searched for.) A
 * cursor goes on with the search it came from, for the account it was given to, and nothing else.
 */
export class Cursors {
  /** @param key 32 bytes */
  constructor(private readonly key: Uint8Array) {}

  write(account: string, query: unknown, place: unknown): string {
    const text = Buffer.from(canonicalJson(place), 'utf8');
    return encodeBase64Url(Buffer.concat([this.#tag(account, query, text), text]));
  }

  /** @throws {GatewayError} ERR_INPUT_INVALID naming `after` */
  read(account: string, query: unknown, cursor: string): unknown {
    const bytes = decodeBase64Url(cursor);
    const text = bytes?.subarray(tagBytes);
    if (
      bytes === undefined ||
      text === undefined ||
      !equalInConstantTime(bytes.subarray(0, tagBytes), this.#tag(account, query, text))
    ) {
      throw inputInvalid('after', 'not a cursor of this search');
    }
    return JSON.parse(text.toString('utf8'));
  }

  #tag(account: string, query: unknown, place: Uint8Array): Buffer {
    return createHmac('sha256', this.key)
      .update(encodeParts('safeconduct/staff/cursor/v1', account, canonicalJson(query), place))
      .digest()
      .subarray(0, tagBytes);
  }
}

const tagBytes = 16;
