import { describe, expect, test } from '@jest/globals';
import type { Caseload, GrantId, PartnerCode } from '../ids.js';
import { printGrant, printImpactAssessment } from './document.js';
import { grantDigest, handlingCodes, type Grant, type GrantTerms } from './grant.js';
import { parseTerms } from './parse-terms.js';
import { purposeDefinitions, type Purpose } from './purpose.js';
import { compareTerms, isNarrowing } from './widening.js';
import { handlingWords } from './words.js';

export const plainTerms: GrantTerms = {
  partner: 'ALPHA-BORDER' as PartnerCode,
  purpose: 'BORDER_VERIFICATION',
  legalBasis: 'Memorandum of understanding, article 4',
  caseloads: ['AF-2021', 'AF-2022'] as Caseload[],
  fields: { FULL_NAME: 'CONFIRM', DATE_OF_BIRTH: 'GENERALISED', VISA_STATUS: 'FULL' },
  matchOn: ['NAME', 'FATHER_NAME', 'DATE_OF_BIRTH', 'DOCUMENT'],
  possibleMatch: 'FOLDED',
  assuranceLevel: 'HIGH',
  minimumEvidence: ['NAME'],
  requiresNamedOfficer: true,
  handling: 'NO_ONWARD_TRANSFER',
  questionsPerDay: 100,
  budgets: { peoplePerDay: 50 },
  validFrom: new Date('2026-01-01T00:00:00.000Z'),
  validUntil: new Date('2026-06-01T00:00:00.000Z'),
};

/** Every change of one member: how it reads, and whether it widens. */
const changes: readonly [string, Partial<GrantTerms>, boolean][] = [
  ['purpose', { purpose: 'ONWARD_TRAVEL' }, true],
  ['legal basis', { legalBasis: 'Another memorandum' }, true],
  ['people', { caseloads: ['AF-2021', 'AF-2022', 'AF-2023'] as Caseload[] }, true],
  ['people', { caseloads: ['AF-2021'] as Caseload[] }, false],
  ['people', { caseloads: ['AF-2023'] as Caseload[] }, true],
  ['full name', { fields: { ...plainTerms.fields, FULL_NAME: 'FULL' } }, true],
  ['full name', { fields: { ...plainTerms.fields, FULL_NAME: 'PRESENCE' } }, false],
  ['visa reference', { fields: { ...plainTerms.fields, VISA_REFERENCE: 'PRESENCE' } }, true],
  ['visa status', { fields: { ...plainTerms.fields, VISA_STATUS: 'WITHHELD' } }, false],
  ['compared', { matchOn: [...plainTerms.matchOn, 'SEX'] }, true],
  ['compared', { matchOn: ['NAME', 'DATE_OF_BIRTH'] }, false],
  ['unclear cases', { possibleMatch: 'ALLOWED' }, true],
  ['assurance', { assuranceLevel: 'STANDARD' }, true],
  ['least evidence', { minimumEvidence: [] }, true],
  ['least evidence', { minimumEvidence: ['NAME', 'DOCUMENT'] }, false],
  ['named officer', { requiresNamedOfficer: false }, true],
  ['onward transfer', { handling: 'ORIGINATOR_CONSENT' }, true],
  ['signed acceptance', { requiresSignature: true }, false],
  ['people a day', { budgets: { peoplePerDay: 51 } }, true],
  ['people a day', { budgets: { peoplePerDay: 49 } }, false],
  ['people a day', { budgets: {} }, true],
  ['values around one person', { budgets: { peoplePerDay: 50, valuesPerPerson: 5 } }, false],
  ['misses a week', { budgets: { peoplePerDay: 50, missesPerWeek: 41 } }, true],
  ['questions a day', { questionsPerDay: 101 }, true],
  ['questions a day', { questionsPerDay: 99 }, false],
  ['valid until', { validUntil: new Date('2026-07-01T00:00:00.000Z') }, true],
  ['valid until', { validUntil: new Date('2026-05-01T00:00:00.000Z') }, false],
  ['valid from', { validFrom: new Date('2025-12-01T00:00:00.000Z') }, true],
  ['valid from', { validFrom: new Date('2026-02-01T00:00:00.000Z') }, false],
];

describe('the difference between two versions', () => {
  test.each(changes)('%s %j: widens %s', (about, change, widens) => {
    const after = { ...plainTerms, ...change };
    const found = compareTerms(plainTerms, after);
    expect(found[0]).toMatchObject({ about, widens });
    expect(found.map((one) => one.widens)).toEqual(found.map(() => widens));
    expect(isNarrowing(plainTerms, after)).toBe(!widens);
    if (about !== 'purpose') expect(found[0]?.before).not.toMatch(/[A-Z]_[A-Z]/);
  });

  test('one that widens among many that narrow widens', () => {
    const after: GrantTerms = { ...plainTerms, questionsPerDay: 1, possibleMatch: 'ALLOWED' };
    expect(isNarrowing(plainTerms, after)).toBe(false);
  });

  test('no change is no narrowing', () => {
    expect(compareTerms(plainTerms, plainTerms)).toEqual([]);
    expect(isNarrowing(plainTerms, plainTerms)).toBe(false);
  });
});

const asJson = (terms: GrantTerms) =>
  JSON.parse(JSON.stringify(terms)) as Readonly<Record<string, unknown>>;

