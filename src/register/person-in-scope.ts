import type { SubjectId } from '../core/ids.js';
import type { Subject } from '../core/register/subject.js';
import type { CandidateScope } from './blind-index.js';
import type { PersonReference, RegisterChange } from './register-change.js';
import { readRegister } from './register-change.js';
import type { RegisterStore } from './register-store.js';
import { decodeSubjectId } from './subject-uuid.js';

/**
 * One person by reference, if a partner of this scope could be told of them: released, in its
 * caseloads, not kept from it, not refused by themselves, told where notice is required. Anybody else
 * is `undefined`, one and the same.
 */
export async function readPersonInScope(
  store: RegisterStore,
  reference: PersonReference,
  scope: CandidateScope,
): Promise<{ readonly id: SubjectId; readonly subject: Subject } | undefined> {
  if (!scope.caseloads.has(reference.caseload)) return undefined;
  return readRegister(store, async (change) => find(change, reference, scope));
}

async function find(
  change: RegisterChange,
  { caseload, reference }: PersonReference,
  scope: CandidateScope,
): Promise<{ readonly id: SubjectId; readonly subject: Subject } | undefined> {
  const { store, manager } = change;
  const key = store.keys.referenceKey(caseload, reference);
  for await (const { people } of change.read(await change.pagesOf([key]))) {
    const person = people.find(({ referenceKey }) => referenceKey.equals(key));
    if (person?.live === undefined) continue;
    const { live, suppressedFor } = person;
    const keptFrom = [...suppressedFor, ...live.refusedFor];
    const isKept = keptFrom.some((code) => code === scope.partner || code === scope.state);
    if (isKept || (scope.requiresNotice === true && !live.informed)) return undefined;
    const id = decodeSubjectId(person.subject);
    const blobs = await store.readSubjects(manager, [{ id, version: live.version }]);
    const blob = blobs.get(id);
    return blob === undefined ? undefined : { id, subject: { ...blob.content, suppressedFor } };
  }
  return undefined;
}
