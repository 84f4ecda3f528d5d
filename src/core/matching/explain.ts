import type { Comparison, ElementComparison, ElementLevel } from './compare.js';
import { alignParts } from './align-names.js';
import { candidateCap } from './blocking.js';
import { compareNames } from './compare-names.js';
import type { EvidenceElement } from './evidence.js';
import type { PersonName } from './name.js';
import type { Evidence } from './parse-evidence.js';
import type { PreparedSubject } from './prepare.js';
import { romanise } from './romanise.js';

/** For liaison officers only: holds what was asked and what the register says, in clear. */
export interface ElementExplanation {
  readonly element: EvidenceElement;
  readonly level: ElementLevel;
  readonly bits: number;
  /** One sentence. */
  readonly words: string;
  readonly asked: readonly ExplainedForm[];
  readonly known: readonly ExplainedForm[];
}

export interface ExplainedForm {
  readonly original: string;
  /** In Latin letters when the original is not. */
  readonly romanised: string | undefined;
}

const elementWords: Readonly<Record<EvidenceElement, string>> = {
  NAME: 'The name',
  FATHER_NAME: "The father's name",
  GRANDFATHER_NAME: "The grandfather's name",
  DATE_OF_BIRTH: 'The date of birth',
  SEX: 'The sex',
  NATIONALITY: 'The nationality',
  DOCUMENT: 'The document',
};

const levelWords: Readonly<Record<ElementLevel, string>> = {
  SAME: 'is the same',
  CLOSE: 'is the same but for spelling',
  PARTLY: 'is the same in part',
  DIFFERENT: 'is another',
  AGREES: 'is the same',
  DIFFERS: 'is another',
  SAME_DAY: 'is the same day',
  SWAPPED: 'is the same with day and month exchanged',
  NEXT_DAY: 'is the day before or after',
  YEAR_EXCHANGED: 'is the same with the last digits of the year exchanged',
  PLACEHOLDER: 'is a first of January or Hamal in the same year, which says the year only',
  SLIP: 'differs by one digit',
  SAME_DAY_NEAR_YEAR: 'is the same day and month one or two years apart',
  SAME_MONTH: 'is in the same month, known no better',
  SAME_YEAR: 'is in the same year, known no better',
  IN_RANGE: 'is within the years given',
  YEAR_ONLY: 'is in the same year on another day',
  NEAR_YEAR: 'is about one year apart',
  FAR_YEAR: 'is about two years apart',
  YEAR_DIGITS: 'is a year with its last digits exchanged',
  FAR_DAY: 'is another day, up to two and a half years apart',
  NEAR: 'is the same but for one character',
  SHARED: 'is a visa reference of this person and perhaps of a whole family',
  NEIGHBOUR: 'is a neighbouring number, as relatives are issued',
  OTHER: 'is another number',
  NOT_COMPARED: 'was not compared',
};

/** One entry for each element that was compared, in the order of the comparison. */
export function explainComparison(
  evidence: Evidence,
  subject: PreparedSubject,
  comparison: Comparison,
): readonly ElementExplanation[] {
  return comparison.elements.map((compared) => explainElement(evidence, subject, compared));
}

function explainElement(
  evidence: Evidence,
  subject: PreparedSubject,
  { element, level, bits }: ElementComparison,
): ElementExplanation {
  const [asked, known] = formsOf(evidence, subject, element);
  const weight = `${bits >= 0 ? '+' : '−'}${Math.abs(bits).toFixed(1)} bits`;
  const detail = element === 'NAME' ? partsInWords(evidence.names, subject.names) : '';
  const words = `${elementWords[element]} ${levelWords[level]}${detail} (${weight}).`;
  return { element, level, bits, words, asked, known };
}

type Forms = readonly ExplainedForm[];

function formsOf(
  evidence: Evidence,
  subject: PreparedSubject,
  element: EvidenceElement,
): readonly [Forms, Forms] {
  const pick = (person: Evidence | PreparedSubject): Forms => {
    switch (element) {
      case 'NAME':
        return person.names.map(({ original }) => explained(original));
      case 'FATHER_NAME':
        return optional(person.fatherName?.original);
      case 'GRANDFATHER_NAME':
        return optional(person.grandfatherName?.original);
      case 'DATE_OF_BIRTH':
        return optional(
          person.dateOfBirth && `${person.dateOfBirth.text} ${person.dateOfBirth.calendar}`,
        );
      case 'SEX':
        return optional(person.sex);
      case 'NATIONALITY':
        return optional(person.nationality);
      case 'DOCUMENT':
        return person.documents.map(({ type, original }) => explained(`${type} ${original}`));
    }
  };
  return [pick(evidence), pick(subject)];
}

function optional(text: string | undefined): Forms {
  return text === undefined ? [] : [explained(text)];
}

function explained(original: string): ExplainedForm {
  const romanised = romanise(original);
  return { original, romanised: romanised === original ? undefined : romanised };
}

const partWords = ['', 'resembles', 'is close to', 'sounds like', 'is'] as const;

/** The parts of the two names that agree best, as typed. */
function partsInWords(asked: readonly PersonName[], known: readonly PersonName[]): string {
  let best:
    { readonly one: PersonName; readonly other: PersonName; readonly bits: number } | undefined;
  for (const one of asked) {
    for (const other of known) {
      const { bits } = compareNames(one, other);
      if (best === undefined || bits > best.bits) best = { one, other, bits };
    }
  }
  if (best === undefined) return '';
  const { one, other } = best;
  const pairs = alignParts(one.parts, other.parts).map(
    (pair) =>
      `${span(one, pair.asked, pair.askedSpan)} ${partWords[pair.level]} ${span(other, pair.known, pair.knownSpan)}`,
  );
  return pairs.length === 0 ? '' : `: ${pairs.join(', ')}`;
}

function span(name: PersonName, from: number, length: number): string {
  return name.parts
    .slice(from, from + length)
    .map(({ original }) => shown(original))
    .join(' ');
}

/** As typed, with a reading aid in brackets where it is not in Latin letters. */
function shown(original: string): string {
  const latin = romanise(original);
  return latin === original ? original : `${original} (${latin})`;
}

/**
 * For liaison officers only: that a question was so common that not everybody it may mean was
 * compared; undefined when all were.
 *
 * @param candidates how many the index gave
 */
export function explainCandidateCap(candidates: number): string | undefined {
  return candidates < candidateCap
    ? undefined
    : `More than ${candidateCap} people resemble what was asked; the ${candidateCap} likeliest were compared.`;
}
