import { nameParts } from '../../src/core/matching/data/name-parts.generated.js';
import { civilDay, dayNumber } from '../../src/core/dates/index.js';
import type { Caseload, StateCode } from '../../src/core/ids.js';
import type { PersonEvidenceInput } from '../../src/core/matching/index.js';
import type { Subject } from '../../src/core/register/subject.js';
import type { Question, Truth } from './files.js';
import { noisyBirth, noisyNumber, noisyWords } from './noise.js';
import { chance, makeRandom, pick, whole, type Random } from './random.js';

/**
 * People and questions made up from the table of name parts, for runs without files. The names are
 * drawn by the shares of the table, spelled by any of its spellings, in either script; what befalls
 * them on the way to a border post is written down in noise.ts. Since the names come from the table
 * the matcher itself knows, the figures are better than real names give: they show that nothing
 * broke, not how good it is.
 */
export interface MadeUp {
  readonly subjects: readonly Subject[];
  readonly questions: readonly Question[];
  readonly truths: readonly Truth[];
}

export type Script = 'LATIN' | 'ARABIC';

interface Part {
  readonly share: number;
  readonly latin: readonly string[];
  readonly arabic: readonly string[];
}

/** A part of a made-up name, with what is written after it (`ullah`, `uddin`) or before (`abdul`). */
export interface MadeWord {
  readonly part: Part;
  readonly form: 'PLAIN' | 'ABD' | 'LLAH' | 'DIN';
}

interface Person {
  readonly reference: string;
  readonly name: readonly MadeWord[];
  readonly father: readonly MadeWord[];
  readonly birth: number;
  readonly yearOnly: boolean;
  readonly passport: string;
  readonly tazkira: string | undefined;
}

const { names, surnames } = readParts();

function readParts(): { readonly names: readonly Part[]; readonly surnames: readonly Part[] } {
  const all: Part[] = [];
  for (const line of nameParts.split('\n')) {
    const [share = '', role = '', forms = ''] = line.split('|');
    const spellings = forms.split(' ');
    const latin = spellings.filter((form) => /^[a-z]/.test(form));
    const arabic = spellings.filter((form) => /^\p{Script=Arabic}/u.test(form));
    if (role !== 'N' || latin.length === 0 || arabic.length === 0) continue;
    all.push({ share: Number(share), latin, arabic });
  }
  const isSurname = ({ latin: [head = ''] }: Part): boolean =>
    /.{4}(?:i|zai|khil|zada)$/.test(head);
  return { names: all.filter((part) => !isSurname(part)), surnames: all.filter(isSurname) };
}

export function makeUp(seed: number, people: number, questions: number): MadeUp {
  const random = makeRandom(seed);
  const known: Person[] = [];
  for (let at = 0; at < people; at += 1) known.push(makePerson(random, at));
  const asked: Question[] = [];
  const truths: Truth[] = [];
  for (let at = 0; at < questions; at += 1) {
    const id = `q${at}`;
    const { person, expected, slices } = makeQuestion(random, known, people + at);
    asked.push({ id, person });
    truths.push({ id, expected, slices });
  }
  return { subjects: known.map((person) => recordOf(random, person)), questions: asked, truths };
}

function makePerson(random: Random, at: number): Person {
  const yearOnly = chance(random, 0.2);
  const day = dayNumber('GREGORIAN', whole(random, 1950, 2003), whole(random, 1, 12), 1) ?? 0;
  return {
    reference: `M-${at}`,
    name: [
      ...makeGiven(random),
      ...(chance(random, 0.8) ? [plain(drawPart(random, surnames))] : []),
    ],
    father: makeGiven(random),
    birth: chance(random, 0.15) ? firstOfYear(day) : day + whole(random, 0, 27),
    yearOnly,
    passport: `${pick(random, ['P0', 'O1', 'P0', 'OR'])}${whole(random, 1_000_000, 9_999_999)}`,
    tazkira: chance(random, 0.5) ? makeTazkira(random) : undefined,
  };
}

function firstOfYear(day: number): number {
  return dayNumber('GREGORIAN', civilDay('GREGORIAN', day).year, 1, 1) ?? day;
}

function makeTazkira(random: Random): string {
  return chance(random, 0.5)
    ? `${whole(random, 1399, 1403)}-${whole(random, 1000, 3999)}-${whole(random, 10_000, 99_999)}`
    : String(whole(random, 100_000, 29_999_999));
}

function makeGiven(random: Random): MadeWord[] {
  const draw = random();
  const given = drawPart(random, names);
  if (draw < 0.15) return [{ part: given, form: 'ABD' }];
  if (draw < 0.3) return [{ part: given, form: 'LLAH' }];
  if (draw < 0.35) return [{ part: given, form: 'DIN' }];
  return draw < 0.8 ? [plain(drawPart(random, names)), plain(given)] : [plain(given)];
}

