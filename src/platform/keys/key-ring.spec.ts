import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { localMasterKey, masterKeyRing } from './keys.js';

const context = Buffer.from('place');

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
