import { canonicalElements, canonicalEvidence, type Evidence } from '../matching/index.js';
import { guardsOf, probesOf, type Probe } from './probing.js';

/**
 * What one question charges, before anything is looked up: one question, one person by what was said
 * of it, one miss that a MATCH gives back, and every value tried. A function of the evidence the
 * grant may compare and of nothing else, so that a budget says nothing about anybody.
 */
export interface Charges {
  readonly person: string;
  /**
   * What a miss costs: one; two where a document could have been compared and none is there; and one
   * more for each further name or document, since a question may try another person with each.
   */
  readonly missCost: number;
  readonly probes: readonly Probe[];
  /** What names one person in the question: after a match, new values around it are climbing. */
  readonly guards: readonly (readonly string[])[];
}

/** A miss without a document: names and years are what can be guessed, and bought by the thousand. */
const thinMissCost = 2;

/**
 * @param evidence restricted to the elements the grant may compare
 * @param comparesDocuments whether the grant would have compared one
 */
export function chargesOf(evidence: Evidence, comparesDocuments: boolean): Charges {
  const { names, documents } = canonicalElements(evidence);
  const isThin = comparesDocuments && documents.length === 0;
  return {
    person: canonicalEvidence(evidence),
    missCost: (isThin ? thinMissCost : 1) + furtherOf(names) + furtherOf(documents),
    probes: probesOf(evidence),
    guards: guardsOf(evidence),
  };
}

/** How many there are beyond the first; what normalises alike is one. */
const furtherOf = (values: readonly string[]): number => Math.max(0, new Set(values).size - 1);
