import { isUnspecified } from '../register/states.js';
import { compareDates, type DateLevel } from './compare-dates.js';
import { compareNames, type NameComparison } from './compare-names.js';
import { compareDocumentKeys, type DocumentKey, type DocumentLevel } from './document.js';
import type { EvidenceElement } from './evidence.js';
import type { PersonName } from './name.js';
import { commonNationality, weights } from './weights.js';
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
  /** How the names agree in detail; undefined when they were not compared. */
  readonly name: NameComparison | undefined;
}

/** Compares what the evidence holds, and nothing else of the subject. Never throws. */
export function compareEvidence(evidence: Evidence, subject: PreparedSubject): Comparison {
  const elements: ElementComparison[] = [];
  const name = bestName(evidence, subject);
  if (name !== undefined) {
    elements.push(element('NAME', name.level, name.bits));
  }
  pushKin(elements, 'FATHER_NAME', evidence.fatherName, subject.fatherName);
  pushKin(elements, 'GRANDFATHER_NAME', evidence.grandfatherName, subject.grandfatherName);
  if (evidence.dateOfBirth !== undefined && subject.dateOfBirth !== undefined) {
    const dates = compareDates(evidence.dateOfBirth, subject.dateOfBirth);
    elements.push(element('DATE_OF_BIRTH', dates.level, dates.bits));
  }
  pushSex(elements, evidence, subject);
  pushNationality(elements, evidence, subject);
  pushDocument(elements, evidence.documents, subject.documents, name);
  let score = 0;
  for (const { bits } of elements) score += bits;
  return { score, elements, name };
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

function bestName(evidence: Evidence, subject: PreparedSubject): NameComparison | undefined {
  // A father's name may stand as a surname on either side, where the grant lets it be read.
  const kin = evidence.compared.has('FATHER_NAME');
  const askedSpare = kin ? evidence.fatherName : undefined;
  const knownSpare = kin ? subject.fatherName : undefined;
  let best: NameComparison | undefined;
  for (const asked of evidence.names) {
    for (const known of subject.names) {
      const comparison = compareNames(asked, known, askedSpare, knownSpare);
      if (best === undefined || comparison.bits > best.bits) best = comparison;
    }
  }
  if (best === undefined || best.bits <= 0 || evidence.names.length < 2) return best;
  // Several names supplied are several chances to agree by accident.
  const bits = Math.max(0, best.bits - Math.log2(evidence.names.length));
  return { ...best, bits };
}

function pushKin(
  elements: ElementComparison[],
  of: 'FATHER_NAME' | 'GRANDFATHER_NAME',
  asked: PersonName | undefined,
  known: PersonName | undefined,
): void {
  if (asked === undefined || known === undefined) return;
  const comparison = compareNames(asked, known);
  elements.push(element(of, comparison.level, clamp(comparison.bits, weights.kin)));
}

function pushSex(
  elements: ElementComparison[],
  evidence: Evidence,
  subject: PreparedSubject,
): void {
  const { sex } = evidence;
  if (sex === undefined || subject.sex === undefined || sex === 'X' || subject.sex === 'X') return;
  elements.push(
    sex === subject.sex
      ? element('SEX', 'AGREES', weights.sex.agrees)
      : element('SEX', 'DIFFERS', weights.sex.differs),
  );
}

function pushNationality(
  elements: ElementComparison[],
  evidence: Evidence,
  subject: PreparedSubject,
): void {
  const asked = evidence.nationality;
  const known = subject.nationality;
  if (asked === undefined || known === undefined) return;
  if (isUnspecified(asked) || isUnspecified(known)) return;
  const { nationality } = weights;
  elements.push(
    asked === known
      ? element(
          'NATIONALITY',
          'AGREES',
          known === commonNationality ? nationality.commonAgrees : nationality.agrees,
        )
      : element('NATIONALITY', 'DIFFERS', nationality.differs),
  );
}

const documentOrder: readonly DocumentLevel[] = ['SAME', 'NEAR', 'SHARED', 'NEIGHBOUR', 'OTHER'];

function pushDocument(
  elements: ElementComparison[],
  asked: readonly DocumentKey[],
  known: readonly DocumentKey[],
  name: NameComparison | undefined,
): void {
  let best: DocumentLevel | undefined;
  let length = 0;
  for (const one of asked) {
    for (const other of known) {
      if (one.issuingState !== undefined && other.issuingState !== undefined) {
        if (one.issuingState !== other.issuingState) continue;
      }
      if (other.shared && one.type !== 'VISA') continue;
      const level = documentLevel(one, other);
      if (level === 'OTHER' && one.type !== other.type) continue;
      if (best === undefined || documentOrder.indexOf(level) < documentOrder.indexOf(best)) {
        best = level;
        length = one.key.length;
      }
    }
  }
  if (best !== undefined)
    elements.push(element('DOCUMENT', best, documentBits(best, length, name)));
}

function documentLevel(asked: DocumentKey, known: DocumentKey): DocumentLevel {
  if (!known.shared) return compareDocumentKeys(asked.key, known.key);
  return asked.key === known.key ? 'SHARED' : 'OTHER';
}

/** Numbers are issued in runs, so a character of one is worth less than log2(10). */
function documentBits(
  level: DocumentLevel,
  length: number,
  name: NameComparison | undefined,
): number {
  const { document } = weights;
  switch (level) {
    case 'SAME':
      return Math.min(document.SAME, length * document.perCharacter);
    case 'NEAR':
      return Math.min(document.NEAR, length * document.perCharacter * 0.5);
    case 'SHARED':
      return document.SHARED;
    case 'NEIGHBOUR':
      return isSameName(name) ? document.NEIGHBOUR_OF_NAMESAKE : document.NEIGHBOUR;
    case 'OTHER':
      return document.OTHER;
  }
}

/** Every identifying part of either side has its counterpart. */
export function isSameName(name: NameComparison | undefined): boolean {
  return name !== undefined && name.askedAlone === 0 && name.knownAlone === 0 && name.bits > 0;
}
