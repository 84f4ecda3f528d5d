import { GatewayError } from '../core/errors.js';
import type { PartnerCode, StateCode, SubjectId } from '../core/ids.js';
import { heldPeople } from './legal-hold.js';
import type { PagePerson } from './page.js';
import { changedFields } from './person-fields.js';
import { readRegister, type PersonReference, type RegisterChange } from './register-change.js';
import type { RegisterStore } from './register-store.js';
import type { SubjectContent } from './subject-blob.js';
import { decodeSubjectId } from './subject-uuid.js';

/** One person of the register, whole, for a registrar. Reading it is an act. */
export interface PersonView {
  readonly subject: SubjectId;
  /** As it is in the newest version, released or not. */
  readonly content: SubjectContent;
  /** Counted from 1; a correction names the version it was written against. */
  readonly version: number;
  /** PENDING: partners are told of an earlier version, or of nobody. */
  readonly state: 'LIVE' | 'PENDING';
  /** Fields that are not released yet; every one of somebody new. */
  readonly waiting: readonly string[];
  readonly batchId: string | undefined;
  readonly suppressedFor: readonly (PartnerCode | StateCode)[];
  /** Under a legal hold. */
  readonly held: boolean;
}

/** @throws {GatewayError} ERR_NOT_FOUND */
export async function readPerson(
  store: RegisterStore,
  { caseload, reference }: PersonReference,
): Promise<PersonView> {
  return readRegister(store, async (change) => {
    const key = store.keys.referenceKey(caseload, reference);
    for await (const page of change.read(await change.pagesOf([key]))) {
      const person = page.people.find((one) => one.referenceKey.equals(key));
      if (person !== undefined) {
        const isHeld = await heldPeople(store, change.manager);
        return view(change, person, isHeld);
      }
    }
    throw new GatewayError('ERR_NOT_FOUND', { argument: 'reference', detail: 'nobody has it' });
  });
}

/** People opened at one time. */
const peopleAtOnce = 256;
/** Members of one household that are shown. */
export const mostMembers = 100;

/**
 * The household of one person: everybody of the caseload who is registered under the same, the person
 * included. Nothing at rest says who lives with whom, so the whole caseload is opened.
 *
 * @throws {GatewayError} ERR_NOT_FOUND
 */
export async function readHousehold(
  store: RegisterStore,
  reference: PersonReference,
): Promise<readonly PersonView[]> {
  const person = await readPerson(store, reference);
  const { household } = person.content;
  if (household === undefined) return [person];
  return readRegister(store, async (change) => {
    const isHeld = await heldPeople(store, change.manager);
    const members: PersonView[] = [];
    for await (const page of change.read(change.pageNumbers)) {
      const some = page.people.filter(({ caseload }) => caseload === reference.caseload);
      for (let at = 0; at < some.length; at += peopleAtOnce) {
        const few = some.slice(at, at + peopleAtOnce);
        const opened = await store.readSubjects(
          change.manager,
          few.flatMap((one) => {
            const version = (one.pending ?? one.live)?.version;
            return version === undefined ? [] : [{ id: decodeSubjectId(one.subject), version }];
          }),
        );
        for (const one of few) {
          const content = opened.get(decodeSubjectId(one.subject))?.content;
          if (content?.household !== household || members.length >= mostMembers) continue;
          members.push(await view(change, one, isHeld));
        }
      }
    }
    return members;
  });
}

async function view(
  change: RegisterChange,
  person: PagePerson,
  isHeld: (person: PagePerson) => boolean,
): Promise<PersonView> {
  const { live, pending, suppressedFor } = person;
  const newest = pending ?? live;
  if (newest === undefined) throw new TypeError('a person has a version');
  const { content } = await change.open(person);
  const { pending: _pending, ...released } = person;
  const before =
    pending === undefined || live === undefined ? undefined : await change.open(released);
  return {
    subject: decodeSubjectId(person.subject),
    content,
    version: newest.version,
    state: pending === undefined ? 'LIVE' : 'PENDING',
    waiting: pending === undefined ? [] : changedFields(before?.content, content),
    batchId: pending === undefined ? undefined : decodeSubjectId(pending.batch),
    suppressedFor,
    held: isHeld(person),
  };
}
