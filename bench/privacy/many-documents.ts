import type { PersonEvidenceInput } from '../../src/core/matching/index.js';
import { list, type Attempt } from './attempt.js';
import { passportHolders, strangers } from './people.js';
import type { BenchWorld } from './world.js';

const documentsPerQuestion = 10;
/** Of those who travel, one in so many is on the register. */
const oneOnRegister = 50;

interface Traveller {
  readonly number: string;
  readonly onRegister: boolean;
}

/** Passports of people who travel, a few of the register among them. */
function travellers(world: BenchWorld, seed: string, count: number): readonly Traveller[] {
  const holders = passportHolders(world);
  return strangers(seed, count).flatMap((stranger, at) => {
    const holder = at % oneOnRegister === 0 ? holders[at / oneOnRegister] : undefined;
    const number = (holder ?? stranger).documents?.[0]?.['number'];
    return number === undefined ? [] : [{ number, onRegister: holder !== undefined }];
  });
}

const asking = (numbers: readonly string[]): PersonEvidenceInput => ({
  documents: numbers.map((number) => ({ type: 'PASSPORT' as const, number })),
});

function groups<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.floor(all.length / size) }, (_, at) =>
    all.slice(at * size, (at + 1) * size),
  );
}

/** As many in each question as there may be. */
export function listOfTravellers(world: BenchWorld, tries: number): Attempt {
  const all = travellers(world, 'travellers', tries * documentsPerQuestion);
  return list(
    groups(all, documentsPerQuestion).map((of) => asking(of.map(({ number }) => number))),
  );
}

/**
 * Nine of them beside one who is known to be on the register: two who could match are none, so that
 * no match says somebody of the nine is on it as well. That is one person learnt.
 */
export function besideOneKnown(world: BenchWorld, tries: number): Attempt {
  const known = passportHolders(world).at(-1)?.documents?.[0]?.['number'] ?? '';
  const others = documentsPerQuestion - 1;
  const questions = groups(travellers(world, 'beside one known', tries * others), others);
  let asked = -1;
  return {
    next: () => {
      asked += 1;
      const of = questions[asked];
      return of === undefined ? undefined : asking([known, ...of.map(({ number }) => number)]);
    },
    learnt: (told) =>
      told.answered &&
      told.answer.outcome !== 'MATCH' &&
      questions[asked]?.some(({ onRegister }) => onRegister) === true
        ? `one of question ${asked}`
        : undefined,
  };
}
