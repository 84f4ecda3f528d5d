import type { KeyObject } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import type { PartnerCode } from '../core/ids.js';
import type { ExportEnd, ExportHead, ExportLine } from '../core/log/export.js';
import { proveInclusion } from '../core/log/proof.js';
import type { CoveredReceipt } from '../core/log/receipt.js';
import { dayOfInstant } from '../core/log/marks.js';
import { decodeRecord } from '../core/log/record.js';
import {
  composeRecord,
  receiptOf,
  type AccessEntry,
  type ComposedRecord,
  type LoggedAccess,
} from './access-entry.js';
import { GroupCommit, type Alongside, type Grown } from './group-commit.js';
import type { JournalFiles } from './journal/journal-files.js';
import type { Journal } from './journal/journal.js';
import { deriveRecordSecrets, type RecordKeys } from './record-keys.js';
import { applyAct, type ActAppliers, type RestrictingAct } from './acts.js';
import { Admission, volumeSpace, type VolumeSpace } from './admission.js';
import { available, describeFault } from './availability.js';
import type { CheckpointCopy } from './checkpoint-copy.js';
import { CoverTree } from './cover/cover-tree.js';
import { Witnesses } from './cover/witnesses.js';
import { checkpointOf } from './journaled-entries.js';
import { exportEach, exportRange } from './export-log.js';
import type { ActEntry } from './journal/line.js';
import type { RestoredRecords } from './restored-records.js';
import { PublishedLog } from './published-log.js';
import type { Kinds } from './search/kinds.js';
import { LogSearch } from './search/log-search.js';
import type { MarkKeys } from './search/mark-keys.js';
import type { SideRows } from './search/side-rows.js';
import { makeMonthsAhead } from './months/months.js';
import { moveSealed } from './months/sealed-rows.js';
import {
  forgottenMonths,
  Retention,
  type RetentionReport,
  type RetentionRule,
} from './retention.js';
import { Sequencer, type QueuedDraft } from './sequencer.js';
import { findLeaf, readFrontier, readTree, storedHashes } from './tree.repository.js';
import {
  checkpointKeysOf,
  coverId,
  Trees,
  type CheckpointKeys,
  type SignedHead,
  type Tree,
  type TreeName,
} from './trees.js';

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

interface LogDraft extends QueuedDraft {
  readonly composed: ComposedRecord;
  readonly resolve: (logged: LoggedAccess) => void;
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

const hostTree: TreeName = { kind: 'host' };
const roundEveryMs = 10_000;
const nonceBytes = 32;
const upkeepEveryMs = 3_600_000;
const defaultRecordsPerDay = 1_000_000;

/** The access log of one gateway: nothing is disclosed before `append` has resolved. */
export class AccessLog {
  readonly #options: Omit<AccessLogOptions, 'journal'>;
  readonly #keys: RecordKeys;
  readonly #markKeys: MarkKeys;
  readonly #sides: SideRows;
  readonly #journal: Journal;
  readonly #trees: Trees;
  readonly #copy: CheckpointCopy | undefined;
  readonly #admission: Admission;
  readonly #retention: Retention;
  readonly #sequencer: Sequencer;
  readonly #cover: CoverTree;
  /** Who cosigns the cover tree. */
  readonly witnesses: Witnesses;
  /** Finds and counts records; whoever hands its findings on records that they were read. */
  readonly search: LogSearch;
  /** What a partner may read of the log by itself. */
  readonly published: PublishedLog;
  #rounds: NodeJS.Timeout | undefined;
  #upkeep: NodeJS.Timeout | undefined;
  #moving: Promise<void> | undefined;
  #nonces: Uint8Array = new Uint8Array();
  #recovering = false;
  #closed = false;

