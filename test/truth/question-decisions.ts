import type { SubjectField } from '../../src/core/disclosure/catalogue.js';
import type { GatewayErrorCode } from '../../src/core/errors.js';
import type { GrantState, GrantTerms } from '../../src/core/grants/grant.js';
import type { Purpose } from '../../src/core/grants/purpose.js';
import type { PersonEvidenceInput } from '../../src/core/matching/index.js';

/** May this question be asked? One row, one truth; every entrance is held to it. */
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
const passport = [{ type: 'PASSPORT' as const, number: 'P01234567' }];

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
  { rule: 'another purpose', purpose: 'ONWARD_TRAVEL', expected: 'ERR_PURPOSE_NOT_GRANTED' },
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
  { rule: 'a document number alone', person: { documents: passport }, expected: 'ALLOWED' },
  { rule: 'a name alone', person: { names: name }, expected: 'ERR_EVIDENCE_INSUFFICIENT' },
  {
    rule: 'a name and a year',
    person: { names: name, dateOfBirth: '1984' },
    expected: 'ERR_EVIDENCE_INSUFFICIENT',
  },
  {
    rule: 'a name, a year and a father',
    person: { names: name, dateOfBirth: '1984', fatherName: 'Abdul Karim' },
    expected: 'ALLOWED',
  },
  {
    rule: 'a name and a month',
    person: { names: name, dateOfBirth: '1984-03' },
    expected: 'ALLOWED',
  },
  {
    rule: 'a document number the grant does not compare',
    terms: { matchOn: ['NAME', 'DATE_OF_BIRTH'] },
    person: { documents: passport },
    expected: 'ERR_EVIDENCE_INSUFFICIENT',
  },
  {
    rule: 'a father the grant does not compare',
    terms: { matchOn: ['NAME', 'DATE_OF_BIRTH'] },
    person: { names: name, dateOfBirth: '1984', fatherName: 'Abdul Karim' },
    expected: 'ERR_EVIDENCE_INSUFFICIENT',
  },
  {
    rule: 'the floor without what the grant asks for besides',
    terms: { minimumEvidence: ['NAME'] },
    person: { documents: passport },
    expected: 'ERR_EVIDENCE_INSUFFICIENT',
  },
  {
    rule: 'the floor with what the grant asks for besides',
    terms: { minimumEvidence: ['NAME'] },
    person: { names: name, documents: passport },
    expected: 'ALLOWED',
  },
];
