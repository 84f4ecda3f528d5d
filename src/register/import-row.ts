import {
  isPlaceholderDay,
  isPossibleBirth,
  looksSolarHijri,
  parseEdtf,
  type DayNumber,
} from '../core/dates/index.js';
import { isGatewayError } from '../core/errors.js';
import {
  builtInCaseload,
  isCaseload,
  type Caseload,
  type PartnerCode,
  type StateCode,
} from '../core/ids.js';
import {
  isDocumentNumber,
  foldDigits,
  maxDocumentNumberLength,
  maxSubjectDocuments,
  maxSubjectNames,
  preparedBlockingTerms,
  prepareSubject,
} from '../core/matching/index.js';
import { readStateCode } from '../core/register/states.js';
import {
  calendars,
  documentTypes,
  nameTypes,
  sexes,
  sharingBases,
  visaStatuses,
  type Sharing,
  type SubjectDocument,
  type SubjectName,
  type Visa,
} from '../core/register/subject.js';
import { parseStrictJson } from '../platform/json/strict-json.js';
import { RowReader, wholeRow, type RowFault, type RowWarning } from './row-reader.js';
import type { SubjectContent } from './subject-blob.js';

/**
 * One row of an import, JSON Lines (contract, "Files" and "Register import in detail"), read into
 * what the register keeps: names without invisible characters, digits of dates and numbers in
 * ASCII, `DEU` as `D`, members in one order, so that equal rows have equal bytes.
 */
export interface ImportRow {
  readonly content: SubjectContent;
  /** Blocking terms, see core/matching. */
  readonly terms: readonly string[];
  /** Undefined: as it was. Empty: lifts nothing either. */
  readonly suppressedFor: readonly (PartnerCode | StateCode)[] | undefined;
  readonly warnings: readonly RowWarning[];
}

/** `reference` tells whom the row is about, even when the rest cannot be read. */
export type ReadRow =
  | { readonly ok: true; readonly reference: string; readonly row: ImportRow }
  | {
      readonly ok: false;
      readonly reference: string | undefined;
      readonly faults: readonly RowFault[];
    };

export interface RowRules {
  /** The only caseload the file may name, where one was given. */
  readonly caseload: Caseload | undefined;
  readonly knownPartners: ReadonlySet<PartnerCode>;
  readonly today: DayNumber;
  /** Only for the people who come with the release: they alone are in the built-in caseload. */
  readonly builtIn?: boolean;
}

const longestReference = 64;
const longestText = 120;
const mostSuppressions = 300;

const rowMembers = new Set([
  'reference',
  'caseload',
  'names',
  'fatherName',
  'grandfatherName',
  'dateOfBirth',
  'calendar',
  'sex',
  'nationality',
  'documents',
  'visa',
  'household',
  'sharing',
  'suppressedFor',
]);
const nameMembers = new Set(['full', 'type']);
const documentMembers = new Set(['type', 'number', 'issuingState', 'expires']);
const sharingMembers = new Set(['basis', 'informedOn', 'refusedFor']);
const visaMembers = new Set(['reference', 'class', 'status', 'granted', 'expires']);

/** Reads one line of JSON Lines. Never throws for what the line holds. */
export function readImportRow(line: Uint8Array, rules: RowRules): ReadRow {
  let value: unknown;
  try {
    value = parseStrictJson(line);
  } catch (error) {
    if (!isGatewayError(error, 'ERR_INPUT_INVALID')) throw error;
    const faults = [{ column: wholeRow, code: 'JSON_INVALID' }] as const;
    return { ok: false, reference: undefined, faults };
  }
  return readRowMembers(value, rules, new RowReader());
}

/**
 * Reads the members of one row, whatever the file they come from is written in.
 *
 * @param reader holds what was found wrong before
 */
export function readRowMembers(value: unknown, rules: RowRules, reader: RowReader): ReadRow {
  const members = reader.object(value, wholeRow, rowMembers);
  if (members === undefined) return { ok: false, reference: undefined, faults: reader.faults };

  const reference = readReference(reader, members);
  const caseload = readCaseload(reader, members, rules);
  const content = readContent(reader, members, { reference, caseload }, rules);
  const terms = content === undefined ? [] : readTerms(reader, content);
  const suppressedFor = readSuppressions(reader, members['suppressedFor'], rules);
  if (reference === undefined || content === undefined || reader.faults.length > 0) {
    return { ok: false, reference, faults: reader.faults };
  }
  const { warnings } = reader;
  return { ok: true, reference, row: { content, terms, suppressedFor, warnings } };
}

type Members = Readonly<Record<string, unknown>>;

interface RowIdentity {
  readonly reference: string | undefined;
  readonly caseload: Caseload | undefined;
}

