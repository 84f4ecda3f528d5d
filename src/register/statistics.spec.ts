import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Caseload } from '../core/ids.js';
import { publishCounts, smallestCount } from './statistics.js';

const counted = (counts: readonly number[]) =>
  publishCounts(new Map(counts.map((count, at) => [`C-${at}` as Caseload, count])));

test('counts are told in steps, small ones not', () => {
  expect(counted([9, 10, 19, 1234, 3])).toEqual({
    people: 1270,
    caseloads: [
      { caseload: 'C-0', people: undefined },
      { caseload: 'C-1', people: 10 },
      { caseload: 'C-2', people: 10 },
      { caseload: 'C-3', people: 1230 },
      { caseload: 'C-4', people: undefined },
    ],
  });
});

test('a total is withheld when it would tell the one small count', () => {
  expect(counted([9, 100]).people).toBeUndefined();
});

test('what is told does not tell any count', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(300), { maxLength: 6 }), (counts) => {
      const { people, caseloads } = counted(counts);
      for (const [at, { people: told }] of caseloads.entries()) {
        // Another count in the same step is told alike.
        const other = [...counts];
        const count = counts[at] ?? 0;
        other[at] = count - (count % smallestCount) + ((count + 1) % smallestCount);
        expect(counted(other).caseloads[at]?.people).toBe(told);
        expect(told === undefined || told % smallestCount === 0).toBe(true);
      }
      expect(people === undefined || people % smallestCount === 0).toBe(true);
    }),
  );
});
