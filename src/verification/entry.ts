import type { AccessEntry } from '../access-log/index.js';
import { isTestGrant, type Grant } from '../core/grants/grant.js';
import type { Caller } from '../grants/index.js';
import { isCaseReference, isRequestId, isUuid, type Question } from './question.js';

/** What of a question stands in its record. */
export type AskedOf = Pick<
  Question,
  'requestId' | 'grantId' | 'purpose' | 'caseReference' | 'personAsSent'
>;

/** What every record of a question carries; malformed ids are not repeated in it. */
export function entryOf(id: string, caller: Caller, question: AskedOf, at: Date) {
  return {
    tree: { kind: 'partner', partner: caller.partner },
    id,
    at,
    requestId: isRequestId(question.requestId) ? question.requestId : null,
    grant: isUuid(question.grantId) ? question.grantId : null,
    purpose: question.purpose,
    person: question.personAsSent ?? null,
  } satisfies Partial<AccessEntry>;
}

/** What only the host may open. */
export function hostPartOf(
  caller: Caller,
  { caseReference }: Pick<AskedOf, 'caseReference'>,
  grant: Grant | undefined,
  kept: string | null,
) {
  return {
    ...(kept === null ? {} : { charge: kept }),
    ...(grant !== undefined && isTestGrant(grant) ? { test: true as const } : {}),
    clientId: caller.clientId,
    officer: caller.officer ?? null,
    certificate: caller.certificateFingerprint,
    caseReference: isCaseReference(caseReference) ? caseReference : null,
  };
}
