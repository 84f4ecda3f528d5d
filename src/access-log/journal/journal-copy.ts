import { join } from 'node:path';
import { localFiles, type JournalFiles } from './journal-files.js';
import { isSegmentName } from './journal.js';
import type { JournalEntry } from './line.js';
import { damaged, readSegment } from './segment.js';

/** The journal of another gateway, copied here to be read once and never written. */
export interface JournalCopy {
  readonly id: string;
  readonly lastNumber: number;
  /** A copy is read from where the database ends; nothing in it is ours to compare. */
  readonly segmentStart: number;
  read(from: number): AsyncGenerator<readonly JournalEntry[]>;
}

/**
 * Opens a copied journal; a torn last group is passed over, for none of it was acknowledged.
 *
 * @returns `undefined` when the directory holds no journal
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF
 */
export async function openJournalCopy(
  directory: string,
  files: JournalFiles = localFiles,
): Promise<JournalCopy | undefined> {
  const names = (await files.list(directory)).filter(isSegmentName);
  const last = names.at(-1);
  if (last === undefined) return undefined;
  const { header, entries } = readSegment(await files.read(join(directory, last)), last);
  return {
    id: header.journal,
    lastNumber: header.first - 1 + entries.length,
    segmentStart: Number.MAX_SAFE_INTEGER,
    async *read(from) {
      let next: number | undefined;
      for (const name of names) {
        const segment = readSegment(await files.read(join(directory, name)), name);
        if (segment.header.journal !== header.journal)
          throw damaged(name, 'it is of another journal');
        if (next !== undefined && segment.header.first !== next) {
          throw damaged(name, 'the segment before it is missing or cut');
        }
        next = segment.header.first + segment.entries.length;
        yield segment.entries.filter(({ number }) => number >= from);
      }
    },
  };
}
