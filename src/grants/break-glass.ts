import type { EntityManager } from 'typeorm';
import { GatewayError, inputInvalid } from '../core/errors.js';
import type { GrantId } from '../core/ids.js';
import type { GrantOfficer } from './lifecycle.js';

/** Questions one release lets through, and for how long. */
export const releasedQuestions = 5;
const releaseMinutes = 60;
const longestReason = 500;

/**
 * Break-glass: a duty officer lets five further questions through for one grant whose budget is
 * spent, for an hour, with a reason. It alerts at once, reads nothing, approves nothing, widens no
 * grant, and waits for a second person's review. A grant has one release a day; a further one takes
 * two people.
 *
 * @param approvedBy the second person of a further release within a day
 * @throws {GatewayError} ERR_INPUT_INVALID for a missing reason; ERR_GRANT_STATE when the grant is not
 * active, or was released within a day and nobody approved another; ERR_APPROVER_IS_REQUESTER
 */
export async function releaseBudget(
  manager: EntityManager,
  by: GrantOfficer,
  command: { readonly id: string; readonly grantId: GrantId; readonly reason: string },
  at: Date,
  approvedBy?: GrantOfficer,
): Promise<void> {
  if (approvedBy?.account === by.account) throw new GatewayError('ERR_APPROVER_IS_REQUESTER');
  const reason = command.reason.trim();
  if (reason === '' || reason.length > longestReason) throw inputInvalid('reason');
  const [grant] = await manager.query<{ partner: string }[]>(
    `SELECT partner FROM access_grant WHERE id::text = $1 AND state = 'ACTIVE' FOR UPDATE`,
    [command.grantId],
  );
  const earlier = await manager.query<unknown[]>(
    `SELECT 1 FROM budget_release
     WHERE grant_id::text = $1 AND released_at > $2::timestamptz - interval '24 hours'`,
    [command.grantId, at],
  );
  if (grant === undefined || (earlier.length > 0 && approvedBy === undefined)) {
    throw new GatewayError('ERR_GRANT_STATE');
  }
  await manager.query(
    `INSERT INTO budget_release
       (id, grant_id, released_by, approved_by, released_at, until, left_over, reason)
     VALUES ($1, $2, $3, $4, $5, $5::timestamptz + make_interval(mins => $6), $7, $8)`,
    [
      command.id,
      command.grantId,
      by.account,
      approvedBy?.account ?? null,
      at,
      releaseMinutes,
      releasedQuestions,
      reason,
    ],
  );
  await manager.query(
    `INSERT INTO budget_alarm (account, kind, stage, ends_at, raised_at, partner)
     VALUES ($1, 'RELEASE', 'NEAR', $2::timestamptz + make_interval(mins => $3), $2, $4)
     ON CONFLICT DO NOTHING`,
    [`GRANT:${command.grantId}`, at, releaseMinutes, grant.partner],
  );
}

/**
 * Notes that another person has looked at a release.
 *
 * @throws {GatewayError} ERR_NOT_FOUND; ERR_CONFLICT when it was looked at before;
 * ERR_APPROVER_IS_REQUESTER
 */
export async function reviewRelease(
  manager: EntityManager,
  by: GrantOfficer,
  { id }: { readonly id: string },
  at: Date,
): Promise<void> {
  const [release] = await manager.query<{ released_by: string; reviewed_by: string | null }[]>(
    'SELECT released_by, reviewed_by FROM budget_release WHERE id::text = $1 FOR UPDATE',
    [id],
  );
  if (release === undefined) throw new GatewayError('ERR_NOT_FOUND', { argument: 'release' });
  if (release.reviewed_by !== null) throw new GatewayError('ERR_CONFLICT', { argument: 'release' });
  if (release.released_by === by.account) throw new GatewayError('ERR_APPROVER_IS_REQUESTER');
  await manager.query(
    'UPDATE budget_release SET reviewed_by = $2, reviewed_at = $3 WHERE id::text = $1',
    [id, by.account, at],
  );
}
