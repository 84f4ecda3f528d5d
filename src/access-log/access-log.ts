import type { KeyObject } from 'node:crypto';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import type { PartnerCode } from '../core/ids.js';
import { proveInclusion } from '../core/log/proof.js';
import type { Receipt } from '../core/log/receipt.js';
import { decodeRecord } from '../core/log/record.js';
import {
  composeRecord,
  receiptOf,
  type AccessEntry,
  type ComposedRecord,
  type LoggedAccess,
} from './access-entry.js';
import { GroupCommit, type Alongside, type Grown } from './group-commit.js';
import { localFiles, type JournalFiles } from './journal/journal-files.js';
import { openJournal, type Journal } from './journal/journal.js';
import { deriveRecordSecrets, openRecordKeys, type RecordKeys } from './record-keys.js';
import { completeJournal, restoreFromJournal } from './reconcile.js';
import { Sequencer, type QueuedDraft } from './sequencer.js';
import { findLeaf, readFrontier, readTree, storedHashes } from './tree.repository.js';
import { Trees, type SignedHead, type Tree, type TreeName } from './trees.js';

export interface AccessLogOptions {
  /** Migrated with `accessLogMigrations`. */
  readonly dataSource: DataSource;
  /** The journal is in `<home>/journal`, wrapped epoch keys in `<home>/log-keys`. */
  readonly home: string;
  /** 32 bytes; seals what only the host may open. */
  readonly logKey: Uint8Array;
  /** Ed25519 private key; signs every tree. */
  readonly checkpointKey: KeyObject;
  /** `LOG_ORIGIN`, e.g. `log.example.org`. */
  readonly origin: string;
  readonly random: (lengthBytes: number) => Uint8Array;
  readonly logger?: AccessLogLogger;
  /** Another file system, for tests that make it fail. */
  readonly files?: JournalFiles;
  /** Sizes of the journal's segments and of a preallocation; the defaults suit production. */
  readonly journal?: { readonly segmentBytes: number; readonly stepBytes: number };
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
  /** This home had no journal. Expected once; later it means the journal was lost. */
  readonly journalIsNew: boolean;
}

interface LogDraft extends QueuedDraft {
  readonly composed: ComposedRecord;
  readonly resolve: (logged: LoggedAccess) => void;
}

/**
 * Opens the log: reconciles journal and database first.
 *
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF, ERR_JOURNAL_UNAVAILABLE, ERR_KEY_UNUSABLE
 */
export async function openAccessLog(options: AccessLogOptions): Promise<AccessLog> {
  const { dataSource, home, random, logger } = options;
  const files = options.files ?? localFiles;
  const keys = await openRecordKeys({
    database: dataSource,
    files,
    directory: join(home, 'log-keys'),
    logKey: options.logKey,
    random,
  });
  const { journal, isNew, repairedBytes } = await openJournal({
    directory: join(home, 'journal'),
    files,
    random,
    ...options.journal,
  });
  try {
    const restored = await restoreFromJournal(dataSource, journal);
    const completed = await completeJournal(dataSource, journal);
    const report: ReconciliationReport = {
      repaired: repairedBytes > 0,
      completedFromDatabase: completed,
      restoredFromJournal: restored,
      journalIsNew: isNew,
    };
    if (report.repaired || completed > 0 || restored > 0) {
      logger?.warn(report, 'the access log was reconciled with its journal');
    }
    return new AccessLog(options, keys, journal, report);
  } catch (error) {
    await journal.close();
    throw error;
  }
}

/** The access log of one gateway: nothing is disclosed before `append` has resolved. */
export class AccessLog {
  readonly #options: AccessLogOptions;
  readonly #keys: RecordKeys;
  readonly #journal: Journal;
  readonly #trees: Trees;
  readonly #sequencer: Sequencer;
  #recovering = false;
  #closed = false;

