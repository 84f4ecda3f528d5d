import type { PersonEvidenceInput } from '../../src/core/matching/index.js';
import { byReference, list, type Attempt } from './attempt.js';
import { climb, twoDigits } from './climb.js';
import { besideOneKnown, listOfTravellers } from './many-documents.js';
import { evidenceOf, passportHolders, strangers } from './people.js';
import { benchTerms, withoutMeasures, type Asker, type BenchWorld, type Told } from './world.js';

/** What one attack came to. */
export interface AttackFigures {
  readonly attack: string;
  readonly measures: boolean;
  readonly tries: number;
  /** Try at which the first budget was spent; undefined when none was. */
  readonly stoppedAt: number | undefined;
  readonly peopleUntilStopped: number;
  /** In all tries, refused ones included: an attacker does not go away. */
  readonly people: number;
  readonly valuesUntilStopped: number;
  readonly values: number;
  readonly alarmAtTry: number | undefined;
  /** People learnt when the first alarm was raised. */
  readonly peopleAtAlarm: number | undefined;
}

const minutesBetweenTries = 2;
/** People climbed on, one after the other, each by another partner. */
const climbed = 5;

async function play(
  name: string,
  asker: Asker,
  attempt: Attempt,
  measures: boolean,
  mostTries: number,
  known: ReadonlySet<string>,
  officer?: string,
): Promise<AttackFigures> {
  const people = new Set<string>();
  const triedAt: Date[] = [];
  const learntBy: number[] = [];
  let stoppedAt: number | undefined;
  let peopleUntilStopped = 0;
  let valuesUntilStopped = 0;
  let last: Told | undefined;
  let tries = 0;
  while (tries < mostTries) {
    const person = attempt.next(last);
    if (person === undefined) break;
    tries += 1;
    asker.world.pass(minutesBetweenTries);
    triedAt.push(asker.world.now);
    last = await asker.ask(person, officer);
    const learnt = (attempt.learnt ?? byReference)(last);
    if (learnt !== undefined && !known.has(learnt)) people.add(learnt);
    learntBy.push(people.size);
    if (!last.answered && last.code === 'ERR_BUDGET_SPENT') stoppedAt ??= tries;
    if (stoppedAt === undefined) {
      peopleUntilStopped = people.size;
      valuesUntilStopped = attempt.values?.() ?? 0;
    }
  }
  attempt.next(last);
  const alarm = measures ? await asker.world.firstAlarm(asker.name) : undefined;
  // The clock of the bench runs on while a question is answered: alarms are raised before the next.
  const next = triedAt.findIndex((at) => alarm !== undefined && at.getTime() > alarm.getTime());
  const alarmAtTry = alarm === undefined ? undefined : next < 0 ? tries : next;
  return {
    attack: name,
    measures,
    tries,
    stoppedAt,
    peopleUntilStopped,
    people: people.size,
    valuesUntilStopped,
    values: attempt.values?.() ?? 0,
    alarmAtTry,
    peopleAtAlarm: alarmAtTry === undefined ? undefined : learntBy[alarmAtTry - 1],
  };
}

interface Prepared {
  readonly attempt: Attempt;
  readonly known: ReadonlySet<string>;
  /** Under whose name is asked, if any. */
  readonly officer?: string;
}

/** True details of a fifth of the list. */
function informedOf(world: BenchWorld): readonly PersonEvidenceInput[] {
  return passportHolders(world)
    .slice(0, Math.round(world.people.length / 5))
    .map(evidenceOf);
}

const born = (at: number) => `${1950 + ((at * 7) % 60)}-${twoDigits(1 + ((at * 5) % 12))}`;

/**
 * Every attack once, with the measures or without.
 *
 * @param isPlayed by its name
 */
