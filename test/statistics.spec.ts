import { expect, test } from '@jest/globals';
import { areaUnderCurve, meansOf, welchT } from '../bench/privacy/statistics.js';

test('the statistics tell two series apart that differ, and none that do not', () => {
  const ramp = Array.from({ length: 400 }, (_, at) => (at * 7919) % 400);
  const shifted = ramp.map((value) => value + 100);
  expect(welchT(ramp, ramp)).toBe(0);
  expect(Math.abs(welchT(shifted, ramp))).toBeGreaterThan(4.5);
  expect(areaUnderCurve(ramp, ramp)).toBe(0.5);
  expect(areaUnderCurve(shifted, ramp)).toBeCloseTo(1 - (300 * 299) / 2 / 400 / 400, 2);
  expect(areaUnderCurve([1, 2], [0, 0.5])).toBe(1);
  expect(meansOf([1, 3, 5, 7, 9], 2)).toEqual([2, 6]);
});
