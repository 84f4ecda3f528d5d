import { GatewayError } from '../core/errors.js';
import type { Journal } from './journal/journal.js';
import { entriesOfWriter } from './journaled-entries.js';
import type { Queryable } from './tree.repository.js';

const pageOfEntries = 500;

/**
 * Writes journal lines for what the database has of this gateway and the journal lacks: records
 * whose answers may have left before a crash, or were in doubt after a fault; acts and rounds of
 * which nobody was told.
 *
 * @returns how many records
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF, ERR_JOURNAL_UNAVAILABLE
 */
export async function completeJournal(database: Queryable, journal: Journal): Promise<number> {
  for (let completed = 0; ;) {
    const after = journal.lastNumber;
    const entries = await entriesOfWriter(database, journal.id, after, pageOfEntries);
    if (entries.length === 0) return completed;
    if (entries.some(({ number }, at) => number !== after + 1 + at)) {
      throw new GatewayError('ERR_LOG_CONTRADICTS_ITSELF', {
        detail: `entries of this gateway are missing from the database after line ${after}`,
      });
    }
    await journal.append(entries);
    completed += entries.filter(({ kind }) => kind === 'record').length;
  }
}
