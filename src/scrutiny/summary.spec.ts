import { expect, test } from '@jest/globals';
import type { RecordCount } from '../access-log/index.js';
import type { PartnerCode } from '../core/ids.js';
import { summarise } from './summary.js';

const partner = 'ALPHA-BORDER' as PartnerCode;
const count = (outcome: string, of: number): RecordCount => ({
  from: null,
  partner,
  outcome,
  count: of,
});

test('small numbers are not told, of referrals either, and those are no answers', () => {
  const counts = [count('MATCH', 30), count('NOT_CONFIRMED', 40)];
  const of = (referrals: number) =>
    summarise([...counts, count('REFERRAL_REQUESTED', referrals)])[0];
  expect(of(9)).toMatchObject({ answered: 70, matches: 30, refused: 0, referrals: null });
  expect(of(10)).toMatchObject({ answered: 70, referrals: 10 });
  expect(summarise(counts)[0]?.referrals).toBe(0);
});
