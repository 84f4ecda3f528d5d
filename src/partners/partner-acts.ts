import type { EntityManager } from 'typeorm';
import { GatewayError, inputInvalid } from '../core/errors.js';
import { isPartnerCode, type PartnerCode } from '../core/ids.js';
import { isStateCode } from '../core/register/states.js';
import type { JsonValue } from '../platform/json/strict-json.js';
import {
  boundToStops,
  countStops,
  nameForm,
  textMember,
  type ActHandler,
  type ActPayload,
} from '../staff/index.js';

/** Acts about organisations: `code`, `name`, `state`, `contacts`. */
export const organisationActs = {
  PARTNER_ADD: (content) => {
    const code = partnerMember(content, 'code');
    const name = textMember(content, 'name', nameForm);
    const state = textMember(content, 'state', /^[A-Z]{1,3}$/);
    if (!isStateCode(state)) throw inputInvalid('state');
    const contacts = contactsMember(content);
    return {
      payload: { code, name, state, contacts },
      apply: async (manager, { at, actId }) => {
        const known = await manager.query<unknown[]>('SELECT code FROM partner WHERE code = $1', [
          code,
        ]);
        if (known.length > 0) throw conflict('code', 'there is a partner of this code');
        await manager.query(
          `INSERT INTO partner (code, name, state, active, valid_after, contacts, act)
           VALUES ($1, $2, $3, true, $4, $5, $6)`,
          [code, name, state, at, JSON.stringify(contacts), actId],
        );
      },
    };
  },

  PARTNER_CONTACTS_SET: (content) => {
    const code = partnerMember(content, 'code');
    const contacts = contactsMember(content);
    return {
      payload: { code, contacts },
      apply: async (manager) => {
        await lockPartner(manager, code);
        await manager.query('UPDATE partner SET contacts = $2 WHERE code = $1', [
          code,
          JSON.stringify(contacts),
        ]);
      },
    };
  },

  PARTNER_RESUME: (content) => {
    const code = partnerMember(content, 'code');
    return boundToStops(
      'PARTNER_RESUME',
      { thing: code, argument: 'code' },
      {
        payload: { code },
        apply: async (manager, { at, actId }) => {
          if (await lockPartner(manager, code)) throw conflict('code', 'it is not suspended');
          // Tokens of before the suspension stay dead.
          await manager.query(
            `UPDATE partner SET active = true, act = $2, valid_after = greatest(valid_after, $3)
           WHERE code = $1`,
            [code, actId, at],
          );
        },
      },
    );
  },

  PARTNER_SUSPEND: (content) => {
    const code = partnerMember(content, 'code');
    return {
      payload: { code },
      apply: async (manager, { at }) => {
        const isActive = await lockPartner(manager, code);
        await countStops(manager, 'PARTNER_RESUME', [code]);
        if (!isActive) throw conflict('code', 'it is suspended already');
        await manager.query(
          `UPDATE partner SET active = false, valid_after = greatest(valid_after, $2)
           WHERE code = $1`,
          [code, endOfSecond(at)],
        );
      },
    };
  },

  STATE_SUSPEND: (content) => {
    const state = textMember(content, 'state', /^[A-Z]{1,3}$/);
    if (!isStateCode(state)) throw inputInvalid('state');
    return {
      payload: { state },
      apply: async (manager, { at }) => {
        const partners = await manager.query<{ code: PartnerCode; active: boolean }[]>(
          'SELECT code, active FROM partner WHERE state = $1 ORDER BY code FOR UPDATE',
          [state],
        );
        const codes = partners.map(({ code }) => code);
        await countStops(manager, 'PARTNER_RESUME', codes);
        if (!partners.some(({ active }) => active))
          throw notFound('state', 'no partner of this state is active');
        await manager.query(
          `UPDATE partner SET active = false, valid_after = greatest(valid_after, $2)
           WHERE state = $1 AND active`,
          [state, endOfSecond(at)],
        );
      },
    };
  },
} as const satisfies Readonly<Record<string, ActHandler>>;

export function partnerMember(content: ActPayload, name: string): PartnerCode {
  const code = content[name];
  if (typeof code !== 'string' || !isPartnerCode(code)) throw inputInvalid(name);
  return code;
}

/** Holds the partner's row; whether it is active. @throws {GatewayError} ERR_NOT_FOUND */
export async function lockPartner(manager: EntityManager, code: PartnerCode): Promise<boolean> {
  const [row] = await manager.query<{ active: boolean }[]>(
    'SELECT active FROM partner WHERE code = $1 FOR UPDATE',
    [code],
  );
  if (row === undefined) throw notFound('partner', 'no such partner');
  return row.active;
}

/** Tokens tell their time in whole seconds: one of the same second as a revocation is of before it. */
export function endOfSecond(at: Date): Date {
  return new Date(Math.ceil(at.getTime() / 1000) * 1000);
}

const mostContacts = 10;

function contactsMember(content: ActPayload): readonly JsonValue[] {
  const value = content['contacts'] ?? [];
  if (!Array.isArray(value) || value.length > mostContacts) throw inputInvalid('contacts');
  return value.map((contact: JsonValue) => {
    if (typeof contact !== 'string' || !/^[^\p{Cc}\p{Cs}]{1,200}$/u.test(contact)) {
      throw inputInvalid('contacts');
    }
    return contact;
  });
}

export const conflict = (argument: string, detail: string) =>
  new GatewayError('ERR_CONFLICT', { argument, detail });
export const notFound = (argument: string, detail: string) =>
  new GatewayError('ERR_NOT_FOUND', { argument, detail });
