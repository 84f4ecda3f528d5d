import { inDays, plainTerms } from './grant-terms.js';

/**
 * What of a change of terms widens, by hand: changes to `plainTerms` (grant-terms.ts), which a member
 * that only widens or only narrows has in one direction and every other in both. Held to by the rule
 * (core/grants/widening.spec.ts), by the database, and at the doors by test/grant-terms.e2e-spec.ts.
 */
export interface WideningRow {
  /** As the difference names it. */
  readonly about: string;
  readonly change: Readonly<Record<string, unknown>>;
  readonly widens: boolean;
}

/** Members any change of which widens, and those any change of which narrows these terms. */
export const oneWay: readonly string[] = [
  'purpose',
  'legal basis',
  'compared',
  'unclear cases',
  'assurance',
  'named officer',
  'notice to the person',
  'onward transfer',
  'signed acceptance',
];

const fields = plainTerms['fields'] as object;
const matchOn = plainTerms['matchOn'] as readonly string[];
const budgets = plainTerms['budgets'] as object;
const widens = (about: string, change: WideningRow['change']): WideningRow => ({
  about,
  change,
  widens: true,
});
const narrows = (about: string, change: WideningRow['change']): WideningRow => ({
  about,
  change,
  widens: false,
});

export const wideningRows: readonly WideningRow[] = [
  widens('purpose', { purpose: 'ONWARD_TRAVEL' }),
  widens('legal basis', { legalBasis: 'Another memorandum' }),
  widens('people', { caseloads: ['AF-2021', 'AF-2022', 'AF-2023'] }),
  widens('people', { caseloads: ['AF-2023'] }),
  narrows('people', { caseloads: ['AF-2021'] }),
  widens('full name', { fields: { ...fields, FULL_NAME: 'FULL' } }),
  widens('full name', { fields: { ...fields, FULL_NAME: 'GENERALISED' } }),
  narrows('full name', { fields: { ...fields, FULL_NAME: 'PRESENCE' } }),
  narrows('full name', { fields: { ...fields, FULL_NAME: 'WITHHELD' } }),
  widens('date of birth', { fields: { ...fields, DATE_OF_BIRTH: 'FULL' } }),
  narrows('date of birth', { fields: { ...fields, DATE_OF_BIRTH: 'CONFIRM' } }),
  widens('visa reference', { fields: { ...fields, VISA_REFERENCE: 'PRESENCE' } }),
  narrows('visa status', { fields: { ...fields, VISA_STATUS: 'PRESENCE' } }),
  widens('compared', { matchOn: [...matchOn, 'SEX'] }),
  // One element less each, and one for another: what is not compared speaks against nobody.
  ...matchOn
    .filter((element) => element !== 'NAME')
    .map((dropped) => widens('compared', { matchOn: matchOn.filter((one) => one !== dropped) })),
  widens('compared', { matchOn: ['NAME', 'FATHER_NAME', 'DATE_OF_BIRTH', 'SEX'] }),
  widens('unclear cases', { possibleMatch: 'ALLOWED' }),
  widens('assurance', { assuranceLevel: 'STANDARD' }),
  widens('least evidence', { minimumEvidence: [] }),
  widens('least evidence', { minimumEvidence: ['DOCUMENT'] }),
  narrows('least evidence', { minimumEvidence: ['NAME', 'DOCUMENT'] }),
  widens('named officer', { requiresNamedOfficer: false }),
  narrows('notice to the person', { requiresNotice: true }),
  widens('onward transfer', { handling: 'ORIGINATOR_CONSENT' }),
  narrows('signed acceptance', { requiresSignature: true }),
  widens('questions a day', { questionsPerDay: 101 }),
  narrows('questions a day', { questionsPerDay: 99 }),
  widens('people a day', { budgets: { peoplePerDay: 51 } }),
  widens('people a day', { budgets: {} }),
  narrows('people a day', { budgets: { peoplePerDay: 49 } }),
  // What is absent follows from the questions: of a hundred, forty misses and six values.
  widens('misses a week', { budgets: { ...budgets, missesPerWeek: 41 } }),
  narrows('misses a week', { budgets: { ...budgets, missesPerWeek: 39 } }),
  widens('values around one person', { budgets: { ...budgets, valuesPerPerson: 7 } }),
  narrows('values around one person', { budgets: { ...budgets, valuesPerPerson: 5 } }),
  widens('valid from', { validFrom: inDays(-110) }),
  narrows('valid from', { validFrom: inDays(-90) }),
  widens('valid until', { validUntil: inDays(110) }),
  narrows('valid until', { validUntil: inDays(90) }),
];

/** Several changes at once: one that widens is enough. */
export const mixedRows: readonly WideningRow[] = [
  widens('both ways', { questionsPerDay: 1, possibleMatch: 'ALLOWED' }),
  narrows('twice', { questionsPerDay: 1, caseloads: ['AF-2021'] }),
];

/** The terms of a row, as JSON from outside. */
export const changed = (change: WideningRow['change']): Readonly<Record<string, unknown>> => ({
  ...plainTerms,
  ...change,
});
