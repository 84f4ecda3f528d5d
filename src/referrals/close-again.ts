import type { ActAppliers, RestrictingAct } from '../access-log/index.js';

/** WITHDRAWN by its partner; DECLINED by a liaison officer; OVER: NOT_CONFIRMED was told. */
type Closing = 'WITHDRAWN' | 'DECLINED' | 'OVER';

const name = 'referral.closed';

/** That referrals are closed, for the journal: a restored database would open them again. */
export const closedReferrals = (
  how: Closing,
  referrals: readonly string[],
  at: Date,
): readonly RestrictingAct[] =>
  referrals.length === 0 ? [] : [{ act: name, body: { how, referrals, at: at.toISOString() } }];

const changes: Readonly<Record<Closing, string>> = {
  WITHDRAWN: 'withdrawn_at = coalesce(withdrawn_at, $2)',
  DECLINED: `decision = 'DECLINED', decided_at = $2`,
  OVER: `told = 'NOT_CONFIRMED', told_at = $2`,
};

/**
 * Closes referrals again that a restored database shows as open: what was declined, withdrawn or answered
 * cannot be confirmed or told after it. What was confirmed since the backup is not known any more, and
 * has to be decided again.
 */
export const referralActAppliers: ActAppliers = {
  [name]: async (manager, body) => {
    const { how, referrals, at } = body as {
      readonly how: Closing;
      readonly referrals: readonly string[];
      readonly at: string;
    };
    await manager.query(
      `UPDATE referral SET ${changes[how]}, evidence = NULL, choice = NULL
       WHERE id = ANY ($1::uuid[]) AND told IS NULL`,
      [referrals, at],
    );
  },
};
