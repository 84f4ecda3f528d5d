import { builtInCaseload, type Caseload, type SubjectId } from '../core/ids.js';
import type { RegisterStore } from './register-store.js';
import { encodeSubjectId } from './subject-uuid.js';

/** How many of a batch wait for one caseload: grants name caseloads, so it says who will be told. */
export interface BatchCaseload {
  readonly caseload: Caseload;
  readonly people: number;
  /** Nobody of it is released: a new one, or a name that was mistyped. */
  readonly isNew: boolean;
}

const pagesPerRead = 16;

/** The caseloads of who waits in a batch, the largest first. */
export async function caseloadsOfBatch(
  store: RegisterStore,
  batchId: string,
): Promise<readonly BatchCaseload[]> {
  const batch = encodeSubjectId(batchId as SubjectId);
  const waiting = new Map<Caseload, number>();
  const released = new Set<Caseload>([builtInCaseload]);
  await store.dataSource.transaction('REPEATABLE READ', async (manager) => {
    const pageNumbers = [...(await store.readHead(manager, 'read')).pages.keys()];
    for (let at = 0; at < pageNumbers.length; at += pagesPerRead) {
      for (const page of await store.readPages(manager, pageNumbers.slice(at, at + pagesPerRead))) {
        for (const { caseload, live, pending } of page.people) {
          if (live !== undefined) released.add(caseload);
          if (pending?.batch.equals(batch) !== true) continue;
          waiting.set(caseload, (waiting.get(caseload) ?? 0) + 1);
        }
      }
    }
  });
  return [...waiting]
    .map(([caseload, people]) => ({ caseload, people, isNew: !released.has(caseload) }))
    .sort((a, b) => b.people - a.people || (a.caseload < b.caseload ? -1 : 1));
}
