import {
  builtInAnswers,
  builtInQuestions,
  type BuiltInAnswer,
  type BuiltInQuestion,
} from '../../../register/index.js';

/** The lines of `questions.jsonl`, for `safeconduct verify` and the examples. */
export const questionLines = (): string =>
  builtInQuestions.map(({ id, person }) => `${JSON.stringify({ id, ...person })}\n`).join('');

export const answerLines = (): string =>
  builtInAnswers()
    .map((answer) => `${JSON.stringify(answer)}\n`)
    .join('');

/** Questions and answers of the test grant, to be read. */
export function testAnswersPage(): string {
  const answers = new Map(builtInAnswers().map((answer) => [answer.id, answer]));
  return [
    '# What the test grant answers',
    '',
    'Twelve made-up people of the caseload `TEST`, the same in every installation. Nobody is real. An',
    'answer differs from what stands here only in `reference`, which is your own name for the person,',
    'and in ids, times and the receipt.',
    '',
    ...builtInQuestions.flatMap((question) => section(question, answers.get(question.id))),
  ].join('\n');
}

function section(
  { id, about, person }: BuiltInQuestion,
  answer: BuiltInAnswer | undefined,
): readonly string[] {
  if (answer === undefined) throw new TypeError(`${id} has no answer`);
  const { outcome, subject, evidence } = answer;
  const agreeing = evidence.filter(({ agreement }) => agreement === 'AGREES');
  const told = Object.entries(subject ?? {}).map(([name, disclosed]) => {
    const { level, present, agreement, value } = disclosed as Readonly<
      Record<string, string | boolean | null>
    >;
    return `| ${name} | ${String(level)} | ${String(present ?? agreement ?? value ?? '(nothing known)')} |`;
  });
  return [
    `## ${id}: ${about}`,
    '',
    '```json',
    JSON.stringify(person, null, 1),
    '```',
    '',
    `**${outcome}**${agreeing.length === 0 ? '' : `; agreeing: ${agreeing.map(({ element }) => element).join(', ')}`}`,
    '',
    ...(told.length === 0 ? [] : ['| field | level | told |', '|---|---|---|', ...told, '']),
  ];
}
