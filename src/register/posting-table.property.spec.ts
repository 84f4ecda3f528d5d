import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { PostingTable } from './posting-table.js';

/** Two partitions and few keys, so that they meet; values at both ends of 32 bits. */
const key = fc.record({
  partition: fc.constantFrom(0, 4095),
  low: fc.oneof(
    { weight: 3, arbitrary: fc.nat({ max: 5 }) },
    { weight: 1, arbitrary: fc.constantFrom(0x7fffffff, 0x80000000, 0xffffffff) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 0xffffffff }) },
  ),
});
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      key,
      // One posting, or more than a chunk, a tail or an insertion sort takes.
      times: fc.oneof(fc.constant(1), fc.constantFrom(33, 64, 65, 97, 300)),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('find' as const), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('purge' as const),
      dead: fc.nat({ max: 6 }),
    }),
  },
);

test('finds what a Map of lists would, whatever was done before', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const table = new PostingTable();
      const model = new Map<string, number[]>();
      const nameOf = (one: { partition: number; low: number }) => `${one.partition} ${one.low}`;
      const asked = new Map<string, { partition: number; low: number }>();
      let rows = 0;
      for (const one of steps) {
        if ('key' in one) asked.set(nameOf(one.key), one.key);
        switch (one.kind) {
          case 'add':
            for (let time = 0; time < one.times; time += 1, rows += 1) {
              table.add(one.key.partition, one.key.low, rows);
              const known = model.get(nameOf(one.key)) ?? [];
              model.set(nameOf(one.key), [...known, rows]);
            }
            break;
          case 'settle':
            table.settle();
            break;
          case 'purge': {
            const isLive = Uint8Array.from({ length: rows }, (_, row) =>
              row % 7 === one.dead ? 0 : 1,
            );
            table.purge(isLive);
            for (const [name, known] of model) {
              model.set(
                name,
                known.filter((row) => isLive[row] === 1),
              );
            }
            break;
          }
          case 'find':
            expect([...table.find(one.key.partition, one.key.low)]).toEqual(
              model.get(nameOf(one.key)) ?? [],
            );
        }
      }
      for (const [name, one] of asked) {
        expect([...table.find(one.partition, one.low)]).toEqual(model.get(name) ?? []);
      }
    }),
  );
});
