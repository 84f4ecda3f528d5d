import { join } from 'node:path';
import type { GatewayError } from '../core/errors.js';
import type { PartnerCode } from '../core/ids.js';
import type { ExportEnd, ExportHead, ExportLine } from '../core/log/export.js';
import { proveLeaves } from '../core/log/proof.js';
import type { CoveredReceipt } from '../core/log/receipt.js';
import { rememberedBase64 } from '../core/log/tlog-proof.js';
import {
  composeRecord,
  receiptOf,
  type AccessEntry,
  type ComposedRecord,
  type LoggedAccess,
} from './access-entry.js';
import { applyAct, type RestrictingAct } from './acts.js';
import { Admission, volumeSpace } from './admission.js';
import { availability, describeFault, type Available } from './availability.js';
import type { CheckpointCopy } from './checkpoint-copy.js';
import { CheckRows } from './check/check-rows.js';
import { LogCheck } from './check/log-check.js';
import { CoverTree } from './cover/cover-tree.js';
import { Witnesses } from './cover/witnesses.js';
import { GroupCommit, type Alongside, type Grown } from './group-commit.js';
import { localFiles } from './journal/journal-files.js';
import type { Journal } from './journal/journal.js';
import type { ActEntry } from './journal/line.js';
import type { AccessLogOptions, AccessLogParts, ReconciliationReport } from './log-options.js';
import { makeMonthsAhead } from './months/months.js';
import { moveSealed } from './months/sealed-rows.js';
import { LogProofs, type Exported } from './proofs.js';
import { PublishedLog } from './published-log.js';
import type { RecordKeys } from './record-keys.js';
import { readEarlierLogs, type EarlierLog } from './renewal/renewals.js';
import {
  forgottenMonths,
  Retention,
  type RetentionReport,
  type RetentionRule,
} from './retention.js';
import { LogSearch } from './search/log-search.js';
import type { MarkKeys } from './search/mark-keys.js';
import type { SideRows } from './search/side-rows.js';
import { Sequencer, type QueuedDraft } from './sequencer.js';
import { checkpointKeysOf, coverId, type TreeName, type Trees } from './trees.js';
import { Upkeep } from './upkeep.js';

interface LogDraft extends QueuedDraft {
  readonly composed: ComposedRecord;
  readonly resolve: (logged: LoggedAccess) => void;
}

const hostTree: TreeName = { kind: 'host' };
const nonceBytes = 32;
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
  readonly #proofs: LogProofs;
  readonly #upkeep: Upkeep;
  readonly #available: Available;
  /** Who cosigns the cover tree. */
  readonly witnesses: Witnesses;
  /** Finds and counts records; whoever hands its findings on records that they were read. */
  readonly search: LogSearch;
  /** What a partner may read of the log by itself. */
  readonly published: PublishedLog;
  /** Holds the whole log against what was signed. */
  readonly check: LogCheck;
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
      conclude: (grown) => this.#conclude(grown),
      onFault: (error) =>
        logger?.error({ detail: describeFault(error) }, 'the access log has a fault'),
    });
    this.#sequencer = sequencer;
    const available = availability((error) => sequencer.contradict(error));
    this.#available = async (work) =>
      available(async () => {
        this.#refuseWhenClosed();
        return work();
      });
    this.search = new LogSearch({ dataSource, trees, keys, kinds, markKeys, available });
    const common = { dataSource, trees, sequencer, witnessQuorum };
    this.#cover = new CoverTree({
      ...common,
      writer: journal.id,
      random,
      remember: async () => copy?.flush(),
    });
    this.witnesses = new Witnesses({ ...common, checkpointKeys: checkpointKeysOf(checkpointKey) });
    this.#proofs = new LogProofs({
      dataSource,
      keys,
      trees,
      sequencer,
      cover: this.#cover,
      available,
    });
    this.published = new PublishedLog({
      dataSource,
      trees,
      cover: this.#cover,
      witnesses: this.witnesses,
      signHead: async (tree) => this.#proofs.signHead(tree),
      available,
    });
    this.check = new LogCheck({
      dataSource,
      trees,
      origin: options.origin,
      rows: new CheckRows({ dataSource, keys, markKeys, kinds, sides }),
      files: options.files ?? localFiles,
      path: join(options.home, 'log-check.json'),
      available,
      logger,
    });
    this.#upkeep = new Upkeep({
      checkOn: async (now) => this.check.step(now),
      rememberCheck: async () => this.check.remember(),
      makeRound: async (at, expectedSize) => this.makeRound(at, expectedSize),
      makeMonthsAhead: async (now) => this.makeMonthsAhead(now),
      moveSealed: async (isStopped) =>
        moveSealed(dataSource, await forgottenMonths(dataSource), isStopped),
      forgetMarks: async (now) => this.forgetMarks(now),
      logger,
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
    return this.#available(async () => this.#proofs.receipt(partner, verificationId));
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
    what: Exported,
  ): AsyncGenerator<ExportHead | ExportLine | ExportEnd> {
    this.#refuseWhenClosed();
    yield* this.#proofs.export(name, what);
  }

  /**
   * The slot of a partner's tree, or of the host's (null), in every round of the cover tree;
   * `undefined` when none is left.
   */
  async coverSlot(partner: PartnerCode | null): Promise<number | undefined> {
    const name = partner === null ? hostTree : ({ kind: 'partner', partner } as const);
    return this.#available(async () => this.#cover.slotOf((await this.#trees.find(name)).id));
  }

  /** Logs before this one that could not go on, the latest first. */
  async earlierLogs(): Promise<readonly EarlierLog[]> {
    return this.#available(async () => readEarlierLogs(this.#options.dataSource));
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
    this.#upkeep.startRounds(now);
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
    this.#upkeep.startRetention(async () => this.applyRetention(rule, now()));
  }

  /** Checks the log over and over until it is closed, at a twentieth of one processor at most. */
  startCheck(now: () => Date): void {
    this.#upkeep.startCheck(now);
  }

  /**
   * Signed checkpoint of a tree's present head (c2sp.org/tlog-checkpoint).
   *
   * @throws {GatewayError} ERR_LOG_UNAVAILABLE
   */
  async checkpoint(name: TreeName): Promise<string> {
    return this.#available(async () => {
      const head = await this.#proofs.signHead(await this.#trees.find(name));
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
   * What the log was found to contradict itself in while it runs, with tree and leaf; nothing is recorded
   * any more then. `undefined` otherwise, whatever else fails.
   */
  get contradiction(): GatewayError | undefined {
    return this.#sequencer.contradiction;
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
    await this.#upkeep.stop();
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

  /** Draws the new head of one tree and every receipt of the group; told of once it is published. */
  #conclude({ tree, before, after, placed, hashAt }: Grown<QueuedDraft>): () => void {
    const head = this.#trees.draw(tree, after);
    const proofs = proveLeaves(head.size, { lo: before, hi: after.size }, hashAt);
    const base64 = rememberedBase64();
    const receipts = placed.map(({ draft, leaf }, at) => {
      const { composed, resolve } = draft as LogDraft;
      const receipt = receiptOf(composed, leaf.index, proofs[at] ?? [], head, base64);
      return { resolve, receipt };
    });
    return () => {
      this.#trees.publish(head);
      for (const { resolve, receipt } of receipts) resolve(receipt);
    };
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw new TypeError('the access log is closed');
  }
}
