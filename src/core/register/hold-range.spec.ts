import { describe, expect, test } from '@jest/globals';
import { heldRecords, spokenCaseloads } from '../../../test/truth/hold-ranges.js';
import { caseloadsSpokenOf, holds } from './hold-range.js';

describe('a hold on a range', () => {
  test.each(heldRecords)('$rule', ({ range, records, kept }) => {
    expect(holds(range, records)).toBe(kept);
  });
});

describe('whom records can be about, from outside', () => {
  test.each(spokenCaseloads)('$rule', ({ kinds, grants, caseloads }) => {
    const known = new Map(Object.entries(grants));
    expect(caseloadsSpokenOf(kinds, (grant, version) => known.get(`${grant} ${version}`))).toEqual(
      caseloads,
    );
  });
});
