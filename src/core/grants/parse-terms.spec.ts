import { describe, expect, test } from '@jest/globals';
import { plainTerms, termsRows } from '../../../test/truth/grant-terms.js';
import { fieldCatalogue, subjectFields } from '../disclosure/catalogue.js';
import { levelRows } from '../../../test/truth/disclosure.js';
import type { GrantId } from '../ids.js';
import { grantDigest } from './grant.js';
import { parseTerms, termsMembers } from './parse-terms.js';

/** As it comes in: JSON. */
const outside = (change: Readonly<Record<string, unknown>>): unknown =>
  JSON.parse(JSON.stringify({ ...plainTerms, ...change }));

describe('terms from outside', () => {
  test.each(termsRows)('$rule: taken, and its twin refused by $argument', (row) => {
    const read = parseTerms(outside(row.taken));
    expect(JSON.parse(JSON.stringify(read))).toEqual(sameInstants(outside(row.taken)));
    expect(() => parseTerms(outside(row.refused))).toThrow(
      expect.objectContaining({ code: 'ERR_INPUT_INVALID', argument: row.argument }),
    );
  });

  test.each([null, [], 'terms', 1])('%j is none', (nothing) => {
    expect(() => parseTerms(nothing)).toThrow(expect.objectContaining({ argument: 'terms' }));
  });

  test('read again they have the same digest, and are frozen', () => {
    const id = '0b7c3c2e-5d0f-4a57-9f25-0e0d5f6f1c11' as GrantId;
    const read = parseTerms(outside({}));
    const again = parseTerms(JSON.parse(JSON.stringify(read)));
    expect(grantDigest(id, 1, again)).toBe(grantDigest(id, 1, read));
    expect([read, read.fields, read.caseloads, read.matchOn].every(Object.isFrozen)).toBe(true);
  });
});

test('every member of terms has a row, and every field at every level', () => {
  const members = termsRows.map(({ argument }) => /^terms\.(\w+)/.exec(argument)?.[1]);
  expect(termsMembers.filter((member) => !members.includes(member))).toEqual([]);
  for (const field of subjectFields) {
    const levels = levelRows.filter((row) => row.field === field).map(({ level }) => level);
    expect([field, levels]).toEqual([field, fieldCatalogue[field].levels]);
  }
});

/** Instants come back to the millisecond. */
function sameInstants(terms: unknown): unknown {
  const { validFrom, validUntil, ...rest } = terms as Record<string, string>;
  const full = (text = '') => new Date(text).toISOString();
  return { ...rest, validFrom: full(validFrom), validUntil: full(validUntil) };
}
