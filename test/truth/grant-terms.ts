import { levelRows } from './disclosure.js';

/**
 * What valid terms of a grant are, by hand: each rule as terms that are taken and their twin that is
 * refused, changes to {@link plainTerms}. Held to by the parser (core/grants/parse-terms.spec.ts) and,
 * in test/grant-terms.e2e-spec.ts, by every door terms come in through.
 */
export interface TermsRow {
  readonly rule: string;
  readonly taken: Readonly<Record<string, unknown>>;
  readonly refused: Readonly<Record<string, unknown>>;
  /** Path of the member the refusal names. */
  readonly argument: string;
}

const day = 86_400_000;
const today = Math.floor(Date.now() / day) * day;
/** Midnight so many days from now, RFC 3339. */
export const inDays = (days: number): string => new Date(today + days * day).toISOString();

/** Terms as they come in from outside, of which every row changes members. */
export const plainTerms: Readonly<Record<string, unknown>> = {
  partner: 'ALPHA-BORDER',
  purpose: 'BORDER_VERIFICATION',
  legalBasis: 'Memorandum of understanding, article 4',
  caseloads: ['AF-2021', 'AF-2022'],
  fields: { FULL_NAME: 'CONFIRM', DATE_OF_BIRTH: 'GENERALISED', VISA_STATUS: 'FULL' },
  matchOn: ['NAME', 'FATHER_NAME', 'DATE_OF_BIRTH', 'DOCUMENT'],
  possibleMatch: 'FOLDED',
  assuranceLevel: 'HIGH',
  minimumEvidence: ['NAME'],
  requiresNamedOfficer: true,
  handling: 'NO_ONWARD_TRANSFER',
  questionsPerDay: 100,
  budgets: { peoplePerDay: 50 },
  validFrom: inDays(-100),
  validUntil: inDays(100),
};

const caseloads = (count: number) => Array.from({ length: count }, (_, at) => `AF-${2000 + at}`);
const row = (
  rule: string,
  argument: string,
  taken: TermsRow['taken'],
  refused: TermsRow['refused'],
): TermsRow => ({ rule, taken, refused, argument: `terms.${argument}` });

/** A member that is not there; JSON knows no undefined. */
const gone = undefined;

