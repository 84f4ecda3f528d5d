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
  return JSON.stringify([
    evidence.names.map(canonicalName).sort(),
    evidence.fatherName === undefined ? '' : canonicalName(evidence.fatherName),
    evidence.grandfatherName === undefined ? '' : canonicalName(evidence.grandfatherName),
    evidence.dateOfBirth === undefined ? '' : canonicalDate(evidence.dateOfBirth),
    evidence.sex ?? '',
    evidence.nationality ?? '',
    evidence.documents.map(({ key }) => key).sort(),
  ]);
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
