import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SegmentedWords, WordTable } from './word-table.js';

/** Few values to a word: keys that share a slot, or all but their last word, are common. */
const word = fc.oneof(fc.constantFrom(0, 1, 1024, 0xffffffff), fc.integer({ min: 0, max: 7 }));

test('numbers keys in the order they come, as a Map would, and finds no other', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.array(word, { minLength: 4, maxLength: 4 }), { maxLength: 200 }),
      fc.array(word, { minLength: 4, maxLength: 4 }),
      (width, added, asked) => {
        const table = new WordTable(width);
        const model = new Map<string, number>();
        const nameOf = (key: readonly number[]) => key.slice(0, width).join(' ');
        for (const key of added) {
          const name = nameOf(key);
          if (!model.has(name)) model.set(name, model.size);
          // Where the key starts in the words makes no difference.
          expect(table.add(Uint32Array.of(9, ...key), 1)).toBe(model.get(name));
        }
        expect(table.size).toBe(model.size);
        for (const key of [...added, asked]) {
          expect(table.find(Uint32Array.from(key), 0)).toBe(model.get(nameOf(key)) ?? -1);
        }
      },
    ),
  );
});

test('keeps every number while it grows over slots and segments', () => {
  const table = new WordTable(2);
  const people = 40_000;
  // The same first word for sixteen of them: one run of slots.
  const key = (number: number) => Uint32Array.of((number >>> 4) * 2_654_435_761, number);
  for (let number = 0; number < people; number += 1) {
    if (table.add(key(number), 0) !== number) throw new Error('another number');
  }
  for (let number = 0; number < people; number += 1) {
    if (table.find(key(number), 0) !== number) throw new Error('lost');
  }
  expect(table.find(key(people), 0)).toBe(-1);
  expect(table.size).toBe(people);
  // Its own 8 bytes, 5 to 11 of slots, and the rest of one segment.
  expect(table.sizeBytes).toBeLessThan(people * 19 + 65_536);
});

test('keeps entries apart, however they are written', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat({ max: 20_000 }), fc.nat({ max: 2 }), fc.nat())),
      (writes) => {
        const list = new SegmentedWords(3);
        const model = new Map<string, number>();
        for (const [entry, at, value] of writes) {
          if (value % 2 === 0) list.set(entry, at, value);
          else new Uint32Array(list.bytes(entry).buffer, list.bytes(entry).byteOffset)[at] = value;
          model.set(`${entry} ${at}`, value);
        }
        for (const [entry, at] of writes) {
          expect(list.get(entry, at)).toBe(model.get(`${entry} ${at}`));
        }
      },
    ),
  );
});
