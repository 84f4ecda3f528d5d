import { createHmac, randomBytes } from 'node:crypto';
import {
  candidateCap,
  classify,
  compareEvidence,
  evidenceBlockingTerms,
  meetsEvidenceFloor,
  parseEvidence,
  prepareSubject,
  subjectBlockingTerms,
  type Comparison,
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

/** The core alone: keyed terms in memory, then prepare, compare, classify. */
export class CorePath implements MatchingPath {
  readonly #key = randomBytes(32);
  readonly #now: Date;
  #index: BlockingIndex<bigint> = new Map();
  #subjects: readonly Subject[] = [];
  #sums = { parse: 0, find: 0, prepare: 0, score: 0 };
  #questions = 0;

  constructor(now: Date) {
    this.#now = now;
  }

  async load(subjects: readonly Subject[]): Promise<void> {
    this.#subjects = subjects;
    this.#index = indexSubjects(subjects, (term) => this.#blind(term));
  }

  async ask(person: PersonEvidenceInput): Promise<Asked> {
    const started = cpuMicroseconds();
    const evidence = parseEvidence(person, this.#now);
    const parsed = cpuMicroseconds();
    const rows = findCandidates(this.#index, evidence, (term) => this.#blind(term));
    const found = cpuMicroseconds();
    const prepared = rows.map((row) => {
      const subject = this.#subjects[row] as Subject;
      return { reference: subject.reference, subject: prepareSubject(subject) };
    });
    const ready = cpuMicroseconds();
    const scored: { reference: string; comparison: Comparison }[] = [];
    for (const { reference, subject } of prepared) {
      scored.push({ reference, comparison: compareEvidence(evidence, subject) });
    }
    const { outcome, best } = classify(scored, 'STANDARD');
    const done = cpuMicroseconds();
    this.#questions += 1;
    this.#sums.parse += parsed - started;
    this.#sums.find += found - parsed;
    this.#sums.prepare += ready - found;
    this.#sums.score += done - ready;
    return {
      outcome,
      best: best && { reference: best.reference, score: best.comparison.score },
      candidates: prepared.map(({ reference }) => reference),
      belowFloor: !meetsEvidenceFloor(evidence),
    };
  }

  spent(): Spent {
    const of = (sum: number): number => sum / Math.max(1, this.#questions);
    const { parse, find, prepare, score } = this.#sums;
    return { parse: of(parse), find: of(find), prepare: of(prepare), score: of(score) };
  }

  #blind(term: string): bigint {
    return createHmac('sha256', this.#key).update(term).digest().readBigUInt64BE();
  }
}

function cpuMicroseconds(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
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
