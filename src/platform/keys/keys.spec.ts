import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { temporaryHome } from '../../../test/support/databases.js';
import {
  deriveKey,
  localMasterKey,
  readKeyFile,
  readPrivateJwkFile,
  readSecretFile,
  seal,
  unseal,
} from './keys.js';

const key = randomBytes(32);
const context = Buffer.from('place 1');

describe('what is sealed', () => {
  const sealed = seal(key, Buffer.from('plain'), context);
  test('is opened by its key in its place', () => {
    expect(unseal(key, sealed, context)?.toString()).toBe('plain');
    expect(unseal(key, seal(key, Buffer.alloc(0), context), context)).toHaveLength(0);
  });
  test('is opened by no other key, in no other place, and with no bit changed', () => {
    expect(unseal(randomBytes(32), sealed, context)).toBeUndefined();
    expect(unseal(key, sealed, Buffer.from('place 2'))).toBeUndefined();
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const bent = Buffer.from(sealed);
      bent[bit >> 3] = (bent[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(unseal(key, bent, context)).toBeUndefined();
    }
    for (let length = 0; length < sealed.length; length += 1) {
      expect(unseal(key, sealed.subarray(0, length), context)).toBeUndefined();
    }
  });
  test('never looks the same twice', () => {
    expect(seal(key, Buffer.from('plain'), context).equals(sealed)).toBe(false);
  });
});

test('keys derived for two uses, or from two secrets, differ', () => {
  expect(deriveKey(key, 'a')).toHaveLength(32);
  expect(deriveKey(key, 'a')).toEqual(deriveKey(key, 'a'));
  expect(deriveKey(key, 'a')).not.toEqual(deriveKey(key, 'b'));
  expect(deriveKey(key, 'a')).not.toEqual(deriveKey(randomBytes(32), 'a'));
});

test('a master key unwraps what it wrapped, where it was wrapped; another says it is another', async () => {
  const master = localMasterKey(key);
  const wrapped = await master.wrap(Buffer.alloc(32, 7), context);
  expect(await master.unwrap(wrapped, context)).toEqual(Buffer.alloc(32, 7));
  await expect(master.unwrap(wrapped, Buffer.from('place 2'))).rejects.toThrow('ERR_KEY_UNUSABLE');
  const other = localMasterKey(randomBytes(32));
  await expect(other.unwrap(wrapped, context)).rejects.toThrow(other.id);
  expect(other.id).not.toBe(master.id);
});

describe('a key file', () => {
  const place = temporaryHome();
  afterAll(() => place.remove());
  const file = (name: string, text: string, mode = 0o600): string => {
    const path = join(place.path, name);
    writeFileSync(path, text);
    chmodSync(path, mode);
    return path;
  };
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'k-1' };

  test('of 32 bytes is read', () => {
    expect(readSecretFile(file('good', `${key.toString('base64url')}\n`), 'X_FILE')).toEqual(key);
  });
  test.each([
    ['too short', key.subarray(1).toString('base64url')],
    ['too long', `${key.toString('base64url')}AA`],
    ['padded', key.toString('base64')],
    ['empty', ''],
    ['in another alphabet', key.toString('hex')],
  ])('that is %s is refused, naming its variable and not its content', (_what, text) => {
    const path = file('bad', text);
    expect(() => readSecretFile(path, 'X_FILE')).toThrow(/^ERR_KEY_UNUSABLE: X_FILE/);
    try {
      readSecretFile(path, 'X_FILE');
    } catch (error) {
      if (text !== '') expect(String(error)).not.toContain(text.slice(0, 8));
    }
  });
  test.each([0o604, 0o640, 0o620, 0o666])('of mode %o is refused, saying what to do', (mode) => {
    expect(() => readKeyFile(file('open', 'x', mode), 'X_FILE')).toThrow(/X_FILE.*chmod 600/);
  });
  test('that is not there is refused, naming its variable', () => {
    expect(() => readKeyFile(join(place.path, 'none'), 'X_FILE')).toThrow(/X_FILE: no file/);
  });
  test('with a private JWK is read; one without kid, public, or no JSON is not', () => {
    expect(readPrivateJwkFile(file('jwk', JSON.stringify(jwk)), 'X').kid).toBe('k-1');
    const { kid: _, ...nameless } = jwk;
    for (const bad of [
      nameless,
      { ...jwk, kid: '' },
      { ...publicKey.export({ format: 'jwk' }), kid: 'k' },
      'x',
    ]) {
      expect(() => readPrivateJwkFile(file('bad.jwk', JSON.stringify(bad)), 'X')).toThrow(
        'ERR_KEY_UNUSABLE',
      );
    }
  });
});
