import type { ActAppliers, RestrictingAct } from '../../src/access-log/index.js';
import type { PartnerCode } from '../../src/core/ids.js';

/**
 * Small acts for tests of the journal: what is taken from a partner, in a form that can be applied again. Each act only ever
 * takes away, and takes the later of two instants, so that it comes out the same the second time.
 */
export const partnerActs: ActAppliers = {
  'partner.suspended': async (manager, { partner, at }) => {
    await manager.query(
      `UPDATE partner SET active = false, valid_after = greatest(valid_after, $2::timestamptz)
       WHERE code = $1`,
      [partner, at],
    );
  },
  'credential.revoked': async (manager, { credential, at }) => {
    await manager.query(
      `UPDATE credential SET active = false, valid_after = greatest(valid_after, $2::timestamptz)
       WHERE fingerprint = $1`,
      [credential, at],
    );
  },
  'client.revoked': async (manager, { client, at }) => {
    await manager.query(
      `UPDATE oauth_client SET active = false, valid_after = greatest(valid_after, $2::timestamptz)
       WHERE client_id = $1`,
      [client, at],
    );
  },
};

/** Where restricting acts are done: the access log, which keeps them. */
export interface Restrictions {
  restrict(act: RestrictingAct): Promise<void>;
}

/** A partner asks nothing any more, by any certificate or client. One person does it, at once. */
export async function suspendPartner(
  restrictions: Restrictions,
  partner: PartnerCode,
  at: Date,
): Promise<void> {
  await restrictions.restrict({
    act: 'partner.suspended',
    body: { partner, at: at.toISOString() },
  });
}

/**
 * One certificate is good for nothing any more.
 *
 * @param fingerprint base64url SHA-256 of its DER
 */
export async function revokeCredential(
  restrictions: Restrictions,
  fingerprint: string,
  at: Date,
): Promise<void> {
  await restrictions.restrict({
    act: 'credential.revoked',
    body: { credential: fingerprint, at: at.toISOString() },
  });
}
