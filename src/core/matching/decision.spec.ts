import { describe, expect, test } from '@jest/globals';
import type { Caseload, StateCode } from '../ids.js';
import type { Subject } from '../register/subject.js';
import {
  classify,
  compareEvidence,
  parseEvidence,
  prepareSubject,
  restrictEvidence,
  type AssuranceLevel,
  type EvidenceElement,
  type Outcome,
  type PersonEvidenceInput,
} from './index.js';

const today = new Date('2026-06-01T00:00:00Z');

/** A made-up household on one visa. */
const zalmay: Subject = {
  reference: 'T-1',
  caseload: 'TEST' as Caseload,
  names: [{ full: 'Zalmay Tarinkoti' }],
  fatherName: 'Jandad',
  dateOfBirth: '1984-03-15',
  sex: 'M',
  nationality: 'AFG' as StateCode,
  documents: [{ type: 'PASSPORT', number: 'P05554321', issuingState: 'AFG' as StateCode }],
  visa: { reference: 'V-7701' },
  suppressedFor: [],
};
const spozhmai: Subject = {
  ...zalmay,
  reference: 'T-2',
  names: [{ full: 'Spozhmai Tarinkoti' }],
  fatherName: 'Lalgul',
  dateOfBirth: '1986-08-02',
  sex: 'F',
  documents: [{ type: 'PASSPORT', number: 'P05554322', issuingState: 'AFG' as StateCode }],
};
const register = [zalmay, spozhmai];

function decide(
  person: PersonEvidenceInput,
  assurance: AssuranceLevel = 'STANDARD',
  matchOn?: readonly EvidenceElement[],
  people: readonly Subject[] = register,
) {
  const parsed = parseEvidence(person, today);
  const evidence = matchOn === undefined ? parsed : restrictEvidence(parsed, new Set(matchOn));
  const candidates = people.map((subject) => ({
    reference: subject.reference,
    comparison: compareEvidence(evidence, prepareSubject(subject)),
  }));
  return classify(candidates, assurance);
}

const names = [{ full: 'Zalmai Tarinkoti' }];
const passport = (number: string) => [{ type: 'PASSPORT' as const, number }];

test('birth dates years apart never match, whatever agrees, but on the same document', () => {
  const namesake = {
    names,
    fatherName: 'Jandad',
    sex: 'M' as const,
    nationality: 'AFG',
    dateOfBirth: '1951-06-20',
  };
  expect(decide(namesake).outcome).not.toBe('MATCH');
  expect(decide({ ...namesake, documents: passport('P05554329') }).outcome).not.toBe('MATCH');
  expect(decide({ ...namesake, documents: passport('K11223344') }).outcome).not.toBe('MATCH');
  expect(decide({ ...namesake, documents: passport('P05554321') }).outcome).toBe('MATCH');
});

describe('a question about one of a household', () => {
  test.each<readonly [string, PersonEvidenceInput, Outcome, Outcome]>([
    ['name and day', { names, dateOfBirth: '1984-03-15' }, 'MATCH', 'MATCH'],
    ['name and year', { names, dateOfBirth: '1984' }, 'MATCH', 'POSSIBLE_MATCH'],
    ['name and Solar Hijri year', { names, dateOfBirth: '1362' }, 'MATCH', 'POSSIBLE_MATCH'],
    ['name alone: a namesake', { names }, 'POSSIBLE_MATCH', 'POSSIBLE_MATCH'],
    [
      'name, sex, nationality: still a namesake',
      { names, sex: 'M', nationality: 'AFG' },
      'POSSIBLE_MATCH',
      'POSSIBLE_MATCH',
    ],
    [
      'name and another day of birth',
      { names, dateOfBirth: '1971-11-02' },
      'POSSIBLE_MATCH',
      'POSSIBLE_MATCH',
    ],
    ["name and father's name", { names, fatherName: 'جانداد' }, 'MATCH', 'MATCH'],
    ['passport alone', { documents: passport('P05554321') }, 'MATCH', 'POSSIBLE_MATCH'],
    [
      'passport with one letter misread, and name',
      { names, documents: passport('PO5S54321') },
      'MATCH',
      'MATCH',
    ],
    ['passport of nobody', { documents: passport('P01112223') }, 'NOT_CONFIRMED', 'NOT_CONFIRMED'],
    [
      'visa reference alone: the family',
      { documents: [{ type: 'VISA', number: 'V 7701' }] },
      'NOT_CONFIRMED',
      'NOT_CONFIRMED',
    ],
    [
      'a brother with the next passport',
      {
        names: [{ full: 'Palwan Tarinkoti' }],
        dateOfBirth: '1985-03-15',
        documents: passport('P05554320'),
      },
      'NOT_CONFIRMED',
      'NOT_CONFIRMED',
    ],
    [
      'a stranger',
      { names: [{ full: 'Gulchehra Bamyani' }], dateOfBirth: '1984-03-15' },
      'NOT_CONFIRMED',
      'NOT_CONFIRMED',
    ],
    ['nothing', {}, 'NOT_CONFIRMED', 'NOT_CONFIRMED'],
  ])('%s', (_, person, standard, high) => {
    expect(decide(person, 'STANDARD').outcome).toBe(standard);
    expect(decide(person, 'HIGH').outcome).toBe(high);
  });
});