function readReference(reader: RowReader, members: Members): string | undefined {
  if (members['reference'] == null) return reader.fault('reference', 'MEMBER_MISSING');
  return readNumbered(reader, members['reference'], 'reference');
}

/** Which digits a keyboard writes makes no other person, and no other household. */
function readNumbered(reader: RowReader, value: unknown, column: string): string | undefined {
  const text = reader.text(value, column, longestReference);
  return text === undefined || reader.isKept(column) ? text : foldDigits(text);
}

function readCaseload(reader: RowReader, members: Members, rules: RowRules): Caseload | undefined {
  const caseload = reader.text(members['caseload'], 'caseload', longestText) ?? '';
  if (members['caseload'] == null) return reader.fault('caseload', 'MEMBER_MISSING');
  if (!isCaseload(caseload)) {
    return caseload === '' ? undefined : reader.fault('caseload', 'CODE_UNKNOWN');
  }
  if ((caseload === builtInCaseload) !== (rules.builtIn === true)) {
    return reader.fault('caseload', 'CASELOAD_RESERVED');
  }
  if (rules.caseload !== undefined && rules.caseload !== caseload) {
    return reader.fault('caseload', 'CASELOAD_DIFFERS');
  }
  return caseload;
}

function readContent(
  reader: RowReader,
  members: Members,
  { reference, caseload }: RowIdentity,
  rules: RowRules,
): SubjectContent | undefined {
  const names = readNames(reader, members['names']);
  const fatherName = reader.name(members['fatherName'], 'fatherName');
  const grandfatherName = reader.name(members['grandfatherName'], 'grandfatherName');
  const birth = readBirth(reader, members, rules.today);
  const sex = reader.code(members['sex'], 'sex', sexes);
  const nationality = reader.state(members['nationality'], 'nationality');
  const documents = readDocuments(reader, members['documents']);
  const visa = readVisa(reader, members['visa']);
  const household = readNumbered(reader, members['household'], 'household');
  const sharing = readSharing(reader, members['sharing'], rules);
  if (reference === undefined || caseload === undefined || reader.faults.length > 0) {
    return undefined;
  }
  const content: SubjectContent = {
    reference,
    caseload,
    names,
    ...(fatherName === undefined ? {} : { fatherName }),
    ...(grandfatherName === undefined ? {} : { grandfatherName }),
    ...birth,
    ...(sex === undefined ? {} : { sex }),
    ...(nationality === undefined ? {} : { nationality }),
    documents,
    ...(visa === undefined ? {} : { visa }),
    ...(household === undefined ? {} : { household }),
    ...(sharing === undefined ? {} : { sharing }),
  };
  return content;
}

function readNames(reader: RowReader, value: unknown): SubjectName[] {
  if (value == null) reader.fault('names', 'MEMBER_MISSING');
  else if (Array.isArray(value) && value.length === 0) reader.fault('names', 'EMPTY');
  return reader.list(value, 'names', maxSubjectNames).flatMap((entry, at): SubjectName[] => {
    const column = `names[${at}]`;
    const members = reader.object(entry, column, nameMembers);
    if (members === undefined) return [];
    const full = reader.name(members['full'], `${column}.full`);
    if (members['full'] == null) reader.fault(`${column}.full`, 'MEMBER_MISSING');
    const type = reader.code(members['type'], `${column}.type`, nameTypes);
    return full === undefined ? [] : [{ full, ...(type === undefined ? {} : { type }) }];
  });
}

function readBirth(
  reader: RowReader,
  members: Members,
  today: DayNumber,
): Pick<SubjectContent, 'dateOfBirth' | 'calendar'> {
  const calendar = reader.code(members['calendar'], 'calendar', calendars) ?? 'GREGORIAN';
  const dateOfBirth = reader.dateText(members['dateOfBirth'], 'dateOfBirth');
  if (dateOfBirth === undefined) return {};
  if (calendar === 'GREGORIAN' && looksSolarHijri(dateOfBirth)) {
    return reader.fault('dateOfBirth', 'CALENDAR_MISSING') ?? {};
  }
  const date = parseEdtf(dateOfBirth, calendar);
  if (date === undefined) return reader.fault('dateOfBirth', 'DATE_INVALID') ?? {};
  if (!isPossibleBirth(date, today)) {
    return reader.fault('dateOfBirth', 'DATE_OUT_OF_RANGE') ?? {};
  }
  if (date.alternatives.some((day) => day.precision === 'DAY' && isPlaceholderDay(day.first))) {
    reader.warn('dateOfBirth', 'PLACEHOLDER_DATE');
  }
  return { dateOfBirth, ...(calendar === 'GREGORIAN' ? {} : { calendar }) };
}

