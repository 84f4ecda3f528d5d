import { expect, test } from '@jest/globals';
import { letThrough } from './let-through.js';

test('lets through what waits after every 16 leaves, and not after each', async () => {
  let isThrough = false;
  for (let done = 1; done <= 48; done += 1) {
    if (done % 16 === 1) {
      isThrough = false;
      setImmediate(() => (isThrough = true));
    }
    await letThrough(done);
    expect([done, isThrough]).toEqual([done, done % 16 === 0]);
  }
});
