import { tokenRefused } from './causes.js';

/**
 * The token of an `Authorization: Bearer` header (RFC 6750 §2.1): one header, the scheme in any
 * case, one space, a b64token.
 *
 * @param header every value received: `request.headersDistinct.authorization`. `request.headers`
 *   silently keeps the first of two.
 * @throws {GatewayError} ERR_TOKEN_REFUSED `absent` or `header-malformed`
 */
export function parseBearer(header: string | readonly string[] | undefined): string {
  const values = header === undefined ? [] : typeof header === 'string' ? [header] : header;
  const [value, ...others] = values;
  if (value === undefined) throw tokenRefused('absent');
  const token = /^bearer ([A-Za-z0-9\-._~+/]+=*)$/i.exec(value)?.[1];
  if (token === undefined || others.length > 0) throw tokenRefused('header-malformed');
  return token;
}
