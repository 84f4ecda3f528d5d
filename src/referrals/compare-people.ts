import type { Grant } from '../core/grants/grant.js';
import { scopeOf } from '../core/grants/scope.js';
import type { PartnerCode, StateCode, SubjectId } from '../core/ids.js';
import {
  candidateCap,
  compareEvidence,
  evidenceBlockingTerms,
  prepareSubject,
  restrictEvidence,
  thresholds,
  type Comparison,
  type Evidence,
  type PreparedSubject,
} from '../core/matching/index.js';
import type { OpenedSubject, RegisterReader } from '../register/index.js';

/** Someone the partner could be told of, as the evidence compares with them. */
export interface ComparedPerson {
  readonly opened: OpenedSubject;
  readonly prepared: PreparedSubject;
  readonly comparison: Comparison;
}

export interface ComparedCase {
  /** Restricted to what the grant compares. */
  readonly evidence: Evidence;
  /** Those who resemble it enough to be a possible match, likeliest first. */
  readonly people: readonly ComparedPerson[];
  /** How many the index gave. */
  readonly candidates: number;
}

/** What a referral needs of the register. */
export interface ReferralRegister extends Pick<RegisterReader, 'candidates' | 'find'> {
  /** Loads what is registered now, where this process is behind. */
  refresh(): Promise<void>;
}

/**
 * Steps 6 and 7 of a verification over the evidence of a referral, under the grant as it is now: people
 * out of scope, kept from the partner, pending or erased are not there, and nothing is compared that the
 * grant does not compare.
 */
export async function comparePeople(
  register: ReferralRegister,
  grant: Grant,
  partner: { readonly partner: PartnerCode; readonly state: StateCode },
  supplied: Evidence,
): Promise<ComparedCase> {
  await register.refresh();
  const evidence = restrictEvidence(supplied, new Set(grant.matchOn));
  const terms = evidenceBlockingTerms(evidence);
  const found = await register.find(terms, scopeOf(grant, partner), candidateCap);
  const least = thresholds[grant.assuranceLevel].possible;
  const people = found
    .map((opened): ComparedPerson => {
      const prepared = prepareSubject(opened.subject);
      return { opened, prepared, comparison: compareEvidence(evidence, prepared) };
    })
    .filter(({ comparison }) => comparison.score >= least)
    .sort((a, b) => b.comparison.score - a.comparison.score || byId(a.opened.id, b.opened.id));
  return { evidence, people, candidates: found.length };
}

/**
 * Whether the index gives a person for the evidence, from memory and without opening anybody: who is kept
 * from the partner by now is no more work than nobody.
 */
export function isCandidate(
  register: Pick<RegisterReader, 'candidates'>,
  grant: Grant,
  partner: { readonly partner: PartnerCode; readonly state: StateCode },
  supplied: Evidence,
  subject: SubjectId | null,
): boolean {
  const terms = evidenceBlockingTerms(restrictEvidence(supplied, new Set(grant.matchOn)));
  const found = register.candidates(terms, scopeOf(grant, partner), candidateCap);
  return found.some(({ id }) => id === subject);
}

const byId = (a: SubjectId, b: SubjectId): number => (a < b ? -1 : 1);
