import type { GatewayErrorCode } from '../errors.js';
import { disclosureLevelOf, type SubjectField } from '../disclosure/catalogue.js';
import type { PartnerCode } from '../ids.js';
import type { EvidenceElement } from '../matching/evidence.js';
import type { Grant } from './grant.js';
import type { Purpose } from './purpose.js';

/** Who asks, proven by certificate and token. */
export interface CallerFacts {
  readonly partner: PartnerCode;
  /** Opaque name of the officer on whose behalf the token was issued. */
  readonly officer?: string;
}

export interface QuestionFacts {
  readonly purpose: Purpose;
  /** Fields of the subject selected, after fragments and directives. */
  readonly fields: readonly SubjectField[];
  /** Elements of evidence supplied. */
  readonly elements: ReadonlySet<EvidenceElement>;
  /** Whether the evidence meets the floor on the elements this grant may compare. */
  readonly meetsFloor: boolean;
}

export type Decision =
  | { readonly allow: true; readonly fields: readonly SubjectField[] }
  | { readonly allow: false; readonly code: GatewayErrorCode; readonly field?: SubjectField };

/**
 * May this caller use this grant now? Unknown, foreign, not yet or no longer valid, suspended: one
 * refusal, `ERR_GRANT_NOT_USABLE`.
 */
export function decideGrant(grant: Grant | undefined, caller: CallerFacts, now: Date): Decision {
  const usable =
    grant !== undefined &&
    grant.partner === caller.partner &&
    grant.state === 'ACTIVE' &&
    grant.validFrom <= now &&
    now < grant.validUntil;
  if (!usable) return { allow: false, code: 'ERR_GRANT_NOT_USABLE' };
  if (grant.requiresNamedOfficer && caller.officer === undefined) {
    return { allow: false, code: 'ERR_NAMED_OFFICER_REQUIRED' };
  }
  return { allow: true, fields: [] };
}

/**
 * May this question be asked under this grant? Decided from grant, caller and question alone, before
 * any look-up (ABAC decision point in the sense of NIST SP 800-162).
 *
 * Order: grant, officer, purpose, fields, evidence. The first that fails is the answer.
 */
export function decideQuestion(
  grant: Grant | undefined,
  caller: CallerFacts,
  question: QuestionFacts,
  now: Date,
): Decision {
  const usable = decideGrant(grant, caller, now);
  if (!usable.allow || grant === undefined) return usable;
  if (grant.purpose !== question.purpose) {
    return { allow: false, code: 'ERR_PURPOSE_NOT_GRANTED' };
  }
  for (const field of question.fields) {
    if (disclosureLevelOf(grant.fields, field) === 'WITHHELD') {
      return { allow: false, code: 'ERR_FIELD_NOT_GRANTED', field };
    }
  }
  const supplied = grant.minimumEvidence.every((element) => question.elements.has(element));
  if (!supplied || !question.meetsFloor) {
    return { allow: false, code: 'ERR_EVIDENCE_INSUFFICIENT' };
  }
  return { allow: true, fields: question.fields };
}
