import type { EntityManager } from 'typeorm';
import { grantDigest, type Grant } from '../core/grants/grant.js';
import { makeTestTerms } from '../core/grants/test-terms.js';
import { isPartnerCode, type GrantId, type PartnerCode } from '../core/ids.js';
import { inputInvalid } from '../core/errors.js';
import { lockPartner } from '../partners/index.js';
import {
  secondPersonOf,
  type ActContext,
  type ActHandler,
  type ActPayload,
} from '../staff/index.js';
import { addEvent, insertVersion, setStanding } from './lifecycle.repository.js';

/**
 * A partner's test grant: questions about the twelve made-up people of the built-in caseload, on the
 * path of every question, with a budget of its own. It comes approved, with the act of two people
 * that adds the partner or renews it, and the partner accepts it as it will accept real ones. A
 * partner has one; the one before is revoked with it.
 */
async function issueTestGrant(
  manager: EntityManager,
  partner: PartnerCode,
  context: ActContext,
): Promise<void> {
  const { at, newId, requestedBy, actId } = context;
  const approvedBy = secondPersonOf(context);
  const before = await manager.query<{ id: GrantId; version: number }[]>(
    `SELECT id, version FROM access_grant
     WHERE partner = $1 AND test AND state <> 'REVOKED' FOR UPDATE`,
    [partner],
  );
  for (const { id, version } of before) {
    await setStanding(manager, id, 'REVOKED');
    await manager.query(
      `UPDATE grant_proposal SET state = 'REVOKED' WHERE grant_id = $1 AND state = 'APPROVED'`,
      [id],
    );
    await addEvent(manager, id, { version, act: 'REVOKE', at, by: requestedBy, reason: 'renewed' });
  }
  const id = newId() as GrantId;
  const version = 1;
  const terms = makeTestTerms(partner, at);
  const digest = grantDigest(id, version, terms);
  const grant: Grant = { ...terms, id, version, digest, state: 'APPROVED' };
  await manager.query(
    `INSERT INTO access_grant (id, partner, state, version, test)
     VALUES ($1, $2, 'DRAFT', 0, true)`,
    [id, partner],
  );
  await manager.query(
    `INSERT INTO grant_proposal
       (grant_id, version, terms, digest, state, requested_by, approved_by)
     VALUES ($1, $2, $3, $4, 'APPROVED', $5, $6)`,
    [id, version, JSON.stringify(terms), digest, requestedBy, approvedBy],
  );
  await insertVersion(manager, grant, requestedBy, approvedBy, at, actId);
  await setStanding(manager, id, 'APPROVED');
  await addEvent(manager, id, { version, act: 'APPROVE', at, by: requestedBy, approvedBy });
}

/** The act that adds a partner, and gives it its test grant in the same transaction. */
export const withTestGrant =
  (addPartner: ActHandler): ActHandler =>
  (content) => {
    const prepared = addPartner(content);
    const partner = partnerOf(prepared.payload, 'code');
    return {
      ...prepared,
      apply: async (manager, context) => {
        await prepared.apply(manager, context);
        await issueTestGrant(manager, partner, context);
      },
    };
  };

/** For a partner whose test grant has ended, or that is older than test grants. */
export const testGrantActs = {
  TEST_GRANT_RENEW: (content) => {
    const partner = partnerOf(content, 'partner');
    return {
      payload: { partner },
      apply: async (manager, context) => {
        await lockPartner(manager, partner);
        await issueTestGrant(manager, partner, context);
      },
    };
  },
} as const satisfies Readonly<Record<string, ActHandler>>;

export function partnerOf(content: ActPayload, member: string): PartnerCode {
  const code = content[member];
  if (typeof code !== 'string' || !isPartnerCode(code)) throw inputInvalid(member);
  return code;
}
