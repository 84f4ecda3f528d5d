import { bitsOf, levelOf, type Comparison } from './compare.js';
import { evidenceElements, type EvidenceElement } from './evidence.js';

export type Outcome = 'MATCH' | 'POSSIBLE_MATCH' | 'NOT_CONFIRMED';
export type AssuranceLevel = 'STANDARD' | 'HIGH';
/** One face for differs, not on the register, not supplied, not compared. */
export type Agreement = 'AGREES' | 'NOT_CONFIRMED';

export interface ElementAgreement {
  readonly element: EvidenceElement;
  readonly agreement: Agreement;
}

export interface Classification<Candidate> {
  readonly outcome: Outcome;
  /** The likeliest person, whatever the outcome; for liaison officers unless it is MATCH. */
  readonly best: Candidate | undefined;
  /** Another person above the threshold of MATCH. */
  readonly ambiguous: boolean;
  /** How each element of the best agrees, in the order of `evidenceElements`. */
  readonly agreement: readonly ElementAgreement[];
}

/** Fixed thresholds in bits; docs/matching.md says what each costs. */
export const thresholds: Readonly<
  Record<AssuranceLevel, { readonly match: number; readonly possible: number }>
> = {
  STANDARD: { match: 12.5, possible: 8 },
  HIGH: { match: 23, possible: 8 },
};

/**
 * Decides among the candidates in scope of one question; people out of scope must not be among them.
 * Two people who could each be a match make a possible match, and so does a name with nothing else.
 */
export function classify<Candidate extends { readonly comparison: Comparison }>(
  candidates: readonly Candidate[],
  assurance: AssuranceLevel,
): Classification<Candidate> {
  const { match, possible } = thresholds[assurance];
  let best: Candidate | undefined;
  for (const candidate of candidates) {
    if (best === undefined || candidate.comparison.score > best.comparison.score) best = candidate;
  }
  if (best === undefined) {
    return { outcome: 'NOT_CONFIRMED', best, ambiguous: false, agreement: agreementOf(undefined) };
  }
  const chosen = best;
  const ambiguous = candidates.some(
    (candidate) => candidate !== chosen && isRival(candidate.comparison, chosen.comparison, match),
  );
  const outcome =
    isMatch(best.comparison, match) && !ambiguous
      ? 'MATCH'
      : best.comparison.score >= possible
        ? 'POSSIBLE_MATCH'
        : 'NOT_CONFIRMED';
  return { outcome, best, ambiguous, agreement: agreementOf(best.comparison) };
}

/** Whether another person could be the one: a match as well, or nearly as likely as the best. */
function isRival(other: Comparison, best: Comparison, match: number): boolean {
  if (isMatch(other, match)) return true;
  const near = best.score - other.score <= rivalBits && other.score >= match - rivalBits;
  return near && (other.name === undefined || !other.name.leadAlone);
}

function isMatch(comparison: Comparison, threshold: number): boolean {
  const { name } = comparison;
  const contradicted = name !== undefined && Math.min(name.askedAlone, name.knownAlone) > 0;
  const needed = contradicted ? threshold + contradictionBits : threshold;
  return comparison.score >= needed && isCorroborated(comparison);
}

/** A likelihood of one in sixteen is still another person's. */
const rivalBits = 4;

/** Further bits a match needs when both names have a part the other lacks: another surname. */
const contradictionBits = 3;

/** Bits by which a birth date, a document or a father's name tells a person from a namesake. */
const corroboratingBits = 2.5;
/** Bits of a date that names a day or a month, however misspelt; below, it names a year. */
const dayBits = 7;
/**
 * Many of those asked about do not know their birthday: a year known no better than as a year may be
 * one off for a rare name that nothing contradicts, two for a rarer one that agrees whole.
 */
const nearYearNameBits = 13;
const farYearNameBits = 15.5;

/** Something besides a name tells this person from a namesake, and the name from a relative. */
function isCorroborated(comparison: Comparison): boolean {
  const { name } = comparison;
  const date = bitsOf(comparison, 'DATE_OF_BIRTH');
  const document = levelOf(comparison, 'DOCUMENT');
  if (document === 'SAME') {
    if (name === undefined) return date >= 0;
    // A relative's passport: the number agrees, the given name does not, the birthday may not.
    return date >= corroboratingBits || (name.agreedBits > 2 && !name.leadAlone);
  }
  if (name === undefined || name.bits <= 0) return false;
  // The given name of either side is missing: a brother, a wife, a son.
  if (name.leadAlone) return false;
  if (document !== 'SHARED' && bitsOf(comparison, 'DOCUMENT') >= corroboratingBits) return true;
  if (bitsOf(comparison, 'FATHER_NAME') >= corroboratingBits) return true;
  if (date >= dayBits) return true;
  // A year is shared by many who share one name: two parts of the name, or all there is of it.
  const alone = name.askedAlone + name.knownAlone;
  if (date >= corroboratingBits) return name.agreedParts > 1 || alone === 0;
  const level = levelOf(comparison, 'DATE_OF_BIRTH');
  const oneSided = Math.min(name.askedAlone, name.knownAlone) === 0;
  if (level === 'NEAR_YEAR') return oneSided && name.bits >= nearYearNameBits;
  if (level !== 'FAR_YEAR' && level !== 'YEAR_DIGITS') return false;
  return alone === 0 && name.agreedParts > 1 && name.bits >= farYearNameBits;
}

const agreeing: ReadonlySet<string> = new Set([
  'SAME',
  'CLOSE',
  'AGREES',
  'SHARED',
  'SAME_DAY',
  'SAME_MONTH',
  'SAME_YEAR',
  'IN_RANGE',
]);

function agreementOf(comparison: Comparison | undefined): readonly ElementAgreement[] {
  return evidenceElements.map((element) => ({
    element,
    agreement:
      comparison !== undefined && agreeing.has(levelOf(comparison, element))
        ? 'AGREES'
        : 'NOT_CONFIRMED',
  }));
}