  constructor(
    options: AccessLogOptions,
    keys: RecordKeys,
    journal: Journal,
    /** What opening found. */
    readonly report: ReconciliationReport,
  ) {
    const { dataSource, logger } = options;
    this.#options = options;
    this.#keys = keys;
    this.#journal = journal;
    this.#trees = new Trees({ ...options, database: dataSource });
    this.#sequencer = new Sequencer({
      database: dataSource,
      commit: new GroupCommit(dataSource, journal.id),
      journal,
      conclude: async (grown) => this.#conclude(grown),
      onFault: (error) => logger?.error({ detail: describe(error) }, 'the access log has a fault'),
    });
  }

  /**
   * Records one access. Resolves once the record is committed and in the journal on disk; only then
   * may the answer leave. Never inside a transaction: the embedded database has one connection.
   *
   * @param options `alongside` runs in the transaction of the record, and again if that is retried;
   *   when it throws, this entry fails and others of its group do not
   * @throws {GatewayError} ERR_LOG_UNAVAILABLE, whatever failed
   */
  async append(
    entry: AccessEntry,
    options: { readonly alongside?: Alongside } = {},
  ): Promise<LoggedAccess> {
    return this.#available(async () => {
      const { id: tree, owner } = await this.#trees.find(entry.tree);
      const epochKey = await this.#keys.epochKey(entry.at);
      const composed = composeRecord(entry, tree, epochKey, this.#options.random(32));
      const { record, sealed } = composed;
      const { alongside } = options;
      return new Promise<LoggedAccess>((resolve, reject) => {
        const place = { tree, owner, id: entry.id, record, sealed, alongside };
        const draft: LogDraft = { ...place, composed, resolve, reject };
        this.#sequencer.enqueue(draft);
      });
    });
  }

  /**
   * The receipt of a record again, at the tree's present size; `undefined` when that partner's tree
   * has no such record.
   *
   * @throws {GatewayError} ERR_LOG_UNAVAILABLE
   */
  async receipt(partner: PartnerCode, verificationId: string): Promise<Receipt | undefined> {
    if (!isRecordId(verificationId)) return undefined;
    return this.#available(async () => {
      const { dataSource } = this.#options;
      const tree = await this.#trees.find({ kind: 'partner', partner });
      const leaf = await findLeaf(dataSource, tree.id, verificationId);
      if (leaf === undefined) return undefined;
      const head = await this.#sequencer.exclusively(async () => this.#signHead(tree));
      const reader = storedHashes(dataSource, tree.id);
      const hashes = await proveInclusion(head.size, leaf.index, reader);
      const epochKey = await this.#keys.epochKey(new Date(decodeRecord(leaf.record).at));
      const { salt } = deriveRecordSecrets(epochKey, tree.id, leaf.id);
      const receipt = receiptOf({ record: leaf.record, salt }, leaf.index, hashes, head);
      return { record: receipt.record, salt: receipt.salt, proof: receipt.proof };
    });
  }

  /**
   * Signed checkpoint of a tree's present head (c2sp.org/tlog-checkpoint).
   *
   * @throws {GatewayError} ERR_LOG_UNAVAILABLE
   */
  async checkpoint(name: TreeName): Promise<string> {
    return this.#available(async () => {
      const tree = await this.#trees.find(name);
      const head = await this.#sequencer.exclusively(async () => this.#signHead(tree));
      return head.checkpoint;
    });
  }

  /** Verifier key (c2sp.org/signed-note vkey) of a tree; its name is the tree's origin. */
  async verifierKey(name: TreeName): Promise<string> {
    return this.#available(async () => this.#trees.verifierKey(await this.#trees.find(name)));
  }

  /**
   * Whether a record could be written, as far as is known. When not, asking sets a new attempt at
   * putting it right going, so that a gateway without traffic comes back by itself.
   */
  isWritable(): boolean {
    if (this.#closed) return false;
    const writable = this.#sequencer.isWhole;
    if (!writable && !this.#recovering) void this.#recover();
    return writable;
  }

  /** Finishes what is under way and closes the journal. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#sequencer.idle();
    await this.#journal.close();
  }

  async #recover(): Promise<void> {
    this.#recovering = true;
    try {
      await this.#sequencer.exclusively(async () => undefined);
    } catch {
      // Reported by the sequencer; the next question tries again.
    } finally {
      this.#recovering = false;
    }
  }

  /** Signs the new head of one tree and hands every record of the group its receipt. */
  async #conclude(grown: Grown<QueuedDraft>): Promise<void> {
    const head = this.#trees.sign(grown.tree, grown.after);
    for (const { draft, leaf } of grown.placed) {
      const { composed, resolve } = draft as LogDraft;
      const hashes = await proveInclusion(head.size, leaf.index, grown.reader);
      resolve(receiptOf(composed, leaf.index, hashes, head));
    }
  }

  async #signHead(tree: Tree): Promise<SignedHead> {
    const { dataSource } = this.#options;
    const row = await readTree(dataSource, tree.id);
    if (row === undefined) {
      throw new GatewayError('ERR_LOG_CONTRADICTS_ITSELF', { detail: `tree ${tree.id} is gone` });
    }
    return this.#trees.sign(tree.id, await readFrontier(dataSource, row));
  }

  async #available<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      if (this.#closed) throw new TypeError('the access log is closed');
      return await work();
    } catch (cause) {
      throw new GatewayError('ERR_LOG_UNAVAILABLE', { detail: describe(cause), cause });
    }
  }
}

const isRecordId = (text: string): boolean =>
  /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);

/** What may be told of an error: never the message of a driver's, which carries data. */
function describe(error: unknown): string {
  if (error instanceof GatewayError) return error.message;
  return error instanceof Error ? error.name : 'unknown';
}
