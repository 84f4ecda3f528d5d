import { looksSolarHijri, parseEdtf, type EdtfDate } from '../dates/index.js';
import type { StateCode } from '../ids.js';
import type { Sex, Subject } from '../register/subject.js';
import { makeDocumentKey, type DocumentKey } from './document.js';
import { parseName, type PersonName } from './name.js';
import { findNameFault } from './text.js';

/** A subject read once for comparison. Holds clear data: it lives as long as one question. */
export interface PreparedSubject {
  readonly names: readonly PersonName[];
  readonly fatherName: PersonName | undefined;
  readonly grandfatherName: PersonName | undefined;
  readonly dateOfBirth: EdtfDate | undefined;
  readonly sex: Sex | undefined;
  readonly nationality: StateCode | undefined;
  readonly documents: readonly DocumentKey[];
}

/** Names and documents of one subject that are compared; bounds the work a record can cause. */
export const maxSubjectNames = 10;
export const maxSubjectDocuments = 12;

/** Never throws: a member that cannot be read is left out, as the import reported it. */
export function prepareSubject(subject: Subject): PreparedSubject {
  const names: PersonName[] = [];
  for (const { full } of subject.names.slice(0, maxSubjectNames)) {
    const name = prepareName(full);
    if (name !== undefined) names.push(name);
  }
  const documents: DocumentKey[] = [];
  for (const document of subject.documents.slice(0, maxSubjectDocuments)) {
    const key = makeDocumentKey(document.type, document.number, document.issuingState);
    if (key !== undefined) documents.push(key);
  }
  const visa = subject.visa?.reference;
  const visaKey = visa === undefined ? undefined : makeDocumentKey('VISA', visa, undefined, true);
  if (visaKey !== undefined) documents.push(visaKey);
  return {
    names,
    fatherName: prepareName(subject.fatherName),
    grandfatherName: prepareName(subject.grandfatherName),
    dateOfBirth: prepareDate(subject),
    sex: subject.sex,
    nationality: subject.nationality,
    documents,
  };
}

function prepareName(text: string | undefined): PersonName | undefined {
  if (text === undefined || findNameFault(text) !== undefined) return undefined;
  const name = parseName(text);
  return name === 'TOO_MANY_PARTS' ? undefined : name;
}

function prepareDate({ dateOfBirth, calendar }: Subject): EdtfDate | undefined {
  if (dateOfBirth === undefined) return undefined;
  const solar = calendar === 'SOLAR_HIJRI' || looksSolarHijri(dateOfBirth);
  return parseEdtf(dateOfBirth, solar ? 'SOLAR_HIJRI' : 'GREGORIAN');
}
