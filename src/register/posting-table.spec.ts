import { beforeEach, describe, expect, test } from '@jest/globals';
import { partitionOf, PostingTable } from './posting-table.js';

const keyBytes = (...words: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(words.length * 4);
  words.forEach((word, at) => bytes.writeUInt32BE(word, at * 4));
  return bytes;
};
const segmentBytes = 1024 * 1024;
/** Postings one segment has room for, 8 bytes each. */
const perSegment = segmentBytes / 8;
/** Spreads numbers over all 32 bits, no two to the same. */
const spread = (number: number): number => Math.imul(number, 0x9e3779b1) >>> 0;

describe('the posting table', () => {
  let table: PostingTable;
  beforeEach(() => {
    table = new PostingTable();
  });
  const find = (partition: number, low: number) => [...table.find(partition, low)];

  test('finds the rows of a key in the order they were added, and none of another', () => {
    for (const row of [7, 3, 5]) table.add(1, 42, row);
    table.add(1, 43, 9);
    table.add(2, 42, 8);
    expect(find(1, 42)).toEqual([7, 3, 5]);
    expect([find(1, 41), find(0, 42), find(4095, 42)]).toEqual([[], [], []]);
    table.settle();
    expect([find(1, 42), find(1, 43), find(2, 42)]).toEqual([[7, 3, 5], [9], [8]]);
  });

  test.each([0, 1, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff])(
    'tells %d from its neighbours, sorted or not',
    (low) => {
      const neighbours = [low - 1, low, low + 1].filter((one) => one >= 0 && one <= 0xffffffff);
      for (const one of neighbours) table.add(5, one, one === low ? 1 : 2);
      expect(find(5, low)).toEqual([1]);
      for (let more = 0; more < 200; more += 1) table.add(5, spread(more + 1), 3);
      table.settle();
      expect(find(5, low)).toEqual([1]);
    },
  );

  test('takes keys out of bytes as out of words', () => {
    const keys = [
      [0x12345678, 0x9abcdef0],
      [0xfff00000, 0xffffffff],
      [0, 0],
    ] as const;
    const bytes = Buffer.concat([Buffer.of(1, 2, 3), keyBytes(...keys.flat())]);
    table.addBytes(bytes, 3, keys.length, 17);
    for (const [first, last] of keys) expect(find(partitionOf(first), last)).toEqual([17]);
    expect(partitionOf(0x12345678)).toBe(0x123);
    expect(partitionOf(0xffffffff)).toBe(0xfff);
  });

  test('takes keys that agree in 44 bits for one, and keys that differ in one of them for two', () => {
    table.addBytes(keyBytes(0x12300000, 0x00000001), 0, 1, 1);
    table.addBytes(keyBytes(0x123fffff, 0x00000001), 0, 1, 2);
    expect(find(0x123, 1)).toEqual([1, 2]);
    table.addBytes(keyBytes(0x12400000, 0x00000001), 0, 1, 3);
    table.addBytes(keyBytes(0x12300000, 0x80000001), 0, 1, 4);
    expect(find(0x123, 1)).toEqual([1, 2]);
    expect([find(0x124, 1), find(0x123, 0x80000001)]).toEqual([[3], [4]]);
  });

  test('holds more rows of one key than a look-up had room for', () => {
    const rows = Array.from({ length: 5_000 }, (_, row) => row);
    for (const row of rows) table.add(9, 1, row);
    table.add(9, 0, 77);
    table.add(9, 2, 78);
    expect(find(9, 1)).toEqual(rows);
    expect([find(9, 0), find(9, 2)]).toEqual([[77], [78]]);
  });

  test('grows over segments and loses nothing, at 8 bytes a posting and a little', () => {
    const empty = table.sizeBytes;
    const postings = perSegment * 2 + 1000;
    for (let row = 0; row < postings; row += 1) table.add(row & 7, spread(row), row);
    table.settle();
    for (let row = 0; row < postings; row += 1) {
      const found = table.find(row & 7, spread(row));
      if (found.length !== 1 || found[0] !== row) throw new Error(`row ${row}`);
    }
    const grown = table.sizeBytes - empty;
    expect(grown).toBeGreaterThanOrEqual(3 * segmentBytes);
    // Three segments, the list of chunks, and room to sort the largest partition twice over.
    expect(grown).toBeLessThan(3 * segmentBytes + (postings / 64) * 8 + 4 * 4 * 65_536 + 65_536);
  });

  test('drops the rows that are not live, and keeps the others in their order', () => {
    for (let row = 0; row < 1_000; row += 1) table.add(3, row % 10, row);
    // Half of it sorted, half of it tail.
    table.settle();
    for (let row = 1_000; row < 1_020; row += 1) table.add(3, row % 10, row);
    const isLive = Uint8Array.from({ length: 1_020 }, (_, row) => (row % 3 === 0 ? 1 : 0));
    table.purge(isLive);
    for (let low = 0; low < 10; low += 1) {
      const rows = Array.from({ length: 1_020 }, (_, row) => row);
      expect(find(3, low)).toEqual(rows.filter((row) => row % 10 === low && row % 3 === 0));
    }
    table.purge(new Uint8Array(1_020));
    expect(find(3, 0)).toEqual([]);
    table.add(3, 0, 5);
    expect(find(3, 0)).toEqual([5]);
  });

  test('uses what was freed before it asks for more', () => {
    const fill = () => {
      for (let row = 0; row < perSegment; row += 1) table.add(row & 4095, spread(row), row);
    };
    fill();
    const full = table.sizeBytes;
    for (let round = 0; round < 3; round += 1) {
      table.purge(new Uint8Array(perSegment));
      fill();
    }
    expect(table.sizeBytes).toBe(full);
    expect(find(77, spread(77))).toEqual([77]);
  });
});
