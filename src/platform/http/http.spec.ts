import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { padAnswer } from './padding.js';
import { ReleaseClock, ReleasePace, releaseResponse } from './release.js';

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
        const clock = new ReleaseClock(new ReleasePace(50));
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
      const clock = new ReleaseClock(new ReleasePace(50));
      await advance(101);
      const released = watch(clock.release());
      await advance(48);
      expect(released.late).toBeUndefined();
      await advance(1);
      expect(released.late).toBe(2);
    }));

  test('of several questions is at multiples of their ticks', () =>
    ticking(async (advance) => {
      const clock = new ReleaseClock(new ReleasePace(50));
      const released = watch(clock.release(4));
      await advance(199);
      expect(released.late).toBeUndefined();
      await advance(1);
      expect(released.late).toBe(0);
    }));

  test('keeps pace with an answer that was late: whoever arrives after it leaves with it', () =>
    ticking(async (advance) => {
      const pace = new ReleasePace(50);
      const before = new ReleaseClock(pace);
      const slow = new ReleaseClock(pace);
      await advance(101);
      void slow.release();
      expect(pace.releases).toBe(3);
      const after = watch(new ReleaseClock(pace).release());
      // Of those under way none waits longer than it would have.
      const underWay = watch(before.release());
      await advance(49);
      expect(underWay.late).toBe(2);
      await advance(100);
      expect(after.late).toBeUndefined();
      await advance(1);
      expect(after.late).toBe(0);
    }));

  test('that is slower than the pace is at a multiple of the pace', () =>
    ticking(async (advance) => {
      const pace = new ReleasePace(50);
      pace.note(2);
      const clock = new ReleaseClock(pace);
      await advance(110);
      const released = watch(clock.release());
      await advance(89);
      expect(released.late).toBeUndefined();
      await advance(1);
      expect(released.late).toBe(2);
      expect(pace.releases).toBe(3);
    }));

  test('forgets a slow answer within a minute, and never waits for more than twenty', () => {
    let now = 0;
    const pace = new ReleasePace(50, () => now);
    expect(pace.releases).toBe(1);
    pace.note(500);
    expect(pace.releases).toBe(20);
    now = 29_999;
    pace.note(2);
    expect(pace.releases).toBe(20);
    now = 30_000;
    expect(pace.releases).toBe(20);
    pace.note(3);
    now = 60_000;
    expect(pace.releases).toBe(3);
    now = 120_000;
    expect(pace.releases).toBe(1);
  });

  const exchange = () => {
    const request = new IncomingMessage(new Socket());
    const response = new ServerResponse(request);
    const late: number[] = [];
    releaseResponse(request, response, new ReleasePace(50), (ticks) => late.push(ticks));
    return { request, response, late };
  };

  test('of an answer written past the hooks counts from the last byte of the request', () =>
    ticking(async (advance) => {
      const { request, response, late } = exchange();
      await advance(30);
      request.emit('end');
      await advance(10);
      response.end('x');
      await advance(39);
      expect([late, response.writableEnded]).toEqual([[], false]);
      await advance(1);
      expect([late, response.writableEnded]).toEqual([[0], true]);
    }));

  test('of an answer that did not wait for the last byte still comes', () =>
    ticking(async (advance) => {
      const { request, response, late } = exchange();
      response.end();
      await advance(10);
      request.emit('end');
      await advance(40);
      expect([late, response.writableEnded]).toEqual([[0], true]);
    }));

  test('of an exchange whose caller went away leaves no clock behind', () =>
    ticking(async () => {
      const { request, response } = exchange();
      response.emit('close');
      request.emit('end');
      expect(jest.getTimerCount()).toBe(0);
    }));

  test('that is cancelled never comes', () =>
    ticking(async (advance) => {
      const clock = new ReleaseClock(new ReleasePace(50));
      const released = watch(clock.release());
      clock.cancel();
      await advance(500);
      expect(released.late).toBeUndefined();
    }));
});