export async function playAttacks(
  world: BenchWorld,
  measures: boolean,
  tries: number,
  say: (text: string) => void,
  isPlayed: (attack: string) => boolean,
): Promise<readonly AttackFigures[]> {
  const terms = measures ? benchTerms : { ...benchTerms, ...withoutMeasures };
  const figures: AttackFigures[] = [];
  const run = async (name: string, attempt: Attempt | ((asker: Asker) => Promise<Prepared>)) => {
    if (!isPlayed(name)) return;
    const asker = await world.partner(terms);
    const prepared: Prepared =
      typeof attempt === 'function' ? await attempt(asker) : { attempt, known: new Set<string>() };
    const { attempt: made, known, officer } = prepared;
    const played = await play(name, asker, made, measures, tries, known, officer);
    say(`${name}, ${measures ? 'with' : 'without'}: ${JSON.stringify(played)}`);
    figures.push(played);
  };

  const random = strangers('random names', tries);
  await run(
    'random names, guessed dates',
    list(
      random.map((person, at) => ({
        names: person.names.slice(0, 1).map(({ full }) => ({ full })),
        dateOfBirth: born(at),
        nationality: 'AFG',
      })),
    ),
  );

  const census = strangers('census', tries * 2).filter(
    ({ fatherName }) => fatherName !== undefined,
  );
  await run(
    'census-like list, guessed years',
    list(
      census.slice(0, tries).map((person, at) => ({
        names: person.names.slice(0, 1).map(({ full }) => ({ full })),
        fatherName: person.fatherName ?? null,
        dateOfBirth: born(at).slice(0, 4),
        sex: person.sex ?? null,
        nationality: 'AFG',
      })),
    ),
  );

  await run(
    'census-like list, guessed years, made-up documents',
    list(
      census.slice(0, tries).map((person, at) => ({
        names: person.names.slice(0, 1).map(({ full }) => ({ full })),
        fatherName: person.fatherName ?? null,
        dateOfBirth: born(at).slice(0, 4),
        sex: person.sex ?? null,
        nationality: 'AFG',
        documents: [
          {
            type: 'PASSPORT' as const,
            number: `P0${String(1_000_000 + ((at * 7_919_017) % 8e6))}`,
          },
        ],
      })),
    ),
  );

  await run(
    'sequential documents',
    list(
      Array.from({ length: tries }, (_, at) => ({
        documents: [{ type: 'PASSPORT' as const, number: `P0${String(4_200_000 + at)}` }],
      })),
    ),
  );

  await run('list of travellers, ten documents a question', async () => ({
    attempt: listOfTravellers(world, tries),
    known: new Set<string>(),
  }));
  await run('list of travellers, nine documents beside one known', async () => ({
    attempt: besideOneKnown(world, tries),
    known: new Set<string>(),
  }));

  const passported = passportHolders(world);
  await run('neighbours of a known person', async (asker) => {
    const known = passported[7];
    if (known === undefined) throw new TypeError('no known person');
    const own = byReference(await asker.ask(evidenceOf(known)));
    const number = known.documents?.[0]?.['number'] ?? '';
    const letters = /^[A-Z]+/.exec(number)?.[0] ?? '';
    const middle = Number(number.slice(letters.length));
    const questions = Array.from({ length: tries }, (_, at) => {
      const step = (at % 2 === 0 ? 1 : -1) * (Math.floor(at / 2) + 1);
      const near = letters + String(middle + step).padStart(number.length - letters.length, '0');
      return { documents: [{ type: 'PASSPORT' as const, number: near }] };
    });
    return { attempt: list(questions), known: new Set(own === undefined ? [] : [own]) };
  });

  const targets = passported
    .filter(
      ({ dateOfBirth, calendar }) =>
        /^\d{4}-\d{2}-\d{2}$/.test(dateOfBirth ?? '') && calendar === undefined,
    )
    .slice(0, climbed);
  for (const [at, target] of targets.entries()) {
    await run(`climbing on known person ${at + 1}`, async () => ({
      attempt: climb(target),
      known: new Set<string>(),
    }));
  }

  await run('informed, true details of 20 % of the list', async () => {
    return { attempt: list(informedOf(world)), known: new Set<string>() };
  });
  await run('informed, one officer of a partner that confirms', async (asker) => {
    // Colleagues confirm a dozen people first; the fisher asks for others under an own name.
    const known = new Set<string>();
    for (const details of informedOf(world).slice(-12)) {
      world.pass(minutesBetweenTries);
      const told = await asker.ask(details, 'colleague');
      const reference = byReference(told);
      if (!told.answered || reference === undefined) continue;
      known.add(reference);
      await asker.confirm(told.answer.id);
    }
    return { attempt: list(informedOf(world).slice(0, -12)), known, officer: 'fisher' };
  });
  return figures;
}

/** Two partners that compare what they were told about the same people. */
export async function playColluders(world: BenchWorld): Promise<{
  readonly asked: number;
  readonly matchedByBoth: number;
  readonly joinedByReference: number;
}> {
  const [one, other] = [await world.partner(benchTerms), await world.partner(benchTerms)];
  const details = world.people
    .filter(
      ({ suppressedFor, documents }) => suppressedFor === undefined && documents !== undefined,
    )
    .slice(0, 100)
    .map(evidenceOf);
  const references: [Set<string>, Set<string>] = [new Set(), new Set()];
  let matchedByBoth = 0;
  for (const person of details) {
    world.pass(minutesBetweenTries);
    const told = [byReference(await one.ask(person)), byReference(await other.ask(person))];
    if (told[0] !== undefined) references[0].add(told[0]);
    if (told[1] !== undefined) references[1].add(told[1]);
    if (told[0] !== undefined && told[1] !== undefined) matchedByBoth += 1;
  }
  const joined = [...references[0]].filter((reference) => references[1].has(reference));
  return { asked: details.length, matchedByBoth, joinedByReference: joined.length };
}
