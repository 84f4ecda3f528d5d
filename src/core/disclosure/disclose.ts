import type { GregorianDate } from '../dates/index.js';
import type { EvidenceElement } from '../matching/evidence.js';
import type { Subject } from '../register/subject.js';
import {
  disclosureLevelOf,
  fieldCatalogue,
  isAtLeast,
  type DisclosureLevel,
  type SubjectField,
} from './catalogue.js';
import { regionOf } from './regions.js';

export type FieldScope = Readonly<Partial<Record<SubjectField, DisclosureLevel>>>;

/** One field as it leaves. Exactly one of the three speaks, according to the level. */
export interface DisclosedField {
  readonly level: DisclosureLevel;
  readonly present: boolean | null;
  readonly agreement: Agreement | null;
  readonly value: string | null;
}

/** `NOT_CONFIRMED` is one face for differs, not on the register, not supplied, not compared. */
export type Agreement = 'AGREES' | 'NOT_CONFIRMED';

export interface DisclosureInputs {
  readonly subject: Subject;
  readonly dateOfBirth: GregorianDate | undefined;
  /** Elements of the evidence that agree with the subject. */
  readonly agreeing: ReadonlySet<EvidenceElement>;
}

/** The element of evidence whose agreement a field at CONFIRM speaks of. */
const elementOfField: Readonly<Partial<Record<SubjectField, EvidenceElement>>> = {
  FULL_NAME: 'NAME',
  FATHER_NAME: 'FATHER_NAME',
  DATE_OF_BIRTH: 'DATE_OF_BIRTH',
  SEX: 'SEX',
  NATIONALITY: 'NATIONALITY',
  DOCUMENT_NUMBER: 'DOCUMENT',
};

/**
 * The one choke point through which a subject's fields leave: each selected field at the level of
 * the scope and no other field. The result depends on the selected fields' values at their level and
 * on nothing else of the subject.
 *
 * @throws TypeError when a withheld field is asked for: it must have been refused before
 */
export function disclose(
  scope: FieldScope,
  fields: readonly SubjectField[],
  inputs: DisclosureInputs,
): ReadonlyMap<SubjectField, DisclosedField> {
  return new Map(fields.map((field) => [field, discloseField(scope, field, inputs)]));
}

/**
 * Whether a field at a level tells anything of the person: at CONFIRM only what the grant compares
 * does, since what is not compared reads NOT_CONFIRMED whoever it is.
 */
export function tellsOfPerson(
  field: SubjectField,
  level: DisclosureLevel,
  compared: readonly EvidenceElement[],
): boolean {
  const element = elementOfField[field];
  return level !== 'CONFIRM' || element === undefined || compared.includes(element);
}

/** Agreement of one element as a partner may see it: at CONFIRM or above of its field, else none. */
export function discloseAgreement(
  scope: FieldScope,
  element: EvidenceElement,
  agreeing: ReadonlySet<EvidenceElement>,
): Agreement {
  const granted = Object.entries(elementOfField).some(
    ([field, of]) =>
      of === element && isAtLeast(disclosureLevelOf(scope, field as SubjectField), 'CONFIRM'),
  );
  return granted && agreeing.has(element) ? 'AGREES' : 'NOT_CONFIRMED';
}

function discloseField(
  scope: FieldScope,
  field: SubjectField,
  inputs: DisclosureInputs,
): DisclosedField {
  const level = disclosureLevelOf(scope, field);
  const silent = { level, present: null, agreement: null, value: null };
  switch (level) {
    case 'WITHHELD':
      throw new TypeError(`${field} is withheld and was not refused`);
    case 'PRESENCE':
      return { ...silent, present: registered(field, inputs) !== undefined };
    case 'CONFIRM': {
      const element = elementOfField[field];
      if (element === undefined) throw new TypeError(`${field} has no level CONFIRM`);
      return { ...silent, agreement: inputs.agreeing.has(element) ? 'AGREES' : 'NOT_CONFIRMED' };
    }
    case 'GENERALISED':
      return { ...silent, value: cut(field, generalised(field, inputs)) };
    case 'MASKED': {
      const value = registered(field, inputs);
      return { ...silent, value: cut(field, value === undefined ? undefined : mask(value)) };
    }
    case 'FULL':
      return { ...silent, value: cut(field, registered(field, inputs)) };
  }
}

function registered(field: SubjectField, inputs: DisclosureInputs): string | undefined {
  const { subject } = inputs;
  switch (field) {
    case 'FULL_NAME':
      return subject.names[0]?.full;
    case 'FATHER_NAME':
      return subject.fatherName;
    case 'DATE_OF_BIRTH':
      return inputs.dateOfBirth?.edtf;
    case 'SEX':
      return subject.sex;
    case 'NATIONALITY':
      return subject.nationality;
    case 'DOCUMENT_NUMBER':
      return subject.documents[0]?.number;
    case 'VISA_REFERENCE':
      return subject.visa?.reference;
    case 'VISA_CLASS':
      return subject.visa?.class;
    case 'VISA_STATUS':
      return subject.visa?.status;
    case 'VISA_EXPIRES':
      return subject.visa?.expires;
  }
}

function generalised(field: SubjectField, inputs: DisclosureInputs): string | undefined {
  const value = registered(field, inputs);
  switch (field) {
    case 'FULL_NAME':
    case 'FATHER_NAME':
      return value === undefined ? undefined : initials(value);
    case 'DATE_OF_BIRTH':
      return inputs.dateOfBirth?.year;
    case 'NATIONALITY':
      return value === undefined ? undefined : regionOf(value);
    case 'VISA_EXPIRES':
      return value?.slice(0, 4);
    case 'SEX':
    case 'DOCUMENT_NUMBER':
    case 'VISA_REFERENCE':
    case 'VISA_CLASS':
    case 'VISA_STATUS':
      throw new TypeError(`${field} has no level GENERALISED`);
  }
}

/** `Mohammad Rahim Ahmadi` -> `M. R. A.`; first letter of each word, in its own script. */
export function initials(name: string): string {
  return name
    .normalize('NFC')
    .split(/[^\p{L}\p{M}]+/u)
    .filter((word) => word !== '')
    .map((word) => `${[...word][0] ?? ''}.`)
    .join(' ');
}

/** Shows the last third of the characters, at least none and at most four; stars for the others. */
export function mask(value: string): string {
  const characters = [...value];
  const shown = Math.min(4, Math.floor(characters.length / 3));
  return (
    '*'.repeat(characters.length - shown) + characters.slice(characters.length - shown).join('')
  );
}

function cut(field: SubjectField, value: string | undefined): string | null {
  if (value === undefined) return null;
  const { maxLength } = fieldCatalogue[field];
  if (value.length <= maxLength) return value;
  const end = /[\uD800-\uDBFF]/.test(value.charAt(maxLength - 1)) ? maxLength - 1 : maxLength;
  return value.slice(0, end);
}