describe('two people who could each be meant', () => {
  const twin: Subject = { ...zalmay, reference: 'T-3', documents: [] };
  test('make a possible match', () => {
    const decided = decide({ names, dateOfBirth: '1984-03-15' }, 'STANDARD', undefined, [
      zalmay,
      twin,
    ]);
    expect([decided.outcome, decided.ambiguous]).toEqual(['POSSIBLE_MATCH', true]);
  });
  test('are told apart by a passport', () => {
    const person = { names, dateOfBirth: '1984-03-15', documents: passport('P05554321') };
    const decided = decide(person, 'STANDARD', undefined, [zalmay, twin]);
    expect([decided.outcome, decided.best?.reference]).toEqual(['POSSIBLE_MATCH', 'T-1']);
  });
  test('change nothing when one of them is out of scope', () => {
    const decided = decide({ names, dateOfBirth: '1984-03-15' }, 'STANDARD', undefined, [zalmay]);
    expect(decided.outcome).toBe('MATCH');
  });
});

describe('elements outside matchOn', () => {
  test('are not read: a passport that would match does not', () => {
    const person = { documents: passport('P05554321') };
    expect(decide(person, 'STANDARD', ['NAME', 'DATE_OF_BIRTH']).outcome).toBe('NOT_CONFIRMED');
  });
  test('are not read: a date that would contradict does not', () => {
    const person = { names, dateOfBirth: '1971-11-02', documents: passport('P05554321') };
    expect(decide(person, 'STANDARD', ['NAME', 'DOCUMENT']).outcome).toBe('MATCH');
  });
  test("a father's name does not stand for a surname", () => {
    const person = { names: [{ full: 'Zalmay Jandad' }], dateOfBirth: '1984' };
    const with_ = decide(person, 'STANDARD', ['NAME', 'DATE_OF_BIRTH', 'FATHER_NAME']);
    const without = decide(person, 'STANDARD', ['NAME', 'DATE_OF_BIRTH']);
    expect(with_.best?.comparison.name?.askedAlone).toBe(0);
    expect(without.best?.comparison.name?.askedAlone).toBe(1);
  });
});

describe('agreement told with a match', () => {
  const agreement = (person: PersonEvidenceInput) =>
    decide(person)
      .agreement.filter(({ agreement: of }) => of === 'AGREES')
      .map(({ element }) => element);
  test('names what agrees', () => {
    const person = { names, dateOfBirth: '1984-03-15', sex: 'M' as const };
    expect(agreement(person)).toEqual(['NAME', 'DATE_OF_BIRTH', 'SEX']);
  });
  test('has one face for what differs, slips or was not supplied', () => {
    const person = { names, dateOfBirth: '1984-03-16', documents: passport('P05554331') };
    expect(agreement(person)).toEqual(['NAME']);
  });
  test('does not say that a placeholder day agrees with a day', () => {
    expect(agreement({ names, dateOfBirth: '1984-01-01' })).toEqual(['NAME']);
  });
});
