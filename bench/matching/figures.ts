import type { Truth } from './files.js';
import type { Asked } from './path.js';

export interface Answered extends Asked {
  readonly truth: Truth;
}

/** Counts of one slice; shares are of the questions with, or without, a right answer. */
export interface Figures {
  readonly slice: string;
  /** Questions whose person is on the register. */
  readonly people: number;
  /** Questions whose answer is nobody. */
  readonly nobody: number;
  /** MATCH naming the right person, of people. */
  readonly recall: number;
  /** MATCH or POSSIBLE_MATCH with the right person the likeliest, of people. */
  readonly named: number;
  /** MATCH naming another person, of people. */
  readonly wrong: number;
  /** MATCH on anybody, of nobody. */
  readonly falseMatch: number;
  /** POSSIBLE_MATCH, of people and of nobody. */
  readonly possibleOfPeople: number;
  readonly possibleOfNobody: number;
  /** The right person among the candidates, of people. */
  readonly completeness: number;
}

export function figuresOf(slice: string, answers: readonly Answered[]): Figures {
  const people = answers.filter(({ truth }) => truth.expected !== null);
  const nobody = answers.filter(({ truth }) => truth.expected === null);
  const share = (of: readonly Answered[], test: (answer: Answered) => boolean): number =>
    of.length === 0 ? Number.NaN : of.filter(test).length / of.length;
  const right = ({ truth, best }: Answered): boolean => best?.reference === truth.expected;
  const is = (outcome: Asked['outcome']) => (answer: Answered) => answer.outcome === outcome;
  return {
    slice,
    people: people.length,
    nobody: nobody.length,
    recall: share(people, (answer) => answer.outcome === 'MATCH' && right(answer)),
    named: share(people, (answer) => answer.outcome !== 'NOT_CONFIRMED' && right(answer)),
    wrong: share(people, (answer) => answer.outcome === 'MATCH' && !right(answer)),
    falseMatch: share(nobody, is('MATCH')),
    possibleOfPeople: share(people, is('POSSIBLE_MATCH')),
    possibleOfNobody: share(nobody, is('POSSIBLE_MATCH')),
    completeness: share(people, ({ truth, candidates }) =>
      candidates.includes(truth.expected ?? ''),
    ),
  };
}

/** Overall first, then every slice in the order of its name. */
export function figuresBySlice(answers: readonly Answered[]): Figures[] {
  const slices = new Map<string, Answered[]>();
  for (const answer of answers) {
    for (const slice of new Set(answer.truth.slices)) {
      const members = slices.get(slice);
      if (members === undefined) slices.set(slice, [answer]);
      else members.push(answer);
    }
  }
  const named = [...slices].sort(([a], [b]) => (a < b ? -1 : 1));
  return [figuresOf('all', answers), ...named.map(([slice, of]) => figuresOf(slice, of))];
}

export interface CandidateFigures {
  readonly mean: number;
  readonly p99: number;
}

export function candidateFigures(answers: readonly Answered[]): CandidateFigures {
  const counts = answers.map(({ candidates }) => candidates.length).sort((a, b) => a - b);
  const total = counts.reduce((sum, count) => sum + count, 0);
  return {
    mean: total / Math.max(1, counts.length),
    p99: counts[Math.max(0, Math.ceil(counts.length * 0.99) - 1)] ?? 0,
  };
}
