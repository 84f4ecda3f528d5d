import type { ActAppliers, RestrictingAct } from '../access-log/index.js';
import { GatewayError } from '../core/errors.js';
import type { ActHandler, ActPayload } from './act-handler.js';

/**
 * Acts of staff that take something away. Their content goes into the journal, in which nothing of a
 * person may stand, and is done again by the same handler when a restored database has forgotten it.
 */
const restricting = [
  'STAFF_SUSPEND',
  'STAFF_CERTIFICATE_REVOKE',
  'PARTNER_SUSPEND',
  'STATE_SUSPEND',
  'CERTIFICATE_REVOKE',
  'ANCHOR_REVOKE',
  'CLIENT_KEY_REMOVE',
  'CLIENT_SUSPEND',
  'OFFICER_PROVIDER_REMOVE',
  'OFFICER_REVOKE',
  'GRANT_KEY_REMOVE',
  'GRANT_NARROW',
  'GRANT_VERSION_REVOKE',
  'GRANT_SUSPEND',
  'GRANT_REVOKE',
  'DOCUMENTS_REQUIRE',
  'DISCLOSURE_STOP',
  'KEY_REMOVE',
  'KEY_REVOKE',
] as const;

type Restricting = (typeof restricting)[number];

export const isRestricting = (act: string): act is Restricting =>
  restricting.some((known) => known === act);

/** Name of an act in the journal. */
export const restrictingName = (act: Restricting): string => `staff.${act}`;

/** The act in the form the journal keeps. */
export function restrictingActOf(done: {
  readonly act: Restricting;
  readonly payload: ActPayload;
  readonly actId: string;
  readonly at: Date;
  /** Account. */
  readonly by: string;
}): RestrictingAct {
  const { act, payload, actId, at, by } = done;
  return { act: restrictingName(act), body: { payload, actId, at: at.toISOString(), by } };
}

/**
 * How the journal's acts of staff are done again. One that is done already, or whose object the
 * restored database does not hold, changes nothing.
 */
export function staffActAppliers(
  handlers: Readonly<Record<Restricting, ActHandler>>,
  newId: () => string,
): ActAppliers {
  return Object.fromEntries(
    restricting.map((act) => [
      `staff.${act}`,
      async (manager, body) => {
        const { payload, actId, at, by } = body as {
          readonly payload: ActPayload;
          readonly actId: string;
          readonly at: string;
          /** Absent in lines of the first release. */
          readonly by?: string;
        };
        try {
          const context = {
            actId,
            at: new Date(at),
            newId,
            by: 'journal',
            requestedBy: by ?? 'not known',
            again: true,
          } as const;
          await handlers[act](payload).apply(manager, context);
        } catch (error) {
          const isDone =
            error instanceof GatewayError &&
            (error.code === 'ERR_NOT_FOUND' || error.code === 'ERR_CONFLICT');
          if (!isDone) throw error;
        }
      },
    ]),
  ) satisfies ActAppliers;
}