  constructor(
    { keys, kinds, markKeys, sides, journal, trees, copy, ...options }: AccessLogParts,
    /** What opening found. */
    readonly report: ReconciliationReport,
  ) {
    const { dataSource, logger, witnessQuorum = 1, random, checkpointKey } = options;
    this.#options = options;
    this.#keys = keys;
    this.#markKeys = markKeys;
    this.#sides = sides;
    this.#journal = journal;
    this.#trees = trees;
    this.#copy = copy;
    this.#retention = new Retention({
      dataSource,
      keys,
      journal,
      restrict: async (act) => this.restrict(act),
    });
    this.#admission = new Admission({
      database: dataSource,
      space: options.volume ?? (async () => volumeSpace(options.home)),
      recordsPerDay: options.recordsPerDay ?? defaultRecordsPerDay,
      elapsedMs: () => performance.now(),
    });
    const sequencer = new Sequencer({
      database: dataSource,
      commit: new GroupCommit(dataSource, journal.id),
      journal,
      conclude: async (grown) => this.#conclude(grown),
      onFault: (error) =>
        logger?.error({ detail: describeFault(error) }, 'the access log has a fault'),
    });
    this.#sequencer = sequencer;
    this.search = new LogSearch({ dataSource, trees, keys, kinds, markKeys });
    const common = { dataSource, trees, sequencer, witnessQuorum };
    this.#cover = new CoverTree({
      ...common,
      writer: journal.id,
      random,
      remember: async () => copy?.flush(),
    });
    this.witnesses = new Witnesses({ ...common, checkpointKeys: checkpointKeysOf(checkpointKey) });
    this.published = new PublishedLog({
      dataSource,
      trees,
      cover: this.#cover,
      witnesses: this.witnesses,
      signHead: async (tree) => sequencer.exclusively(async () => this.#signHead(tree)),
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
      const { at, host, grouping = null } = entry;
      // The host's own tree is never refused: revocations and acts of staff go on.
      if (owner !== null) await this.#admission.admit(tree, this.#trees.signedSize(tree), at);
      const epochKey = await this.#keys.epochKey(at);
      const side = await this.#sides.rowOf(tree, at, entry, host, grouping);
      const composed = composeRecord(entry, tree, epochKey, this.#nonce());
      const { record, sealed } = composed;
      const { alongside } = options;
      return new Promise<LoggedAccess>((resolve, reject) => {
        const place = { tree, owner, id: entry.id, record, sealed, side, alongside };
        const draft: LogDraft = { ...place, composed, resolve, reject };
        this.#sequencer.enqueue(draft);
      });
    });
  }

  /**
   * The receipt of a record again, at the tree's present size; `undefined` when that partner's tree
   * has no such record. Its salt is empty once the month's key was destroyed.
   *
   * @throws {GatewayError} ERR_LOG_UNAVAILABLE
   */
  async receipt(partner: PartnerCode, verificationId: string): Promise<CoveredReceipt | undefined> {
    if (!isRecordId(verificationId)) return undefined;
    return this.#available(async () => {
      const { dataSource } = this.#options;
      const tree = await this.#trees.find({ kind: 'partner', partner });
      const leaf = await findLeaf(dataSource, tree.id, verificationId);
      if (leaf === undefined) return undefined;
      const covered = await this.#cover.coverOf(tree.id, leaf.index);
      const head =
        covered === undefined
          ? await this.#sequencer.exclusively(async () => this.#signHead(tree))
          : { size: checkpointOf(covered.note).size, checkpoint: covered.note };
      const reader = storedHashes(dataSource, tree.id);
      const hashes = await proveInclusion(head.size, leaf.index, reader);
      const epochKey = await this.#keys.existingKey(new Date(decodeRecord(leaf.record).at));
      const salt =
        epochKey === undefined
          ? Buffer.alloc(0)
          : deriveRecordSecrets(epochKey, tree.id, leaf.id).salt;
      const receipt = receiptOf({ record: leaf.record, salt }, leaf.index, hashes, head);
      return {
        record: receipt.record,
        salt: receipt.salt,
        proof: receipt.proof,
        cover: covered?.cover ?? null,
      };
    });
  }

  /**
   * Does a restricting act: applies it, keeps it with its journal line in the same transaction, and
   * writes the line. Once resolved it outlives the database it was done in.
   *
   * @throws {GatewayError} ERR_LOG_UNAVAILABLE; the act may then have been done
   */
  async restrict({ act, body }: RestrictingAct): Promise<void> {
    await this.#available(async () => {
      const { dataSource, acts = {} } = this.#options;
      await this.#sequencer.enter<ActEntry>(async (number) => {
        const entry: ActEntry = { kind: 'act', number, act, body };
        await dataSource.transaction(async (manager) =>
          applyAct(manager, acts, this.#journal.id, entry),
        );
        return entry;
      });
    });
  }

  /**
   * Records of one tree with their proof, as lines of an export (core/log/export.ts): a whole range,
   * or picked records. Proven under the newest checkpoint that witnesses have cosigned where that
   * covers them all, so that the export leads to the cover tree.
   *
   * @param what `from` and `to` are cut to the tree; `indexes` are in order, each once
   * @throws {GatewayError} ERR_LOG_UNAVAILABLE
   */
  async *export(
    name: TreeName,
    what: { readonly from: number; readonly to: number } | { readonly indexes: readonly number[] },
  ): AsyncGenerator<ExportHead | ExportLine | ExportEnd> {
    const { dataSource } = this.#options;
    const tree = await this.#available(async () => this.#trees.find(name));
    const last = 'indexes' in what ? (what.indexes.at(-1) ?? 0) : what.to - 1;
    const proof = await this.#available(async () => {
      const origin = this.#trees.originOf(tree.id);
      const covered = await this.#cover.coverOf(tree.id, last);
      if (covered !== undefined) {
        const { size } = checkpointOf(covered.note);
        return { origin, size, checkpoint: covered.note, cover: covered.cover };
      }
      const head = await this.#sequencer.exclusively(async () => this.#signHead(tree));
      return { origin, ...head, cover: null };
    });
    if ('indexes' in what) {
      yield* exportEach(dataSource, tree.id, what.indexes, proof);
    } else {
      const to = Math.min(what.to, proof.size);
      yield* exportRange(dataSource, tree.id, Math.min(what.from, to), to, proof);
    }
  }

  /**
   * The slot of a partner's tree, or of the host's (null), in every round of the cover tree;
   * `undefined` when none is left.
   */
  async coverSlot(partner: PartnerCode | null): Promise<number | undefined> {
    const name = partner === null ? hostTree : ({ kind: 'partner', partner } as const);
    return this.#available(async () => this.#cover.slotOf((await this.#trees.find(name)).id));
  }

  /** Verifier key of the cover tree. */
  coverVerifierKey(): string {
    return this.#trees.verifierKey({ id: coverId });
  }

  /** Verifier keys of the cover tree: in force first, then those that give way or are next. */
  coverVerifierKeys(): readonly string[] {
    return this.#trees.verifierKeys({ id: coverId });
  }

  /**
   * Told when another checkpoint key signs from now on: what is remembered of signed trees is put
   * under it too, so that the key that goes is not needed to read it.
   */
  signAgain(): void {
    if (this.#closed) return;
    this.#copy?.signAgain((checkpoint) => this.#trees.signAgain(checkpoint));
  }

  /**
   * Makes one round of the cover tree now.
   *
   * @param expectedSize makes none when the tree has outgrown this size: another gateway has
   * @returns rounds there are now
   * @throws {GatewayError} ERR_LOG_UNAVAILABLE
   */
  async makeRound(at: Date, expectedSize?: number): Promise<number> {
    return this.#available(async () => this.#cover.makeRound(at, expectedSize));
  }

  /**
   * Makes a round every 10 seconds until the log is closed. Gateways of one database make one round
   * between them: a gateway that has seen the tree grow since it last looked lets this one pass. No
   * clock is compared, so that a clock moved either way stops nothing.
   */
  startRounds(now: () => Date): void {
    let seen: number | undefined;
    let cleared: number | undefined;
    const tick = async (): Promise<void> => {
      try {
        if (cleared !== dayOfInstant(now())) {
          await this.makeMonthsAhead(now());
          this.#moving ??= this.#moveSealed();
          await this.forgetMarks(now());
        }
        cleared = dayOfInstant(now());
        seen = await this.makeRound(now(), seen);
      } catch (error) {
        this.#options.logger?.error({ detail: describeFault(error) }, 'no round was made');
      }
      if (!this.#closed) this.#rounds = setTimeout(() => void tick(), roundEveryMs).unref();
    };
    this.#rounds = setTimeout(() => void tick(), 0).unref();
  }

  /** Makes ready what records of this month and the next are put into. */
  async makeMonthsAhead(now: Date): Promise<void> {
    await this.#available(async () => makeMonthsAhead(this.#options.dataSource, now));
  }

  /**
   * Destroys the keys of marks that are past their 90 days, and the marks under them.
   *
   * @returns how many keys
   */
  async forgetMarks(now: Date): Promise<number> {
    return this.#available(async () => this.#markKeys.destroyOver(now));
  }

  /**
   * Forgets what the rule says is over, now.
   *
   * @throws {GatewayError} ERR_LOG_UNAVAILABLE
   */
  async applyRetention(rule: RetentionRule, now: Date): Promise<RetentionReport> {
    return this.#available(async () => this.#retention.apply(rule, now));
  }

  /** Applies a rule at the start and once an hour, until the log is closed. */
  startRetention(rule: RetentionRule, now: () => Date): void {
    const tick = async (): Promise<void> => {
      try {
        const { months, ...cleared } = await this.applyRetention(rule, now());
        if (months.length > 0) {
          this.#options.logger?.warn({ months, ...cleared }, 'months of the log were forgotten');
        }
      } catch (error) {
        this.#options.logger?.error({ detail: describeFault(error) }, 'retention was not applied');
      }
      if (!this.#closed) this.#upkeep = setTimeout(() => void tick(), upkeepEveryMs).unref();
    };
    this.#upkeep = setTimeout(() => void tick(), 0).unref();
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

  /** As {@link verifierKey}, of every key that counts, gives way or is next; in force first. */
  async verifierKeys(name: TreeName): Promise<readonly string[]> {
    return this.#available(async () => this.#trees.verifierKeys(await this.#trees.find(name)));
  }

  /**
   * Whether a partner's record could be written, as far as is known. When not, asking sets a new attempt at
   * putting it right going, so that a gateway without traffic comes back by itself.
   */
  isWritable(): boolean {
    if (this.#closed) return false;
    const isWhole = this.#sequencer.isWhole;
    if (!isWhole && !this.#recovering) void this.#recover();
    return isWhole && this.#admission.hasRoom;
  }

  /** Finishes what is under way and closes the journal. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#rounds);
    clearTimeout(this.#upkeep);
    await this.#moving;
    await this.#sequencer.idle();
    await this.#copy?.flush();
    await this.#journal.close();
  }

  /** 32 random bytes, drawn for many records at a time: a draw costs more than its bytes. */
  #nonce(): Uint8Array {
    if (this.#nonces.length === 0) this.#nonces = this.#options.random(nonceBytes * 64);
    const nonce = this.#nonces.subarray(0, nonceBytes);
    this.#nonces = this.#nonces.subarray(nonceBytes);
    return nonce;
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

  /** Moves what an earlier release has left, beside everything else. */
  async #moveSealed(): Promise<void> {
    const { dataSource, logger } = this.#options;
    try {
      await moveSealed(dataSource, await forgottenMonths(dataSource), () => this.#closed);
    } catch (error) {
      logger?.error(
        { detail: describeFault(error) },
        'sealed parts were not moved to their months',
      );
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
    return available(async () => {
      if (this.#closed) throw new TypeError('the access log is closed');
      return work();
    });
  }
}

const isRecordId = (text: string): boolean =>
  /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
