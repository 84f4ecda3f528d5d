import {
  candidateCap,
  evidenceBlockingTerms,
  subjectBlockingTerms,
  type Evidence,
  type Outcome,
  type PersonEvidenceInput,
} from '../../src/core/matching/index.js';
import type { Subject } from '../../src/core/register/subject.js';

/** What one question came to, with the floor and the folding of POSSIBLE_MATCH left out. */
export interface Asked {
  readonly outcome: Outcome;
  /** The likeliest person and the score in bits, even when undecided. */
  readonly best: { readonly reference: string; readonly score: number } | undefined;
  /** References of the candidates that were compared. */
  readonly candidates: readonly string[];
  readonly belowFloor: boolean;
}

/** CPU of one question by step, microseconds. */
export interface Spent {
  readonly parse: number;
  readonly find: number;
  readonly prepare: number;
  readonly score: number;
}

/** The way a question takes through the gateway; the bench measures whichever it is given. */
export interface MatchingPath {
  load(subjects: readonly Subject[]): Promise<void>;
  ask(person: PersonEvidenceInput): Promise<Asked>;
  /** Mean CPU of a question since {@link load}. */
  spent(): Spent;
}

export type BlockingIndex<Key> = Map<Key, number[]>;

export function indexSubjects<Key>(
  subjects: readonly Subject[],
  keyOf: (term: string) => Key,
): BlockingIndex<Key> {
  const index: BlockingIndex<Key> = new Map();
  for (const [row, subject] of subjects.entries()) {
    for (const term of subjectBlockingTerms(subject)) {
      const key = keyOf(term);
      const rows = index.get(key);
      if (rows === undefined) index.set(key, [row]);
      else rows.push(row);
    }
  }
  return index;
}

/** Rows by the sum of the weights of the terms they share with the question, the best kept. */
export function findCandidates<Key>(
  index: BlockingIndex<Key>,
  evidence: Evidence,
  keyOf: (term: string) => Key,
): number[] {
  const weights = new Map<number, number>();
  for (const { term, weight } of evidenceBlockingTerms(evidence)) {
    for (const row of index.get(keyOf(term)) ?? []) {
      weights.set(row, (weights.get(row) ?? 0) + weight);
    }
  }
  return [...weights]
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .slice(0, candidateCap)
    .map(([row]) => row);
}
