import { builtInCaseload, type SubjectId } from '../core/ids.js';
import {
  classify,
  compareEvidence,
  evidenceBlockingTerms,
  evidenceElements,
  prepareSubject,
  type BlockingTerm,
  type ElementComparison,
  type Evidence,
} from '../core/matching/index.js';
import { BlindIndex } from './blind-index.js';
import type { PagePerson } from './page.js';
import type { PersonReference } from './register-change.js';
import { nobody, wordsOf, type Register } from './register.js';
import { pagesPerRead, type VersionReference } from './register-store.js';
import type { SubjectContent } from './subject-blob.js';
import { decodeSubjectId, encodeSubjectId } from './subject-uuid.js';

/** Two people of the register who may be one, for a registrar to merge or keep apart. */
export interface LikelyDuplicate {
  readonly one: DuplicateSide;
  readonly other: DuplicateSide;
  readonly likelihood: 'MATCH' | 'POSSIBLE_MATCH';
  /** Bits, see core/matching. */
  readonly score: number;
  readonly elements: readonly ElementComparison[];
  /** Members of one household resemble each other. */
  readonly sameHousehold: boolean;
}

export interface DuplicateSide extends PersonReference {
  readonly subject: SubjectId;
  readonly state: 'LIVE' | 'PENDING';
  /** From a partner or state, suppressed or by their own refusal: the other entry would tell of them. */
  readonly isKept: boolean;
}

/** People compared with one person. */
const candidatesPerPerson = 20;
/** People opened at one time. */
const peopleAtOnce = 64;
/** Pairs that are listed, likeliest first. */
export const mostDuplicates = 1000;

interface Opened {
  readonly side: DuplicateSide;
  readonly content: SubjectContent;
}

/**
 * Likely duplicates by the matcher itself, candidates from the blind index whoever may be told of
 * them. Pairs that were kept apart are left out.
 *
 * @param batchId people who wait in this batch, against each other and everybody live; absent:
 *   everybody live against everybody live
 */
export async function findDuplicates(
  register: Register,
  batchId?: string,
): Promise<readonly LikelyDuplicate[]> {
  return (await compareForDuplicates(register, { ...(batchId === undefined ? {} : { batchId }) }))
    .pairs;
}

/** What a comparison of some people came to. */
export interface ComparedPeople {
  /** The likeliest first; a pair is found from either side. */
  readonly pairs: readonly LikelyDuplicate[];
  /** How many people were compared with all others, and how many there are. */
  readonly compared: number;
  readonly total: number;
}

/**
 * {@link findDuplicates} for some of the people, in the order of the register: comparing one takes
 * some milliseconds, so that large lists are compared piece by piece.
 */
export async function compareForDuplicates(
  register: Register,
  which: { readonly batchId?: string; readonly from?: number; readonly count?: number },
): Promise<ComparedPeople> {
  const { batchId, from = 0, count = Infinity } = which;
  await register.load();
  const { store } = register;
  const { people: everybody, kept } = await peopleToCompare(register, batchId);
  const people = everybody.slice(from, from + count);
  const waiting = batchId === undefined ? undefined : indexPending(register, everybody);
  const apart = new Set(
    (
      await store.dataSource.query<{ one: string; other: string }[]>(
        'SELECT one, other FROM kept_apart',
      )
    ).map(({ one, other }) => `${one} ${other}`),
  );
  const found = new Map<string, LikelyDuplicate>();
  for (let at = 0; at < people.length; at += peopleAtOnce) {
    const some = people.slice(at, at + peopleAtOnce);
    const opened = await openPeople(register, some, kept);
    for (const person of opened) {
      const evidence = evidenceOf(person.content);
      const terms = evidenceBlockingTerms(evidence);
      const live = register
        .candidatesForHost(terms, candidatesPerPerson)
        .map(({ id, version }) => ({ id, version, state: 'LIVE' as const }));
      const others = [...live, ...(waiting?.(terms) ?? [])].filter(
        ({ id }) => id !== person.side.subject && !apart.has(pairKey(id, person.side.subject)),
      );
      for (const other of await openPeople(register, others, kept)) {
        const key = pairKey(other.side.subject, person.side.subject);
        if (found.has(key)) continue;
        const pair = comparePair(person, other, evidence);
        if (pair !== undefined) found.set(key, pair);
      }
    }
  }
  const pairs = [...found.values()].sort((a, b) => b.score - a.score).slice(0, mostDuplicates);
  return { pairs, compared: people.length, total: everybody.length };
}

