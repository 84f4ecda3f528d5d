import {
  disclosureLevels,
  fieldCatalogue,
  subjectFields,
  type DisclosureLevel,
  type SubjectField,
} from '../disclosure/catalogue.js';
import { inputInvalid } from '../errors.js';
import { builtInCaseload, isCaseload, isPartnerCode } from '../ids.js';
import { evidenceElements } from '../matching/index.js';
import { assuranceLevels, handlingCodes, type GrantTerms } from './grant.js';
import { purposes } from './purpose.js';

/** The longest a grant may last; longer needs a new look at it. */
export const longestGrantDays = 366;
const largestBudget = 100_000;
const longestLegalBasis = 1_000;
const control = /[\p{Cc}\p{Cs}]/u;

/** Every member terms may have. */
export const termsMembers: readonly string[] = [
  'partner',
  'purpose',
  'legalBasis',
  'caseloads',
  'fields',
  'matchOn',
  'possibleMatch',
  'assuranceLevel',
  'minimumEvidence',
  'requiresNamedOfficer',
  'requiresNotice',
  'handling',
  'requiresSignature',
  'questionsPerDay',
  'budgets',
  'validFrom',
  'validUntil',
];
const budgetMembers = ['peoplePerDay', 'missesPerWeek', 'valuesPerPerson'] as const;

/**
 * Reads the terms of a grant from JSON, once, into a frozen value. Unknown members are refused: a
 * misspelt one must not mean "not restricted".
 *
 * @throws {GatewayError} ERR_INPUT_INVALID with the path of the member
 */
export function parseTerms(input: unknown): GrantTerms {
  const terms = objectAt(input, 'terms', termsMembers);
  const partner = terms['partner'];
  const legalBasis = terms['legalBasis'];
  if (typeof partner !== 'string' || !isPartnerCode(partner)) throw inputInvalid('terms.partner');
  if (
    typeof legalBasis !== 'string' ||
    legalBasis.trim() === '' ||
    legalBasis.length > longestLegalBasis ||
    control.test(legalBasis)
  ) {
    throw inputInvalid('terms.legalBasis');
  }
  const validFrom = dateAt(terms['validFrom'], 'terms.validFrom');
  const validUntil = dateAt(terms['validUntil'], 'terms.validUntil');
  const days = (validUntil.getTime() - validFrom.getTime()) / 86_400_000;
  if (!(days > 0 && days <= longestGrantDays)) throw inputInvalid('terms.validUntil');
  const matchOn = listAt(terms['matchOn'], 'terms.matchOn', evidenceElements);
  if (matchOn.length === 0) throw inputInvalid('terms.matchOn');
  const minimumEvidence = listAt(terms['minimumEvidence'], 'terms.minimumEvidence', matchOn);
  const signature = terms['requiresSignature'];
  const notice = terms['requiresNotice'];
  const budgets = terms['budgets'];
  return Object.freeze({
    partner,
    purpose: oneOf(terms['purpose'], 'terms.purpose', purposes),
    legalBasis,
    caseloads: caseloadsAt(terms['caseloads']),
    fields: fieldsAt(terms['fields']),
    matchOn,
    possibleMatch: oneOf(terms['possibleMatch'], 'terms.possibleMatch', ['ALLOWED', 'FOLDED']),
    assuranceLevel: oneOf(terms['assuranceLevel'], 'terms.assuranceLevel', assuranceLevels),
    minimumEvidence,
    requiresNamedOfficer: booleanAt(terms['requiresNamedOfficer'], 'terms.requiresNamedOfficer'),
    ...(notice === undefined ? {} : { requiresNotice: booleanAt(notice, 'terms.requiresNotice') }),
    handling: oneOf(terms['handling'], 'terms.handling', handlingCodes),
    ...(signature === undefined
      ? {}
      : { requiresSignature: booleanAt(signature, 'terms.requiresSignature') }),
    questionsPerDay: numberAt(terms['questionsPerDay'], 'terms.questionsPerDay'),
    ...(budgets === undefined ? {} : { budgets: budgetsAt(budgets) }),
    validFrom,
    validUntil,
  });
}

function objectAt(
  value: unknown,
  path: string,
  known: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw inputInvalid(path);
  const read = Object.fromEntries(Object.entries(value));
  if (Object.keys(read).some((member) => !known.includes(member))) throw inputInvalid(path);
  return read;
}

function oneOf<T extends string>(value: unknown, path: string, known: readonly T[]): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw inputInvalid(path);
  return found;
}

function listAt<T extends string>(value: unknown, path: string, known: readonly T[]): readonly T[] {
  if (!Array.isArray(value)) throw inputInvalid(path);
  const read = value.map((one: unknown, at) => oneOf(one, `${path}[${at}]`, known));
  if (new Set(read).size !== read.length) throw inputInvalid(path);
  return Object.freeze(read);
}

function caseloadsAt(value: unknown): GrantTerms['caseloads'] {
  if (!Array.isArray(value) || value.length === 0 || value.length > 50) {
    throw inputInvalid('terms.caseloads');
  }
  const read = value.map((one: unknown, at) => {
    // The made-up people are for test grants, whose terms nobody draws up (core/grants/test-terms.ts).
    if (typeof one !== 'string' || !isCaseload(one) || one === builtInCaseload) {
      throw inputInvalid(`terms.caseloads[${at}]`);
    }
    return one;
  });
  if (new Set(read).size !== read.length) throw inputInvalid('terms.caseloads');
  return Object.freeze(read);
}

function fieldsAt(value: unknown): GrantTerms['fields'] {
  const read = objectAt(value, 'terms.fields', subjectFields);
  const fields: Partial<Record<SubjectField, DisclosureLevel>> = {};
  for (const field of subjectFields) {
    if (!Object.hasOwn(read, field)) continue;
    const level = oneOf(read[field], `terms.fields.${field}`, disclosureLevels);
    const { levels } = fieldCatalogue[field];
    if (level !== 'WITHHELD' && !levels.includes(level))
      throw inputInvalid(`terms.fields.${field}`);
    fields[field] = level;
  }
  return Object.freeze(fields);
}

function budgetsAt(value: unknown): NonNullable<GrantTerms['budgets']> {
  const read = objectAt(value, 'terms.budgets', budgetMembers);
  const budgets = Object.keys(read).map((member) => [
    member,
    numberAt(read[member], `terms.budgets.${member}`),
  ]);
  return Object.freeze(Object.fromEntries(budgets) as NonNullable<GrantTerms['budgets']>);
}

function booleanAt(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw inputInvalid(path);
  return value;
}

function numberAt(value: unknown, path: string): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > largestBudget) {
    throw inputInvalid(path);
  }
  return value as number;
}

/** RFC 3339 in UTC, to the second or millisecond. */
const instantForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{3})?Z$/;

function dateAt(value: unknown, path: string): Date {
  const date = typeof value === 'string' && instantForm.test(value) ? new Date(value) : undefined;
  const same = date !== undefined && !Number.isNaN(date.getTime());
  if (!same || date.toISOString().slice(0, 19) !== String(value).slice(0, 19)) {
    throw inputInvalid(path);
  }
  return date;
}