function readDocuments(reader: RowReader, value: unknown): SubjectDocument[] {
  const entries = reader.list(value, 'documents', maxSubjectDocuments);
  return entries.flatMap((entry, at): SubjectDocument[] => {
    const column = `documents[${at}]`;
    const members = reader.object(entry, column, documentMembers);
    if (members === undefined) return [];
    for (const member of ['type', 'number']) {
      if (members[member] == null) reader.fault(`${column}.${member}`, 'MEMBER_MISSING');
    }
    const type = reader.code(members['type'], `${column}.type`, documentTypes);
    const text = reader.text(members['number'], `${column}.number`, maxDocumentNumberLength);
    const issuingState = reader.state(members['issuingState'], `${column}.issuingState`);
    const expires = reader.date(members['expires'], `${column}.expires`);
    if (type === undefined || text === undefined) return [];
    const number = foldDigits(text);
    if (!isDocumentNumber(type, number) && !reader.isKept(`${column}.number`)) {
      return reader.fault(`${column}.number`, 'DOCUMENT_NUMBER_INVALID') ?? [];
    }
    return [
      {
        type,
        number,
        ...(issuingState === undefined ? {} : { issuingState }),
        ...(expires === undefined ? {} : { expires }),
      },
    ];
  });
}

function readVisa(reader: RowReader, value: unknown): Visa | undefined {
  if (value == null) return undefined;
  const members = reader.object(value, 'visa', visaMembers);
  if (members === undefined) return undefined;
  const reference = reader.text(members['reference'], 'visa.reference', longestReference);
  const visaClass = reader.text(members['class'], 'visa.class', longestReference);
  const status = reader.code(members['status'], 'visa.status', visaStatuses);
  const granted = reader.date(members['granted'], 'visa.granted');
  const expires = reader.date(members['expires'], 'visa.expires');
  const visa: Visa = {
    ...(reference === undefined ? {} : { reference }),
    ...(visaClass === undefined ? {} : { class: visaClass }),
    ...(status === undefined ? {} : { status }),
    ...(granted === undefined ? {} : { granted }),
    ...(expires === undefined ? {} : { expires }),
  };
  return Object.keys(visa).length === 0 ? undefined : visa;
}

function readSuppressions(
  reader: RowReader,
  value: unknown,
  rules: RowRules,
): ImportRow['suppressedFor'] {
  return value == null ? undefined : readCodes(reader, value, 'suppressedFor', rules);
}

function readSharing(reader: RowReader, value: unknown, rules: RowRules): Sharing | undefined {
  if (value == null) return undefined;
  const members = reader.object(value, 'sharing', sharingMembers);
  if (members === undefined) return undefined;
  const basis = reader.code(members['basis'], 'sharing.basis', sharingBases);
  const informedOn = reader.date(members['informedOn'], 'sharing.informedOn');
  if (informedOn !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(informedOn)) {
    reader.fault('sharing.informedOn', 'DATE_INVALID');
  }
  const refusedFor =
    members['refusedFor'] == null
      ? []
      : readCodes(reader, members['refusedFor'], 'sharing.refusedFor', rules);
  const sharing: Sharing = {
    ...(basis === undefined ? {} : { basis }),
    ...(informedOn === undefined ? {} : { informedOn }),
    ...(refusedFor.length === 0 ? {} : { refusedFor }),
  };
  return Object.keys(sharing).length === 0 ? undefined : sharing;
}

/** Codes of partners and states, in code-point order. */
function readCodes(
  reader: RowReader,
  value: unknown,
  column: string,
  rules: RowRules,
): readonly (PartnerCode | StateCode)[] {
  const codes = new Set<PartnerCode | StateCode>();
  for (const [at, entry] of reader.list(value, column, mostSuppressions).entries()) {
    const text = typeof entry === 'string' ? entry : '';
    const code = rules.knownPartners.has(text as PartnerCode)
      ? (text as PartnerCode)
      : readStateCode(text);
    if (code === undefined) reader.fault(`${column}[${at}]`, 'SUPPRESSION_UNKNOWN');
    else codes.add(code);
  }
  return [...codes].sort();
}

/** Whatever the matcher would leave out has to be said now: later nobody would notice. */
function readTerms(reader: RowReader, content: SubjectContent): readonly string[] {
  const prepared = prepareSubject({ ...content, suppressedFor: [] });
  if (prepared.names.length < content.names.length) reader.fault('names', 'NAME_UNREADABLE');
  for (const member of ['fatherName', 'grandfatherName'] as const) {
    if (content[member] !== undefined && prepared[member] === undefined) {
      reader.fault(member, 'NAME_UNREADABLE');
    }
  }
  return preparedBlockingTerms(prepared);
}
