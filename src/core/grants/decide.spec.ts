import { describe, expect, test } from '@jest/globals';
import { plainTerms } from '../../../test/truth/grant-terms.js';
import {
  instantRows,
  questionRows,
  type QuestionRow,
} from '../../../test/truth/question-decisions.js';
import type { GrantId, PartnerCode } from '../ids.js';
import {
  evidenceElements,
  evidenceElementsOf,
  meetsEvidenceFloor,
  parseEvidence,
  restrictEvidence,
} from '../matching/index.js';
import { decideGrant, decideQuestion, type CallerFacts } from './decide.js';
import { grantDigest, grantStates, type Grant } from './grant.js';
import { parseTerms } from './parse-terms.js';
import { purposes } from './purpose.js';

const now = new Date('2026-06-01T12:00:00Z');
const alpha = 'ALPHA' as PartnerCode;

const grant: Grant = {
  id: '0b7c3c2e-5d0f-4a57-9f25-0e0d5f6f1c11' as GrantId,
  version: 1,
  digest: 'digest',
  state: 'ACTIVE',
  partner: alpha,
  purpose: 'BORDER_VERIFICATION',
  legalBasis: 'A memorandum',
  caseloads: [],
  fields: {
    FULL_NAME: 'CONFIRM',
    DATE_OF_BIRTH: 'GENERALISED',
    VISA_REFERENCE: 'PRESENCE',
    VISA_STATUS: 'FULL',
    SEX: 'WITHHELD',
  },
  matchOn: evidenceElements,
  possibleMatch: 'FOLDED',
  assuranceLevel: 'STANDARD',
  minimumEvidence: [],
  requiresNamedOfficer: false,
  handling: 'NO_ONWARD_TRANSFER',
  questionsPerDay: 10,
  validFrom: new Date('2026-01-01T00:00:00Z'),
  validUntil: new Date('2027-01-01T00:00:00Z'),
};
const caller: CallerFacts = { partner: alpha };

function decide(row: Omit<QuestionRow, 'rule' | 'expected'>, at: Date) {
  const asked: Grant = {
    ...grant,
    ...(row.state === undefined ? {} : { state: row.state }),
    ...(row.names === 'ANOTHER PARTNER’S' ? { partner: 'BRAVO' as PartnerCode } : {}),
    ...row.terms,
  };
  const person = row.person ?? { documents: [{ type: 'PASSPORT', number: 'P0000001' }] };
  const compared = restrictEvidence(parseEvidence(person, now), new Set(asked.matchOn));
  return decideQuestion(
    row.names === 'NONE' ? undefined : asked,
    { ...caller, ...(row.officer === undefined ? {} : { officer: row.officer }) },
    {
      purpose: row.purpose ?? 'BORDER_VERIFICATION',
      fields: row.fields ?? [],
      elements: evidenceElementsOf(compared),
      meetsFloor: meetsEvidenceFloor(compared),
    },
    at,
  );
}

describe('a question is', () => {
  test.each(questionRows)('judged $expected for $rule', (row) => {
    // Rows name days from today.
    const decision = decide(row, row.terms?.validFrom || row.terms?.validUntil ? new Date() : now);
    const { fields = [] } = row;
    if (row.expected === 'ALLOWED') expect(decision).toEqual({ allow: true, fields });
    else expect(decision).toMatchObject({ allow: false, code: row.expected });
  });

  test.each(instantRows)('judged $expected $rule', ({ at, expected }) => {
    const decision = decide({}, new Date(at));
    expect(decision.allow ? 'ALLOWED' : decision.code).toBe(expected);
  });

  test('refused naming the first field that is not granted', () => {
    expect(decide({ fields: ['VISA_STATUS', 'SEX', 'NATIONALITY'] }, now)).toEqual({
      allow: false,
      code: 'ERR_FIELD_NOT_GRANTED',
      field: 'SEX',
    });
  });

  test('not let through by what stands in the prototype of a scope', () => {
    const fields = Object.create({ SEX: 'FULL' }) as Grant['fields'];
    expect(decide({ terms: { fields }, fields: ['SEX'] }, now).allow).toBe(false);
  });
});

test('every state and every purpose has its row', () => {
  const states = questionRows.map(({ state }) => state ?? 'ACTIVE');
  expect(grantStates.filter((state) => !states.includes(state))).toEqual([]);
  const asked = questionRows.map(({ purpose }) => purpose);
  expect(purposes.filter((purpose) => !asked.includes(purpose))).toEqual([]);
});

test('a grant alone allows no field', () => {
  expect(decideGrant(grant, caller, now)).toEqual({ allow: true, fields: [] });
});

test('the digest changes with the id, the version and every term', () => {
  const id = grant.id;
  const terms = parseTerms({ ...plainTerms, requiresNotice: false, requiresSignature: false });
  const digests = [
    grantDigest(id, 1, terms),
    grantDigest('other' as GrantId, 1, terms),
    grantDigest(id, 2, terms),
    ...Object.entries({
      partner: 'BRAVO',
      purpose: 'ONWARD_TRAVEL',
      legalBasis: 'Another',
      caseloads: ['AF-2023'],
      fields: { SEX: 'FULL' },
      matchOn: ['NAME'],
      possibleMatch: 'ALLOWED',
      assuranceLevel: 'STANDARD',
      minimumEvidence: [],
      requiresNamedOfficer: false,
      requiresNotice: true,
      handling: 'ORIGINATOR_CONSENT',
      requiresSignature: true,
      questionsPerDay: 11,
      budgets: { peoplePerDay: 51 },
      validFrom: new Date(0),
      validUntil: new Date(1),
    }).map(([name, value]) => grantDigest(id, 1, { ...terms, [name]: value })),
  ];
  expect(new Set(digests).size).toBe(digests.length);
  expect(digests).toHaveLength(3 + Object.keys(terms).length);
});
