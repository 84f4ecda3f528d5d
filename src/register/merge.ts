import { GatewayError, inputInvalid } from '../core/errors.js';
import type { SubjectId } from '../core/ids.js';
import type { Sharing } from '../core/register/subject.js';
import { maxSubjectDocuments, maxSubjectNames } from '../core/matching/index.js';
import {
  finishAct,
  openApproved,
  recordAct,
  requestAct,
  type Approval,
  type PendingAct,
} from './acts.js';
import { heldPeople } from './legal-hold.js';
import { keepMergedEntry, mergedEntryJson, type MergedEntry } from './merged-entries.js';
import type { PagePerson } from './page.js';
import { changeRegister, type PersonReference, type RegisterChange } from './register-change.js';
import { namedPerson } from './restrictions.js';
import type { OpenedPage, RegisterStore } from './register-store.js';
import type { SubjectContent } from './subject-blob.js';
import { decodeSubjectId } from './subject-uuid.js';

/**
 * Two people who are one: `into` stays, with what only `from` had; `from` is erased, but for what tells
 * the access log that its history is now that of `into` (merged-entries.ts).
 */
export interface MergeTarget {
  readonly into: PersonReference;
  readonly from: PersonReference;
}

/**
 * Asks for two people to be merged. Two people approve, because who stays is found by what either
 * was found by.
 *
 * @throws {GatewayError} ERR_INPUT_INVALID naming who is not there; ERR_ROW_CONFLICT when one of them
 *   waits for a release; ERR_LEGAL_HOLD
 */
export async function requestMerge(
  store: RegisterStore,
  command: MergeTarget & { readonly requestedBy: string },
): Promise<PendingAct> {
  const { into, from, requestedBy } = command;
  await changeRegister(store, async (change) => prepareMerge(change, { into, from }));
  const content: MergeTarget = { into, from };
  return requestAct(store, { kind: 'MERGE', by: requestedBy, people: 2, content });
}

/** @throws {GatewayError} ERR_APPROVER_IS_REQUESTER, and as {@link requestMerge} */
export async function approveMerge(
  store: RegisterStore,
  command: Approval,
): Promise<{ readonly subject: SubjectId; readonly erased: SubjectId; readonly version: bigint }> {
  const { result, version } = await changeRegister(store, async (change) =>
    approveMergeIn(change, command),
  );
  return { ...result, version };
}

/** {@link approveMerge} as part of a change. */
export async function approveMergeIn(
  change: RegisterChange,
  command: Approval,
): Promise<{ readonly subject: SubjectId; readonly erased: SubjectId }> {
  const { store } = change;
  const act = await openApproved(store, change.manager, 'MERGE', command);
  const target = act.content as MergeTarget;
  const { pages, into, from, before, content, secret, lostSecret } = await prepareMerge(
    change,
    target,
  );
  const [subject, erased] = [decodeSubjectId(into.subject), decodeSubjectId(from.subject)];
  const suppressedFor = [...new Set([...into.suppressedFor, ...from.suppressedFor])].sort();
  const live = change.seal(subject, into.live.version + 1, content, secret);
  await store.onLiveChange?.(change.manager, [
    { subject, contents: { before, after: content } },
    { subject: erased, contents: undefined },
  ]);
  change.destroy(into, 'live');
  change.destroy(from, 'live');
  for (const page of pages) {
    page.people.splice(
      0,
      page.people.length,
      ...page.people
        .filter((person) => !person.subject.equals(from.subject))
        .map((person) =>
          person.subject.equals(into.subject) ? { ...person, suppressedFor, live } : person,
        ),
    );
    await change.write(page);
  }
  await change.manager.query('DELETE FROM kept_apart WHERE one = $1 OR other = $1', [erased]);
  const merged: MergedEntry = {
    id: erased,
    intoId: subject,
    from: nameOf(target.from),
    into: nameOf(target.into),
    referenceSecret: lostSecret,
  };
  await keepMergedEntry(store, change.manager, change.epoch, merged);
  await finishAct(store, change.manager, act.id, command.approvedBy, change.version);
  // On a restored database who went goes again, and who stays is kept from whom either was kept from.
  const { id, kind, requestedBy, people } = act;
  const at = store.now().toISOString();
  change.restricts('register.erased', [namedPerson(from)], {
    act: { id, kind, requestedBy, approvedBy: command.approvedBy, at, people },
    merged: mergedEntryJson(merged),
  });
  if (suppressedFor.length > into.suppressedFor.length) {
    change.restricts('register.suppressed', [namedPerson(into)], { codes: suppressedFor });
  }
  const refusedFor = content.sharing?.refusedFor ?? [];
  if (refusedFor.length > (before.sharing?.refusedFor ?? []).length) {
    change.restricts('register.narrowed', [namedPerson(into)], { refusedFor });
  }
  return { subject, erased };
}

