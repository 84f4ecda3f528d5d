import { inputInvalid } from '../core/errors.js';
import { textMember, type ActHandler } from '../staff/index.js';
import { agesOf, agesOfRow, clientIdForm, keysMember } from './client-acts.js';
import { conflict, endOfSecond, lockPartner, notFound, partnerMember } from './partner-acts.js';

/** Acts about named officers, and clients that authenticate by their certificate. */
export const officerActs = {
  OFFICER_PROVIDER_SET: (content) => {
    const partner = partnerMember(content, 'partner');
    const issuer = textMember(content, 'issuer', /^https:\/\/[\x21-\x7e]{1,240}$/);
    if (!URL.canParse(issuer)) throw inputInvalid('issuer');
    const keys = keysMember(content);
    return {
      payload: { partner, issuer, jwks: { keys } },
      apply: async (manager, { at, actId }) => {
        await lockPartner(manager, partner);
        const taken = await manager.query<unknown[]>(
          'SELECT partner FROM officer_provider WHERE issuer = $1 AND partner <> $2',
          [issuer, partner],
        );
        if (taken.length > 0) throw conflict('issuer', 'it names the officers of another partner');
        const [present] = await manager.query<Parameters<typeof agesOfRow>[0][]>(
          'SELECT jwks, keys_since, valid_after FROM officer_provider WHERE partner = $1 FOR UPDATE',
          [partner],
        );
        const ages = agesOf(keys, present === undefined ? {} : agesOfRow(present), at);
        await manager.query(
          `INSERT INTO officer_provider (partner, issuer, jwks, active, valid_after, act, keys_since)
           VALUES ($1, $2, $3, true, $4, $5, $6)
           ON CONFLICT (partner) DO UPDATE
           SET issuer = excluded.issuer, jwks = excluded.jwks, active = true, act = excluded.act,
             keys_since = excluded.keys_since`,
          [partner, issuer, JSON.stringify({ keys }), at, actId, ages],
        );
      },
    };
  },

  OFFICER_PROVIDER_REMOVE: (content) => {
    const partner = partnerMember(content, 'partner');
    return {
      payload: { partner },
      apply: async (manager, { at }) => {
        const [row] = await manager.query<{ active: boolean }[]>(
          'SELECT active FROM officer_provider WHERE partner = $1 FOR UPDATE',
          [partner],
        );
        if (row?.active !== true) throw notFound('partner', 'no identity provider is in force');
        await manager.query(
          `UPDATE officer_provider
           SET active = false, valid_after = greatest(valid_after, $2) WHERE partner = $1`,
          [partner, endOfSecond(at)],
        );
      },
    };
  },

  OFFICER_REVOKE: (content) => {
    const partner = partnerMember(content, 'partner');
    const officer = textMember(content, 'officer', /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/);
    return {
      payload: { partner, officer },
      apply: async (manager, { at }) => {
        await lockPartner(manager, partner);
        // For good: a partner whose officer comes back gives them another name.
        await manager.query(
          `INSERT INTO officer_revocation (partner, officer, revoked_at) VALUES ($1, $2, $3)
           ON CONFLICT DO NOTHING`,
          [partner, officer, at],
        );
      },
    };
  },

  CLIENT_TLS_SET: (content) => {
    const partner = partnerMember(content, 'partner');
    const clientId = textMember(content, 'clientId', clientIdForm);
    const subject = textMember(content, 'subject', /^[^\p{Cc}\p{Cs}]{1,500}$/u);
    return {
      payload: { partner, clientId, subject },
      apply: async (manager, { at, actId }) => {
        await lockPartner(manager, partner);
        const [present] = await manager.query<{ partner: string }[]>(
          'SELECT partner FROM oauth_client WHERE client_id = $1 FOR UPDATE',
          [clientId],
        );
        if (present !== undefined && present.partner !== partner) {
          throw conflict('clientId', 'it is another partner’s');
        }
        await manager.query(
          `INSERT INTO oauth_client
             (client_id, partner, jwks, active, valid_after, act, tls_subject)
           VALUES ($1, $2, '{"keys":[]}', true, $3, $4, $5)
           ON CONFLICT (client_id) DO UPDATE
           SET tls_subject = excluded.tls_subject, active = true, act = excluded.act`,
          [clientId, partner, at, actId, subject],
        );
      },
    };
  },
} as const satisfies Readonly<Record<string, ActHandler>>;
