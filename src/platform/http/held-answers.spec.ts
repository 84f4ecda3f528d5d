import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { HeldAnswers } from './held-answers.js';

test('a caller without a place left is refused, and another is not', () => {
  const held = new HeldAnswers({ count: 2, bytes: 100 });
  const first = held.take('a', 1);
  held.take('a', 1);
  expect(held.take('a', 1)).toBeUndefined();
  expect(held.take('b', 1)).toBeDefined();
  first?.free();
  expect(held.take('a', 1)).toBeDefined();
});

test('an answer that would be too much for its caller is refused, and takes nothing', () => {
  const held = new HeldAnswers({ count: 9, bytes: 100 });
  const first = held.take('a', 10);
  const other = held.take('a', 10);
  expect(first?.grow(91)).toBe(false);
  expect(first?.grow(90)).toBe(true);
  expect(first?.grow(90)).toBe(true);
  expect(other?.grow(11)).toBe(false);
  first?.free();
  expect(other?.grow(100)).toBe(true);
});

test('freed twice is freed once', () => {
  const held = new HeldAnswers({ count: 2, bytes: 100 });
  const [first, other] = [held.take('a', 50), held.take('a', 50)];
  first?.free();
  first?.free();
  expect(held.take('a', 51)).toBeUndefined();
  other?.free();
  expect(held.callers).toBe(0);
});

test('whatever is taken, grown and freed, no caller is above the limits and none is forgotten', () => {
  const act = fc.record({
    caller: fc.constantFrom('a', 'b', 'c'),
    bytes: fc.nat(60),
    grow: fc.nat(120),
    free: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
      const held = new HeldAnswers({ count: 3, bytes: 100 });
      const model = new Map<string, number[]>();
      const open: { free(): void; caller: string; at: number }[] = [];
      for (const { caller, bytes, grow, free } of acts) {
        const sizes = model.get(caller) ?? [];
        const place = held.take(caller, bytes);
        const sum = sizes.reduce((all, one) => all + one, 0);
        expect(place !== undefined).toBe(
          sizes.filter((size) => size >= 0).length < 3 && sum + bytes <= 100,
        );
        if (place === undefined) continue;
        const isGrown = place.grow(grow);
        expect(isGrown).toBe(sum + Math.max(bytes, grow) <= 100);
        const kept = isGrown ? Math.max(bytes, grow) : bytes;
        if (free) place.free();
        else {
          model.set(caller, [...sizes, kept]);
          open.push({ ...place, caller, at: sizes.length });
        }
      }
      for (const one of open) one.free();
      expect(held.callers).toBe(0);
    }),
  );
});
