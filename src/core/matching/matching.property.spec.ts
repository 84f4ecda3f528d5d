import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseBirthDate } from '../dates/index.js';
import { isGatewayError } from '../errors.js';
import type { Caseload } from '../ids.js';
import { documentTypes, type Subject } from '../register/subject.js';
import { compareDates } from './compare-dates.js';
import { compareNames } from './compare-names.js';
import { comparePart } from './compare-parts.js';
import { compareDocumentKeys, foldDocumentNumber } from './document.js';
import {
  canonicalEvidence,
  classify,
  compareEvidence,
  evidenceBlockingTerms,
  evidenceElements,
  explainComparison,
  maxQuestionTerms,
  maxSubjectTerms,
  meetsEvidenceFloor,
  parseEvidence,
  prepareSubject,
  restrictEvidence,
  subjectBlockingTerms,
  type PersonEvidenceInput,
} from './index.js';
import { maxParts, parseName, type PersonName } from './name.js';
import { soundDistance } from './sound-distance.js';
import { soundCount } from './sounds.js';

const today = new Date('2026-06-01T00:00:00Z');

const latinWord = fc.constantFrom(
  ...'Mohammad Muhammed Zalmay Tarinkoti Abdul Rahman ullah Uddin zai Khel Haji Gul Jan bin al'.split(
    ' ',
  ),
);
const arabicWord = fc.constantFrom(
  ...'محمد زلمی ترینکوتی عبد الرحمن الله الدین زی خیل حاجی گل جان بن ال څانګه'.split(' '),
);
const hostile = fc.constantFrom(
  '\u202e',
  '\u200d',
  '\u0000',
  '😀',
  '١٢٣',
  '\ud800',
  'ﷺ',
  'ـ',
  "'",
  '-',
  ' ',
  'a\u0301',
  '漢',
  'Ж',
);
const nameText = fc.oneof(
  fc
    .array(fc.oneof(latinWord, arabicWord, hostile), { minLength: 1, maxLength: 20 })
    .map((words) => words.join(' ')),
  fc.array(fc.oneof(latinWord, arabicWord, hostile), { maxLength: 30 }).map((all) => all.join('')),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 400 }),
);
const dateText = fc.oneof(
  fc.constantFrom('1984', '1984-03-15', '1363-01-01', '[1960..1965]', '1984~', '1984-02-30'),
  fc.string({ maxLength: 30 }),
);
const numberText = fc.oneof(fc.stringMatching(/^[OP]{1,2}[0-9OISB]{5,9}$/), fc.string());
const typed = fc.record(
  {
    names: fc.array(fc.record({ full: nameText }), { maxLength: 12 }),
    fatherName: nameText,
    grandfatherName: nameText,
    dateOfBirth: dateText,
    calendar: fc.constantFrom('GREGORIAN' as const, 'SOLAR_HIJRI' as const),
    sex: fc.constantFrom('F' as const, 'M' as const, 'X' as const),
    nationality: fc.constantFrom('AFG', 'PAK', 'XXA', 'nowhere'),
    documents: fc.array(
      fc.record({ type: fc.constantFrom(...documentTypes), number: numberText }),
      { maxLength: 12 },
    ),
    machineReadableZone: fc.array(fc.stringMatching(/^[A-Z0-9<]{28,46}$/), { maxLength: 4 }),
  },
  { requiredKeys: [] },
);

function tryParse(input: unknown): ReturnType<typeof parseEvidence> | undefined {
  try {
    return parseEvidence(input as PersonEvidenceInput, today);
  } catch (error) {
    if (!isGatewayError(error, 'ERR_INPUT_INVALID')) throw error;
    expect(error.argument).toMatch(/^person\.[a-zA-Z]+(\[\d+\](\.[a-zA-Z]+)?)?$/);
    return undefined;
  }
}

describe('whatever is asked', () => {
  test('is read or refused by the path of its argument', () => {
    fc.assert(fc.property(typed, (input) => void tryParse(input)));
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...Object.keys(proto)), fc.anything()),
        (input) => void tryParse(input),
      ),
    );
  });
  test('is bounded: parts, terms', () => {
    fc.assert(
      fc.property(nameText, (text) => {
        const name = parseName(text);
        if (name === undefined || name === 'TOO_MANY_PARTS') return;
        expect(name.parts.length).toBeLessThanOrEqual(maxParts);
      }),
    );
    fc.assert(
      fc.property(typed, (input) => {
        const evidence = tryParse(input);
        if (evidence === undefined) return;
        const terms = evidenceBlockingTerms(evidence);
        expect(terms.length).toBeLessThanOrEqual(maxQuestionTerms);
        expect(new Set(terms.map(({ term }) => term)).size).toBe(terms.length);
        expect(terms.every(({ term, weight }) => term.length <= 128 && weight > 0)).toBe(true);
        canonicalEvidence(evidence);
        meetsEvidenceFloor(evidence);
      }),
    );
  });
  test('10,000 characters are refused before anything looks at them', () => {
    for (const letter of ['a', 'م', ' ', 'ﷺ', '\u0300']) {
      expect(tryParse({ names: [{ full: letter.repeat(10_000) }] })).toBeUndefined();
    }
    expect(tryParse({ names: [{ full: 'ﷺ'.repeat(300) }] })).toBeUndefined();
  });
});

const proto: Readonly<Record<keyof PersonEvidenceInput, null>> = {
  names: null,
  fatherName: null,
  grandfatherName: null,
  dateOfBirth: null,
  calendar: null,
  sex: null,
  nationality: null,
  documents: null,
  machineReadableZone: null,
};