function plain(part: Part): MadeWord {
  return { part, form: 'PLAIN' };
}

function drawPart(random: Random, parts: readonly Part[]): Part {
  let left = random() * parts.reduce((sum, { share }) => sum + share, 0);
  for (const part of parts) {
    left -= part.share;
    if (left <= 0) return part;
  }
  return pick(random, parts);
}

export function spell(random: Random, words: readonly MadeWord[], script: Script): string[] {
  return words.flatMap(({ part, form }) => {
    const word = pick(random, script === 'LATIN' ? part.latin : part.arabic);
    const glued = chance(random, 0.5) ? '' : ' ';
    if (script === 'ARABIC') {
      if (form === 'ABD') return `عبد${glued}ال${word}`.split(' ');
      if (form === 'LLAH') return `${word}${glued}الله`.split(' ');
      return form === 'DIN' ? `${word}${glued}الدین`.split(' ') : [word];
    }
    const title = word.charAt(0).toUpperCase() + word.slice(1);
    if (form === 'ABD') return glued === '' ? [`Abdul${word}`] : ['Abdul', title];
    if (form === 'LLAH') return glued === '' ? [`${title}ullah`] : [title, 'Ullah'];
    return form === 'DIN' ? [glued === '' ? `${title}uddin` : `${title} Uddin`] : [title];
  });
}

function recordOf(random: Random, person: Person): Subject {
  const script: Script = chance(random, 0.5) ? 'LATIN' : 'ARABIC';
  return {
    reference: person.reference,
    caseload: 'MADE-UP' as Caseload,
    names: [{ full: spell(random, person.name, script).join(' ') }],
    ...(chance(random, 0.3) && { fatherName: spell(random, person.father, script).join(' ') }),
    dateOfBirth: isoDay(person.birth).slice(0, person.yearOnly ? 4 : 10),
    nationality: 'AFG' as StateCode,
    documents: [
      { type: 'PASSPORT', number: person.passport },
      ...(person.tazkira === undefined
        ? []
        : [{ type: 'TAZKIRA' as const, number: person.tazkira }]),
    ],
    suppressedFor: [],
  };
}

export function isoDay(day: number): string {
  const { year, month, day: of } = civilDay('GREGORIAN', day);
  return `${year}-${String(month).padStart(2, '0')}-${String(of).padStart(2, '0')}`;
}

interface Made {
  readonly person: PersonEvidenceInput;
  readonly expected: string | null;
  readonly slices: readonly string[];
}

/** Of a hundred questions 56 are of people on the register, 20 of strangers, 12 of relatives, 12 of namesakes. */
function makeQuestion(random: Random, known: readonly Person[], at: number): Made {
  const person = pick(random, known);
  const draw = random();
  if (draw < 0.56) return askAbout(random, person, person.reference, []);
  if (draw < 0.76) return askAbout(random, makePerson(random, at), null, ['null']);
  const stranger = makePerson(random, at);
  if (draw < 0.88) {
    const [surname] = person.name.slice(-1);
    const relative: Person = {
      ...stranger,
      name: [...makeGiven(random), ...(surname === undefined ? [] : [surname])],
      father: chance(random, 0.5) ? person.father : stranger.father,
      birth: person.birth + pick(random, [0, 365, -365, 730, -730]),
      passport: nextNumber(random, person.passport),
    };
    return askAbout(random, relative, null, ['null', 'family']);
  }
  return askAbout(random, { ...stranger, name: person.name }, null, ['null', 'homonym']);
}

function nextNumber(random: Random, number: string): string {
  const digits = number.slice(2);
  const next = String(Number(digits) + whole(random, 1, 3)).padStart(digits.length, '0');
  return number.slice(0, 2) + next;
}

function askAbout(
  random: Random,
  person: Person,
  expected: string | null,
  kind: readonly string[],
): Made {
  const script: Script = chance(random, 0.5) ? 'LATIN' : 'ARABIC';
  const words = noisyWords(random, spell(random, person.name, script), script);
  const birth = noisyBirth(random, person.birth, person.yearOnly);
  const number = chance(random, 0.5) ? noisyNumber(random, person.passport) : undefined;
  const father = chance(random, 0.2);
  return {
    expected,
    slices: [
      ...kind,
      ...words.slices,
      ...birth.slices,
      ...(number === undefined ? ['doc-none'] : number.slices),
      ...(father ? ['father'] : []),
    ],
    person: {
      names: [{ full: words.words.join(' ') }],
      ...(father && { fatherName: spell(random, person.father, script).join(' ') }),
      ...birth.evidence,
      nationality: 'AFG',
      ...(number !== undefined && { documents: [{ type: 'PASSPORT', number: number.number }] }),
    },
  };
}
