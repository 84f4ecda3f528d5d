import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isGatewayError } from '../../core/errors.js';
import { parseStrictJson } from './strict-json.js';

test('reads back whatever JSON.stringify writes', () => {
  const values = fc.jsonValue({ maxDepth: 8, stringUnit: 'binary' });
  fc.assert(
    fc.property(values, (value) => {
      const text = JSON.stringify(value);
      fc.pre(!text.includes('__proto__'));
      expect(parseStrictJson(Buffer.from(text))).toEqual(JSON.parse(text));
    }),
  );
});

test('whatever the bytes, agrees with JSON.parse or refuses with ERR_INPUT_INVALID', () => {
  const texts = fc.stringMatching(/^[{}[\]",:\\u0-9a-ftrueE+. -]{0,40}$/);
  fc.assert(
    fc.property(fc.oneof(texts, fc.json(), fc.string({ unit: 'binary' })), (text) => {
      try {
        expect(parseStrictJson(Buffer.from(text))).toEqual(JSON.parse(text));
      } catch (error) {
        if (!isGatewayError(error, 'ERR_INPUT_INVALID')) throw error;
      }
    }),
    { numRuns: 2_000 },
  );
});
