import type { EntityManager } from 'typeorm';
import type { SubjectId } from '../core/ids.js';
import type { RegisterStore, VersionReference } from './register-store.js';
import type { SubjectContent } from './subject-blob.js';

/** What partners could be told of one person, before and after a change. */
export interface LiveChange {
  readonly subject: SubjectId;
  readonly before: SubjectContent;
  /** Undefined: the person is erased. */
  readonly after: SubjectContent | undefined;
}

/** Runs in the transaction of the change. Suppressions are no change of this kind. */
export type OnLiveChange = (
  manager: EntityManager,
  changes: readonly LiveChange[],
) => Promise<void>;

/** A version that goes, and the one that takes its place, if any. */
export interface Replaced {
  readonly subject: SubjectId;
  readonly live: number;
  readonly next: number | undefined;
}

/** Says what is no longer so, before the versions that go are destroyed. */
export async function tellLiveChanges(
  store: RegisterStore,
  manager: EntityManager,
  replaced: readonly Replaced[],
): Promise<void> {
  if (store.onLiveChange === undefined || replaced.length === 0) return;
  const going = replaced.map(({ subject: id, live: version }) => ({ id, version }));
  const coming = replaced.flatMap(({ subject: id, next: version }): VersionReference[] =>
    version === undefined ? [] : [{ id, version }],
  );
  const before = await store.readSubjects(manager, going);
  const after = await store.readSubjects(manager, coming);
  const changes = replaced.flatMap(({ subject, next }): LiveChange[] => {
    const old = before.get(subject)?.content;
    const fresh = next === undefined ? undefined : after.get(subject)?.content;
    return old === undefined ? [] : [{ subject, before: old, after: fresh }];
  });
  await store.onLiveChange(manager, changes);
}
