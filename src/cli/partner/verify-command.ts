import { GatewayError } from '../../core/errors.js';
import { exitCodes } from '../exit-codes.js';
import { startProgress } from '../progress.js';
import { AnswerFile } from './answer-file.js';
import { ask, requestIdOf, requireAsking, type AnswerLine } from './ask.js';
import { PartnerClient } from './partner-client.js';
import { readProfile } from './profile.js';
import { readQuestionFile } from './question-file.js';

const atOnce = 8;
const answersPerSync = 16;

/** Asks a file of questions; see `safeconduct verify --help`. */
export async function verify(
  questionsPath: string,
  options: { readonly profile: string; readonly out: string; readonly json?: true },
): Promise<void> {
  // 1. Everything that can be wrong on this side is found before the first question is paid for.
  const profile = requireAsking(readProfile(options.profile));
  const questions = readQuestionFile(questionsPath);
  const requests = new Map(
    questions.map((question) => [question.id, requestIdOf(profile, question)] as const),
  );
  const answers = openAnswers(options.out, questionsPath, requests);
  if (profile.logVerifierKeys.length === 0) {
    process.stderr.write('The profile names no "logVerifierKeys": receipts are not checked.\n');
  }

  // 2. Ask what is not answered yet, several at a time, until a budget is spent.
  const open = questions.filter(({ id }) => answers.get(id) === undefined);
  const taken = questions.length - open.length;
  if (taken > 0) process.stderr.write(`${taken} answered by an earlier run are taken up.\n`);
  const progress = startProgress('asked', questions.length, taken);
  const client = new PartnerClient(profile);
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  let spent: AnswerLine | undefined;
  let next = 0;
  const work = async () => {
    while (!stop.signal.aborted && spent === undefined) {
      const at = next++;
      const question = open[at];
      if (question === undefined) return;
      const answer = await ask(client, profile, question);
      if ('error' in answer && answer.error.code === 'ERR_BUDGET_SPENT') spent = answer;
      answers.add(answer);
      if (at % answersPerSync === 0) answers.sync();
      progress.advance();
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, work));
  } finally {
    progress.stop();
    client.close();
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    answers.sync();
  }
  if (stop.signal.aborted) {
    answers.close();
    process.stderr.write('Interrupted; run the same command again to go on.\n');
    process.exitCode = exitCodes.interrupted;
    return;
  }

  // 3. What was not asked because a budget is spent says so; then all lines in order.
  if (spent !== undefined && 'error' in spent) {
    for (const { id } of open.slice(next)) answers.add({ id, error: spent.error });
  }
  answers.finish(questions.map(({ id }) => id));
  summarise(
    questions.map(({ id }) => answers.get(id)),
    options.json === true,
  );
}

function openAnswers(
  path: string,
  questionsPath: string,
  requests: ReadonlyMap<string, string>,
): AnswerFile {
  try {
    return new AnswerFile(path, questionsPath, requests);
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError('ERR_CONFIGURATION', {
      detail: `--out: ${path} cannot be written`,
      cause,
    });
  }
}

function summarise(answers: readonly (AnswerLine | undefined)[], asJson: boolean): void {
  const counts: Record<string, number> = {};
  let unanswered = 0;
  for (const answer of answers) {
    const what =
      answer === undefined ? 'none' : 'error' in answer ? answer.error.code : answer.outcome;
    counts[what] = (counts[what] ?? 0) + 1;
    if (answer === undefined || 'error' in answer) unanswered += 1;
  }
  const summary = { questions: answers.length, unanswered, counts };
  process.stdout.write(
    asJson
      ? `${JSON.stringify(summary)}\n`
      : `${answers.length} questions: ${Object.entries(counts)
          .map(([what, count]) => `${count} ${what}`)
          .join(', ')}\n`,
  );
  process.exitCode = unanswered === 0 ? exitCodes.done : exitCodes.couldNot;
}
