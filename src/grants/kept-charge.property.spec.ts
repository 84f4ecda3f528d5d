import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { anchorWidths } from '../core/budget/index.js';
import { decodeKeptCharge, encodeKeptCharge, type KeptCharge } from './kept-charge.js';

const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));
const charges = (mostProbes: number): fc.Arbitrary<KeptCharge> =>
  fc.uniqueArray(bytes(8), { maxLength: 12, comparator: (a, b) => a.equals(b) }).chain((guards) =>
    fc.record({
      question: bytes(16),
      people: fc.array(bytes(8), { minLength: 1, maxLength: 11 }),
      missCost: fc.constantFrom(1, 2),
      guards: fc.constant(guards),
      probes: fc.array(
        fc
          .record({
            width: fc.constantFrom(...anchorWidths),
            anchor: bytes(8),
            value: bytes(4),
            guard: fc.constantFrom(undefined, ...guards),
          })
          .map(({ guard, ...probe }) => ({ ...probe, ...(guard === undefined ? {} : { guard }) })),
        { maxLength: mostProbes },
      ),
    }),
  );
const sorted = (charge: KeptCharge) =>
  [...charge.probes].sort((a, b) => anchorWidths.indexOf(a.width) - anchorWidths.indexOf(b.width));

test('what is kept comes back, narrowest first', () => {
  fc.assert(
    fc.property(charges(15), (charge) => {
      expect(decodeKeptCharge(encodeKeptCharge(charge))).toEqual({
        ...charge,
        probes: sorted(charge),
      });
    }),
  );
});

test('it is never longer than the sealed part has room for, and only the widest are left out', () => {
  fc.assert(
    fc.property(charges(200), (charge) => {
      const text = encodeKeptCharge(charge);
      expect(text.length).toBeLessThanOrEqual(560);
      const { probes = [] } = decodeKeptCharge(text) ?? {};
      expect(probes).toEqual(sorted(charge).slice(0, probes.length));
      expect(probes.length).toBeGreaterThanOrEqual(Math.min(charge.probes.length, 15));
    }),
  );
});

test('what is not of the format is nothing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (array) => {
      const text = Buffer.from(array).toString('base64url');
      const read = decodeKeptCharge(text);
      // One of the earlier format has no count of people: a byte less.
      const sizeBytes = array.length + (array[0] === 1 ? 1 : 0);
      if (read !== undefined) {
        expect(Buffer.from(encodeKeptCharge(read), 'base64url').length).toBe(sizeBytes);
      }
    }),
  );
});

test('what an earlier release kept, of one person, is charged as it was', () => {
  const [question, person] = [Buffer.alloc(16, 0xaa), Buffer.alloc(8, 0xbb)];
  const [guard, anchor, value] = [Buffer.alloc(8, 0xcc), Buffer.alloc(8, 0xdd), Buffer.alloc(4, 7)];
  const kept = Buffer.concat([
    Buffer.of(1, 2),
    question,
    person,
    Buffer.of(1),
    guard,
    Buffer.of(2, 0),
    anchor,
    value,
    Buffer.of(1 + 4),
    anchor,
    value,
  ]);
  const [narrow, next] = anchorWidths;
  expect(decodeKeptCharge(kept.toString('base64url'))).toEqual({
    question,
    people: [person],
    missCost: 2,
    guards: [guard],
    probes: [
      { width: narrow, anchor, value },
      { width: next, anchor, value, guard },
    ],
  });
  expect(decodeKeptCharge(kept.subarray(0, -1).toString('base64url'))).toBeUndefined();
  kept[0] = 3;
  expect(decodeKeptCharge(kept.toString('base64url'))).toBeUndefined();
});