describe('terms from outside', () => {
  test('come back as they were, with the same digest', () => {
    const read = parseTerms(asJson(plainTerms));
    expect(read).toEqual(plainTerms);
    const id = '0b7c3c2e-5d0f-4a57-9f25-0e0d5f6f1c11' as GrantId;
    expect(grantDigest(id, 1, read)).toBe(grantDigest(id, 1, plainTerms));
  });

  test.each<[string, Readonly<Record<string, unknown>>]>([
    ['terms', { extra: 1 }],
    ['terms.partner', { partner: 'lower' }],
    ['terms.purpose', { purpose: 'CURIOSITY' }],
    ['terms.legalBasis', { legalBasis: ' ' }],
    ['terms.caseloads', { caseloads: [] }],
    ['terms.caseloads', { caseloads: ['AF-2021', 'AF-2021'] }],
    ['terms.fields', { fields: { PHOTOGRAPH: 'FULL' } }],
    ['terms.fields.SEX', { fields: { SEX: 'MASKED' } }],
    ['terms.fields.SEX', { fields: { SEX: null } }],
    ['terms.matchOn', { matchOn: [] }],
    ['terms.matchOn[0]', { matchOn: ['PHOTOGRAPH'] }],
    ['terms.minimumEvidence[0]', { minimumEvidence: ['SEX'] }],
    ['terms.possibleMatch', { possibleMatch: 'MAYBE' }],
    ['terms.assuranceLevel', { assuranceLevel: 'LOW' }],
    ['terms.requiresNamedOfficer', { requiresNamedOfficer: 'yes' }],
    ['terms.handling', { handling: 'ANYTHING' }],
    ['terms.questionsPerDay', { questionsPerDay: -1 }],
    ['terms.questionsPerDay', { questionsPerDay: 1.5 }],
    ['terms.budgets', { budgets: { people: 3 } }],
    ['terms.budgets.peoplePerDay', { budgets: { peoplePerDay: null } }],
    ['terms.validFrom', { validFrom: '2026-02-30T00:00:00Z' }],
    ['terms.validUntil', { validUntil: '2025-01-01T00:00:00Z' }],
    ['terms.validUntil', { validUntil: '2027-06-01T00:00:00Z' }],
  ])('%s is refused for %j', (argument, change) => {
    expect(() => parseTerms({ ...asJson(plainTerms), ...change })).toThrow(
      expect.objectContaining({ code: 'ERR_INPUT_INVALID', argument }),
    );
  });
});

describe('a grant on paper', () => {
  const id = '0b7c3c2e-5d0f-4a57-9f25-0e0d5f6f1c11' as GrantId;
  const digest = grantDigest(id, 2, plainTerms);
  const grant: Grant = { ...plainTerms, id, version: 2, digest, state: 'ACTIVE' };
  const paper = printGrant(grant, { partnerName: 'Border agency | of a partner' });

  test('carries id, version, digest, basis, people and dates', () => {
    for (const part of [id, 'version 2', digest, plainTerms.legalBasis, 'AF-2021, AF-2022']) {
      expect(paper).toContain(part);
    }
    expect(paper).toContain('from 1 January 2026, 00:00 UTC until 1 June 2026, 00:00 UTC');
    expect(paper).toContain('Border agency \\| of a partner');
    expect(paper).toMatch(/not a finding about the person/);
  });

  test('says each field in words, and nothing of it in codes', () => {
    expect(paper).toContain('| date of birth | in a coarser form: Gregorian year, e.g. `1984` |');
    expect(paper).toContain('| visa reference | not told |');
    expect(paper).not.toMatch(/GENERALISED|FOLDED|DATE_OF_BIRTH/);
  });

  test('says codes that have a meaning beside it, and instants to the millisecond they have', () => {
    const validFrom = new Date('2026-03-09T08:05:07.040Z');
    const text = printGrant({ ...grant, validFrom }, { partnerName: 'P' });
    expect(text).toContain('from 9 March 2026, 08:05:07.040 UTC until');
    for (const [code, definition] of Object.entries(purposeDefinitions)) {
      const other = printGrant({ ...grant, purpose: code as Purpose }, { partnerName: 'P' });
      expect(other).toContain(`${code}: ${definition}`);
    }
    for (const handling of handlingCodes) {
      const other = printGrant({ ...grant, handling }, { partnerName: 'P' });
      expect(other).toContain(`| Passing answers on | ${handling}: ${handlingWords[handling]} |`);
    }
  });

  test('every change that is one is seen on it', () => {
    for (const [, change] of changes) {
      const changed = { ...grant, ...change };
      const other = { ...changed, digest: grantDigest(id, 2, { ...plainTerms, ...change }) };
      const blank = (text: string, of: string) => text.replaceAll(of, '');
      expect(blank(printGrant(other, { partnerName: 'P' }), other.digest)).not.toBe(
        blank(printGrant(grant, { partnerName: 'P' }), digest),
      );
    }
  });

  test('its impact assessment names recipient, purpose, data, retention, risks', () => {
    const page = printImpactAssessment(grant, { partnerName: 'Agency' });
    for (const part of ['Agency (ALPHA-BORDER)', 'Article 35', 'Article 30', 'Retention', digest]) {
      expect(page).toContain(part);
    }
    expect(page).toContain(
      '| Data told (Article 30(1)(c)) | full name, date of birth, visa status |',
    );
  });
});
