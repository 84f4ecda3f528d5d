import type { DataSource } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import { decideAct } from '../core/staff/acts.js';
import { keysMember, lockPartner } from '../partners/index.js';
import { secondPersonOf, textMember, type ActHandler, type StaffCaller } from '../staff/index.js';
import { addGrantKey } from './accept-grant.js';
import { partnerOf } from './test-grant.js';

/** A key under which a partner signs acceptances. */
export interface GrantKeyView {
  readonly kid: string;
  readonly active: boolean;
  readonly jwk: Readonly<Record<string, unknown>>;
}

const kidForm = /^[\x21-\x7e]{1,128}$/;

/** Acts about the keys a partner signs acceptances of grants with: `partner`, `jwk`, `kid`. */
export const grantKeyActs = {
  GRANT_KEY_ADD: (content) => {
    const partner = partnerOf(content, 'partner');
    const [jwk] = keysMember({ jwks: { keys: [content['jwk'] ?? null] } });
    if (jwk === undefined) throw new TypeError('one key was read');
    return {
      payload: { partner, jwk },
      apply: async (manager, context) => {
        const { requestedBy } = context;
        const approvedBy = secondPersonOf(context);
        await lockPartner(manager, partner);
        const { kid } = jwk as { readonly kid: string };
        const known = await manager.query<unknown[]>(
          'SELECT 1 FROM grant_key WHERE partner = $1 AND kid = $2',
          [partner, kid],
        );
        // A kid stands for one key for good: signatures of before name it.
        if (known.length > 0) {
          throw new GatewayError('ERR_CONFLICT', { argument: 'jwk', detail: 'the kid is taken' });
        }
        const people = {
          requestedBy: { account: requestedBy },
          approvedBy: { account: approvedBy },
        };
        await addGrantKey(manager, people, { partner, jwk });
      },
    };
  },

  GRANT_KEY_REMOVE: (content) => {
    const partner = partnerOf(content, 'partner');
    const kid = textMember(content, 'kid', kidForm);
    return {
      payload: { partner, kid },
      apply: async (manager) => {
        await lockPartner(manager, partner);
        const found = await manager.query<unknown[]>(
          'SELECT 1 FROM grant_key WHERE partner = $1 AND kid = $2 AND active',
          [partner, kid],
        );
        if (found.length === 0) {
          throw new GatewayError('ERR_NOT_FOUND', { argument: 'kid', detail: 'no such key' });
        }
        await manager.query('UPDATE grant_key SET active = false WHERE partner = $1 AND kid = $2', [
          partner,
          kid,
        ]);
      },
    };
  },
} as const satisfies Readonly<Record<string, ActHandler>>;

/** Keys for acceptances, for staff. */
export class ReadGrantKeys {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws {GatewayError} ERR_ACT_NOT_PERMITTED */
  async list(caller: StaffCaller, partner: string): Promise<readonly GrantKeyView[]> {
    const decision = decideAct('PARTNER_READ', caller);
    if (!decision.allow) throw new GatewayError(decision.code);
    return this.dataSource.query<GrantKeyView[]>(
      'SELECT kid, active, jwk FROM grant_key WHERE partner = $1 ORDER BY kid',
      [partner],
    );
  }
}
