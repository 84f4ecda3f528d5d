import type { EntityManager } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import type { SubjectId } from '../core/ids.js';
import type { RegisterStore, VersionReference } from './register-store.js';
import type { SubjectContent } from './subject-blob.js';

/** What partners could be told of one person, before and after a change. */
export interface LiveChange {
  readonly subject: SubjectId;
  /** Undefined: the person is erased, and was not opened for it. */
  readonly contents:
    { readonly before: SubjectContent; readonly after: SubjectContent } | undefined;
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

/**
 * Says what is no longer so, before the versions that go are destroyed.
 *
 * @returns what changed, in the order of `replaced`
 */
export async function tellLiveChanges(
  store: RegisterStore,
  manager: EntityManager,
  replaced: readonly Replaced[],
): Promise<readonly LiveChange[]> {
  if (replaced.length === 0) return [];
  const going: VersionReference[] = [];
  const coming: VersionReference[] = [];
  for (const { subject: id, live, next } of replaced) {
    if (next === undefined) continue;
    going.push({ id, version: live });
    coming.push({ id, version: next });
  }
  const olds = await store.readSubjects(manager, going);
  const news = await store.readSubjects(manager, coming);
  const changes = replaced.map(({ subject, next }): LiveChange => {
    const before = olds.get(subject)?.content;
    const after = news.get(subject)?.content;
    if (next === undefined) return { subject, contents: undefined };
    if (before === undefined || after === undefined) {
      throw new GatewayError('ERR_SEALED_DATA_DAMAGED', {
        detail: `subject ${subject} is missing`,
      });
    }
    return { subject, contents: { before, after } };
  });
  await store.onLiveChange?.(manager, changes);
  return changes;
}
