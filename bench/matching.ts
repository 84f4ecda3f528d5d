import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isGatewayError } from '../src/core/errors.js';
import { candidateCap, thresholds } from '../src/core/matching/index.js';
import { candidateFigures, figuresBySlice, type Answered } from './matching/figures.js';
import { readLines, readQuestions, readRegister, type Truth } from './matching/files.js';
import { makeUp, type MadeUp } from './matching/made-up.js';
import type { Asked } from './matching/path.js';
import { RegisterPath } from './matching/register-path.js';
import { printReport } from './matching/report.js';
import { measureScoring } from './matching/scoring.js';

/**
 * npm run bench:matching -- [REGISTER.jsonl QUESTIONS.jsonl TRUTH.jsonl] [--out PREDICTIONS.jsonl]
 *   [--half tune|held-out] [--seed N] [--people N]
 *
 * Without files: people made up from a seed. See docs/matching.md.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    half: { type: 'string' },
    seed: { type: 'string', default: '1' },
    people: { type: 'string', default: '8000' },
  },
});

/** Halves of a set by the id of the question, so that tuning on one shows what it costs. */
function inHalf(id: string): boolean {
  if (values.half === undefined) return true;
  const bit = (createHash('sha256').update(id).digest()[0] ?? 0) & 1;
  return bit === (values.half === 'held-out' ? 1 : 0);
}

function readInput(): MadeUp {
  const [register, questions, truth] = positionals;
  if (register === undefined) return makeUp(Number(values.seed), Number(values.people), 4000);
  if (questions === undefined || truth === undefined || positionals.length > 3) {
    throw new TypeError('REGISTER.jsonl QUESTIONS.jsonl TRUTH.jsonl, or no file');
  }
  return {
    subjects: readRegister(register),
    questions: readQuestions(questions),
    truths: readLines<Truth>(truth),
  };
}

let refusedQuestions = 0;

/** A question that is refused (a date that does not exist, no letters in a name) finds nobody. */
function refusedQuestion(error: unknown): Asked {
  if (!isGatewayError(error, 'ERR_INPUT_INVALID')) throw error;
  refusedQuestions += 1;
  return { outcome: 'NOT_CONFIRMED', best: undefined, candidates: [], belowFloor: false };
}

const input = readInput();
const truths = new Map(input.truths.map((truth) => [truth.id, truth]));
const questions = input.questions.filter(({ id }) => inHalf(id));
const now = new Date();
const path = new RegisterPath(now);
await path.load(input.subjects);
const answers: Answered[] = [];
const predictions: string[] = [];
for (const { id, person } of questions) {
  const asked = await path.ask(person).catch(refusedQuestion);
  const truth = truths.get(id);
  if (truth !== undefined) answers.push({ ...asked, truth });
  predictions.push(
    JSON.stringify({
      query_id: id,
      matched_id: asked.best?.reference ?? null,
      score: asked.best?.score ?? 0,
      outcome: asked.outcome,
    }),
  );
}
if (values.out !== undefined) writeFileSync(values.out, `${predictions.join('\n')}\n`);
process.stdout.write(
  printReport({
    people: input.subjects.length,
    questions: answers.length,
    refusedQuestions,
    belowFloor: answers.filter(({ belowFloor }) => belowFloor).length,
    thresholds: thresholds.STANDARD,
    candidateCap,
    candidates: candidateFigures(answers),
    spent: path.spent(),
    scoringOfFifty: measureScoring(input.subjects, questions, now),
    slices: figuresBySlice(answers),
  }),
);
await path.close();
