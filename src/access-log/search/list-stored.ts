import type { DataSource } from 'typeorm';
import { isGatewayError } from '../../core/errors.js';
import { decodeRecord } from '../../core/log/record.js';
import { deriveRecordSecrets, type RecordKeys } from '../record-keys.js';
import { withSealed, type SealedColumns } from '../months/sealed-rows.js';
import { openHostPart, type HostPart } from '../sealed-part.js';
import { listRecords, type PlacedSideRow, type SideRow, type SideRows } from './side-rows.js';

/** A record as it is stored. */
export interface StoredRecord {
  /** Opaque id of its tree. */
  readonly tree: string;
  readonly record: Buffer;
  readonly sealed: Buffer;
}

/** The row of the side table for a record that is stored already. */
export type ListStored = (stored: StoredRecord) => Promise<SideRow>;

/**
 * The sealed part of a stored record; null when its key was destroyed.
 *
 * @throws {GatewayError} ERR_SEALED_DATA_DAMAGED
 */
export async function openStored(
  keys: RecordKeys,
  { tree, sealed }: StoredRecord,
  { id, at }: { readonly id: string; readonly at: string },
): Promise<HostPart | null> {
  const epochKey = await keys.existingKey(new Date(at));
  if (epochKey === undefined) return null;
  return openHostPart(sealed, deriveRecordSecrets(epochKey, tree, id), tree, id);
}

/**
 * Lists what is stored. Grouping by the question is lost for it: the question is nowhere. What can
 * not be opened is listed by what stands in the record.
 */
export function listStored(keys: RecordKeys, sides: SideRows): ListStored {
  return async (stored) => {
    const record = decodeRecord(stored.record);
    let host: HostPart | null;
    try {
      host = await openStored(keys, stored, record);
    } catch (error) {
      if (!isGatewayError(error, 'ERR_SEALED_DATA_DAMAGED')) throw error;
      host = null;
    }
    return sides.rowOf(stored.tree, new Date(record.at), record, host, null);
  };
}

const pageOfRecords = 1_000;

/** Lists what was recorded before there was a side table. */
export async function listOldRecords(dataSource: DataSource, list: ListStored): Promise<void> {
  const trees = await dataSource.query<{ tree: string; listed_from: string }[]>(
    'SELECT tree, listed_from FROM access_log_tree WHERE listed_from > 0 ORDER BY tree',
  );
  for (const { tree, listed_from: first } of trees) {
    for (let to = Number(first); to > 0; to = Math.max(0, to - pageOfRecords)) {
      const from = Math.max(0, to - pageOfRecords);
      const stored = await dataSource.query<(SealedColumns & { readonly record: Buffer })[]>(
        `SELECT tree, leaf_index, record, month, sealed FROM access_log_leaf
         WHERE tree = $1 AND leaf_index >= $2 AND leaf_index < $3 ORDER BY leaf_index`,
        [tree, from, to],
      );
      const leaves = await withSealed(dataSource, stored);
      const rows: PlacedSideRow[] = [];
      for (const { leaf_index: index, record, sealed } of leaves) {
        rows.push({ index: Number(index), side: await list({ tree, record, sealed }) });
      }
      await dataSource.transaction(async (manager) => {
        // Another gateway may be at the same: whoever moves the mark has listed it.
        const moved = await manager.query<[unknown, number]>(
          'UPDATE access_log_tree SET listed_from = $2 WHERE tree = $1 AND listed_from = $3',
          [tree, from, to],
        );
        if (moved[1] === 1) await listRecords(manager, rows);
      });
    }
  }
}
