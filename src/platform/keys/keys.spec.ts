import { randomBytes } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { temporaryHome } from '../../../test/support/databases.js';
import { localMasterKey, masterKeyRing, readSecretFile } from './keys.js';

const home = temporaryHome();
afterAll(() => home.remove());
const context = Buffer.from('place');
const keyFile = (name: string, text: string, mode: number) => {
  const path = join(home.path, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
};
const secret = randomBytes(32).toString('base64url');

test('a ring opens what each of its keys wrapped, and wraps under the first', async () => {
  const [old, fresh, other] = [1, 2, 3].map(() => localMasterKey(randomBytes(32)));
  if (old === undefined || fresh === undefined || other === undefined) throw new TypeError();
  const ring = masterKeyRing(fresh, old);
  const key = randomBytes(32);
  expect(ring.id).toBe(fresh.id);
  expect(await ring.unwrap(await old.wrap(key, context), context)).toEqual(key);
  expect(await fresh.unwrap(await ring.wrap(key, context), context)).toEqual(key);
  await expect(ring.unwrap(await other.wrap(key, context), context)).rejects.toThrow(
    new RegExp(`^ERR_KEY_UNUSABLE: .*${fresh.id}, ${old.id}`),
  );
});

test('a key file of its owner alone is read', () => {
  expect(readSecretFile(keyFile('good', `${secret}\n`, 0o600), 'KEY_FILE')).toHaveLength(32);
});

test.each([
  ['that others may read', () => keyFile('open', secret, 0o644)],
  ['that others may write', () => keyFile('writable', secret, 0o620)],
  ['of another length', () => keyFile('short', secret.slice(4), 0o600)],
  ['in another alphabet', () => keyFile('padded', `${secret}=`, 0o600)],
  ['that is not there', () => join(home.path, 'missing')],
])('a key file %s is refused and named, its content is not', (_, pathOf) => {
  const path = pathOf();
  const read = () => readSecretFile(path, 'KEY_FILE');
  expect(read).toThrow(new RegExp(`^ERR_KEY_UNUSABLE: KEY_FILE: .*${path}`));
  expect(read).not.toThrow(secret.slice(4, 20));
});
