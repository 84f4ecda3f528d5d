import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Caseload, PartnerCode, StateCode } from '../core/ids.js';
import { BlindIndex, type CandidateScope, type IndexedPerson } from './blind-index.js';

const caseloads = ['AF-2021', 'AF-2022'] as Caseload[];
const codes = ['AUS', 'AUS-BORDER', 'PAK'] as (PartnerCode | StateCode)[];
const scope: CandidateScope = {
  caseloads: new Set([caseloads[0] as Caseload]),
  partner: 'AUS-BORDER' as PartnerCode,
  state: 'AUS' as StateCode,
};
const inScope = (person: IndexedPerson) =>
  person.caseload === caseloads[0] && person.suppressedFor.every((code) => code === 'PAK');

const term = fc.integer({ min: 1, max: 9 });
const person = fc.record({
  number: fc.integer({ min: 1, max: 40 }),
  terms: fc.uniqueArray(term, { maxLength: 5 }),
  caseload: fc.constantFrom(...caseloads),
  suppressedFor: fc.uniqueArray(fc.constantFrom(...codes), { maxLength: 2 }),
});
const change = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('put' as const), person }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('remove' as const),
      number: fc.integer({ min: 1, max: 40 }),
    }),
  },
);
const question = fc.uniqueArray(fc.record({ term, weight: fc.constantFrom(0.5, 1, 2, 4) }), {
  minLength: 1,
  maxLength: 6,
  selector: ({ term: one }) => one,
});

const wordsOf = (terms: readonly number[]) => Uint32Array.from(terms.flatMap((one) => [one, 7]));

function indexed(from: {
  number: number;
  terms: number[];
  caseload: Caseload;
  suppressedFor: (PartnerCode | StateCode)[];
}): IndexedPerson {
  const subject = Buffer.alloc(16);
  subject.writeUInt32BE(from.number, 12);
  const { caseload, suppressedFor, terms } = from;
  return { subject, version: 1, caseload, suppressedFor, keys: wordsOf(terms) };
}

function ask(index: BlindIndex, asked: { term: number; weight: number }[], cap: number): number[] {
  const rows = index.candidates(
    wordsOf(asked.map((one) => one.term)),
    Float64Array.from(asked, ({ weight }) => weight),
    scope,
    cap,
  );
  return rows.map((row) => Buffer.from(index.subjectOf(row)).readUInt32BE(12));
}

test('putting and removing people one by one equals building anew', () => {
  fc.assert(
    fc.property(
      fc.array(change, { maxLength: 120 }),
      question,
      fc.integer({ min: 1, max: 8 }),
      (changes, asked, cap) => {
        const index = new BlindIndex(3);
        const rows = new Map<number, number>();
        const people = new Map<number, IndexedPerson>();
        for (const one of changes) {
          const number = one.kind === 'put' ? one.person.number : one.number;
          const row = rows.get(number);
          if (row !== undefined) index.remove(row);
          rows.delete(number);
          people.delete(number);
          if (one.kind === 'put') {
            people.set(number, indexed(one.person));
            rows.set(number, index.put(indexed(one.person)));
          }
        }
        const anew = new BlindIndex();
        for (const one of people.values()) anew.put(one);
        expect(index.size).toBe(people.size);
        expect(ask(index, asked, cap)).toEqual(ask(anew, asked, cap));
      },
    ),
  );
});

test('people out of scope change nothing, whatever the cap', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(person, { maxLength: 40, selector: ({ number }) => number }),
      question,
      fc.integer({ min: 1, max: 5 }),
      (people, asked, cap) => {
        const all = new BlindIndex();
        const some = new BlindIndex();
        for (const one of people.map(indexed)) {
          all.put(one);
          if (inScope(one)) some.put(one);
        }
        expect(ask(all, asked, cap)).toEqual(ask(some, asked, cap));
      },
    ),
  );
});
