import {
  civilDay,
  dayOf,
  parseBirthDate,
  parseEdtf,
  type DayNumber,
  type EdtfDate,
} from '../dates/index.js';
import { inputInvalid } from '../errors.js';
import type { StateCode } from '../ids.js';
import { readStateCode } from '../register/states.js';
import { calendars, documentTypes, sexes, type Calendar, type Sex } from '../register/subject.js';
import { makeDocumentKey, type DocumentKey } from './document.js';
import { evidenceElements, type EvidenceElement, type PersonEvidenceInput } from './evidence.js';
import { parseMachineReadableZone, type MachineReadableZone } from './mrz.js';
import { parseName, type PersonName } from './name.js';
import { findNameFault, maxDocumentNumberLength, foldDigits } from './text.js';

/** What a partner supplied, read once; frozen. What is absent was not supplied or may not be read. */
export interface Evidence {
  readonly names: readonly PersonName[];
  readonly fatherName: PersonName | undefined;
  readonly grandfatherName: PersonName | undefined;
  readonly dateOfBirth: EdtfDate | undefined;
  readonly sex: Sex | undefined;
  readonly nationality: StateCode | undefined;
  readonly documents: readonly DocumentKey[];
  /** What may be read of the person and of the register for this question. */
  readonly compared: ReadonlySet<EvidenceElement>;
}

const everyElement: ReadonlySet<EvidenceElement> = new Set(evidenceElements);

export const maxEvidenceNames = 10;
export const maxEvidenceDocuments = 10;
/** Parts of all names together: what one question can make the gateway compare. */
export const maxEvidenceParts = 48;

/**
 * Reads a question's person. Every text is bounded before it is looked at, so that work is linear in
 * what is kept: 10 names of 300 characters, 16 parts each and 48 together, 10 documents of 40 characters.
 *
 * @param today for dates in the future and two-digit years; its UTC day counts
 * @throws {GatewayError} ERR_INPUT_INVALID with the path of the argument, e.g. `person.names[1].full`
 */
export function parseEvidence(input: PersonEvidenceInput, today: Date): Evidence {
  const now = dayOf(today);
  const zone = readZone(input.machineReadableZone);
  const names = readNames(input.names);
  const documents = readDocuments(input.documents);
  let dateOfBirth = readDate(input.dateOfBirth, input.calendar, now);
  let nationality = readState(input.nationality, 'person.nationality');
  let sex = readSex(input.sex);
  if (zone !== undefined) {
    // The zone fills what was not supplied; its name and number stand beside those that were.
    addZone(zone, names, documents);
    dateOfBirth ??= zoneBirth(zone.birth, now);
    nationality ??= readStateOfZone(zone.nationality);
    sex ??= zone.sex;
  }
  const parts = names.reduce((sum, name) => sum + name.parts.length, 0);
  if (parts > maxEvidenceParts) throw inputInvalid('person.names', 'TOO_MANY_PARTS');
  return Object.freeze({
    names: Object.freeze(names),
    fatherName: readOptionalName(input.fatherName, 'person.fatherName'),
    grandfatherName: readOptionalName(input.grandfatherName, 'person.grandfatherName'),
    dateOfBirth,
    sex,
    nationality,
    documents: Object.freeze(documents),
    compared: everyElement,
  });
}

function readNames(input: PersonEvidenceInput['names']): PersonName[] {
  if (input == null) return [];
  if (!Array.isArray(input) || input.length > maxEvidenceNames) throw inputInvalid('person.names');
  return input.map((name: unknown, index) =>
    readName(memberOf(name, 'full'), `person.names[${index}].full`),
  );
}

function readOptionalName(text: unknown, argument: string): PersonName | undefined {
  return text == null ? undefined : readName(text, argument);
}

function readName(text: unknown, argument: string): PersonName {
  if (typeof text !== 'string') throw inputInvalid(argument);
  const fault = findNameFault(text);
  if (fault !== undefined) throw inputInvalid(argument, fault);
  const name = parseName(text);
  if (name === undefined) throw inputInvalid(argument, 'EMPTY');
  if (name === 'TOO_MANY_PARTS') throw inputInvalid(argument, name);
  return name;
}

function readDate(text: unknown, calendar: unknown, today: DayNumber): EdtfDate | undefined {
  const named = calendar ?? 'GREGORIAN';
  if (!calendars.includes(named as Calendar)) throw inputInvalid('person.calendar');
  if (text == null) return undefined;
  const date =
    typeof text === 'string'
      ? parseBirthDate(foldDigits(text), named as Calendar, today)
      : undefined;
  if (date === undefined) throw inputInvalid('person.dateOfBirth');
  return date;
}

function readSex(text: unknown): Sex | undefined {
  if (text == null) return undefined;
  if (!sexes.includes(text as Sex)) throw inputInvalid('person.sex');
  return text as Sex;
}

function readState(text: unknown, argument: string): StateCode | undefined {
  if (text == null) return undefined;
  const code = typeof text === 'string' ? readStateCode(text) : undefined;
  if (code === undefined) throw inputInvalid(argument);
  return code;
}

