import { randomUUID } from 'node:crypto';
import type { ActAppliers, RestrictingAct } from '../access-log/index.js';
import { isGatewayError } from '../core/errors.js';
import type { JsonValue } from '../platform/json/strict-json.js';
import type { ActHandler, ActPayload } from './act-handler.js';
import type { ChangingAct } from './staff-acts.js';

/**
 * Acts that take away. Besides standing in the book, each is kept in the journal in a form that can
 * be done again: a database put back to yesterday has forgotten the book, and what was revoked today
 * must stay revoked. A revocation list is not among them: it can be imported again, and a stale one
 * refuses by itself.
 */
const journaled = [
  'PARTNER_SUSPEND',
  'STATE_SUSPEND',
  'CERTIFICATE_REVOKE',
  'ANCHOR_REVOKE',
  'CLIENT_KEY_REMOVE',
  'CLIENT_SUSPEND',
  'STAFF_SUSPEND',
  'STAFF_CERTIFICATE_REVOKE',
] as const satisfies readonly ChangingAct[];
type JournaledAct = (typeof journaled)[number];

const journalName = 'staff.act';

/** The act as the journal keeps it; `undefined` for one that takes nothing away. */
export function restrictionOf(
  act: ChangingAct,
  payload: ActPayload,
  at: Date,
): RestrictingAct | undefined {
  if (!isJournaled(act)) return undefined;
  return { act: journalName, body: { act, payload, at: at.toISOString() } };
}

/** How the journal does the acts again. What is taken away already, or not there, stays as it is. */
export function staffRestrictions(
  handlers: Readonly<Record<JournaledAct, ActHandler>>,
): ActAppliers {
  return {
    [journalName]: async (manager, { act, payload, at }) => {
      if (typeof act !== 'string' || !isJournaled(act) || typeof at !== 'string') {
        throw new TypeError('the journal holds an act of staff that takes nothing away');
      }
      try {
        await handlers[act](payload as Readonly<Record<string, JsonValue>>).apply(manager, {
          actId: randomUUID(),
          at: new Date(at),
          newId: randomUUID,
        });
      } catch (error) {
        const isDone =
          isGatewayError(error, 'ERR_CONFLICT') || isGatewayError(error, 'ERR_NOT_FOUND');
        if (!isDone) throw error;
      }
    },
  };
}

function isJournaled(act: string): act is JournaledAct {
  return journaled.some((known) => known === act);
}
