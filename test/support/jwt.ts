import { constants, sign, type KeyObject } from 'node:crypto';

export const encodeJson = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signs a compact JWS; header and payload may be given as text to bend their spelling. */
export function signJwt(
  header: Readonly<Record<string, unknown>> | string,
  payload: unknown,
  key: KeyObject,
): string {
  const input = [header, payload]
    .map((part) =>
      typeof part === 'string' ? Buffer.from(part).toString('base64url') : encodeJson(part),
    )
    .join('.');
  return `${input}.${signBytes(Buffer.from(input), key).toString('base64url')}`;
}

export function signBytes(bytes: Buffer, key: KeyObject): Buffer {
  if (key.asymmetricKeyType === 'rsa') {
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    return sign('sha256', bytes, { key, padding, saltLength: 32 });
  }
  if (key.asymmetricKeyType === 'ec') {
    return sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' });
  }
  return sign(null, bytes, key);
}
