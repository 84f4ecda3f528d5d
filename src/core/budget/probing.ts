import { canonicalElements, type Evidence } from '../matching/index.js';
import type { AnchorWidth } from './limits.js';

/**
 * One value tried around one anchor. Many values around one anchor are how a list is fished: one
 * name with many dates, one series of passports with many numbers, one set of particulars with many
 * names, or one known person climbed element by element.
 */
export interface Probe {
  readonly width: AnchorWidth;
  /** Parts that name the anchor and the element tried; the first is the kind of anchor. */
  readonly anchor: readonly string[];
  readonly value: string;
  /**
   * The one person it is about, where a new value is climbing once that person was matched. Absent
   * around a name in a question with documents: that is a namesake's.
   */
  readonly guard?: readonly string[];
}

/** A run of document numbers: all but the last three characters. */
const tailLength = 3;
const shortestPrefix = 4;

/**
 * Every probe in one question, from its evidence alone. What normalises alike is one value: a name
 * spelled another way is not another try.
 *
 * | anchor | values counted | recognises |
 * |---|---|---|
 * | document number | names, birth dates, fathers' names | climbing on one known person |
 * | name with father's name | dates, documents, sex, nationality, grandfather | the same |
 * | name alone (wide) | dates, fathers' names, documents | one name with many dates |
 * | document number less its tail | tails | sequential numbers, neighbours in the queue |
 * | everything but the name (wide) | names | a name list walked with one guess |
 */
export function probesOf(evidence: Evidence): readonly Probe[] {
  const elements = canonicalElements(evidence);
  const { names, fatherName, grandfatherName, dateOfBirth, sex, nationality } = elements;
  const documents = [...new Set(elements.documents)];
  const probes: Probe[] = [];
  const add = (width: AnchorWidth, anchor: readonly string[], element: string, value: string) => {
    if (value === '') return;
    const isGuarded = width === 'NARROW' && (documents.length === 0 || anchor[0] === 'document');
    const guard = isGuarded ? { guard: anchor } : {};
    probes.push({ width, anchor: [...anchor, element], value, ...guard });
  };

  for (const document of documents) {
    const anchor = ['document', document];
    for (const name of names) add('NARROW', anchor, 'name', name);
    add('NARROW', anchor, 'date', dateOfBirth);
    add('NARROW', anchor, 'father', fatherName);
    const prefix = document.slice(0, -tailLength);
    if (prefix.length >= shortestPrefix) add('TAILS', ['series', prefix], 'number', document);
  }
  for (const name of names) {
    if (fatherName !== '') {
      const anchor = ['name and father', name, fatherName];
      add('NARROW', anchor, 'date', dateOfBirth);
      add('NARROW', anchor, 'sex', sex);
      add('NARROW', anchor, 'nationality', nationality);
      add('NARROW', anchor, 'grandfather', grandfatherName);
      for (const document of documents) add('NARROW', anchor, 'document', document);
    }
    add('WIDE', ['name', name], 'date', dateOfBirth);
    add('WIDE', ['name', name], 'father', fatherName);
    for (const document of documents) add('WIDE', ['name', name], 'document', document);
  }
  const rest = [fatherName, grandfatherName, dateOfBirth, sex, nationality, ...documents];
  if (dateOfBirth !== '' || documents.length > 0) {
    for (const name of names) add('WIDE', ['particulars', ...rest], 'name', name);
  }
  return probes;
}

/** What names one person in a question: each document, each name with the father's name. */
export function guardsOf(evidence: Evidence): readonly (readonly string[])[] {
  const { names, fatherName, documents } = canonicalElements(evidence);
  return [
    ...[...new Set(documents)].map((document) => ['document', document]),
    ...(fatherName === '' ? [] : names.map((name) => ['name and father', name, fatherName])),
  ];
}
