import type { EntityManager } from 'typeorm';

/**
 * Who else's work is in a batch. A correction of somebody who waits takes over what waits, so the
 * person who asked for the correction is not the only author of what is released: nobody whose work is
 * in a batch releases it, or an importer could release their own people after any correction by
 * somebody else.
 *
 * @param from batches something of which is now in this one
 */
export async function addAuthors(
  manager: EntityManager,
  batchId: string,
  from: readonly string[],
): Promise<void> {
  if (from.length === 0) return;
  await manager.query(
    `UPDATE import_batch AS batch SET also_by = ARRAY (
       SELECT DISTINCT author
       FROM import_batch AS other, unnest(other.also_by || other.requested_by) AS author
       WHERE (other.id::text = ANY ($2) AND author <> batch.requested_by)
          OR (other.id = batch.id AND author = ANY (batch.also_by))
       ORDER BY author)
     WHERE id::text = $1`,
    [batchId, from],
  );
}