type Compared = VersionReference & {
  readonly state: 'LIVE' | 'PENDING';
  readonly person?: PagePerson;
};

async function peopleToCompare(
  register: Register,
  batchId: string | undefined,
): Promise<{ readonly people: readonly Compared[]; readonly kept: ReadonlySet<SubjectId> }> {
  const { store } = register;
  const { dataSource } = store;
  const batch = batchId === undefined ? undefined : encodeSubjectId(batchId as SubjectId);
  return dataSource.transaction('REPEATABLE READ', async (manager) => {
    const head = await store.readHead(manager, 'read');
    const pageNumbers = [...head.pages.keys()];
    const people: Compared[] = [];
    const kept = new Set<SubjectId>();
    for (let at = 0; at < pageNumbers.length; at += pagesPerRead) {
      for (const page of await store.readPages(manager, pageNumbers.slice(at, at + pagesPerRead))) {
        for (const person of page.people) {
          if (person.caseload === builtInCaseload) continue;
          const id = decodeSubjectId(person.subject);
          if (isKept(person)) kept.add(id);
          if (batch === undefined && person.live !== undefined) {
            people.push({ id, version: person.live.version, state: 'LIVE' });
          }
          if (batch !== undefined && person.pending?.batch.equals(batch) === true) {
            people.push({ id, version: person.pending.version, state: 'PENDING', person });
          }
        }
      }
    }
    return { people, kept };
  });
}

function isKept({ suppressedFor, live, pending }: PagePerson): boolean {
  return [suppressedFor, live?.refusedFor, pending?.refusedFor].some(
    (codes = []) => codes.length > 0,
  );
}

/** Finds among those who wait, for the length of one comparison. */
function indexPending(
  register: Register,
  people: readonly Compared[],
): (terms: readonly BlockingTerm[]) => readonly Compared[] {
  const index = new BlindIndex();
  const byRow = new Map<number, Compared>();
  for (const one of people) {
    if (one.person?.pending === undefined) continue;
    const { subject, caseload, suppressedFor, pending } = one.person;
    const keys = wordsOf(pending.terms);
    byRow.set(index.put({ subject, version: 1, caseload, suppressedFor, keys }), one);
  }
  const scope = { ...nobody, caseloads: index.caseloads };
  return (terms) => {
    const keys = wordsOf(register.store.keys.termKeys(terms.map(({ term }) => term)));
    const weights = Float64Array.from(terms, ({ weight }) => weight);
    return index.candidates(keys, weights, scope, candidatesPerPerson).flatMap((row) => {
      const one = byRow.get(row);
      return one === undefined ? [] : [one];
    });
  };
}

async function openPeople(
  register: Register,
  people: readonly Compared[],
  kept: ReadonlySet<SubjectId>,
): Promise<readonly Opened[]> {
  const { store } = register;
  const opened = await store.readSubjects(store.dataSource, people);
  // Who has changed meanwhile is compared next time.
  return people.flatMap(({ id, state }): Opened[] => {
    const content = opened.get(id)?.content;
    if (content === undefined) return [];
    const { caseload, reference } = content;
    return [{ side: { subject: id, caseload, reference, state, isKept: kept.has(id) }, content }];
  });
}

const everyElement = new Set(evidenceElements);

function evidenceOf(content: SubjectContent): Evidence {
  return { ...prepareSubject({ ...content, suppressedFor: [] }), compared: everyElement };
}

function comparePair(one: Opened, other: Opened, evidence: Evidence): LikelyDuplicate | undefined {
  const prepared = prepareSubject({ ...other.content, suppressedFor: [] });
  const comparison = compareEvidence(evidence, prepared);
  const { outcome } = classify([{ comparison }], 'STANDARD');
  if (outcome === 'NOT_CONFIRMED') return undefined;
  const { household } = one.content;
  return {
    one: one.side,
    other: other.side,
    likelihood: outcome,
    score: comparison.score,
    elements: comparison.elements,
    sameHousehold: household !== undefined && household === other.content.household,
  };
}

export const pairKey = (a: string, b: string): string => (a < b ? `${a} ${b}` : `${b} ${a}`);
