import { describe, expect, test } from '@jest/globals';
import type { GatewayErrorCode } from '../errors.js';
import type { GrantId, PartnerCode } from '../ids.js';
import { decideGrant, decideQuestion, type CallerFacts, type QuestionFacts } from './decide.js';
import { grantDigest, grantStates, type Grant } from './grant.js';
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
  fields: { DATE_OF_BIRTH: 'GENERALISED', VISA_STATUS: 'FULL', SEX: 'WITHHELD' },
  matchOn: ['NAME', 'DATE_OF_BIRTH'],
  possibleMatch: 'FOLDED',
  assuranceLevel: 'STANDARD',
  minimumEvidence: [],
  requiresNamedOfficer: false,
  handling: 'NO_ONWARD_TRANSFER',
  questionsPerDay: 10,
  validFrom: new Date('2026-01-01T00:00:00Z'),
  validUntil: new Date('2026-12-31T00:00:00Z'),
};
const caller: CallerFacts = { partner: alpha };
const question: QuestionFacts = {
  purpose: 'BORDER_VERIFICATION',
  fields: ['DATE_OF_BIRTH', 'VISA_STATUS'],
  elements: new Set(['NAME', 'DATE_OF_BIRTH']),
  meetsFloor: true,
};

interface Row {
  readonly when: string;
  readonly grant?: Partial<Grant> | 'none';
  readonly caller?: Partial<CallerFacts>;
  readonly question?: Partial<QuestionFacts>;
  readonly now?: string;
  readonly then: 'allow' | GatewayErrorCode;
  readonly field?: string;
}

/** grant x caller x purpose x fields x evidence -> decision; each allow has its refusing twin. */
const table: readonly Row[] = [
  { when: 'everything fits', then: 'allow' },
  { when: 'there is no such grant', grant: 'none', then: 'ERR_GRANT_NOT_USABLE' },
  {
    when: 'it is of another partner',
    caller: { partner: 'BRAVO' as PartnerCode },
    then: 'ERR_GRANT_NOT_USABLE',
  },
  { when: 'it begins this instant', now: '2026-01-01T00:00:00.000Z', then: 'allow' },
  {
    when: 'it begins in a millisecond',
    now: '2025-12-31T23:59:59.999Z',
    then: 'ERR_GRANT_NOT_USABLE',
  },
  { when: 'it ends in a millisecond', now: '2026-12-30T23:59:59.999Z', then: 'allow' },
  { when: 'it ends this instant', now: '2026-12-31T00:00:00.000Z', then: 'ERR_GRANT_NOT_USABLE' },
  ...grantStates
    .filter((state) => state !== 'ACTIVE')
    .map((state): Row => ({
      when: `it is ${state}`,
      grant: { state },
      then: 'ERR_GRANT_NOT_USABLE',
    })),
  {
    when: 'an officer is asked for and named',
    grant: { requiresNamedOfficer: true },
    caller: { officer: 'o-1' },
    then: 'allow',
  },
  {
    when: 'an officer is asked for and none named',
    grant: { requiresNamedOfficer: true },
    then: 'ERR_NAMED_OFFICER_REQUIRED',
  },
  { when: 'an officer is named and none asked for', caller: { officer: 'o-1' }, then: 'allow' },
  ...purposes
    .filter((purpose) => purpose !== 'BORDER_VERIFICATION')
    .map((purpose): Row => ({
      when: `asked for ${purpose}`,
      question: { purpose },
      then: 'ERR_PURPOSE_NOT_GRANTED',
    })),
  { when: 'no field is selected', question: { fields: [] }, then: 'allow' },
  {
    when: 'a field is selected that is not named',
    question: { fields: ['VISA_STATUS', 'FULL_NAME'] },
    then: 'ERR_FIELD_NOT_GRANTED',
    field: 'FULL_NAME',
  },
  {
    when: 'a field is selected that is named WITHHELD',
    question: { fields: ['SEX'] },
    then: 'ERR_FIELD_NOT_GRANTED',
    field: 'SEX',
  },
  {
    when: 'no field is granted',
    grant: { fields: {} },
    then: 'ERR_FIELD_NOT_GRANTED',
    field: 'DATE_OF_BIRTH',
  },
  {
    when: 'the evidence is below the floor',
    question: { meetsFloor: false },
    then: 'ERR_EVIDENCE_INSUFFICIENT',
  },
  {
    when: 'all the grant asks for is supplied',
    grant: { minimumEvidence: ['NAME'] },
    then: 'allow',
  },
  {
    when: 'what the grant asks for is not supplied',
    grant: { minimumEvidence: ['NAME', 'DOCUMENT'] },
    then: 'ERR_EVIDENCE_INSUFFICIENT',
  },
  {
    when: 'grant, officer, purpose, field and evidence all fail',
    grant: { state: 'REVOKED', requiresNamedOfficer: true },
    question: { purpose: 'ONWARD_TRAVEL', fields: ['SEX'], meetsFloor: false },
    then: 'ERR_GRANT_NOT_USABLE',
  },
  {
    when: 'officer, purpose, field and evidence fail',
    grant: { requiresNamedOfficer: true },
    question: { purpose: 'ONWARD_TRAVEL', fields: ['SEX'], meetsFloor: false },
    then: 'ERR_NAMED_OFFICER_REQUIRED',
  },
  {
    when: 'purpose, field and evidence fail',
    question: { purpose: 'ONWARD_TRAVEL', fields: ['SEX'], meetsFloor: false },
    then: 'ERR_PURPOSE_NOT_GRANTED',
  },
  {
    when: 'field and evidence fail',
    question: { fields: ['SEX'], meetsFloor: false },
    then: 'ERR_FIELD_NOT_GRANTED',
    field: 'SEX',
  },
];