function readDocuments(input: PersonEvidenceInput['documents']): DocumentKey[] {
  if (input == null) return [];
  if (!Array.isArray(input) || input.length > maxEvidenceDocuments) {
    throw inputInvalid('person.documents');
  }
  return input.map((document: unknown, index) => {
    const path = `person.documents[${index}]`;
    const type = documentTypes.find((known) => known === memberOf(document, 'type'));
    if (type === undefined) throw inputInvalid(`${path}.type`);
    const number = memberOf(document, 'number');
    const state = readState(memberOf(document, 'issuingState'), `${path}.issuingState`);
    const bounded =
      typeof number === 'string' &&
      number.length <= maxDocumentNumberLength &&
      !/[\p{Cc}\p{Cs}]/u.test(number);
    const key = bounded ? makeDocumentKey(type, number, state) : undefined;
    if (key === undefined) throw inputInvalid(`${path}.number`);
    return key;
  });
}

function memberOf(value: unknown, member: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[member]
    : undefined;
}

function readZone(lines: unknown): MachineReadableZone | undefined {
  if (lines == null) return undefined;
  const texts = Array.isArray(lines) && lines.every((line) => typeof line === 'string');
  const zone = texts ? parseMachineReadableZone(lines) : undefined;
  if (zone === undefined) throw inputInvalid('person.machineReadableZone');
  return zone;
}

function addZone(zone: MachineReadableZone, names: PersonName[], documents: DocumentKey[]): void {
  const name = zone.name === '' ? undefined : parseName(zone.name);
  if (name !== undefined && name !== 'TOO_MANY_PARTS') names.push(name);
  const state = readStateOfZone(zone.issuingState);
  const key = makeDocumentKey(zone.documentType, zone.documentNumber, state);
  if (key !== undefined && !documents.some((document) => document.key === key.key)) {
    documents.push(key);
  }
}

function readStateOfZone(code: string): StateCode | undefined {
  return readStateCode(code);
}

/** Two digits of a year name one of two centuries; the later one only when it is past. */
function zoneBirth(birth: string, today: DayNumber): EdtfDate | undefined {
  const [year, month, day] = [birth.slice(0, 2), birth.slice(2, 4), birth.slice(4, 6)];
  if (!/^\d{2}$/.test(year)) return undefined;
  let rest = '';
  if (/^\d{2}$/.test(month)) rest = /^\d{2}$/.test(day) ? `-${month}-${day}` : `-${month}`;
  const century = Math.floor(civilDay('GREGORIAN', today).year / 100);
  const readings = [century, century - 1]
    .map((hundreds) => `${hundreds}${year}${rest}`)
    .filter((text) => parseBirthDate(text, 'GREGORIAN', today) !== undefined);
  if (readings.length === 0) throw inputInvalid('person.machineReadableZone');
  return parseEdtf(
    readings.length === 1 ? (readings[0] ?? '') : `[${readings.join(',')}]`,
    'GREGORIAN',
  );
}

/** The elements the evidence has something for. */
export function evidenceElementsOf(evidence: Evidence): ReadonlySet<EvidenceElement> {
  return new Set(evidenceElements.filter((element) => hasElement(evidence, element)));
}

function hasElement(evidence: Evidence, element: EvidenceElement): boolean {
  switch (element) {
    case 'NAME':
      return evidence.names.length > 0;
    case 'FATHER_NAME':
      return evidence.fatherName !== undefined;
    case 'GRANDFATHER_NAME':
      return evidence.grandfatherName !== undefined;
    case 'DATE_OF_BIRTH':
      return evidence.dateOfBirth !== undefined;
    case 'SEX':
      return evidence.sex !== undefined;
    case 'NATIONALITY':
      return evidence.nationality !== undefined;
    case 'DOCUMENT':
      return evidence.documents.length > 0;
  }
}

/** The evidence without the elements a grant does not allow to be compared: nothing later sees them. */
export function restrictEvidence(
  evidence: Evidence,
  matchOn: ReadonlySet<EvidenceElement>,
): Evidence {
  return Object.freeze({
    names: matchOn.has('NAME') ? evidence.names : Object.freeze([]),
    fatherName: matchOn.has('FATHER_NAME') ? evidence.fatherName : undefined,
    grandfatherName: matchOn.has('GRANDFATHER_NAME') ? evidence.grandfatherName : undefined,
    dateOfBirth: matchOn.has('DATE_OF_BIRTH') ? evidence.dateOfBirth : undefined,
    sex: matchOn.has('SEX') ? evidence.sex : undefined,
    nationality: matchOn.has('NATIONALITY') ? evidence.nationality : undefined,
    documents: matchOn.has('DOCUMENT') ? evidence.documents : Object.freeze([]),
    compared: new Set([...evidence.compared].filter((element) => matchOn.has(element))),
  });
}

/**
 * The evidence floor of every grant: a document number, or a name with a birth year and one of
 * father's name, birth month, issuing state of a document.
 */
export function meetsEvidenceFloor(evidence: Evidence): boolean {
  if (evidence.documents.length > 0) return true;
  const { dateOfBirth } = evidence;
  if (evidence.names.length === 0 || dateOfBirth === undefined) return false;
  if (!dateOfBirth.alternatives.every(namesYear)) return false;
  return evidence.fatherName !== undefined || dateOfBirth.alternatives.every(namesMonth);
}

/** A range longer than a year of either calendar names no year. */
const daysOfYear = 366;
const daysOfMonth = 31;

function namesYear({ first, last }: EdtfDate['alternatives'][number]): boolean {
  return last - first < daysOfYear;
}
function namesMonth({ first, last }: EdtfDate['alternatives'][number]): boolean {
  return last - first < daysOfMonth;
}
