import type { EntityManager } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import type { SubjectId } from '../core/ids.js';
import { noSuchBatch } from './batches.js';
import { heldPeople } from './legal-hold.js';
import type { PagePerson } from './page.js';
import type { RegisterChange } from './register-change.js';
import type { RegisterStore } from './register-store.js';
import { encodeSubjectId } from './subject-uuid.js';

/**
 * Gives a batch up: what waits in it is destroyed with its data keys, nobody live is touched. One
 * person does it, the importer or another. Somebody who only waits would be forgotten by it, and a
 * legal hold on one of those keeps the whole batch.
 *
 * @returns how many waited in it
 * @throws {GatewayError} ERR_NOT_FOUND; ERR_ROW_CONFLICT when it was released or discarded before;
 *   ERR_LEGAL_HOLD
 */
export async function discardBatchIn(
  change: RegisterChange,
  command: { readonly batchId: string; readonly by: string },
): Promise<number> {
  const { store, manager } = change;
  const batch = await lockBatch(manager, command.batchId);
  if (batch === undefined) throw noSuchBatch();
  if (batch.ended) {
    throw new GatewayError('ERR_ROW_CONFLICT', {
      argument: 'batch',
      detail: 'the batch was released or discarded before',
    });
  }
  const isHeld = await heldPeople(store, manager);
  let held = 0;
  const people = await destroyWaiting(change, command.batchId, batch.pages, (person) => {
    if (person.live === undefined && isHeld(person)) held += 1;
    return false;
  });
  if (held > 0) {
    throw new GatewayError('ERR_LEGAL_HOLD', { detail: `${held} of the people who wait are held` });
  }
  const discarded = { id: command.batchId, by: command.by, at: store.now().toISOString() };
  await markDiscarded(store, manager, discarded);
  change.restricts('register.discarded', [], { discarded });
  return people;
}

/** What the journal keeps of a batch that was given up. */
export interface DiscardedBatch {
  readonly id: string;
  /** Reference of the person. */
  readonly by: string;
  /** RFC 3339. */
  readonly at: string;
}

/**
 * Gives a batch up again, on a database in which it waits. A hold that was lifted before it was given
 * up stands again there: whoever it protects goes on waiting, and the others are destroyed.
 */
export async function discardBatchAgain(
  change: RegisterChange,
  discarded: DiscardedBatch,
): Promise<void> {
  const { store, manager } = change;
  const batch = await lockBatch(manager, discarded.id);
  if (batch === undefined || batch.ended) return;
  const isHeld = await heldPeople(store, manager);
  let held = 0;
  await destroyWaiting(change, discarded.id, batch.pages, (person) => {
    const stays = person.live === undefined && isHeld(person);
    if (stays) held += 1;
    return stays;
  });
  if (held === 0) await markDiscarded(store, manager, discarded);
}

async function lockBatch(
  manager: EntityManager,
  batchId: string,
): Promise<{ readonly pages: readonly number[]; readonly ended: boolean } | undefined> {
  const [batch] = await manager.query<{ pages: number[]; ended: boolean }[]>(
    `SELECT pages, released_at IS NOT NULL OR discarded_at IS NOT NULL AS ended
     FROM import_batch WHERE id::text = $1 FOR UPDATE`,
    [batchId],
  );
  return batch;
}

/** @returns how many wait in the batch, with those who stay */
async function destroyWaiting(
  change: RegisterChange,
  batchId: string,
  pages: readonly number[],
  stays: (person: PagePerson) => boolean,
): Promise<number> {
  const batchKey = encodeSubjectId(batchId as SubjectId);
  let people = 0;
  await change.edit(
    [...pages].sort((a, b) => a - b),
    (page) => {
      const left: PagePerson[] = [];
      let destroyed = false;
      for (const person of page.people) {
        const waits = person.pending?.batch.equals(batchKey) === true;
        if (waits) people += 1;
        if (!waits || stays(person)) {
          left.push(person);
          continue;
        }
        destroyed = true;
        change.destroy(person, 'pending');
        const { pending: _pending, ...rest } = person;
        if (person.live !== undefined) left.push(rest);
      }
      page.people.splice(0, page.people.length, ...left);
      return destroyed;
    },
  );
  return people;
}

async function markDiscarded(
  store: RegisterStore,
  manager: EntityManager,
  { id, by, at }: DiscardedBatch,
): Promise<void> {
  await manager.query(
    'UPDATE import_batch SET discarded_by = $2, discarded_at = $3 WHERE id::text = $1',
    [id, by, at],
  );
  await store.onBatchOver?.(manager, [id]);
}
