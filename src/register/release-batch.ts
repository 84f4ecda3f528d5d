import type { EntityManager } from 'typeorm';
import type { RestrictingAct } from '../access-log/index.js';
import { GatewayError } from '../core/errors.js';
import type { SubjectId } from '../core/ids.js';
import { DeadBuffers } from '../platform/memory/dead-buffers.js';
import { tellLiveChanges, type Replaced } from './live-change.js';
import { NarrowedPeople } from './narrowed-people.js';
import type { PagePerson } from './page.js';
import { narrowingOf } from './person-fields.js';
import { readyToChange, type ReadyToChange } from './register-change.js';
import { pagesPerRead, type RegisterStore, type VersionReference } from './register-store.js';
import { decodeSubjectId, encodeSubjectId } from './subject-uuid.js';

export interface ReleaseCommand {
  readonly batchId: string;
  /** Another person than the one who imported, and than who wrote something of what waits. */
  readonly releasedBy: string;
  /** How many people the releaser was shown: more or fewer now, and nothing is released. */
  readonly people: number;
}

export interface ReleaseReport {
  readonly people: number;
  /** Register version from which they can be found. */
  readonly version: bigint;
  /** What partners are told no longer, for the journal: a visa that ended. */
  readonly restricting: readonly RestrictingAct[];
}

/**
 * Releases a batch: its people can be found from the returned version on, on every replica.
 *
 * @throws {GatewayError} ERR_APPROVER_IS_REQUESTER for whoever's work is in it; ERR_IMPORT_REFUSED for a batch
 *   that is not there, released or discarded before; ERR_ROW_CONFLICT when the number of people is not the one shown
 */
export async function releaseBatch(
  store: RegisterStore,
  command: ReleaseCommand,
): Promise<ReleaseReport> {
  const ready = await readyToChange(store);
  return store.dataSource.transaction(async (manager) =>
    releaseBatchIn(store, manager, ready, command),
  );
}

/** {@link releaseBatch} in a transaction of the caller's. */
export async function releaseBatchIn(
  store: RegisterStore,
  manager: EntityManager,
  { epoch }: ReadyToChange,
  command: ReleaseCommand,
): Promise<ReleaseReport> {
  const batchKey = encodeSubjectId(command.batchId as SubjectId);
  // 1. Imports and other releases wait.
  const head = await store.readHead(manager, 'lock');
  const [batch] = await manager.query<
    { authors: string[]; pending: number; pages: number[]; released: boolean }[]
  >(
    `SELECT also_by || requested_by AS authors, pending, pages,
         (released_at IS NOT NULL OR discarded_at IS NOT NULL) AS released
       FROM import_batch WHERE id::text = $1 FOR UPDATE`,
    [command.batchId],
  );

  // 2. Two people, once, and the number the second one has seen.
  if (batch === undefined || batch.released) {
    throw new GatewayError('ERR_IMPORT_REFUSED', {
      argument: 'batch',
      detail: 'no such batch waits for release',
    });
  }
  if (batch.authors.includes(command.releasedBy)) {
    throw new GatewayError('ERR_APPROVER_IS_REQUESTER', {
      detail: 'a batch is released by another person than those whose work is in it',
    });
  }
  if (batch.pending !== command.people) throw countDiffers(batch.pending);

  // 3. Pending versions become live; the versions before them go, and their data keys.
  const version = head.version + 1n;
  const pages = new Map(head.pages);
  const narrowed = new NarrowedPeople();
  const buffers = new DeadBuffers();
  let people = 0;
  for (let at = 0; at < batch.pages.length; at += pagesPerRead) {
    const opened = await store.readPages(manager, batch.pages.slice(at, at + pagesPerRead));
    const gone: VersionReference[] = [];
    const replaced: (Replaced & { readonly person: PagePerson })[] = [];
    for (const page of opened) {
      const before = people;
      page.people.forEach((person, index) => {
        if (person.pending?.batch.equals(batchKey) !== true) return;
        people += 1;
        if (person.live !== undefined) {
          const subject = decodeSubjectId(person.subject);
          gone.push({ id: subject, version: person.live.version });
          const [live, next] = [person.live.version, person.pending.version];
          replaced.push({ subject, live, next, person });
        }
        page.people[index] = released(person);
      });
      if (people === before) continue;
      await store.writePage(manager, epoch, version, page);
      pages.set(page.pageNumber, version);
    }
    const changes = await tellLiveChanges(store, manager, replaced);
    replaced.forEach(({ person }, index) => {
      const contents = changes[index]?.contents;
      const by = contents && narrowingOf([contents], true);
      if (by !== undefined) narrowed.note(by, person);
    });
    await store.deleteSubjects(manager, gone);
    buffers.sweep();
  }

  // 4. The sealed pages have the last word on how many they are.
  if (people !== command.people) throw countDiffers(people);
  await store.writeHead(manager, { version, pages });
  await manager.query(
    `UPDATE import_batch SET released_by = $2, released_at = $3, pending = 0 WHERE id = $1`,
    [command.batchId, command.releasedBy, store.now()],
  );
  await store.onBatchOver?.(manager, [command.batchId]);
  return { people, version, restricting: narrowed.restricting(epoch) };
}

function released(person: PagePerson): PagePerson {
  const { pending, ...rest } = person;
  if (pending === undefined) return person;
  const { batch: _batch, ...live } = pending;
  return { ...rest, live };
}

function countDiffers(people: number): GatewayError {
  return new GatewayError('ERR_ROW_CONFLICT', {
    argument: 'people',
    detail: `the batch holds ${people} people, not the number that was shown`,
  });
}
