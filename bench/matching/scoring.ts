import {
  classify,
  compareEvidence,
  parseEvidence,
  prepareSubject,
  type Evidence,
  type PersonEvidenceInput,
} from '../../src/core/matching/index.js';
import { isGatewayError } from '../../src/core/errors.js';
import type { Subject } from '../../src/core/register/subject.js';
import type { Question } from './files.js';
import { findCandidates, indexSubjects } from './path.js';

const candidates = 50;
const rounds = 5;

/**
 * CPU of scoring one question against 50 prepared candidates and classifying, microseconds: its own
 * best candidates, filled up with others. The least of several rounds, so that a busy machine and a
 * cold compiler show less.
 */
export function measureScoring(
  subjects: readonly Subject[],
  questions: readonly Question[],
  now: Date,
): number {
  const prepared = subjects.map(prepareSubject);
  const index = indexSubjects(subjects, (term) => term);
  const work = questions.flatMap(({ person }, at) => {
    const evidence = tryParse(person, now);
    if (evidence === undefined) return [];
    const rows = findCandidates(index, evidence, (term) => term).slice(0, candidates);
    while (rows.length < candidates) rows.push((at * 37 + rows.length * 101) % subjects.length);
    const of = rows.map((row) => prepared[row] ?? prepareSubject(subjects[0] as Subject));
    return [{ evidence, subjects: of }];
  });
  let least = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const started = process.cpuUsage();
    for (const { evidence, subjects: of } of work) {
      classify(
        of.map((subject) => ({ comparison: compareEvidence(evidence, subject) })),
        'STANDARD',
      );
    }
    const { user, system } = process.cpuUsage(started);
    least = Math.min(least, (user + system) / Math.max(1, work.length));
  }
  return least;
}

function tryParse(person: PersonEvidenceInput, now: Date): Evidence | undefined {
  try {
    return parseEvidence(person, now);
  } catch (error) {
    if (isGatewayError(error, 'ERR_INPUT_INVALID')) return undefined;
    throw error;
  }
}
