import { foldDigits, type PersonEvidenceInput } from '../../src/core/matching/index.js';
import { demoPartners } from '../../src/cli/demo/demo-partners.js';
import { makeDemoPeople, type DemoPerson } from '../../src/register/index.js';
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

/** Names the person learnt by an answer, or undefined; `known` to the attacker are not learnt. */
type Learnt = (told: Told) => string | undefined;
const byReference: Learnt = (told) =>
  told.answered && told.answer.outcome === 'MATCH' ? told.answer.subject?.reference : undefined;

interface Attempt {
  /** The next question, from all that was told so far; undefined ends the attack. */
  next(last: Told | undefined): PersonEvidenceInput | undefined;
  /** Values learnt so far; climbers only. */
  values?(): number;
}

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
    const learnt = byReference(last);
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

const passportHolders = (world: BenchWorld): readonly DemoPerson[] =>
  world.people.filter(
    ({ documents, suppressedFor, dateOfBirth, fatherName }) =>
      documents?.[0]?.['type'] === 'PASSPORT' &&
      suppressedFor === undefined &&
      dateOfBirth !== undefined &&
      fatherName !== undefined,
  );

const documentsPerQuestion = 10;
/** Of those who travel, one in so many is on the register. */
const oneOnRegister = 50;

/** Passports of people who travel, a few of the register among them, as many in each question as there may be. */
function travellers(world: BenchWorld, tries: number): readonly PersonEvidenceInput[] {
  const others = strangers('travellers', tries * documentsPerQuestion);
  const holders = passportHolders(world);
  const documents = others.flatMap((stranger, at) => {
    const person = at % oneOnRegister === 0 ? holders[at / oneOnRegister] : stranger;
    const number = person?.documents?.[0]?.['number'];
    return number === undefined ? [] : [{ type: 'PASSPORT' as const, number }];
  });
  return Array.from({ length: tries }, (_, at) => ({
    documents: documents.slice(at * documentsPerQuestion, (at + 1) * documentsPerQuestion),
  })).filter((question) => question.documents.length > 0);
}

const list = (questions: readonly PersonEvidenceInput[]): Attempt => {
  let at = 0;
  return { next: () => questions[at++] };
};

export function evidenceOf(person: DemoPerson): PersonEvidenceInput {
  return {
    names: person.names.slice(0, 1).map(({ full }) => ({ full })),
    fatherName: person.fatherName ?? null,
    // An officer types the digits of the form, whatever stands on the paper.
    dateOfBirth: person.dateOfBirth === undefined ? null : foldDigits(person.dateOfBirth),
    calendar: person.calendar ?? 'GREGORIAN',
    sex: person.sex ?? null,
    nationality: person.nationality ?? null,
    documents: (person.documents ?? []).slice(0, 1).map((document) => ({
      type: 'PASSPORT' as const,
      number: document['number'] ?? '',
    })),
  };
}

/** People of the same kind who are not on the register. */
export const strangers = (seed: string, count: number): readonly DemoPerson[] =>
  makeDemoPeople({ seed, count, partners: demoPartners });

const twoDigits = (number: number) => String(number).padStart(2, '0');
const born = (at: number) => `${1950 + ((at * 7) % 60)}-${twoDigits(1 + ((at * 5) % 12))}`;

/** Every attack once, with the measures or without. */
export async function playAttacks(
  world: BenchWorld,
  measures: boolean,
  tries: number,
  say: (text: string) => void,
): Promise<readonly AttackFigures[]> {
  const terms = measures ? benchTerms : { ...benchTerms, ...withoutMeasures };
  const figures: AttackFigures[] = [];
  const run = async (name: string, attempt: Attempt | ((asker: Asker) => Promise<Prepared>)) => {
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

  await run('list of travellers, ten documents a question', list(travellers(world, tries)));

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

/**
 * Knows name and father's name, and tries year, then month, then day of birth, then the other
 * elements, one at a time; a value is learnt when an answer first agrees to it.
 */
function climb(target: DemoPerson): Attempt {
  const years = Array.from({ length: 70 }, (_, at) => String(1948 + ((at * 29) % 70)));
  const known: { year?: string; month?: string; day?: string; sex?: 'F' | 'M'; state?: string } =
    {};
  const [year, month, day] = (target.dateOfBirth ?? '').split('-');
  const truth = { year, month, day, sex: target.sex, state: target.nationality };
  let learnt = 0;
  let trying: { readonly stage: keyof typeof known; readonly value: string } | undefined;
  const queue = {
    year: years,
    month: Array.from({ length: 12 }, (_, at) => twoDigits(at + 1)),
    day: Array.from({ length: 31 }, (_, at) => twoDigits(at + 1)),
    sex: ['F', 'M'],
    state: ['PAK', 'IRN', 'TJK', 'UZB', 'AFG'],
  };
  const agrees = (told: Told): boolean => {
    if (!told.answered || told.answer.outcome !== 'MATCH' || trying === undefined) return false;
    const element =
      trying.stage === 'sex' ? 'SEX' : trying.stage === 'state' ? 'NATIONALITY' : 'DATE_OF_BIRTH';
    return told.answer.evidence.some(
      (one) => one.element === element && one.agreement === 'AGREES',
    );
  };
  return {
    values: () => learnt,
    next: (last) => {
      if (last !== undefined && trying !== undefined && agrees(last)) {
        // An agreement to a wrong value teaches nothing, and is believed all the same.
        if (truth[trying.stage] === trying.value) learnt += 1;
        Object.assign(known, { [trying.stage]: trying.value });
        trying = undefined;
      }
      const stage = (['year', 'month', 'day', 'sex', 'state'] as const).find(
        (one) => known[one] === undefined && queue[one].length > 0,
      );
      const value = stage === undefined ? undefined : queue[stage].shift();
      if (stage === undefined || value === undefined) return undefined;
      trying = { stage, value };
      const with_ = { ...known, [stage]: value };
      const date = [with_.year ?? '1970', with_.month, with_.day].filter(Boolean).join('-');
      return {
        names: target.names.slice(0, 1).map(({ full }) => ({ full })),
        fatherName: target.fatherName ?? null,
        dateOfBirth: date,
        sex: with_.sex ?? null,
        nationality: with_.state ?? null,
      };
    },
  };
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
