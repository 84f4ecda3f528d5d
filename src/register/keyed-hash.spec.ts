import { createHmac, randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { encodeParts } from '../core/bytes.js';
import { KeyedHash } from './keyed-hash.js';

test('is the HMAC-SHA-256 of the length-prefixed parts', () => {
  const part = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 3000 }),
    fc.uint8Array({ maxLength: 9000 }),
  );
  const key = randomBytes(32);
  const keyed = new KeyedHash(key, 'label/v1');
  fc.assert(
    fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
      const expected = createHmac('sha256', key).update(encodeParts('label/v1', ...parts));
      expect(Buffer.from(keyed.of(...parts), 'latin1')).toEqual(expected.digest());
    }),
  );
});
