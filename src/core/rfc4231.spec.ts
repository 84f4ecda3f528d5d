import { createHmac, createSecretKey } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hmacSha256 } from './hmac.js';

/** RFC 4231 §4.2 to §4.4: keys of up to one block. */
const vectors = [
  {
    key: '0b'.repeat(20),
    message: Buffer.from('Hi There'),
    mac: 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  },
  {
    key: Buffer.from('Jefe').toString('hex'),
    message: Buffer.from('what do ya want for nothing?'),
    mac: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  },
  {
    key: 'aa'.repeat(20),
    message: Buffer.alloc(50, 0xdd),
    mac: '773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe',
  },
];

describe('HMAC-SHA-256', () => {
  test.each(vectors)('is what RFC 4231 says: $mac', ({ key, message, mac }) => {
    const secret = createSecretKey(Buffer.from(key, 'hex'));
    expect(hmacSha256(secret, message).toString('hex')).toBe(mac);
  });

  test('is that of node:crypto, whatever was keyed before', () => {
    const keys = fc.uint8Array({ minLength: 1, maxLength: 64 });
    const messages = fc.array(fc.uint8Array({ maxLength: 1_200, size: 'max' }), { maxLength: 4 });
    fc.assert(
      fc.property(keys, messages, (key, all) => {
        const secret = createSecretKey(key);
        for (const message of all) {
          const expected = createHmac('sha256', secret).update(message).digest();
          expect(hmacSha256(secret, message)).toEqual(expected);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('refuses a key of more than a block', () => {
    expect(() => hmacSha256(createSecretKey(Buffer.alloc(65, 1)), Buffer.alloc(1))).toThrow(
      TypeError,
    );
  });
});
