import { civilDay, dayNumber, type EdtfDate } from '../dates/index.js';
import type { StateCode } from '../ids.js';
import { isUnspecified } from '../register/states.js';
import type { Subject } from '../register/subject.js';
import type { DocumentKey } from './document.js';
import type { NamePart, PersonName } from './name.js';
import type { Evidence } from './parse-evidence.js';
import { prepareSubject, type PreparedSubject } from './prepare.js';
import { commonNationality } from './weights.js';

/**
 * Terms by which the blind index finds candidates. A subject is filed under its terms, a question
 * asks for its own; the index adds up the weights of the terms a row shares with the question and
 * keeps the {@link candidateCap} best. Terms are short labelled texts and never leave the core in
 * clear: the register keys each before it is kept.
 */
export const candidateCap = 100;
export const maxSubjectTerms = 256;
export const maxQuestionTerms = 256;

export interface BlockingTerm {
  readonly term: string;
  /** Bits a shared term is worth, roughly; at least 0.5. */
  readonly weight: number;
}

/** Distinct terms of a subject, at most {@link maxSubjectTerms}. */
export function subjectBlockingTerms(subject: Subject): readonly string[] {
  return termsOf(prepareSubject(subject), false).map(({ term }) => term);
}

/** {@link subjectBlockingTerms} of a subject that was read for comparison already. */
export function preparedBlockingTerms(subject: PreparedSubject): readonly string[] {
  return termsOf(subject, false).map(({ term }) => term);
}

/** Distinct terms of a question with their weights, at most {@link maxQuestionTerms}. */
export function evidenceBlockingTerms(evidence: Evidence): readonly BlockingTerm[] {
  return termsOf(evidence, true);
}

type Blocked = Pick<PreparedSubject, 'names' | 'dateOfBirth' | 'nationality' | 'documents'>;

function termsOf(person: Blocked, asking: boolean): BlockingTerm[] {
  const terms = new Map<string, number>();
  const add = (term: string, weight: number): void => {
    const limit = asking ? maxQuestionTerms : maxSubjectTerms;
    const before = terms.get(term);
    if (before === undefined ? terms.size < limit : weight > before) terms.set(term, weight);
  };
  for (const document of person.documents) addDocument(add, document);
  const years =
    person.dateOfBirth === undefined
      ? new Map<number, number>()
      : yearsOf(person.dateOfBirth, asking);
  if (person.dateOfBirth !== undefined) addDays(add, person.dateOfBirth, asking);
  const state = tellingState(person.nationality);
  // For people who ask under a name the register does not have.
  if (state !== undefined) {
    for (const [year, off] of years) add(`s:${state}:${year}`, 3 - off);
  }
  for (const name of person.names) addName(add, name, years, state);
  return [...terms].map(([term, weight]) => ({ term, weight }));
}

type Add = (term: string, weight: number) => void;

function addDocument(add: Add, { key, shared }: DocumentKey): void {
  add(`d:${key}`, 20);
  if (shared || key.length < 5) return;
  // One character wrong, missing or added leaves two numbers a common text with one left out.
  add(`e:${key}`, 10);
  for (let at = 0; at < key.length; at += 1) {
    add(`e:${key.slice(0, at)}${key.slice(at + 1)}`, 10);
  }
}

/** The day itself; the question's with the days a slip of the pen would have made of it. */
function addDays(add: Add, date: EdtfDate, asking: boolean): void {
  for (const { precision, approximate, placeholder, first, civil } of date.alternatives) {
    if (precision !== 'DAY' || approximate) continue;
    add(`b:${first}`, placeholder ? 4 : 12);
    if (!asking || placeholder) continue;
    add(`b:${first - 1}`, 8);
    add(`b:${first + 1}`, 8);
    const { year, month, day } = civil;
    const exchanged = year - (year % 100) + (year % 10) * 10 + Math.floor((year % 100) / 10);
    for (const near of [year - 2, year - 1, year + 1, year + 2, exchanged]) {
      addDay(add, near, month, day);
    }
    addDay(add, year, day, month);
  }
}

function addDay(add: Add, year: number, month: number, day: number): void {
  const number = dayNumber('GREGORIAN', year, month, day);
  if (number !== undefined) add(`b:${number}`, 8);
}

/** A nationality nearly everybody on the register has tells nobody apart. */
function tellingState(state: StateCode | undefined): StateCode | undefined {
  if (state === undefined || state === commonNationality || isUnspecified(state)) return undefined;
  return state;
}

/** Gregorian years a birth may fall in, by how far off they are. */
type Years = ReadonlyMap<number, number>;

const yearsAskedAround = 2;
const mostYears = 16;

/** The question's with two years either side: many of those asked about do not know their birthday. */
function yearsOf(date: EdtfDate, asking: boolean): Years {
  const years = new Map<number, number>();
  const slack = asking ? yearsAskedAround : 0;
  for (const { first, last } of date.alternatives) {
    const from = civilDay('GREGORIAN', first).year;
    const to = Math.min(civilDay('GREGORIAN', last).year, from + mostYears);
    for (let year = from - slack; year <= to + slack; year += 1) {
      const off = Math.max(from - year, year - to, 0);
      const before = years.get(year);
      if (before === undefined ? years.size < mostYears : off < before) years.set(year, off);
    }
  }
  return years;
}

/** Parts rarer than this stand alone as terms; commoner ones only together with something else. */
const aloneBits = 5;

function addName(add: Add, name: PersonName, years: Years, state: StateCode | undefined): void {
  const told = name.parts.filter(({ role }) => role !== 'TITLE');
  const parts = told.length > 0 ? told : name.parts;
  for (const [index, part] of parts.entries()) {
    const sound = blockingSound(part);
    if (part.bits >= aloneBits) add(`n:${sound}`, part.bits);
    for (const [year, off] of years) add(`y:${sound}:${year}`, part.bits * 0.5 + 2 - off * 0.5);
    if (state !== undefined) add(`c:${sound}:${state}`, part.bits * 0.5 + 2);
    for (const other of parts.slice(index + 1)) {
      const pair = [sound, blockingSound(other)].sort().join('+');
      add(`p:${pair}`, Math.min(part.bits + other.bits, 14));
    }
  }
}

function blockingSound(part: NamePart): string {
  return part.skeleton === '' ? 'vowels' : part.skeleton;
}
