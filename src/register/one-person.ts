import { dayOf } from '../core/dates/index.js';
import { GatewayError, inputInvalid } from '../core/errors.js';
import type { PartnerCode, SubjectId } from '../core/ids.js';
import type { VisaStatus } from '../core/register/subject.js';
import { recordAct } from './acts.js';
import { readRowMembers, type ImportRow, type RowRules } from './import-row.js';
import { peoplePerPage, type PagePerson } from './page.js';
import { changeRegister, type PersonReference, type RegisterChange } from './register-change.js';
import type { OpenedPage, RegisterStore } from './register-store.js';
import { namedPerson, type RestrictionContent } from './restrictions.js';
import { RowReader } from './row-reader.js';
import { sharingOf, type SubjectContent } from './subject-blob.js';
import { decodeSubjectId, encodeSubjectId, makeSubjectId } from './subject-uuid.js';

/** What became of one person. Fields are named, values are not: this is for the access log. */
export interface PersonChange {
  readonly subject: SubjectId;
  /** Of the person; counted from 1. */
  readonly subjectVersion: number;
  /** Fields that changed, in contract names, such as `visa.status`. Empty: nothing did. */
  readonly fields: readonly string[];
  /** LIVE: partners are told from `version` on. PENDING: once another person has released it. */
  readonly state: 'LIVE' | 'PENDING';
  readonly batchId?: string;
  /** Register version from which it holds. */
  readonly version: bigint;
}

/** Members of a row of JSON Lines. */
export type RowMembers = Readonly<Record<string, unknown>>;

export interface AddPersonCommand {
  readonly row: RowMembers;
  readonly requestedBy: string;
  readonly knownPartners: ReadonlySet<PartnerCode>;
}

export interface CorrectPersonCommand extends PersonReference {
  /**
   * Members as they shall be; null takes one away, an absent one stays. Of `visa` and `sharing` each
   * member by itself.
   */
  readonly correction: RowMembers;
  /** Version of the person the correction was written against; another by now, and it is refused. */
  readonly subjectVersion?: number;
  readonly requestedBy: string;
  /** Partners a person may refuse to be named to. */
  readonly knownPartners?: ReadonlySet<PartnerCode>;
}

/**
 * Adds one person: pending in a batch of its own until another person releases it, as an imported
 * one is.
 *
 * @throws {GatewayError} ERR_INPUT_INVALID naming the member, ERR_ROW_CONFLICT when the reference is
 *   on the register
 */
export async function addPerson(
  store: RegisterStore,
  command: AddPersonCommand,
): Promise<PersonChange> {
  const { result, version } = await changeRegister(store, async (change) =>
    addPersonIn(change, command),
  );
  return { ...result, version };
}

/** {@link addPerson} as part of a change. */
export async function addPersonIn(
  change: RegisterChange,
  command: AddPersonCommand,
  actId?: string,
): Promise<Omit<PersonChange, 'version'>> {
  const { store } = change;
  const row = readMembers(command.row, rulesOf(store, command.knownPartners));
  const { caseload, reference } = row.content;
  if ((await findPerson(change, { caseload, reference })) !== undefined) {
    throw new GatewayError('ERR_ROW_CONFLICT', {
      argument: 'reference',
      detail: 'the reference is on the register',
    });
  }
  const id = makeSubjectId(store.now(), store.random(10));
  const batchId = makeSubjectId(store.now(), store.random(10));
  const page = await lastPage(change);
  const sealed = change.seal(id, 1, row.content, store.random(32));
  const batch = await change.openBatch(batchId, command.requestedBy, page.pageNumber, 'added');
  page.people.push({
    subject: encodeSubjectId(id),
    referenceKey: store.keys.referenceKey(caseload, reference),
    caseload,
    suppressedFor: row.suppressedFor ?? [],
    pending: { ...sealed, batch },
  });
  await change.write(page);
  const fields = changedFields(undefined, row.content);
  await recordAct(store, change.manager, {
    kind: 'ADD',
    by: command.requestedBy,
    people: 1,
    fields,
    version: change.version,
    ...(actId === undefined ? {} : { id: actId }),
  });
  return { subject: id, subjectVersion: 1, fields, state: 'PENDING' as const, batchId };
}

