import type { CandidateFigures, Figures } from './figures.js';
import type { Spent } from './path.js';

export interface Report {
  readonly people: number;
  readonly questions: number;
  /** Questions refused for what they hold; they count as found nobody. */
  readonly refusedQuestions: number;
  readonly belowFloor: number;
  readonly thresholds: { readonly match: number; readonly possible: number };
  readonly candidateCap: number;
  readonly candidates: CandidateFigures;
  readonly spent: Spent;
  /** Microseconds of CPU. */
  readonly scoringOfFifty: number;
  readonly slices: readonly Figures[];
}

const percent = (share: number): string => (Number.isNaN(share) ? '-' : (100 * share).toFixed(1));

const columns: readonly (readonly [string, (figures: Figures) => string])[] = [
  ['slice', ({ slice }) => slice],
  ['people', ({ people }) => String(people)],
  ['nobody', ({ nobody }) => String(nobody)],
  ['recall', ({ recall }) => percent(recall)],
  ['named', ({ named }) => percent(named)],
  ['wrong', ({ wrong }) => percent(wrong)],
  ['false', ({ falseMatch }) => percent(falseMatch)],
  ['poss.people', ({ possibleOfPeople }) => percent(possibleOfPeople)],
  ['poss.nobody', ({ possibleOfNobody }) => percent(possibleOfNobody)],
  ['blocking', ({ completeness }) => percent(completeness)],
];

/** Plain text; shares in per cent. */
export function printReport(report: Report): string {
  const { candidates, spent } = report;
  const rows = [columns.map(([heading]) => heading)];
  for (const figures of report.slices) rows.push(columns.map(([, show]) => show(figures)));
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => (row[at] ?? '').length)));
  const table = rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  '),
  );
  return [
    `${report.people} people, ${report.questions} questions, ${report.belowFloor} of them under the evidence floor (asked all the same), ${report.refusedQuestions} refused`,
    `thresholds: MATCH ${report.thresholds.match} bits, POSSIBLE_MATCH ${report.thresholds.possible} bits; candidate cap ${report.candidateCap}`,
    `candidates per question: mean ${candidates.mean.toFixed(1)}, p99 ${candidates.p99}`,
    `CPU per question, microseconds: parse ${spent.parse.toFixed(0)}, find ${spent.find.toFixed(0)}, prepare ${spent.prepare.toFixed(0)}, score ${spent.score.toFixed(0)}`,
    `CPU of scoring against 50 candidates, microseconds: ${report.scoringOfFifty.toFixed(0)}`,
    '',
    ...table,
    '',
  ].join('\n');
}
