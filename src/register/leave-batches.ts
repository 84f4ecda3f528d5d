import type { EntityManager } from 'typeorm';
import type { RegisterStore } from './register-store.js';

/** Told of batches in which nobody waits any more: a request to release one is over. */
export type OnBatchOver = (manager: EntityManager, batches: readonly string[]) => Promise<void>;

/** Takes people out of the batches they waited in; by batch, how many. */
export async function leaveBatches(
  store: RegisterStore,
  manager: EntityManager,
  left: ReadonlyMap<string, number>,
): Promise<void> {
  const emptied: string[] = [];
  for (const [batch, count] of left) {
    const [row] = await manager.query<{ pending: number }[]>(
      `WITH batch AS (
         UPDATE import_batch SET pending = pending - $2 WHERE id = $1 RETURNING pending)
       SELECT pending FROM batch`,
      [batch, count],
    );
    if (row?.pending === 0) emptied.push(batch);
  }
  if (emptied.length > 0) await store.onBatchOver?.(manager, emptied);
}