/**
 * Corrects one person. What decides whom a partner is told of (names, kin, birth, sex, nationality,
 * documents) waits for another person, or one registrar alone could put anybody into the place of a
 * released person; visa and household hold at once, sharing where it narrows.
 *
 * @throws {GatewayError} ERR_INPUT_INVALID naming the member; ERR_NOT_FOUND when nobody has the
 *   reference; ERR_ROW_CONFLICT when the person has changed since
 */
export async function correctPerson(
  store: RegisterStore,
  command: CorrectPersonCommand,
): Promise<PersonChange> {
  const { result, version } = await changeRegister(store, async (change) =>
    correctPersonIn(change, command),
  );
  return { ...result, version };
}

/**
 * {@link correctPerson} as part of a change.
 *
 * @param options `dryRun`: only says what would change; `actId`: of the act that is done
 */
export async function correctPersonIn(
  change: RegisterChange,
  command: CorrectPersonCommand,
  options: { readonly actId?: string; readonly dryRun?: boolean } = {},
): Promise<Omit<PersonChange, 'version'>> {
  const { store } = change;
  const { caseload, reference, correction, requestedBy } = command;
  for (const member of ['reference', 'caseload', 'suppressedFor']) {
    if (Object.hasOwn(correction, member)) throw inputInvalid(member, 'not a correction');
  }
  const place = await findPerson(change, { caseload, reference });
  const newest = place && (place.person.pending ?? place.person.live);
  if (place === undefined || newest === undefined) {
    throw new GatewayError('ERR_NOT_FOUND', { argument: 'reference', detail: 'nobody has it' });
  }
  if (command.subjectVersion !== undefined && command.subjectVersion !== newest.version) {
    throw new GatewayError('ERR_ROW_CONFLICT', {
      argument: 'version',
      detail: 'the person has changed since',
    });
  }
  const { page, at, person } = place;
  const subject = decodeSubjectId(person.subject);
  const before = await change.open(person);
  const refused = before.content.sharing?.refusedFor ?? [];
  const known = [...(command.knownPartners ?? []), ...(refused as readonly PartnerCode[])];
  const rules = rulesOf(store, new Set(known));
  const { content } = readMembers(mergeMembers(before.content, correction), rules);
  const fields = changedFields(before.content, content);
  const atOnce =
    person.pending === undefined &&
    fields.every((field) => !isIdentity(field)) &&
    !widensSharing(before.content, content);
  const state = atOnce ? ('LIVE' as const) : ('PENDING' as const);
  if (fields.length === 0) {
    const standing = person.pending === undefined ? ('LIVE' as const) : state;
    return { subject, subjectVersion: newest.version, fields, state: standing };
  }
  if (options.dryRun === true) {
    return { subject, subjectVersion: newest.version, fields, state };
  }
  const subjectVersion = newest.version + 1;
  const sealed = change.seal(subject, subjectVersion, content, before.referenceSecret);
  let batchId: SubjectId | undefined;
  if (atOnce) {
    await store.onLiveChange?.(change.manager, [
      { subject, contents: { before: before.content, after: content } },
    ]);
    change.destroy(person, 'live');
    page.people[at] = { ...person, live: sealed };
  } else {
    change.destroy(person, 'pending');
    batchId = makeSubjectId(store.now(), store.random(10));
    const batch = await change.openBatch(batchId, requestedBy, page.pageNumber, 'changed');
    page.people[at] = { ...person, pending: { ...sealed, batch } };
  }
  await change.write(page);
  const id = await recordAct(store, change.manager, {
    kind: 'CORRECT',
    by: requestedBy,
    people: 1,
    fields,
    version: change.version,
    ...(options.actId === undefined ? {} : { id: options.actId }),
  });
  const narrowing = narrowingOf(before.content, content, atOnce);
  if (narrowing !== undefined) {
    const at = store.now().toISOString();
    change.restricts('register.narrowed', [namedPerson(person)], {
      ...narrowing,
      act: {
        id,
        kind: 'CORRECT',
        requestedBy,
        approvedBy: null,
        at,
        people: 1,
        fields: fields.filter((field) => !isIdentity(field)),
      },
    });
  }
  return {
    subject,
    subjectVersion,
    fields,
    state,
    ...(batchId === undefined ? {} : { batchId }),
  };
}

/** {@link correctPerson} of the visa's status alone: holds at once. */
export async function changeVisaStatus(
  store: RegisterStore,
  command: PersonReference & { readonly status: VisaStatus; readonly requestedBy: string },
): Promise<PersonChange> {
  const { status, ...rest } = command;
  return correctPerson(store, { ...rest, correction: { visa: { status } } });
}

