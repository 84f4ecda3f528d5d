import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { padAnswer } from './padding.js';
import { ReleaseClock } from './release.js';

describe('a padded answer', () => {
  test('has the size of its kind, or the next multiple, and is the same JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 16, max: 200 }), (value, size) => {
        const text = JSON.stringify(value);
        const padded = padAnswer(text, size);
        expect(padded.length % size).toBe(0);
        expect(padded.length - Buffer.byteLength(text)).toBeLessThan(Math.max(size, 1));
        expect(JSON.parse(padded.toString('utf8'))).toEqual(JSON.parse(text));
      }),
    );
  });
  test('of nothing has the size as well', () => expect(padAnswer('', 64)).toHaveLength(64));
  test('counts bytes, not characters', () => {
    expect(padAnswer(JSON.stringify('ی'.repeat(40)), 64)).toHaveLength(128);
  });
});

describe('a release', () => {
  const ticking = async (rules: (advance: (ms: number) => Promise<void>) => Promise<void>) => {
    jest.useFakeTimers();
    try {
      await rules(async (ms) => jest.advanceTimersByTimeAsync(ms));
    } finally {
      jest.useRealTimers();
    }
  };
  const watch = (promise: Promise<number>) => {
    const state: { late?: number } = {};
    void promise.then((late) => (state.late = late));
    return state;
  };

  test('is at the first tick, however early the work was done', () =>
    ticking(async (advance) => {
      for (const workMs of [0, 1, 49]) {
        const clock = new ReleaseClock(50);
        await advance(workMs);
        const released = watch(clock.release());
        await advance(49 - workMs);
        expect(released.late).toBeUndefined();
        await advance(1);
        expect(released.late).toBe(0);
      }
    }));

  test('that missed a tick is at the next one, and counted', () =>
    ticking(async (advance) => {
      const clock = new ReleaseClock(50);
      await advance(101);
      const released = watch(clock.release());
      await advance(48);
      expect(released.late).toBeUndefined();
      await advance(1);
      expect(released.late).toBe(2);
    }));

  test('of several questions is at multiples of their ticks', () =>
    ticking(async (advance) => {
      const clock = new ReleaseClock(50);
      const released = watch(clock.release(4));
      await advance(199);
      expect(released.late).toBeUndefined();
      await advance(1);
      expect(released.late).toBe(0);
    }));

  test('that is cancelled never comes', () =>
    ticking(async (advance) => {
      const clock = new ReleaseClock(50);
      const released = watch(clock.release());
      clock.cancel();
      await advance(500);
      expect(released.late).toBeUndefined();
    }));
});