const anySubject: fc.Arbitrary<Subject> = fc.record({
  reference: fc.constant('T-1'),
  caseload: fc.constant('TEST' as Caseload),
  names: fc.array(fc.record({ full: nameText }), { minLength: 1, maxLength: 4 }),
  dateOfBirth: dateText,
  documents: fc.array(fc.record({ type: fc.constantFrom(...documentTypes), number: numberText }), {
    maxLength: 4,
  }),
  suppressedFor: fc.constant([]),
});

describe('whoever is on the register', () => {
  test('comparing, classifying and explaining never throw and are finite', () => {
    fc.assert(
      fc.property(typed, anySubject, (input, subject) => {
        const evidence = tryParse(input);
        if (evidence === undefined) return;
        const prepared = prepareSubject(subject);
        const comparison = compareEvidence(evidence, prepared);
        expect(Number.isFinite(comparison.score)).toBe(true);
        const { agreement } = classify([{ comparison }], 'STANDARD');
        expect(agreement.map(({ element }) => element)).toEqual([...evidenceElements]);
        explainComparison(evidence, prepared, comparison);
        expect(subjectBlockingTerms(subject).length).toBeLessThanOrEqual(maxSubjectTerms);
      }),
    );
  });
  test('what is outside matchOn changes nothing', () => {
    const some = fc.subarray([...evidenceElements]);
    fc.assert(
      fc.property(typed, typed, anySubject, some, (one, other, subject, elements) => {
        const matchOn = new Set(elements);
        const a = tryParse(one);
        const b = tryParse(other);
        if (a === undefined || b === undefined) return;
        const mixed = {
          ...b,
          ...(matchOn.has('NAME') && { names: a.names }),
          ...(matchOn.has('FATHER_NAME') && { fatherName: a.fatherName }),
          ...(matchOn.has('GRANDFATHER_NAME') && { grandfatherName: a.grandfatherName }),
          ...(matchOn.has('DATE_OF_BIRTH') && { dateOfBirth: a.dateOfBirth }),
          ...(matchOn.has('SEX') && { sex: a.sex }),
          ...(matchOn.has('NATIONALITY') && { nationality: a.nationality }),
          ...(matchOn.has('DOCUMENT') && { documents: a.documents }),
        };
        const seen = restrictEvidence(a, matchOn);
        const alsoSeen = restrictEvidence(mixed, matchOn);
        const prepared = prepareSubject(subject);
        expect(compareEvidence(alsoSeen, prepared)).toEqual(compareEvidence(seen, prepared));
        expect(evidenceBlockingTerms(alsoSeen)).toEqual(evidenceBlockingTerms(seen));
        expect(canonicalEvidence(alsoSeen)).toBe(canonicalEvidence(seen));
      }),
    );
  });
});

const anyName = nameText
  .map((text) => parseName(text))
  .filter((name): name is PersonName => typeof name === 'object');

describe('laws', () => {
  const sounds = fc.uint8Array({ min: 1, max: soundCount - 1, maxLength: 20 });
  test('distance of sounds is symmetric, and nothing from itself', () => {
    fc.assert(
      fc.property(sounds, sounds, fc.boolean(), (a, b, mixed) => {
        expect(soundDistance(a, b, mixed, 10_000)).toBe(soundDistance(b, a, mixed, 10_000));
        expect(soundDistance(a, a, mixed, 10_000)).toBe(0);
      }),
    );
  });
  test('parts, dates and numbers compare the same both ways', () => {
    fc.assert(
      fc.property(anyName, anyName, (a, b) => {
        const [one] = a.parts;
        const [other] = b.parts;
        if (one === undefined || other === undefined) return;
        expect(comparePart(one, other)).toBe(comparePart(other, one));
      }),
    );
    fc.assert(
      fc.property(dateText, dateText, (one, other) => {
        const a = parseBirthDate(one, 'GREGORIAN', 20_000);
        const b = parseBirthDate(other, 'GREGORIAN', 20_000);
        if (a !== undefined && b !== undefined)
          expect(compareDates(a, b)).toEqual(compareDates(b, a));
      }),
    );
    fc.assert(
      fc.property(numberText, numberText, (one, other) => {
        const a = foldDocumentNumber('PASSPORT', one);
        const b = foldDocumentNumber('PASSPORT', other);
        if (a !== undefined && b !== undefined) {
          expect(compareDocumentKeys(a, b)).toBe(compareDocumentKeys(b, a));
        }
      }),
    );
  });
  test('a name agrees with itself, whatever the order of its parts', () => {
    fc.assert(
      fc.property(anyName, (name) => {
        const turned: PersonName = { ...name, parts: [...name.parts].reverse() };
        const { askedAlone, knownAlone } = compareNames(name, turned);
        expect([askedAlone, knownAlone]).toEqual([0, 0]);
      }),
    );
  });
  test('a subject is found by its own names, day and numbers', () => {
    fc.assert(
      fc.property(anySubject, (subject) => {
        const evidence = tryParse({
          names: subject.names,
          dateOfBirth: subject.dateOfBirth,
          documents: subject.documents,
        });
        if (evidence === undefined || !meetsEvidenceFloor(evidence)) return;
        const own = new Set(subjectBlockingTerms(subject));
        expect(evidenceBlockingTerms(evidence).some(({ term }) => own.has(term))).toBe(true);
      }),
    );
  });
});
