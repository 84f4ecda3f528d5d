import { unspecifiedStates } from '../register/states.js';
import { compareDates, type DateLevel } from './compare-dates.js';
import { compareNames, type NameComparison } from './compare-names.js';
import { compareDocumentKeys, type DocumentKey, type DocumentLevel } from './document.js';
import type { EvidenceElement } from './evidence.js';
import type { PersonName } from './name.js';
import type { Evidence } from './parse-evidence.js';
import type { PreparedSubject } from './prepare.js';

export type ElementLevel =
  | NameComparison['level']
  | DateLevel
  | DocumentLevel
  | 'AGREES'
  | 'DIFFERS'
  /** Not supplied, not on the register, or says nothing. */
  | 'NOT_COMPARED';

export interface ElementComparison {
  readonly element: EvidenceElement;
  readonly level: ElementLevel;
  /** log2 of how much likelier this is for one person than for two; 0 when not compared. */
  readonly bits: number;
}

/** How one subject compares with the evidence of one question. */
export interface Comparison {
  /** Sum of the elements, log2 odds without the prior (Fellegi and Sunter 1969). */
  readonly score: number;
  readonly elements: readonly ElementComparison[];
  /** Parts of the names on both sides that have no counterpart on the other. */
  readonly nameConflict: boolean;
}

const nameBitsLimit = { least: -12, most: 22 };
const kinBitsLimit = { least: -4, most: 8 };

/** Compares what the evidence holds, and nothing else of the subject. Never throws. */
export function compareEvidence(evidence: Evidence, subject: PreparedSubject): Comparison {
  const elements: ElementComparison[] = [];
  const name = bestName(evidence.names, subject.names);
  if (name !== undefined) {
    elements.push(element('NAME', name.level, clamp(name.bits, nameBitsLimit)));
  }
  pushKin(elements, 'FATHER_NAME', evidence.fatherName, subject.fatherName);
  pushKin(elements, 'GRANDFATHER_NAME', evidence.grandfatherName, subject.grandfatherName);
  if (evidence.dateOfBirth !== undefined && subject.dateOfBirth !== undefined) {
    const dates = compareDates(evidence.dateOfBirth, subject.dateOfBirth);
    elements.push(element('DATE_OF_BIRTH', dates.level, dates.bits));
  }
  pushSex(elements, evidence, subject);
  pushNationality(elements, evidence, subject);
  pushDocument(elements, evidence.documents, subject.documents);
  let score = 0;
  for (const { bits } of elements) score += bits;
  const nameConflict = name !== undefined && name.askedAlone > 0 && name.knownAlone > 0;
  return { score, elements, nameConflict };
}

export function levelOf(comparison: Comparison, wanted: EvidenceElement): ElementLevel {
  return comparison.elements.find(({ element: one }) => one === wanted)?.level ?? 'NOT_COMPARED';
}

export function bitsOf(comparison: Comparison, wanted: EvidenceElement): number {
  return comparison.elements.find(({ element: one }) => one === wanted)?.bits ?? 0;
}

function element(of: EvidenceElement, level: ElementLevel, bits: number): ElementComparison {
  return { element: of, level, bits };
}

function clamp(bits: number, limit: { readonly least: number; readonly most: number }): number {
  return Math.min(limit.most, Math.max(limit.least, bits));
}

export function bestName(
  asked: readonly PersonName[],
  known: readonly PersonName[],
): NameComparison | undefined {
  let best: NameComparison | undefined;
  for (const one of asked) {
    for (const other of known) {
      const comparison = compareNames(one, other);
      if (best === undefined || comparison.bits > best.bits) best = comparison;
    }
  }
  return best;
}

function pushKin(
  elements: ElementComparison[],
  of: 'FATHER_NAME' | 'GRANDFATHER_NAME',
  asked: PersonName | undefined,
  known: PersonName | undefined,
): void {
  if (asked === undefined || known === undefined) return;
  const comparison = compareNames(asked, known);
  elements.push(element(of, comparison.level, clamp(comparison.bits, kinBitsLimit)));
}

function pushSex(
  elements: ElementComparison[],
  evidence: Evidence,
  subject: PreparedSubject,
): void {
  const { sex } = evidence;
  if (sex === undefined || subject.sex === undefined || sex === 'X' || subject.sex === 'X') return;
  elements.push(
    sex === subject.sex ? element('SEX', 'AGREES', 0.8) : element('SEX', 'DIFFERS', -4),
  );
}

function pushNationality(
  elements: ElementComparison[],
  evidence: Evidence,
  subject: PreparedSubject,
): void {
  const { nationality } = evidence;
  const known = subject.nationality;
  if (nationality === undefined || known === undefined) return;
  if (unspecifiedStates.has(nationality) || unspecifiedStates.has(known)) return;
  elements.push(
    nationality === known
      ? element('NATIONALITY', 'AGREES', 0.7)
      : element('NATIONALITY', 'DIFFERS', -3),
  );
}

const documentBits: Readonly<Record<DocumentLevel, number>> = {
  SAME: 20,
  NEAR: 9,
  NEIGHBOUR: -1,
  OTHER: -1,
};
const documentOrder: readonly DocumentLevel[] = ['SAME', 'NEAR', 'NEIGHBOUR', 'OTHER'];

/** Bits one digit of a number is worth; numbers are issued in runs, so less than log2(10). */
const bitsPerCharacter = 2.4;

function pushDocument(
  elements: ElementComparison[],
  asked: readonly DocumentKey[],
  known: readonly DocumentKey[],
): void {
  if (asked.length === 0 || known.length === 0) return;
  let best: DocumentLevel | undefined;
  let bits = 0;
  for (const one of asked) {
    for (const other of known) {
      if (one.issuingState !== undefined && other.issuingState !== undefined) {
        if (one.issuingState !== other.issuingState) continue;
      }
      const level = compareDocumentKeys(one.key, other.key);
      if (level === 'OTHER' && one.type !== other.type) continue;
      if (best !== undefined && documentOrder.indexOf(level) >= documentOrder.indexOf(best))
        continue;
      best = level;
      bits =
        level === 'SAME'
          ? Math.min(documentBits.SAME, one.key.length * bitsPerCharacter)
          : documentBits[level];
    }
  }
  if (best !== undefined) elements.push(element('DOCUMENT', best, bits));
}
