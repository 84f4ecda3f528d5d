import type { EntityManager } from 'typeorm';
import { isGatewayError } from '../core/errors.js';
import { decodeRecord, type AccessRecord } from '../core/log/record.js';
import type { JournalEntry } from './journal/line.js';
import type { RecordKeys } from './record-keys.js';
import type { HostPart } from './sealed-part.js';
import { openStored } from './search/list-stored.js';

/** A record the database had forgotten and the journal had not, opened for the host. */
export interface RestoredRecord {
  /** Code of the partner whose tree it is in; null in the host's. */
  readonly owner: string | null;
  readonly record: AccessRecord;
  readonly host: HostPart;
}

/** Who is told of restored records: what was counted beside them in the database is gone as well. */
export interface RestoredRecords {
  /** Older ones count for nothing any more and are not opened. */
  readonly since: Date;
  /** In the transaction that puts the record back; the order of each tree is kept. */
  apply(manager: EntityManager, restored: RestoredRecord): Promise<void>;
}

/**
 * The records of some lines that somebody is to be told of. Opened before the transaction begins: the
 * embedded database has one connection. Those whose key was destroyed cannot be opened and are left out.
 */
export async function openRestored(
  lines: readonly JournalEntry[],
  keys: RecordKeys,
  since: Date,
): Promise<readonly RestoredRecord[]> {
  const opened: RestoredRecord[] = [];
  for (const line of lines) {
    if (line.kind !== 'record' || line.owner === null) continue;
    const record = decodeRecord(line.record);
    if (new Date(record.at) < since) continue;
    try {
      const host = await openStored(keys, line, record);
      if (host !== null) opened.push({ owner: line.owner, record, host });
    } catch (error) {
      // What was changed is the log's to find; nothing can be told of it.
      if (!isGatewayError(error, 'ERR_SEALED_DATA_DAMAGED')) throw error;
    }
  }
  return opened;
}
