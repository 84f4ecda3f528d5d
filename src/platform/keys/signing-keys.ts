import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { chmodSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { encodeBase64Url, sha256 } from '../../core/bytes.js';
import { GatewayError } from '../../core/errors.js';
import { parseStrictJson } from '../json/strict-json.js';
import { readKeyFile, type PrivateJwk } from './keys.js';

/**
 * The file of a signing key: one private JWK (RFC 7517 §4), or a JWK Set (§5) of at most four while
 * a rotation lasts: the key in force, the next one, those that are ending. Which is which stands in
 * the database, by thumbprint; the order in the file means nothing, but that a gateway that has never
 * had a key takes the first.
 */
const mostKeys = 4;

/** Types of key by use: tokens are signed with Ed25519 or P-256, checkpoints with Ed25519. */
export const signingKeyTypes = {
  TOKEN: ['ed25519', 'ec'],
  CHECKPOINT: ['ed25519'],
} as const;
export type SigningUse = keyof typeof signingKeyTypes;

/**
 * Reads every key of a file.
 *
 * @param variable named in every refusal
 * @throws {GatewayError} ERR_KEY_UNUSABLE
 */
export function readSigningKeysFile(
  path: string,
  variable: string,
  use: SigningUse,
): readonly PrivateJwk[] {
  const text = readKeyFile(path, variable);
  const refuse = (why: string) =>
    new GatewayError('ERR_KEY_UNUSABLE', { detail: `${variable}: ${path} ${why}` });
  let members: readonly unknown[];
  try {
    const json = parseStrictJson(Buffer.from(text)) as Readonly<Record<string, unknown>>;
    members = Array.isArray(json['keys']) ? json['keys'] : [json];
  } catch {
    throw refuse('does not hold a private JWK or a JWK Set');
  }
  if (members.length === 0 || members.length > mostKeys) {
    throw refuse(`holds ${members.length} keys; 1 to ${mostKeys} are taken`);
  }
  const keys = members.map((member) => {
    const key = readMember(member);
    if (key === undefined) throw refuse('holds something that is no private JWK with "kid"');
    if (!isOfUse(key.key, use)) {
      throw refuse(
        `holds a key of another type: ${use === 'TOKEN' ? 'Ed25519 or P-256' : 'Ed25519'} is taken`,
      );
    }
    return key;
  });
  if (
    new Set(keys.map(({ kid }) => kid)).size !== keys.length ||
    new Set(keys.map(keyThumbprint)).size !== keys.length
  ) {
    throw refuse('holds a key or a "kid" twice');
  }
  return keys;
}

function isOfUse(key: KeyObject, use: SigningUse): boolean {
  const type = key.asymmetricKeyType ?? '';
  const types: readonly string[] = signingKeyTypes[use];
  const isCurve = type !== 'ec' || key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  return types.includes(type) && isCurve;
}

function readMember(member: unknown): PrivateJwk | undefined {
  try {
    const jwk = member as Readonly<Record<string, unknown>>;
    const { kid, kty, crv, x, y, d } = jwk;
    if (typeof kid !== 'string' || kid === '' || kid.length > 128) return undefined;
    const parts = (given: object) =>
      Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
    const key = createPrivateKey({ key: parts({ kty, crv, x, y, d }), format: 'jwk' });
    // A private part that belongs to another public key would sign what nobody can verify.
    const shown = createPublicKey({ key: parts({ kty, crv, x, y }), format: 'jwk' });
    const probe = Buffer.from('safeconduct/signing-key-probe/v1');
    const hash = key.asymmetricKeyType === 'ec' ? 'sha256' : null;
    return verify(hash, probe, shown, sign(hash, probe, key)) ? { kid, key, jwk } : undefined;
  } catch {
    return undefined;
  }
}

/** Thumbprint of a key (RFC 7638, SHA-256), base64url: the same for its private and public half. */
export function keyThumbprint({ key }: Pick<PrivateJwk, 'key'>): string {
  const { crv, kty, x, y } = createPublicKey(key).export({ format: 'jwk' });
  const members = y === undefined ? { crv, kty, x } : { crv, kty, x, y };
  return encodeBase64Url(sha256(Buffer.from(JSON.stringify(members))));
}

/** A fresh key of the type of another, with a `kid` of its day. */
export function makeSigningKey(like: PrivateJwk, use: SigningUse, now: Date): PrivateJwk {
  const { privateKey } =
    like.key.asymmetricKeyType === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('ed25519');
  const day = now.toISOString().slice(0, 10);
  const kid = `${use.toLowerCase()}-${day}-${randomBytes(4).toString('hex')}`;
  return {
    kid,
    key: privateKey,
    jwk: { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig' },
  };
}

/**
 * Replaces the file by one with these keys: written beside it, made durable, renamed, so that a
 * gateway reads the old file or the new one. Owner and mode are those of the old file; 0600.
 */
export function writeSigningKeysFile(path: string, keys: readonly PrivateJwk[]): void {
  const [only] = keys;
  const json = keys.length === 1 ? only?.jwk : { keys: keys.map(({ jwk }) => jwk) };
  const beside = `${path}.${randomBytes(6).toString('hex')}.new`;
  writeFileSync(beside, `${JSON.stringify(json)}\n`, { mode: 0o600, flag: 'wx', flush: true });
  chmodSync(beside, statSync(path).mode & 0o700);
  renameSync(beside, path);
}
