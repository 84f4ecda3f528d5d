import type { DataSource } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import type { GrantTerms } from '../core/grants/grant.js';
import type { GrantId } from '../core/ids.js';
import { insertGrant } from './grant.repository.js';

export interface AgreedGrant {
  readonly id: GrantId;
  readonly terms: GrantTerms;
  readonly requestedBy: string;
  readonly approvedBy: string;
  readonly approvedAt: Date;
}

/**
 * Puts a grant in force that two people of the host have agreed.
 *
 * @throws {GatewayError} ERR_APPROVER_IS_REQUESTER
 */
export async function putGrantInForce(dataSource: DataSource, grant: AgreedGrant): Promise<void> {
  if (grant.requestedBy === grant.approvedBy) {
    throw new GatewayError('ERR_APPROVER_IS_REQUESTER', {
      detail: 'a grant is approved by another person than the one who asked for it',
    });
  }
  await dataSource.transaction(async (manager) =>
    insertGrant(manager, { ...grant, state: 'ACTIVE' }),
  );
}