interface PersonPlace {
  readonly page: OpenedPage;
  readonly at: number;
  readonly person: PagePerson;
}

async function findPerson(
  change: RegisterChange,
  { caseload, reference }: PersonReference,
): Promise<PersonPlace | undefined> {
  const key = change.store.keys.referenceKey(caseload, reference);
  for await (const page of change.read(await change.pagesOf([key]))) {
    const at = page.people.findIndex((person) => person.referenceKey.equals(key));
    const person = page.people[at];
    if (person !== undefined) return { page, at, person };
  }
  return undefined;
}

async function lastPage(change: RegisterChange): Promise<OpenedPage> {
  const last = change.pageNumbers.at(-1);
  if (last === undefined) return { pageNumber: 0, people: [] };
  for await (const page of change.read([last])) if (page.people.length < peoplePerPage) return page;
  return { pageNumber: last + 1, people: [] };
}

const rulesOf = (store: RegisterStore, knownPartners: ReadonlySet<PartnerCode>): RowRules => ({
  caseload: undefined,
  knownPartners,
  today: dayOf(store.now()),
});

/** What a row would be kept as. @throws {GatewayError} ERR_INPUT_INVALID naming the member */
export function readPersonRow(
  store: RegisterStore,
  row: RowMembers,
  knownPartners: ReadonlySet<PartnerCode>,
): SubjectContent {
  return readMembers(row, rulesOf(store, knownPartners)).content;
}

function readMembers(members: RowMembers, rules: RowRules): ImportRow {
  const read = readRowMembers(members, rules, new RowReader());
  if (read.ok) return read.row;
  const [fault] = read.faults;
  throw inputInvalid(fault?.column ?? 'row', fault?.code);
}

/** Members that are corrected one by one. */
const grouped = ['visa', 'sharing'];

function mergeMembers(before: SubjectContent, correction: RowMembers): RowMembers {
  const merged: Record<string, unknown> = { ...before };
  for (const [member, value] of Object.entries(correction)) {
    const known = merged[member];
    const partly = grouped.includes(member) && isObject(value) && isObject(known);
    merged[member] = partly ? { ...known, ...value } : value;
  }
  return merged;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Names of the members that differ, those of groups each by itself. */
export function changedFields(
  before: SubjectContent | undefined,
  after: SubjectContent,
): readonly string[] {
  const [old, fresh] = [flatten(before ?? {}), flatten(after)];
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .filter((field) => old.get(field) !== fresh.get(field))
    .sort();
}

function flatten(content: object): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const [member, value] of Object.entries(content)) {
    if (grouped.includes(member) && isObject(value)) {
      for (const [inner, text] of Object.entries(value)) {
        fields.set(`${member}.${inner}`, JSON.stringify(text));
      }
    } else if (!Array.isArray(value) || value.length > 0) {
      fields.set(member, JSON.stringify(value));
    }
  }
  return fields;
}

/** Whether more partners may be told: a refusal taken back, or notice said to be given. */
function widensSharing(before: SubjectContent, after: SubjectContent): boolean {
  const [old, fresh] = [sharingOf(before), sharingOf(after)];
  const takenBack = old.refusedFor.some((code) => !fresh.refusedFor.includes(code));
  return takenBack || (fresh.informed && !old.informed);
}

/** What partners are told no longer from now on; `undefined` when nothing narrowed. */
function narrowingOf(
  before: SubjectContent,
  after: SubjectContent,
  atOnce: boolean,
): Pick<RestrictionContent, 'visaStatus' | 'refusedFor' | 'notInformed'> | undefined {
  const [old, fresh] = [sharingOf(before), sharingOf(after)];
  const refusedFor = fresh.refusedFor.filter((code) => !old.refusedFor.includes(code));
  const status = after.visa?.status;
  // A refusal holds once it is recorded, the end of a visa once it is released.
  const ended =
    atOnce && status !== undefined && status !== 'GRANTED' && status !== before.visa?.status;
  const notInformed = old.informed && !fresh.informed;
  if (refusedFor.length === 0 && !ended && !notInformed) return undefined;
  return {
    ...(refusedFor.length === 0 ? {} : { refusedFor }),
    ...(ended ? { visaStatus: status } : {}),
    ...(notInformed ? { notInformed } : {}),
  };
}

const isIdentity = (field: string): boolean =>
  field !== 'household' && !grouped.some((group) => field.startsWith(`${group}.`));
