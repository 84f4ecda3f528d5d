import {
  classify,
  compareEvidence,
  parseEvidence,
  prepareSubject,
} from '../../src/core/matching/index.js';
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
  const work = questions.map(({ person }, at) => {
    const evidence = parseEvidence(person, now);
    const rows = findCandidates(index, evidence, (term) => term).slice(0, candidates);
    while (rows.length < candidates) rows.push((at * 37 + rows.length * 101) % subjects.length);
    return {
      evidence,
      subjects: rows.map((row) => prepared[row] ?? prepareSubject(subjects[0] as Subject)),
    };
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
