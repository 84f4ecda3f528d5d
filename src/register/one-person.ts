import { dayOf } from '../core/dates/index.js';
import { GatewayError, inputInvalid } from '../core/errors.js';
import type { PartnerCode, SubjectId } from '../core/ids.js';
import type { VisaStatus } from '../core/register/subject.js';
import { recordAct } from './acts.js';
import { readRowMembers, type ImportRow, type RowRules } from './import-row.js';
import { peoplePerPage, type PagePerson, type PageVersion } from './page.js';
import {
  changedFields,
  isIdentity,
  mergeMembers,
  narrowContent,
  narrowingOf,
  widensSharing,
  type Narrowing,
  type RowMembers,
} from './person-fields.js';
import { changeRegister, type PersonReference, type RegisterChange } from './register-change.js';
import type { OpenedPage, RegisterStore } from './register-store.js';
import { namedPerson } from './restrictions.js';
import { RowReader } from './row-reader.js';
import type { SubjectContent } from './subject-blob.js';
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
 * released person; visa and household hold at once, sharing where it narrows. They hold while another
 * correction of the person waits, too: that one goes on waiting, and has them once it is released.
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
  const corrected = await correctVersions(change, person, command);
  const last = corrected.at(-1);
  if (last === undefined) throw new TypeError('a person has a version');
  const atOnce = corrected.every(({ holdsAtOnce }) => holdsAtOnce);
  const state = atOnce ? ('LIVE' as const) : ('PENDING' as const);
  // What has to wait is measured against what waits already.
  const meant = atOnce ? corrected : [last];
  const fields = [...new Set(meant.flatMap((one) => one.fields))].sort();
  if (fields.length === 0 || options.dryRun === true) {
    return { subject, subjectVersion: newest.version, fields, state };
  }
  const { before, after } = atOnce ? (corrected[0] ?? last) : last;
  const narrowing = narrowingOf(meant, atOnce);
  let subjectVersion = newest.version;
  let batchId: SubjectId | undefined;
  if (atOnce) {
    await store.onLiveChange?.(change.manager, [{ subject, contents: { before, after } }]);
    let next = person;
    for (const { which, version, after: content, referenceSecret } of corrected) {
      subjectVersion += 1;
      const sealed = change.seal(subject, subjectVersion, content, referenceSecret);
      // What waits goes on waiting, in its batch.
      change.supersede(person, version);
      next =
        which === 'live'
          ? { ...next, live: sealed }
          : { ...next, ...(next.pending && { pending: { ...next.pending, ...sealed } }) };
    }
    page.people[at] = next;
  } else {
    const live = await narrowLive(change, person, narrowing);
    subjectVersion = Math.max(subjectVersion, live?.version ?? 0) + 1;
    const sealed = change.seal(subject, subjectVersion, after, last.referenceSecret);
    change.destroy(person, 'pending');
    batchId = makeSubjectId(store.now(), store.random(10));
    const kind = person.live === undefined ? 'added' : 'changed';
    const { pending } = person;
    const batch = await change.openBatch(batchId, requestedBy, page.pageNumber, kind, pending);
    page.people[at] = { ...person, ...(live && { live }), pending: { ...sealed, batch } };
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

/**
 * A refusal holds from now on, whatever becomes of the correction it came with: it stands in the
 * version partners are told of, so that taking it back, or giving the correction up, lets nobody know
 * more without another person.
 *
 * @returns the live version that took the place of the one there was
 */
async function narrowLive(
  change: RegisterChange,
  person: PagePerson,
  narrowing: Narrowing | undefined,
): Promise<PageVersion | undefined> {
  if (person.live === undefined || narrowing === undefined) return undefined;
  const subject = decodeSubjectId(person.subject);
  const { content: before, referenceSecret } = await change.openVersion(
    subject,
    person.live.version,
  );
  const after = narrowContent(before, narrowing);
  if (changedFields(before, after).length === 0) return undefined;
  await change.store.onLiveChange?.(change.manager, [{ subject, contents: { before, after } }]);
  const newest = Math.max(person.live.version, person.pending?.version ?? 0);
  change.supersede(person, person.live.version);
  return change.seal(subject, newest + 1, after, referenceSecret);
}

/** A version of a person, and what a correction makes of it. */
interface CorrectedVersion {
  readonly which: 'live' | 'pending';
  readonly version: number;
  readonly before: SubjectContent;
  readonly after: SubjectContent;
  readonly fields: readonly string[];
  readonly holdsAtOnce: boolean;
  readonly referenceSecret: Uint8Array;
}

/**
 * The versions a correction is about: the newest; and while that one waits for its release, the one
 * partners are told of as well, where nothing but what can hold at once is corrected.
 */
async function correctVersions(
  change: RegisterChange,
  person: PagePerson,
  { correction, knownPartners = new Set() }: CorrectPersonCommand,
): Promise<readonly CorrectedVersion[]> {
  const both = Object.keys(correction).every((member) => !isIdentity(member));
  const versions = (['live', 'pending'] as const).flatMap((which) => {
    const known = person[which];
    const isMeant = which === 'pending' || person.pending === undefined || both;
    return known === undefined || !isMeant ? [] : [{ which, version: known.version }];
  });
  const isTold = versions[0]?.which === 'live';
  const corrected: CorrectedVersion[] = [];
  for (const { which, version } of versions) {
    const subject = decodeSubjectId(person.subject);
    const { content: before, referenceSecret } = await change.openVersion(subject, version);
    const refused = (before.sharing?.refusedFor ?? []) as readonly PartnerCode[];
    const rules = rulesOf(change.store, new Set([...knownPartners, ...refused]));
    const { content: after } = readMembers(
      mergeMembers(before, correction),
      rules,
      (column) => !isGiven(correction, column),
    );
    const fields = changedFields(before, after);
    const holdsAtOnce = isTold && !fields.some(isIdentity) && !widensSharing(before, after);
    corrected.push({ which, version, before, after, fields, holdsAtOnce, referenceSecret });
  }
  return corrected;
}

/** {@link correctPerson} of the visa's status alone: holds at once. */
export async function changeVisaStatus(
  store: RegisterStore,
  command: PersonReference & { readonly status: VisaStatus; readonly requestedBy: string },
): Promise<PersonChange> {
  const { status, ...rest } = command;
  return correctPerson(store, { ...rest, correction: { visa: { status } } });
}

/** Whether a correction says anything of a member, such as `visa.status`; of a list, it says all. */
function isGiven(correction: RowMembers, column: string): boolean {
  let at: unknown = correction;
  for (const part of column.split(/[.[]/)) {
    if (Array.isArray(at)) return true;
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return false;
    at = (at as Readonly<Record<string, unknown>>)[part];
  }
  return true;
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

function readMembers(
  members: RowMembers,
  rules: RowRules,
  isKept?: (column: string) => boolean,
): ImportRow {
  const read = readRowMembers(members, rules, new RowReader(isKept));
  if (read.ok) return read.row;
  const [fault] = read.faults;
  throw inputInvalid(fault?.column ?? 'row', fault?.code);
}