describe('a question is', () => {
  test.each(table)('judged $then when $when', (row) => {
    const decision = decideQuestion(
      row.grant === 'none' ? undefined : { ...grant, ...row.grant },
      { ...caller, ...row.caller },
      { ...question, ...row.question },
      row.now === undefined ? now : new Date(row.now),
    );
    if (row.then === 'allow') {
      expect(decision).toEqual({ allow: true, fields: row.question?.fields ?? question.fields });
    } else {
      const field = row.field === undefined ? {} : { field: row.field };
      expect(decision).toEqual({ allow: false, code: row.then, ...field });
    }
  });

  test('not let through by what stands in the prototype of a scope', () => {
    const fields = Object.create({ SEX: 'FULL' }) as Grant['fields'];
    const decision = decideQuestion(
      { ...grant, fields },
      caller,
      { ...question, fields: ['SEX'] },
      now,
    );
    expect(decision.allow).toBe(false);
  });
});

test('a grant alone allows no field', () => {
  expect(decideGrant(grant, caller, now)).toEqual({ allow: true, fields: [] });
});

test('the digest changes with the id, the version and every term', () => {
  const { id, version, digest: _, state: __, ...terms } = grant;
  const digests = [
    grantDigest(id, version, terms),
    grantDigest('other' as GrantId, version, terms),
    grantDigest(id, 2, terms),
    ...Object.entries({
      partner: 'BRAVO',
      purpose: 'ONWARD_TRAVEL',
      legalBasis: 'Another',
      caseloads: ['AF-2021'],
      fields: { SEX: 'FULL' },
      matchOn: ['NAME'],
      possibleMatch: 'ALLOWED',
      assuranceLevel: 'HIGH',
      minimumEvidence: ['NAME'],
      requiresNamedOfficer: true,
      handling: 'ORIGINATOR_CONSENT',
      questionsPerDay: 11,
      validFrom: new Date(0),
      validUntil: new Date(1),
    }).map(([name, value]) => grantDigest(id, version, { ...terms, [name]: value })),
  ];
  expect(new Set(digests).size).toBe(digests.length);
  expect(digests).toHaveLength(3 + Object.keys(terms).length);
});
