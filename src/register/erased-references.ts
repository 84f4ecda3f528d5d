import type { EntityManager } from 'typeorm';
import { encodeParts } from '../core/bytes.js';
import { GatewayError } from '../core/errors.js';
import type { SubjectId } from '../core/ids.js';
import { seal, unseal } from '../platform/keys/keys.js';
import { dropMergedEntries, mergedEntries } from './merged-entries.js';
import type { PersonReference } from './register-change.js';
import type { EpochKey } from './register-keys.js';
import type { RegisterStore } from './register-store.js';

/**
 * References that were erased, so that whoever is asked for one can say that it was, and when. Rows
 * of `erased_reference`: the act, and the 16-byte keyed hashes of up to 3,000 references, sealed under
 * the key of the erasure epoch of the act, as the journal has them.
 *
 * It ends before what it answers for: a row stays in the epoch it was written in and goes a week before
 * that epoch's key, so that nothing outlives the people in backups. Where a history was sealed for
 * counsel, it moves on with it until that is gone.
 */
const referencesInRow = 3_000;
const keyBytes = 16;

/** An erasure, as far as it is told of a reference. */
export interface ErasedReference {
  /** The register's own act. */
  readonly requestId: string;
  readonly erasedAt: Date;
  /** What was sealed for counsel and is still there. */
  readonly history: { readonly records: number; readonly fetchedAt: Date | null } | undefined;
}

/**
 * Notes whom an act erased, with the entries that were merged into them, which go now.
 *
 * @param erased in the order of the act, which is that of its lines in the journal
 */
export async function noteErased(
  store: RegisterStore,
  manager: EntityManager,
  epoch: EpochKey,
  actId: string,
  erased: readonly { readonly id: SubjectId; readonly referenceKey: Buffer }[],
): Promise<void> {
  const ids = erased.map(({ id }) => id);
  const merged = await mergedEntries(store, manager, ids);
  const mergedKeys = merged.map(({ from }) =>
    store.keys.referenceKey(from.caseload, from.reference),
  );
  const own = erased.map(({ referenceKey }) => referenceKey);
  for (const keys of [own, mergedKeys]) {
    for (let at = 0; at < keys.length; at += referencesInRow) {
      const packed = Buffer.concat(keys.slice(at, at + referencesInRow));
      // The same people of the same act again, from the journal: one row. The mark is keyed.
      const mark = store.keys.contentKey(encodeParts('erased', actId, packed));
      await manager.query(
        `INSERT INTO erased_reference (act_id, mark, epoch_id, sealed) VALUES ($1, $2, $3, $4)
         ON CONFLICT DO NOTHING`,
        [actId, mark, epoch.id, seal(epoch.key, packed, erasedContext(actId, mark, epoch.id))],
      );
    }
  }
  await dropMergedEntries(manager, ids);
}

/** The latest erasure of a reference; undefined when none is known, or not any more. */
export async function findErased(
  store: RegisterStore,
  { caseload, reference }: PersonReference,
): Promise<ErasedReference | undefined> {
  const wanted = store.keys.referenceKey(caseload, reference);
  const rows = await store.dataSource.query<
    {
      act_id: string;
      mark: Buffer;
      epoch_id: number;
      sealed: Buffer;
      done_at: Date;
      records: number | null;
      fetched_at: Date | null;
    }[]
  >(
    `SELECT e.act_id, e.mark, e.epoch_id, e.sealed, a.done_at, h.records, h.fetched_at
     FROM erased_reference e JOIN register_act a ON a.id = e.act_id
       LEFT JOIN sealed_history h ON h.act_id = e.act_id
     ORDER BY a.done_at DESC`,
  );
  await store.epochs.load(
    store.dataSource,
    rows.map((row) => row.epoch_id),
  );
  for (const row of rows) {
    const key = await store.epochs.key(row.epoch_id);
    const packed = unseal(key, row.sealed, erasedContext(row.act_id, row.mark, row.epoch_id));
    if (packed === undefined) {
      throw new GatewayError('ERR_SEALED_DATA_DAMAGED', { detail: `erasure ${row.act_id}` });
    }
    for (let at = 0; at < packed.length; at += keyBytes) {
      if (!packed.subarray(at, at + keyBytes).equals(wanted)) continue;
      const { records, fetched_at: fetchedAt } = row;
      return {
        requestId: row.act_id,
        erasedAt: row.done_at,
        history: records === null ? undefined : { records, fetchedAt },
      };
    }
  }
  return undefined;
}

export function erasedContext(actId: string, mark: Uint8Array, epochId: number): Buffer {
  return encodeParts('safeconduct/register/erased/v1', actId, mark, String(epochId));
}
