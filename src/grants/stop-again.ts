import type { EntityManager } from 'typeorm';
import { isGatewayError } from '../core/errors.js';
import type { GrantId } from '../core/ids.js';
import type { GrantLifecycle, GrantOfficer } from './lifecycle.js';
import { lockGrant } from './lifecycle.repository.js';

const reason = 'done again from the journal after a restore';

interface Again {
  readonly grantId: GrantId;
  readonly by: GrantOfficer;
  readonly at: Date;
}

/**
 * Suspends a grant a restored backup shows as it was before. One the partner had not accepted yet by
 * then would come into force by its acceptance: it ends.
 *
 * @throws {GatewayError} ERR_NOT_FOUND, ERR_GRANT_STATE where nothing is left to do
 */
export async function suspendAgain(
  manager: EntityManager,
  lifecycle: GrantLifecycle,
  { grantId, by, at }: Again,
): Promise<void> {
  const { version } = await lockGrant(manager, grantId);
  const act = version === 0 ? 'revoke' : 'suspend';
  await lifecycle[act](manager, by, { grantId, reason }, at);
}

/**
 * Narrows a grant again to a version that was in force. Where the backup holds another version than
 * the one that was narrowed, these terms may be wider than what stands: then the grant is suspended,
 * until people have looked.
 *
 * @throws {GatewayError} ERR_NOT_FOUND, ERR_GRANT_STATE where nothing is left to do
 */
export async function narrowAgain(
  manager: EntityManager,
  lifecycle: GrantLifecycle,
  { grantId, by, at }: Again,
  narrowed: { readonly version: number; readonly terms: unknown },
): Promise<void> {
  const standing = await lockGrant(manager, grantId);
  if (standing.version >= narrowed.version) return;
  if (standing.version === 0) {
    await suspendAgain(manager, lifecycle, { grantId, by, at });
    return;
  }
  try {
    await lifecycle.narrow(manager, by, { grantId, ...narrowed }, at);
  } catch (error) {
    if (!isGatewayError(error, 'ERR_GRANT_WIDENS')) throw error;
    await lifecycle.suspend(manager, by, { grantId, reason }, at);
  }
}