export const termsRows: readonly TermsRow[] = [
  { rule: 'members that are known', taken: {}, refused: { purposes: [] }, argument: 'terms' },
  row('a code', 'partner', {}, { partner: 'alpha-border' }),
  row('a purpose of the list', 'purpose', { purpose: 'ONWARD_TRAVEL' }, { purpose: 'CURIOSITY' }),
  row('one purpose', 'purpose', { purpose: 'CONSULAR_ASSISTANCE' }, { purpose: ['ONWARD_TRAVEL'] }),
  row('a legal basis', 'legalBasis', { legalBasis: 'x' }, { legalBasis: ' ' }),
  row(
    'a legal basis of a thousand characters',
    'legalBasis',
    { legalBasis: 'x'.repeat(1_000) },
    { legalBasis: 'x'.repeat(1_001) },
  ),
  row('a basis of one line', 'legalBasis', { legalBasis: 'a b' }, { legalBasis: 'a\nb' }),
  row('some caseload', 'caseloads', { caseloads: ['AF-2021'] }, { caseloads: [] }),
  row('fifty of them', 'caseloads', { caseloads: caseloads(50) }, { caseloads: caseloads(51) }),
  row('each once', 'caseloads', { caseloads: ['A', 'B'] }, { caseloads: ['A', 'A'] }),
  row('named as one', 'caseloads[1]', { caseloads: ['A', 'B'] }, { caseloads: ['A', 'b c'] }),
  row('not the made-up', 'caseloads[0]', { caseloads: ['TESTS'] }, { caseloads: ['TEST'] }),
  row('no field at all', 'fields', { fields: {} }, { fields: [] }),
  row(
    'fields of the catalogue',
    'fields',
    { fields: { SEX: 'FULL' } },
    { fields: { PHOTOGRAPH: 'FULL' } },
  ),
  row(
    'a field that is withheld',
    'fields.SEX',
    { fields: { SEX: 'WITHHELD' } },
    { fields: { SEX: null } },
  ),
  row(
    'a level as it is written',
    'fields.SEX',
    { fields: { SEX: 'FULL' } },
    { fields: { SEX: 'full' } },
  ),
  row(
    'something compared',
    'matchOn',
    { matchOn: ['NAME'], minimumEvidence: [] },
    { matchOn: [], minimumEvidence: [] },
  ),
  row(
    'elements of evidence',
    'matchOn[1]',
    { matchOn: ['NAME', 'SEX'] },
    { matchOn: ['NAME', 'PHOTOGRAPH'] },
  ),
  row('each element once', 'matchOn', {}, { matchOn: ['NAME', 'NAME'] }),
  row(
    'least evidence of what is compared',
    'minimumEvidence[0]',
    { minimumEvidence: ['DOCUMENT'] },
    { minimumEvidence: ['SEX'] },
  ),
  row(
    'least evidence once',
    'minimumEvidence',
    { minimumEvidence: [] },
    { minimumEvidence: ['NAME', 'NAME'] },
  ),
  row(
    'unclear cases told or folded',
    'possibleMatch',
    { possibleMatch: 'ALLOWED' },
    { possibleMatch: 'MAYBE' },
  ),
  row(
    'a level of assurance',
    'assuranceLevel',
    { assuranceLevel: 'STANDARD' },
    { assuranceLevel: 'LOW' },
  ),
  row(
    'an officer, yes or no',
    'requiresNamedOfficer',
    { requiresNamedOfficer: false },
    { requiresNamedOfficer: 'no' },
  ),
  row(
    'notice, yes, no or nothing',
    'requiresNotice',
    { requiresNotice: true },
    { requiresNotice: null },
  ),
  row(
    'a signature, yes, no or nothing',
    'requiresSignature',
    { requiresSignature: true },
    { requiresSignature: 1 },
  ),
  row(
    'a code for passing on',
    'handling',
    { handling: 'ORIGINATOR_CONSENT' },
    { handling: 'ANYTHING' },
  ),
  row('no question a day', 'questionsPerDay', { questionsPerDay: 0 }, { questionsPerDay: -1 }),
  row('whole questions', 'questionsPerDay', { questionsPerDay: 1 }, { questionsPerDay: 1.5 }),
  row(
    'a hundred thousand at most',
    'questionsPerDay',
    { questionsPerDay: 100_000 },
    { questionsPerDay: 100_001 },
  ),
  row('a number', 'questionsPerDay', { questionsPerDay: 7 }, { questionsPerDay: '7' }),
  row('budgets or none', 'budgets', { budgets: gone }, { budgets: null }),
  row('budgets that are known', 'budgets', { budgets: {} }, { budgets: { people: 3 } }),
  ...['peoplePerDay', 'missesPerWeek', 'valuesPerPerson'].map((budget) =>
    row(
      'a number for each',
      `budgets.${budget}`,
      { budgets: { [budget]: 3 } },
      { budgets: { [budget]: null } },
    ),
  ),
  row(
    'an instant in UTC',
    'validFrom',
    { validFrom: inDays(-1).replace('.000', '') },
    { validFrom: inDays(-1).replace('Z', '+00:00') },
  ),
  row(
    'a day there is',
    'validFrom',
    { validFrom: '2028-02-29T00:00:00Z', validUntil: '2028-03-01T00:00:00Z' },
    { validFrom: '2027-02-29T00:00:00Z', validUntil: '2027-03-01T00:00:00Z' },
  ),
  row(
    'an end after the beginning',
    'validUntil',
    { validUntil: inDays(-99) },
    { validUntil: inDays(-100) },
  ),
  row(
    'a year and a day at most',
    'validUntil',
    { validUntil: inDays(266) },
    { validUntil: inDays(266).replace('00.000', '01.000') },
  ),
  ...Object.keys(plainTerms)
    .filter((member) => member !== 'budgets')
    .map((member) => row(`its ${member}`, member, {}, { [member]: gone })),
  // Every field at every level there is; a level a field has not is refused.
  ...levelRows.map(({ field, level }) =>
    row(
      `a level ${field} has`,
      `fields.${field}`,
      { fields: { [field]: level } },
      { fields: { [field]: 'EVERYTHING' } },
    ),
  ),
  ...[...new Set(levelRows.map(({ field }) => field))].flatMap((field) =>
    missingLevels(field).map((level) =>
      row(
        `no level ${field} has not`,
        `fields.${field}`,
        { fields: { [field]: 'WITHHELD' } },
        { fields: { [field]: level } },
      ),
    ),
  ),
];

function missingLevels(field: string): readonly string[] {
  const has = levelRows.filter((one) => one.field === field).map(({ level }) => level as string);
  return ['PRESENCE', 'CONFIRM', 'GENERALISED', 'MASKED', 'FULL'].filter(
    (level) => !has.includes(level),
  );
}

/** A partner the host does not have: no matter of the text, so the doors alone know. */
export const unknownPartnerRow = row('a partner there is', 'partner', {}, { partner: 'NOBODY-9' });
