import { canonicalEvidence, type Evidence } from '../matching/index.js';
import { probesOf, type Probe } from './probing.js';

/**
 * What one question charges, before anything is looked up: one question, one person by what was said
 * of it, one miss that a MATCH gives back, and every value tried. A function of the evidence the
 * grant may compare and of nothing else, so that a budget says nothing about anybody.
 */
export interface Charges {
  readonly person: string;
  readonly probes: readonly Probe[];
}

/** @param evidence restricted to the elements the grant may compare */
export function chargesOf(evidence: Evidence): Charges {
  return { person: canonicalEvidence(evidence), probes: probesOf(evidence) };
}
