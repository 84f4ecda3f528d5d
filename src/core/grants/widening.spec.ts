import { describe, expect, test } from '@jest/globals';
import { inDays, plainTerms } from '../../../test/truth/grant-terms.js';
import { changed, mixedRows, oneWay, wideningRows } from '../../../test/truth/widening.js';
import type { Caseload, StateCode } from '../ids.js';
import {
  classify,
  compareEvidence,
  evidenceElements,
  meetsEvidenceFloor,
  parseEvidence,
  prepareSubject,
  restrictEvidence,
  type AssuranceLevel,
  type EvidenceElement,
  type PersonEvidenceInput,
} from '../matching/index.js';
import type { Subject } from '../register/subject.js';
import type { GrantTerms } from './grant.js';
import { parseTerms } from './parse-terms.js';
import { compareTerms, isNarrowing } from './widening.js';

const today = new Date('2026-03-04T00:00:00Z');
const plain = parseTerms(plainTerms);
const after = (change: Readonly<Record<string, unknown>>): GrantTerms =>
  parseTerms(changed(change));

describe('the difference between two versions', () => {
  test.each(wideningRows)('$about $change: widens $widens', ({ about, change, widens }) => {
    const found = compareTerms(plain, after(change));
    expect(found[0]).toMatchObject({ about, widens });
    expect(found.map((one) => one.widens)).toEqual(found.map(() => widens));
    expect(isNarrowing(plain, after(change))).toBe(!widens);
    if (about !== 'purpose') expect(found[0]?.before).not.toMatch(/[A-Z]_[A-Z]/);
  });

  test.each(wideningRows)('$about $change, taken back: widens where it narrowed', (row) => {
    const back = compareTerms(after(row.change), plain);
    // What is another, rather than more or less, widens there and back.
    if (!row.widens) expect(back.some(({ widens }) => widens)).toBe(true);
    expect(back[0]?.about).toBe(row.about);
  });

  test.each(mixedRows)('$about: widens $widens', ({ change, widens }) => {
    expect(compareTerms(plain, after(change))).toHaveLength(2);
    expect(isNarrowing(plain, after(change))).toBe(!widens);
  });

  test('no change is no narrowing', () => {
    expect(compareTerms(plain, plain)).toEqual([]);
    expect(isNarrowing(plain, plain)).toBe(false);
  });

  test('every member has its rows, in both directions where it has two', () => {
    const both = [...new Set(wideningRows.map(({ about }) => about))].filter(
      (about) => !oneWay.includes(about),
    );
    for (const about of both.filter((one) => !/^visa/.test(one))) {
      const ways = wideningRows.filter((row) => row.about === about).map(({ widens }) => widens);
      expect([about, new Set(ways).size]).toEqual([about, 2]);
    }
    const everything = parseTerms({
      ...plainTerms,
      partner: 'BRAVO-CONSULAR',
      purpose: 'ONWARD_TRAVEL',
      legalBasis: 'Another',
      caseloads: ['AF-2030'],
      fields: {},
      matchOn: ['SEX'],
      possibleMatch: 'ALLOWED',
      assuranceLevel: 'STANDARD',
      minimumEvidence: [],
      requiresNamedOfficer: false,
      requiresNotice: true,
      handling: 'ORIGINATOR_CONSENT',
      requiresSignature: true,
      questionsPerDay: 9_000,
      budgets: { peoplePerDay: 1, missesPerWeek: 1, valuesPerPerson: 9 },
      validFrom: inDays(-1),
      validUntil: inDays(1),
    });
    const known = new Set([...wideningRows.map(({ about }) => about), ...withoutRow]);
    const unknown = compareTerms(plain, everything).filter(({ about }) => !known.has(about));
    expect(unknown).toEqual([]);
  });
});

/** The partner never changes, and two budgets follow from the others. */
const withoutRow = ['partner', 'numbers of one series', 'values around one name'];

describe('what is not compared speaks against nobody:', () => {
  const subject: Subject = {
    reference: 'R-1',
    caseload: 'AF-2021' as Caseload,
    names: [{ full: 'Zalmay Tarinkoti' }],
    fatherName: 'Jandad',
    dateOfBirth: '1984-03-15',
    sex: 'M',
    nationality: 'AFG' as StateCode,
    documents: [{ type: 'PASSPORT', number: 'Q70011223' }],
    suppressedFor: [],
  };
  const papers = (number: string) => ({ documents: [{ type: 'PASSPORT' as const, number }] });
  const named = { names: [{ full: 'Zalmay Tarinkoti' }] };
  // A month of birth just confirms somebody of this name, where nothing contradicts.
  const month = { ...named, dateOfBirth: '1984-03' };
  test.each<[EvidenceElement, AssuranceLevel, PersonEvidenceInput]>([
    ['NAME', 'STANDARD', { names: [{ full: 'Farida Noori' }], ...papers('Q70011223') }],
    ['FATHER_NAME', 'HIGH', { ...month, fatherName: 'Sabur' }],
    [
      'DATE_OF_BIRTH',
      'STANDARD',
      { ...named, fatherName: 'Jandad', dateOfBirth: '1961-11-02', ...papers('L10293847') },
    ],
    ['SEX', 'HIGH', { ...month, sex: 'F' }],
    ['NATIONALITY', 'HIGH', { ...month, nationality: 'PAK' }],
    ['DOCUMENT', 'HIGH', { ...month, ...papers('L10293847') }],
  ])('without %s more people match', (element, assurance, person) => {
    const outcomeOn = (elements: readonly EvidenceElement[]) => {
      const evidence = restrictEvidence(parseEvidence(person, today), new Set(elements));
      expect(meetsEvidenceFloor(evidence)).toBe(true);
      const comparison = compareEvidence(evidence, prepareSubject(subject));
      return classify([{ comparison }], assurance).outcome;
    };
    const without = evidenceElements.filter((one) => one !== element);
    expect([outcomeOn(evidenceElements) === 'MATCH', outcomeOn(without)]).toEqual([false, 'MATCH']);
  });
});