/** Says that two people are two, whatever they have in common: they are not listed again. */
export async function keepApart(store: RegisterStore, command: KeepApartCommand): Promise<void> {
  await changeRegister(store, async (change) => keepApartIn(change, command));
}

export interface KeepApartCommand {
  readonly people: readonly [PersonReference, PersonReference];
  readonly by: string;
}

/** {@link keepApart} as part of a change. */
export async function keepApartIn(
  change: RegisterChange,
  command: KeepApartCommand,
  id?: string,
): Promise<void> {
  const { people } = await locatePair(change, command.people);
  const [one, other] = people.map(({ subject }) => decodeSubjectId(subject)).sort();
  const actId = await recordAct(change.store, change.manager, {
    kind: 'KEEP_APART',
    by: command.by,
    people: 2,
    version: change.version - 1n,
    ...(id === undefined ? {} : { id }),
  });
  await change.manager.query(
    'INSERT INTO kept_apart (one, other, act_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING',
    [one, other, actId],
  );
}

const nameOf = ({ caseload, reference }: PersonReference): PersonReference => ({
  caseload,
  reference,
});

type LivePerson = PagePerson & Required<Pick<PagePerson, 'live'>>;

async function prepareMerge(change: RegisterChange, target: MergeTarget) {
  const { pages, people } = await locatePair(change, [target.into, target.from]);
  const [into, from] = people.map((person): LivePerson => {
    if (person.live === undefined || person.pending !== undefined) {
      throw new GatewayError('ERR_ROW_CONFLICT', {
        argument: 'people',
        detail: 'one of them waits for a release',
      });
    }
    return { ...person, live: person.live };
  });
  if (into === undefined || from === undefined) throw new TypeError('a pair has two people');
  const isHeld = await heldPeople(change.store, change.manager);
  if (isHeld(into) || isHeld(from)) {
    throw new GatewayError('ERR_LEGAL_HOLD', { detail: 'one of the people is held' });
  }
  const kept = await change.open(into);
  const { content: lost, referenceSecret: lostSecret } = await change.open(from);
  const content = mergeContents(kept.content, lost);
  const before = kept.content;
  return { pages, into, from, before, content, secret: kept.referenceSecret, lostSecret };
}

async function locatePair(
  change: RegisterChange,
  references: readonly [PersonReference, PersonReference],
): Promise<{ readonly pages: readonly OpenedPage[]; readonly people: readonly PagePerson[] }> {
  const { pageNumbers } = await change.locate({ references });
  const keys = references.map(({ caseload, reference }) =>
    change.store.keys.referenceKey(caseload, reference),
  );
  if (keys[0]?.equals(keys[1] ?? Buffer.alloc(0)) === true) {
    throw inputInvalid('from', 'the same person');
  }
  const pages: OpenedPage[] = [];
  for await (const page of change.read(pageNumbers)) pages.push(page);
  const everybody = pages.flatMap((page) => page.people);
  const people = keys.flatMap((key) => everybody.filter((one) => one.referenceKey.equals(key)));
  return { pages, people };
}

/**
 * What is known of either, the kept one's word first; names of the other are aliases.
 *
 * @throws {GatewayError} ERR_INPUT_INVALID when that is more than one person may have
 */
export function mergeContents(kept: SubjectContent, lost: SubjectContent): SubjectContent {
  const names = [...kept.names];
  for (const { full, type } of lost.names) {
    if (names.some((name) => name.full === full)) continue;
    names.push({ full, type: type === undefined || type === 'PRIMARY' ? 'ALIAS' : type });
  }
  const documents = [...kept.documents];
  for (const document of lost.documents) {
    const same = documents.some(
      ({ type, number }) => type === document.type && number === document.number,
    );
    if (!same) documents.push(document);
  }
  if (names.length > maxSubjectNames) throw inputInvalid('names', 'TOO_MANY');
  if (documents.length > maxSubjectDocuments) throw inputInvalid('documents', 'TOO_MANY');
  const { dateOfBirth, calendar } = kept.dateOfBirth === undefined ? lost : kept;
  const sharing = mergeSharing(kept.sharing, lost.sharing);
  const merged = { ...lost, ...kept, dateOfBirth, calendar, names, documents, sharing };
  // Equal contents have equal bytes: members in the order of the import.
  return Object.fromEntries(
    contentMembers.flatMap((member) => {
      const value = merged[member];
      return value === undefined ? [] : [[member, value]];
    }),
  ) as unknown as SubjectContent;
}

/** What either refused stays refused. */
function mergeSharing(kept: Sharing = {}, lost: Sharing = {}): Sharing | undefined {
  const refused = new Set([...(kept.refusedFor ?? []), ...(lost.refusedFor ?? [])]);
  const refusedFor = [...refused].sort();
  const sharing = { ...lost, ...kept, ...(refusedFor.length === 0 ? {} : { refusedFor }) };
  return Object.keys(sharing).length === 0 ? undefined : sharing;
}

const contentMembers = [
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
] as const satisfies readonly (keyof SubjectContent)[];
