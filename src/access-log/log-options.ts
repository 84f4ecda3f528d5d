import type { KeyObject } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { ActAppliers } from './acts.js';
import type { VolumeSpace } from './admission.js';
import type { CheckpointCopy } from './checkpoint-copy.js';
import type { JournalFiles } from './journal/journal-files.js';
import type { Journal } from './journal/journal.js';
import type { RecordKeys } from './record-keys.js';
import type { RestoredRecords } from './restored-records.js';
import type { Kinds } from './search/kinds.js';
import type { MarkKeys } from './search/mark-keys.js';
import type { SideRows } from './search/side-rows.js';
import type { CheckpointKeys, Trees } from './trees.js';

export interface AccessLogOptions {
  /** Migrated with `accessLogMigrations`. */
  readonly dataSource: DataSource;
  /** The journal is in `<home>/journal`, wrapped epoch keys in `<home>/log-keys`. */
  readonly home: string;
  /** The database is that of this home alone, and as durable as the journal beside it. */
  readonly embedded?: boolean;
  /** 32 bytes; seals what only the host may open. */
  readonly logKey: Uint8Array;
  /** Ed25519 private key, or keys that change; signs every tree. */
  readonly checkpointKey: KeyObject | CheckpointKeys;
  /** `LOG_ORIGIN`, e.g. `log.example.org`. */
  readonly origin: string;
  readonly random: (lengthBytes: number) => Uint8Array;
  readonly logger?: AccessLogLogger;
  /** Another file system, for tests that make it fail. */
  readonly files?: JournalFiles;
  /** Sizes of the journal's segments and of a preallocation; the defaults suit production. */
  readonly journal?: { readonly segmentBytes: number; readonly stepBytes: number };
  /** Told of records a restored database had forgotten. */
  readonly restored?: RestoredRecords;
  /** Restricting acts by name; one in the journal that is not here refuses the start. */
  readonly acts?: ActAppliers;
  /** Where the largest signed checkpoints are remembered, on another path than `home`. */
  readonly checkpointFile?: string;
  /** Opened to begin a new log in the place of one that has lost its journal (`log renew`). */
  readonly renewsLog?: true;
  /** Different witnesses that make a round count as cosigned; 1 unless given. */
  readonly witnessQuorum?: number;
  /** Records of one partner in a day (UTC); 1,000,000 unless given. */
  readonly recordsPerDay?: number;
  /** Another volume under the journal, for tests that fill it. */
  readonly volume?: () => Promise<VolumeSpace>;
}

/** The part of a pino logger that is used. */
export interface AccessLogLogger {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What opening the log found and put right. */
export interface ReconciliationReport {
  /** A torn last group was cut off the journal. */
  readonly repaired: boolean;
  /** Records the database had and the journal lacked: their answers may have left. */
  readonly completedFromDatabase: number;
  /** Records the journal had and the database had lost. */
  readonly restoredFromJournal: number;
  /** Acts the database had forgotten. */
  readonly reappliedActs: number;
  /** Rounds of the cover tree the database had lost. */
  readonly restoredRounds: number;
  /** This home had no journal. Expected once; later it means the journal was lost. */
  readonly journalIsNew: boolean;
}

/** What `openAccessLog` has opened and reconciled. */
export interface AccessLogParts extends Omit<AccessLogOptions, 'journal'> {
  readonly keys: RecordKeys;
  readonly markKeys: MarkKeys;
  readonly kinds: Kinds;
  readonly sides: SideRows;
  readonly journal: Journal;
  readonly trees: Trees;
  readonly copy: CheckpointCopy | undefined;
}
