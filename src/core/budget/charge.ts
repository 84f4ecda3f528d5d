import { canonicalElements, canonicalEvidence, type Evidence } from '../matching/index.js';
import { guardsOf, probesOf, type Probe } from './probing.js';

/**
 * What one question charges, before anything is looked up: one question, the people it may be about,
 * misses that a MATCH gives back, and every value tried. A function of the evidence the
 * grant may compare and of nothing else, so that a budget says nothing about anybody.
 */
export interface Charges {
  /** Who is asked about, by what was said of each; see {@link peopleOf}. */
  readonly people: readonly string[];
  /**
   * What a miss costs: one; two where a document could have been compared and none is there; and one
   * more for each further name or document, since a question may try another person with each. A match
   * finds one of the people and gives back all but one for each other.
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
    people: peopleOf(evidence),
    missCost: (isThin ? thinMissCost : 1) + furtherOf(names) + furtherOf(documents),
    probes: probesOf(evidence),
    guards: guardsOf(evidence),
  };
}

/** A passport, an identity card and the passport before, say. */
const documentsOfOne = 3;
/** One name in two scripts, or as it is typed and as the machine-readable zone has it. */
const namesOfOne = 2;

/**
 * The people one question may be about. With a name a document of another person does not match unless
 * that one's given name or birth date agrees, so that three documents are of one; without a name, and
 * with more names than one person goes by, each document may be of another.
 */
function peopleOf(evidence: Evidence): readonly string[] {
  const documents = [...new Map(evidence.documents.map((one) => [one.key, one])).values()].sort(
    (a, b) => (a.key < b.key ? -1 : 1),
  );
  const names = new Set(canonicalElements(evidence).names).size;
  const each = names > 0 && names <= namesOfOne ? documentsOfOne : 1;
  const groups = Array.from({ length: Math.max(1, Math.ceil(documents.length / each)) }, (_, at) =>
    documents.slice(at * each, (at + 1) * each),
  );
  return groups.map((of) => canonicalEvidence({ ...evidence, documents: of }));
}

/** How many there are beyond the first; what normalises alike is one. */
const furtherOf = (values: readonly string[]): number => Math.max(0, new Set(values).size - 1);
