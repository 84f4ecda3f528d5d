import { inputInvalid } from '../core/errors.js';
import { readVerificationKey } from '../platform/jws/verification-key.js';
import type { JsonValue } from '../platform/json/strict-json.js';
import { textMember, type ActHandler, type ActPayload } from '../staff/index.js';
import { conflict, endOfSecond, lockPartner, notFound, partnerMember } from './partner-acts.js';
import type { EntityManager } from 'typeorm';
import type { KeysSince } from './partner.js';

/** Acts about a partner's systems at the token endpoint: `clientId`, `jwks`, `kid`. */
export const clientActs = {
  CLIENT_KEYS_SET: (content) => {
    const partner = partnerMember(content, 'partner');
    const clientId = textMember(content, 'clientId', clientIdForm);
    const keys = keysMember(content);
    return {
      payload: { partner, clientId, jwks: { keys } },
      apply: async (manager, { at, actId }) => {
        await lockPartner(manager, partner);
        const present = await lockClient(manager, clientId);
        if (present === undefined) {
          await manager.query(
            `INSERT INTO oauth_client
               (client_id, partner, jwks, active, valid_after, act, keys_since)
             VALUES ($1, $2, $3, true, $4, $5, $6)`,
            [clientId, partner, JSON.stringify({ keys }), at, actId, agesOf(keys, {}, at)],
          );
          return;
        }
        if (present.partner !== partner) throw conflict('clientId', 'it is another partner’s');
        await manager.query(
          `UPDATE oauth_client SET jwks = $2, tls_subject = NULL, active = true, act = $3,
             keys_since = $4 WHERE client_id = $1`,
          [clientId, JSON.stringify({ keys }), actId, agesOf(keys, agesOfRow(present), at)],
        );
      },
    };
  },

  CLIENT_KEY_REMOVE: (content) => {
    const clientId = textMember(content, 'clientId', clientIdForm);
    const kid = textMember(content, 'kid', kidForm);
    return {
      payload: { clientId, kid },
      apply: async (manager, { at }) => {
        const present = await lockClient(manager, clientId);
        if (present === undefined) throw notFound('clientId', 'no such client');
        const left = present.jwks.keys.filter((key) => key['kid'] !== kid);
        if (left.length === present.jwks.keys.length) throw notFound('kid', 'no such key');
        if (left.length === 0) throw conflict('kid', 'it is the last; suspend the client instead');
        // Tokens obtained with it die with it.
        await manager.query(
          `UPDATE oauth_client SET jwks = $2, valid_after = greatest(valid_after, $3)
           WHERE client_id = $1`,
          [clientId, JSON.stringify({ keys: left }), endOfSecond(at)],
        );
      },
    };
  },

  CLIENT_SUSPEND: (content) => {
    const clientId = textMember(content, 'clientId', clientIdForm);
    return {
      payload: { clientId },
      apply: async (manager, { at }) => {
        const present = await lockClient(manager, clientId);
        if (present?.active !== true) throw notFound('clientId', 'no such client is active');
        await manager.query(
          `UPDATE oauth_client SET active = false, valid_after = greatest(valid_after, $2)
           WHERE client_id = $1`,
          [clientId, endOfSecond(at)],
        );
      },
    };
  },
} as const satisfies Readonly<Record<string, ActHandler>>;

export const clientIdForm = /^[a-z0-9][a-z0-9._-]{1,63}$/;
const kidForm = /^[\x21-\x7e]{1,128}$/;
const mostKeys = 8;

interface ClientRow {
  readonly partner: string;
  readonly active: boolean;
  readonly valid_after: Date;
  readonly keys_since: KeysSince;
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
}

async function lockClient(
  manager: EntityManager,
  clientId: string,
): Promise<ClientRow | undefined> {
  const [row] = await manager.query<ClientRow[]>(
    'SELECT partner, active, jwks, valid_after, keys_since FROM oauth_client WHERE client_id = $1 FOR UPDATE',
    [clientId],
  );
  return row;
}

/** Since when each of the keys there is registered. */
export function agesOfRow({
  jwks,
  keys_since: since,
  valid_after: validAfter,
}: Pick<ClientRow, 'jwks' | 'keys_since' | 'valid_after'>): KeysSince {
  return Object.fromEntries(
    jwks.keys.map(({ kid }) => [String(kid), since[String(kid)] ?? validAfter.toISOString()]),
  );
}

/** Since when each of new keys is registered, as JSON: one that was there keeps its age. */
export function agesOf(keys: readonly JsonValue[], before: KeysSince, at: Date): string {
  const kids = keys.flatMap((key) => {
    const { kid } = key as ActPayload;
    return typeof kid === 'string' ? [kid] : [];
  });
  return JSON.stringify(
    Object.fromEntries(kids.map((kid) => [kid, before[kid] ?? at.toISOString()])),
  );
}

/**
 * The keys of a JWK Set: 1 to 8, each with its own `kid`, each fit for PS256, ES256 or EdDSA, none
 * with a private part. Only the members that make the key are kept.
 */
export function keysMember(content: ActPayload): readonly JsonValue[] {
  const jwks = content['jwks'];
  const keys =
    typeof jwks === 'object' && jwks !== null && !Array.isArray(jwks)
      ? (jwks as ActPayload)['keys']
      : undefined;
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > mostKeys) {
    throw inputInvalid('jwks');
  }
  const read = (keys as readonly JsonValue[]).map((jwk, at) => {
    try {
      const { kid } = readVerificationKey(jwk);
      if (!kidForm.test(kid)) throw new TypeError('kid');
      const { kty, crv, n, e, x, y } = jwk as ActPayload;
      return { kid, members: Object.entries({ kid, kty, crv, n, e, x, y }) };
    } catch {
      throw inputInvalid(`jwks.keys[${at}]`);
    }
  });
  if (new Set(read.map(({ kid }) => kid)).size !== read.length) throw inputInvalid('jwks');
  return read.map(
    ({ members }) =>
      Object.fromEntries(members.filter(([, value]) => value !== undefined)) as ActPayload,
  );
}
