import type { PersonEvidenceInput } from '../../src/core/matching/index.js';
import type { DemoPerson } from '../../src/register/index.js';
import { evidenceOf, strangers } from './people.js';
import { benchTerms, type BenchWorld } from './world.js';

export interface HonestFigures {
  readonly missShare: number;
  readonly days: number;
  readonly questions: number;
  readonly matches: number;
  readonly falseStops: number;
  readonly stoppedBy: readonly string[];
  readonly seed: number;
  readonly confirmed: number;
  /** How many of each kind. */
  readonly alarms: readonly (readonly [kind: string, count: number])[];
}

const questionsADay = 100;
const officers = ['1', '2', '3', '4', '5', '6'];
/** Of those matched, how many are then seen to cross, and within how many hours. */
const arriving = 0.85;
const hoursToCross = 4;

/**
 * A month of a crossing: six officers, a hundred questions a day, people who come again, and after
 * an unconfirmed answer one in four asked again with another spelling or without the document. Of
 * those matched 85 in 100 are seen to cross within four hours, and that is said.
 *
 * @param missShare of the people asked about, how many are not on the register; of the questions more
 *   are misses, since not every question about one who is there is a match
 */
export async function playHonestMonth(
  world: BenchWorld,
  missShare: number,
  days: number,
  seed: number,
): Promise<HonestFigures> {
  const asker = await world.partner(benchTerms, officers);
  const here = world.people.filter(
    (person) => person.suppressedFor === undefined && isAskable(evidenceOf(person)),
  );
  const elsewhere = strangers(`honest ${missShare} ${seed}`, 3_000).filter((person) =>
    isAskable(evidenceOf(person)),
  );
  const chance = chances(Math.round(missShare * 100) + seed * 1_000);
  const pick = (people: readonly DemoPerson[]) =>
    people[Math.floor(chance() * people.length)] as DemoPerson;
  let [questions, matches, falseStops, confirmed] = [0, 0, 0, 0];
  let onTheirWay: { readonly at: number; readonly id: string }[] = [];
  const stoppedBy = new Set<string>();
  const ask = async (person: PersonEvidenceInput) => {
    questions += 1;
    const told = await asker.ask(person);
    if (told.answered) {
      if (told.answer.outcome === 'MATCH') {
        matches += 1;
        const at = world.now.getTime() + chance() * hoursToCross * 3_600_000;
        if (chance() < arriving) onTheirWay.push({ at, id: told.answer.id });
      }
      return told.answer.outcome === 'MATCH';
    }
    if (told.code === 'ERR_BUDGET_SPENT') {
      falseStops += 1;
      stoppedBy.add(told.budget ?? '');
    }
    return told.code === 'ERR_BUDGET_SPENT';
  };
  const arrive = async () => {
    const now = world.now.getTime();
    for (const { id } of onTheirWay.filter(({ at }) => at <= now)) {
      await asker.confirm(id);
      confirmed += 1;
    }
    onTheirWay = onTheirWay.filter(({ at }) => at > now);
  };
  for (let day = 0; day < days; day += 1) {
    await world.review();
    for (let asked = 0; asked < questionsADay; asked += 1) {
      world.pass((24 * 60) / questionsADay / 2);
      await arrive();
      const person = evidenceOf(pick(chance() < missShare ? elsewhere : here));
      const matched = await ask(person);
      world.pass((24 * 60) / questionsADay / 2);
      if (!matched && chance() < 0.25) {
        const again = chance() < 0.5 ? { ...person, documents: [] } : respelled(person);
        if (isAskable(again)) await ask(again);
      }
    }
  }
  const alarms = await world.alarms(asker.name);
  const counts = { questions, matches, confirmed, falseStops };
  return { missShare, days, seed, ...counts, stoppedBy: [...stoppedBy], alarms: [...alarms] };
}

function respelled(person: PersonEvidenceInput): PersonEvidenceInput {
  const names = (person.names ?? []).map(({ full }) => ({
    full: full.split(' ').reverse().join(' ').replace(/ee/g, 'i').replace(/ou/g, 'u'),
  }));
  return { ...person, names };
}

function isAskable(person: PersonEvidenceInput): boolean {
  if ((person.documents ?? []).length > 0) return true;
  const date = person.dateOfBirth ?? '';
  const month = /^\d{4}-\d{2}/.test(date) && !date.endsWith('~');
  const year = /^\d{4}$/.test(date) && person.fatherName != null;
  return (person.names ?? []).length > 0 && (month || year);
}

/** Mulberry32: the same month each time. */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
