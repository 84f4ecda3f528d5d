import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { candidateCap, thresholds } from '../src/core/matching/index.js';
import { candidateFigures, figuresBySlice, type Answered } from './matching/figures.js';
import { readLines, readQuestions, readRegister, type Question, type Truth } from './matching/files.js';
import { CorePath } from './matching/path.js';
import { printReport } from './matching/report.js';

/**
 * `npm run bench:matching -- REGISTER.jsonl QUESTIONS.jsonl TRUTH.jsonl [--out PREDICTIONS.jsonl]
 * [--half tune|held-out]`: see docs/matching.md.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string' }, half: { type: 'string' } },
});

/** Halves of a development set by the id of the question, so that tuning shows what it costs. */
function inHalf(id: string, half: string | undefined): boolean {
  if (half === undefined) return true;
  const bit = (createHash('sha256').update(id).digest()[0] ?? 0) & 1;
  return bit === (half === 'held-out' ? 1 : 0);
}

const [registerFile, questionsFile, truthFile] = positionals;
if (registerFile === undefined || questionsFile === undefined || truthFile === undefined) {
  process.stderr.write('REGISTER.jsonl QUESTIONS.jsonl TRUTH.jsonl are needed\n');
  process.exit(2);
}
const subjects = readRegister(registerFile);
const questions: Question[] = readQuestions(questionsFile).filter(({ id }) => inHalf(id, values.half));
const truths = new Map(readLines<Truth>(truthFile).map((truth) => [truth.id, truth]));

const path = new CorePath(new Date());
await path.load(subjects);
const answers: Answered[] = [];
const predictions: string[] = [];
for (const { id, person } of questions) {
  const asked = await path.ask(person);
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
    people: subjects.length,
    questions: answers.length,
    belowFloor: answers.filter(({ belowFloor }) => belowFloor).length,
    thresholds: thresholds.STANDARD,
    candidateCap,
    candidates: candidateFigures(answers),
    spent: path.spent(),
    slices: figuresBySlice(answers),
  }),
);
