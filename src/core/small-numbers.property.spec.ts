import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { leastCount, tellableCount } from './small-numbers.js';

const counts = fc.integer({ min: 0, max: 100_000 });

test('fewer than ten is never told, nor whether it is none', () => {
  for (let count = 0; count < leastCount; count += 1) expect(tellableCount(count)).toBeNull();
  expect(tellableCount(leastCount)).toBe(leastCount);
});

test('a difference of two counts told is nothing, or at least ten', () => {
  fc.assert(
    fc.property(counts, counts, (one, other) => {
      const difference = Math.abs((tellableCount(one) ?? 0) - (tellableCount(other) ?? 0));
      expect(difference === 0 || difference >= leastCount).toBe(true);
    }),
  );
});

test('never tells more than there were', () => {
  fc.assert(fc.property(counts, (count) => (tellableCount(count) ?? 0) <= count));
});
