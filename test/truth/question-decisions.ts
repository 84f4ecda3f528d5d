import type { SubjectField } from '../../src/core/disclosure/catalogue.js';
import type { GatewayErrorCode } from '../../src/core/errors.js';
import type { GrantState, GrantTerms } from '../../src/core/grants/grant.js';
import type { Purpose } from '../../src/core/grants/purpose.js';
import type { PersonEvidenceInput } from '../../src/core/matching/index.js';
import { evidenceRows } from './evidence-floor.js';

/**
 * May this question be asked? By hand; held to by the rule (core/grants/decide.spec.ts) and, in
 * test/question-decisions.e2e-spec.ts, by every entrance.
 */
export interface QuestionRow {
  readonly rule: string;
  /** Change to the grant; the partner's own, active, valid today, for BORDER_VERIFICATION. */
  readonly terms?: Partial<GrantTerms>;
  readonly state?: GrantState;
  /** Whose grant the question names. */
  readonly names?: 'ANOTHER PARTNER’S' | 'NONE';
  readonly officer?: string;
  readonly purpose?: Purpose;
  readonly fields?: readonly SubjectField[];
  readonly person?: PersonEvidenceInput;
  readonly expected: 'ALLOWED' | GatewayErrorCode;
}

const day = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * day);
const name = [{ full: 'Mohammad Rahim Ahmadi' }];
const wrongInAll = {
  purpose: 'ONWARD_TRAVEL',
  fields: ['SEX'],
  person: { names: name },
} satisfies Partial<QuestionRow>;

export const questionRows: readonly QuestionRow[] = [
  { rule: 'one’s own active grant', expected: 'ALLOWED' },
  { rule: 'another partner’s grant', names: 'ANOTHER PARTNER’S', expected: 'ERR_GRANT_NOT_USABLE' },
  { rule: 'no grant', names: 'NONE', expected: 'ERR_GRANT_NOT_USABLE' },
  ...(
    ['DRAFT', 'SUBMITTED', 'APPROVED', 'ACCEPTED', 'SUSPENDED', 'REVOKED', 'EXPIRED'] as const
  ).map((state) => ({
    rule: `a grant that is ${state}`,
    state,
    expected: 'ERR_GRANT_NOT_USABLE' as const,
  })),
  {
    rule: 'a grant not valid yet',
    terms: { validFrom: inDays(1) },
    expected: 'ERR_GRANT_NOT_USABLE',
  },
  {
    rule: 'a grant no longer valid',
    terms: { validUntil: inDays(-1) },
    expected: 'ERR_GRANT_NOT_USABLE',
  },
  { rule: 'its purpose', purpose: 'BORDER_VERIFICATION', expected: 'ALLOWED' },
  ...(['ONWARD_TRAVEL', 'CONSULAR_ASSISTANCE', 'FAMILY_REUNIFICATION'] as const).map((purpose) => ({
    rule: `another purpose, ${purpose}`,
    purpose,
    expected: 'ERR_PURPOSE_NOT_GRANTED' as const,
  })),
  {
    rule: 'a suspended grant and another purpose: the grant is the answer',
    state: 'SUSPENDED',
    purpose: 'ONWARD_TRAVEL',
    expected: 'ERR_GRANT_NOT_USABLE',
  },
  {
    rule: 'a named officer, where one is needed',
    terms: { requiresNamedOfficer: true },
    officer: 'officer 7',
    expected: 'ALLOWED',
  },
  { rule: 'a named officer, where none is needed', officer: 'officer 7', expected: 'ALLOWED' },
  {
    rule: 'a system, where a named officer is needed',
    terms: { requiresNamedOfficer: true },
    expected: 'ERR_NAMED_OFFICER_REQUIRED',
  },
  { rule: 'a granted field', fields: ['VISA_STATUS', 'FULL_NAME'], expected: 'ALLOWED' },
  { rule: 'a field of presence only', fields: ['VISA_REFERENCE'], expected: 'ALLOWED' },
  {
    rule: 'a field the grant does not name',
    fields: ['VISA_STATUS', 'SEX'],
    expected: 'ERR_FIELD_NOT_GRANTED',
  },
  {
    rule: 'a field the grant names as withheld',
    terms: { fields: { VISA_STATUS: 'FULL', VISA_CLASS: 'WITHHELD' } },
    fields: ['VISA_CLASS'],
    expected: 'ERR_FIELD_NOT_GRANTED',
  },
  {
    rule: 'a withheld field and too little evidence: the field is the answer',
    fields: ['SEX'],
    person: { names: name },
    expected: 'ERR_FIELD_NOT_GRANTED',
  },
  {
    rule: 'no field at all',
    fields: [],
    expected: 'ALLOWED',
  },
  {
    rule: 'a field, where none is granted',
    terms: { fields: {} },
    fields: ['VISA_STATUS'],
    expected: 'ERR_FIELD_NOT_GRANTED',
  },
  // Where several rules are broken the first of grant, officer, purpose, field and evidence answers.
  {
    rule: 'grant, officer, purpose, field and evidence all wrong',
    state: 'REVOKED',
    terms: { requiresNamedOfficer: true },
    ...wrongInAll,
    expected: 'ERR_GRANT_NOT_USABLE',
  },
  {
    rule: 'officer, purpose, field and evidence wrong',
    terms: { requiresNamedOfficer: true },
    ...wrongInAll,
    expected: 'ERR_NAMED_OFFICER_REQUIRED',
  },
  { rule: 'purpose, field and evidence wrong', ...wrongInAll, expected: 'ERR_PURPOSE_NOT_GRANTED' },
  {
    rule: 'field and evidence wrong',
    ...wrongInAll,
    purpose: 'BORDER_VERIFICATION',
    expected: 'ERR_FIELD_NOT_GRANTED',
  },
  {
    rule: 'evidence wrong',
    ...wrongInAll,
    purpose: 'BORDER_VERIFICATION',
    fields: [],
    expected: 'ERR_EVIDENCE_INSUFFICIENT',
  },
  ...evidenceRows.map(({ rule, person, matchOn, minimumEvidence, enough }): QuestionRow => ({
    rule: `evidence: ${rule}`,
    person,
    terms: {
      ...(matchOn === undefined ? {} : { matchOn }),
      ...(minimumEvidence === undefined ? {} : { minimumEvidence }),
    },
    expected: enough ? 'ALLOWED' : 'ERR_EVIDENCE_INSUFFICIENT',
  })),
];

/** The instants a grant is usable at, of one valid in the year 2026: no door's clock is turned to them. */
export const instantRows: readonly {
  readonly rule: string;
  readonly at: string;
  readonly expected: QuestionRow['expected'];
}[] = [
  { rule: 'as it begins', at: '2026-01-01T00:00:00.000Z', expected: 'ALLOWED' },
  { rule: 'just before', at: '2025-12-31T23:59:59.999Z', expected: 'ERR_GRANT_NOT_USABLE' },
  { rule: 'just before its end', at: '2026-12-31T23:59:59.999Z', expected: 'ALLOWED' },
  { rule: 'as it ends', at: '2027-01-01T00:00:00.000Z', expected: 'ERR_GRANT_NOT_USABLE' },
];
