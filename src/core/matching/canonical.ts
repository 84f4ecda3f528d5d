import type { EdtfDate } from '../dates/index.js';
import type { NamePart, PersonName } from './name.js';
import type { Evidence } from './parse-evidence.js';

/**
 * One text for the same person asked for, for keyed fingerprints (budgets count people, not
 * requests). Spellings that normalise alike, another order of parts, another script of a name the
 * lexicon knows and another way to write a document number give the same text. RFC 8785 is not
 * needed: arrays and strings only, in one order.
 */
export function canonicalEvidence(evidence: Evidence): string {
  const elements = canonicalElements(evidence);
  return JSON.stringify([
    elements.names,
    elements.fatherName,
    elements.grandfatherName,
    elements.dateOfBirth,
    elements.sex,
    elements.nationality,
    elements.documents,
  ]);
}

/** Each element of {@link canonicalEvidence} by itself; lists sorted, empty for what is absent. */
export interface CanonicalElements {
  readonly names: readonly string[];
  readonly fatherName: string;
  readonly grandfatherName: string;
  readonly dateOfBirth: string;
  readonly sex: string;
  readonly nationality: string;
  readonly documents: readonly string[];
}

export function canonicalElements(evidence: Evidence): CanonicalElements {
  const { fatherName, grandfatherName, dateOfBirth } = evidence;
  return {
    names: evidence.names.map(canonicalName).sort(),
    fatherName: fatherName === undefined ? '' : canonicalName(fatherName),
    grandfatherName: grandfatherName === undefined ? '' : canonicalName(grandfatherName),
    dateOfBirth: dateOfBirth === undefined ? '' : canonicalDate(dateOfBirth),
    sex: evidence.sex ?? '',
    nationality: evidence.nationality ?? '',
    documents: evidence.documents.map(({ key }) => key).sort(),
  };
}

function canonicalName(name: PersonName): string {
  const told = name.parts.filter(({ role }) => role !== 'TITLE');
  return (told.length > 0 ? told : name.parts).map(canonicalPart).sort().join(' ');
}

function canonicalPart(part: NamePart): string {
  const base = part.canon !== 0 ? `#${part.canon}` : part.skeleton || 'vowels';
  return part.form === 'PLAIN' ? base : `${part.form}:${base}`;
}

function canonicalDate(date: EdtfDate): string {
  return date.alternatives
    .map(({ first, last }) => `${first}/${last}`)
    .sort()
    .join(' ');
}
