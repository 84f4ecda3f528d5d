import type { AttackFigures } from './attackers.js';
import type { HonestFigures } from './honest.js';
import type { SocketFigures } from './sockets.js';

/** What was measured, and how a run was made, e.g. `1000 tries`. */
interface Part<Figures> {
  readonly made: string;
  readonly figures: readonly Figures[];
}

export interface PrivacyFigures {
  readonly attacks: Part<AttackFigures> & {
    readonly colluders: {
      readonly asked: number;
      readonly matchedByBoth: number;
      readonly joinedByReference: number;
    };
  };
  readonly honest: Part<HonestFigures>;
  readonly sockets: readonly SocketFigures[];
}

/**
 * The page with attacks that were played alone in their places: instead of what they came to before,
 * else after the attack they follow with the other measures, else after all others with theirs.
 *
 * @param made how all attacks of the page were made
 */
export function replaceAttacks(
  page: string,
  figures: readonly AttackFigures[],
  made: string,
): string {
  const lines = page.replace(/\(attackers: [^;]*;/, `(attackers: ${made};`).split('\n');
  const cellsOf = (line: string | undefined) =>
    line?.split(' | ').map((cell) => cell.replace(/^\| /, '')) ?? [];
  const placeOf = (attack: string | undefined, measures: string) =>
    lines.findIndex((line) => cellsOf(line)[0] === attack && cellsOf(line)[1] === measures);
  for (const one of figures) {
    const [here, there] = one.measures ? ['with', 'without'] : ['without', 'with'];
    const before = placeOf(one.attack, here);
    if (before >= 0) {
      lines[before] = attackRow(one);
      continue;
    }
    const twin = placeOf(one.attack, there);
    const follows = twin < 0 ? -1 : placeOf(cellsOf(lines[twin - 1])[0], here);
    const last = lines.findLastIndex((line) => cellsOf(line)[1] === here);
    lines.splice((follows < 0 ? last : follows) + 1, 0, attackRow(one));
  }
  return lines.join('\n');
}

const dash = (value: number | undefined): string => (value === undefined ? '—' : String(value));

function attackRow(one: AttackFigures): string {
  return row([
    one.attack,
    one.measures ? 'with' : 'without',
    one.tries,
    dash(one.stoppedAt),
    one.peopleUntilStopped,
    one.people,
    Math.round((one.people / Math.max(1, one.tries)) * 10_000) / 10,
    one.valuesUntilStopped,
    one.values,
    Math.round((one.values / Math.max(1, one.tries)) * 10_000) / 10,
    dash(one.alarmAtTry),
    dash(one.peopleAtAlarm),
  ]);
}

/** docs/privacy.md, as it came out. */
export function printPrivacy({ attacks, honest, sockets }: PrivacyFigures): string {
  const { colluders } = attacks;
  return `# What can be learnt: measured

Written by \`npm run bench:privacy\` (attackers: ${attacks.made}; honest partners: ${honest.made}), as it came out, against the register of the demonstration (1,250
made-up people). Attackers ask through the real use cases with a try every two minutes, under a grant of 400 questions and
150 people a day whose other budgets follow from that. They go on after they were refused. “Without” is
the same gateway whose budgets never end; suppression, evidence floor and levels remain.

## Attackers

| attack | measures | tries | stopped at try | people learnt until stopped | people learnt in all | per 1,000 tries | values learnt until stopped | values learnt in all | values per 1,000 tries | first alarm at try | people learnt by then |
|---|---|---|---|---|---|---|---|---|---|---|---|
${attacks.figures.map(attackRow).join('\n')}

Goals: uninformed attackers under 5 people before they are stopped; climbing under 2 values; an informed
one never above the budget of people (150 in 24 hours), and an alarm within 10 people. A value is a year,
month or day of birth, the sex or the nationality, counted when an answer first agrees to the true one;
the year a match gives away is one of them. An informed one brings true details, so what it learns of
each is only that the person is on the list. Beside one known person, no match says that one of
the nine is on the list too: that is one person learnt.

Two colluding partners asked about the same ${colluders.asked} people; ${colluders.matchedByBoth} were confirmed to both;
${colluders.joinedByReference} could be joined by their references.

## Honest months

Six officers and a hundred people a day, one unconfirmed answer in four asked again; 85 in 100 of those
matched cross within four hours, and that is confirmed.

| days | people not on the register | seed | questions | matches | crossings confirmed | false stops | by | alarms |
|---|---|---|---|---|---|---|---|---|
${honest.figures
  .map((one) =>
    row([
      one.days,
      `${Math.round(one.missShare * 100)} %`,
      one.seed,
      one.questions,
      one.matches,
      one.confirmed,
      one.falseStops,
      one.stoppedBy.join(', ') || '—',
      one.alarms.map(([kind, count]) => `${kind} ${count}`).join(', ') || 'none',
    ]),
  )
  .join('\n')}

## Size and time of answers, over mutual TLS

Client and gateway on one machine; the classes interleaved at random. Welch's t is to stay below 4.5
in size, the area under the curve of the mean of r repeats at 0.5 ± 0.03. A mean of r has one r-th of the
groups, and its area scatters by about 0.3 / √groups by chance alone.

| machine | samples a class | at a time | sizes, bytes | pair | t | area under the curve |
|---|---|---|---|---|---|---|
${sockets
  .flatMap((one) =>
    one.pairs.map((pair) =>
      row([
        one.state,
        one.samples,
        one.atOnce,
        pair.pair
          .split(' / ')
          .map((of) => one.sizes[of]?.join(', '))
          .join('; '),
        pair.pair,
        pair.t.toFixed(2),
        pair.auc
          .map(({ repeats, groups, auc }) => `r=${repeats}: ${auc.toFixed(3)} (${groups} groups)`)
          .join(', '),
      ]),
    ),
  )
  .join('\n')}
`;
}

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
