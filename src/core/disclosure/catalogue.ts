/**
 * The field catalogue: which fields of a subject can leave, at which levels, and how long what
 * leaves can be. A field is withheld unless a grant names it at one of its levels.
 */

export const disclosureLevels = [
  'WITHHELD',
  'PRESENCE',
  'CONFIRM',
  'GENERALISED',
  'MASKED',
  'FULL',
] as const;
export type DisclosureLevel = (typeof disclosureLevels)[number];

export const subjectFields = [
  'FULL_NAME',
  'FATHER_NAME',
  'DATE_OF_BIRTH',
  'SEX',
  'NATIONALITY',
  'DOCUMENT_NUMBER',
  'VISA_REFERENCE',
  'VISA_CLASS',
  'VISA_STATUS',
  'VISA_EXPIRES',
] as const;
export type SubjectField = (typeof subjectFields)[number];

export interface FieldDefinition {
  /** Name in the GraphQL type `DisclosedSubject` and in access records. */
  readonly name: string;
  /** Levels a grant may name; `WITHHELD` is always possible. */
  readonly levels: readonly Exclude<DisclosureLevel, 'WITHHELD'>[];
  /** Longest `value`, in UTF-16 code units; longer ones are cut to it. */
  readonly maxLength: number;
  /** What `value` holds, by level. */
  readonly values: Readonly<Partial<Record<DisclosureLevel, string>>>;
}

export const fieldCatalogue: Readonly<Record<SubjectField, FieldDefinition>> = {
  FULL_NAME: {
    name: 'fullName',
    levels: ['PRESENCE', 'CONFIRM', 'GENERALISED', 'FULL'],
    maxLength: 200,
    values: { GENERALISED: 'initials, e.g. `M. R. A.`', FULL: 'the name of record' },
  },
  FATHER_NAME: {
    name: 'fatherName',
    levels: ['PRESENCE', 'CONFIRM', 'GENERALISED', 'FULL'],
    maxLength: 200,
    values: { GENERALISED: 'initials', FULL: 'as on the register' },
  },
  DATE_OF_BIRTH: {
    name: 'dateOfBirth',
    levels: ['PRESENCE', 'CONFIRM', 'GENERALISED', 'FULL'],
    maxLength: 64,
    values: { GENERALISED: 'Gregorian year, e.g. `1984`', FULL: 'Gregorian, in EDTF' },
  },
  SEX: {
    name: 'sex',
    levels: ['PRESENCE', 'CONFIRM', 'FULL'],
    maxLength: 1,
    values: { FULL: '`F`, `M` or `X`' },
  },
  NATIONALITY: {
    name: 'nationality',
    levels: ['PRESENCE', 'CONFIRM', 'GENERALISED', 'FULL'],
    maxLength: 32,
    values: { GENERALISED: 'UN M49 region, e.g. `Southern Asia`', FULL: 'ICAO Doc 9303-3 code' },
  },
  DOCUMENT_NUMBER: {
    name: 'documentNumber',
    levels: ['PRESENCE', 'CONFIRM', 'MASKED', 'FULL'],
    maxLength: 40,
    values: { MASKED: 'last characters, at most a third, e.g. `*****567`', FULL: 'first document' },
  },
  VISA_REFERENCE: {
    name: 'visaReference',
    levels: ['PRESENCE', 'MASKED', 'FULL'],
    maxLength: 40,
    values: { MASKED: 'last characters, at most a third', FULL: 'as on the register' },
  },
  VISA_CLASS: {
    name: 'visaClass',
    levels: ['PRESENCE', 'FULL'],
    maxLength: 40,
    values: { FULL: 'as on the register' },
  },
  VISA_STATUS: {
    name: 'visaStatus',
    levels: ['PRESENCE', 'FULL'],
    maxLength: 16,
    values: { FULL: '`GRANTED`, `USED`, `EXPIRED` or `CANCELLED`' },
  },
  VISA_EXPIRES: {
    name: 'visaExpires',
    levels: ['PRESENCE', 'GENERALISED', 'FULL'],
    maxLength: 10,
    values: { GENERALISED: 'year, e.g. `2026`', FULL: 'date' },
  },
};

/** Fields of the subject behind the names of `DisclosedSubject`. */
export const subjectFieldByName: ReadonlyMap<string, SubjectField> = new Map(
  subjectFields.map((field) => [fieldCatalogue[field].name, field]),
);

/** Level of a field under a scope; what is absent is withheld. */
export function disclosureLevelOf(
  scope: Readonly<Partial<Record<SubjectField, DisclosureLevel>>>,
  field: SubjectField,
): DisclosureLevel {
  return Object.hasOwn(scope, field) ? (scope[field] ?? 'WITHHELD') : 'WITHHELD';
}

/** Whether `level` gives at least as much as `least`. */
export function isAtLeast(level: DisclosureLevel, least: DisclosureLevel): boolean {
  return disclosureLevels.indexOf(level) >= disclosureLevels.indexOf(least);
}
