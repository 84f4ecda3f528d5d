import type { DataSource, EntityManager } from 'typeorm';
import { encodeParts, equalInConstantTime } from '../core/bytes.js';
import { GatewayError, isGatewayError } from '../core/errors.js';
import type { SubjectId } from '../core/ids.js';
import type { EpochKeyProvider } from '../platform/keys/epoch-key-files.js';
import type { MasterKey } from '../platform/keys/keys.js';
import { blockingScheme } from './blocking-scheme.js';
import { EpochKeys } from './epoch-keys.js';
import type { OnBatchOver } from './leave-batches.js';
import type { OnLiveChange } from './live-change.js';
import { decodePage, sealPage, unsealPage, type PagePerson } from './page.js';
import { PersonFinder } from './person-finder.js';
import { IndexKeys, indexSecretContext, type EpochKey, type Querier } from './register-keys.js';
import { openSubject, type OpenedBlob, type SealedSubject } from './subject-blob.js';

export interface RegisterOptions {
  readonly dataSource: DataSource;
  readonly masterKey: MasterKey;
  /** Where the keys of erasure epochs are kept: never the database. */
  readonly epochKeys: EpochKeyProvider;
  readonly now: () => Date;
  readonly random: (sizeBytes: number) => Uint8Array;
  /** Told of what partners could be told and is no longer so; in the transaction of the change. */
  readonly onLiveChange?: OnLiveChange;
  /** Moves what others keep under epoch keys; before the keys of ended epochs go. */
  readonly onEpochMove?: OnEpochMove;
  /** Told of batches that are released, given up or empty; in the transaction of the change. */
  readonly onBatchOver?: OnBatchOver;
}

/**
 * Moves whatever is under the key of an epoch up to `last` to another key.
 *
 * @returns for each thing that moved the epoch it was in
 */
export type OnEpochMove = (to: EpochKey, last: number) => Promise<readonly number[]>;

/** The register as of one version: which pages there are, each with the version it was written at. */
export interface RegisterHead {
  readonly version: bigint;
  readonly pages: ReadonlyMap<number, bigint>;
}

export interface OpenedPage {
  readonly pageNumber: number;
  readonly people: PagePerson[];
}

export interface SealedVersion extends VersionReference {
  readonly blob: SealedSubject;
}

/**
 * Some 100 KiB. The driver keeps room for its longest message in each that follows, and the embedded
 * database copies what it has of a message with every 64 KiB that come.
 */
const subjectsPerInsert = 128;

/**
 * Pages read in one query by what goes through many: up to some 400 KiB each, as much again on their
 * way here, and ten times that as people.
 */
export const pagesPerRead = 4;

export interface VersionReference {
  readonly id: SubjectId;
  readonly version: number;
}

/**
 * Rows of the register <-> sealed pages and blobs. Every change goes through one transaction that
 * holds the head's row lock: concurrent imports and releases follow one another.
 */
export class RegisterStore {
  readonly dataSource: DataSource;
  readonly keys: IndexKeys;
  readonly epochs: EpochKeys;
  readonly finder = new PersonFinder();
  readonly now: () => Date;
  readonly random: (sizeBytes: number) => Uint8Array;
  readonly masterKey: MasterKey;
  readonly onLiveChange: OnLiveChange | undefined;
  readonly onEpochMove: OnEpochMove | undefined;
  readonly onBatchOver: OnBatchOver | undefined;

  private constructor(options: RegisterOptions, keys: IndexKeys, epochs: EpochKeys) {
    this.dataSource = options.dataSource;
    this.now = options.now;
    this.random = options.random;
    this.masterKey = options.masterKey;
    this.onLiveChange = options.onLiveChange;
    this.onEpochMove = options.onEpochMove;
    this.onBatchOver = options.onBatchOver;
    this.keys = keys;
    this.epochs = epochs;
  }

  /**
   * Opens the register, and makes an empty one where there is none.
   *
   * @throws {GatewayError} ERR_KEY_UNUSABLE when the master key is not the register's, or the key of
   *   an erasure epoch is missing, another, or open to others
   */
  static async open(options: RegisterOptions): Promise<RegisterStore> {
    const { dataSource, masterKey } = options;
    const select = 'SELECT master_key_id, index_secret_wrapped FROM register_head';
    type Row = { master_key_id: string; index_secret_wrapped: Buffer };
    let [row] = await dataSource.query<Row[]>(select);
    if (row === undefined) {
      const secret = options.random(32);
      const state = encodeState({ version: 0n, pages: new Map() });
      await dataSource.query(
        `INSERT INTO register_head (version, state_mac, master_key_id, index_secret_wrapped, blocking_scheme)
         VALUES (0, $1, $2, $3, $4) ON CONFLICT DO NOTHING`,
        [
          new IndexKeys(secret).stateMac(state),
          masterKey.id,
          await masterKey.wrap(secret, indexSecretContext),
          blockingScheme(),
        ],
      );
      [row] = await dataSource.query<Row[]>(select);
    }
    if (row === undefined) throw new GatewayError('ERR_DATABASE_UNAVAILABLE');
    const { master_key_id: madeUnder, index_secret_wrapped: wrapped } = row;
    const secret = await masterKey.unwrap(wrapped, indexSecretContext).catch((cause: unknown) => {
      if (!isGatewayError(cause, 'ERR_KEY_UNUSABLE') || madeUnder === masterKey.id) throw cause;
      throw new GatewayError('ERR_KEY_UNUSABLE', {
        detail:
          `SAFECONDUCT_MASTER_KEY_FILE holds master key ${masterKey.id}, ` +
          `the register is under ${madeUnder}`,
        cause,
      });
    });
    const epochs = await EpochKeys.open({ ...options, provider: options.epochKeys });
    return new RegisterStore(options, new IndexKeys(secret), epochs);
  }

  /**
   * The head, checked: a page that was dropped, added or set back changes the authenticated state.
   *
   * @param lock holds the head until the transaction ends
   * @throws {GatewayError} ERR_SEALED_DATA_DAMAGED
   */
  async readHead(manager: EntityManager, lock: 'lock' | 'read'): Promise<RegisterHead> {
    const [row] = await manager.query<{ version: string; state_mac: Buffer }[]>(
      `SELECT version, state_mac FROM register_head${lock === 'lock' ? ' FOR UPDATE' : ''}`,
    );
    if (row === undefined) throw damaged('register head');
    const pages = await manager.query<{ page_number: number; version: string }[]>(
      'SELECT page_number, version FROM register_page ORDER BY page_number',
    );
    const head = {
      version: BigInt(row.version),
      pages: new Map(pages.map((page) => [page.page_number, BigInt(page.version)])),
    };
    if (!equalInConstantTime(this.keys.stateMac(encodeState(head)), row.state_mac)) {
      throw damaged('register head: pages are not those of the last change');
    }
    return head;
  }

  /** @throws {GatewayError} ERR_SEALED_DATA_DAMAGED */
  async readPages(querier: Querier, pageNumbers: readonly number[]): Promise<OpenedPage[]> {
    const pages = await this.readPageBytes(querier, pageNumbers);
    return pages.map(({ pageNumber, bytes }) => ({ pageNumber, people: decodePage(bytes) }));
  }

  /**
   * Pages unsealed and as they are.
   *
   * @throws {GatewayError} ERR_SEALED_DATA_DAMAGED
   */
  async readPageBytes(
    querier: Querier,
    pageNumbers: readonly number[],
  ): Promise<{ readonly pageNumber: number; readonly bytes: Buffer }[]> {
    if (pageNumbers.length === 0) return [];
    const rows = await querier.query<
      {
        page_number: number;
        version: string;
        epoch_id: number;
        key_wrapped: Buffer;
        sealed: Buffer;
      }[]
    >(
      `SELECT page_number, version, epoch_id, key_wrapped, sealed
       FROM register_page WHERE page_number = ANY ($1) ORDER BY page_number`,
      [pageNumbers],
    );
    await this.epochs.load(
      querier,
      rows.map((row) => row.epoch_id),
    );
    const pages: { pageNumber: number; bytes: Buffer }[] = [];
    for (const row of rows) {
      const epoch = { id: row.epoch_id, key: await this.epochs.key(row.epoch_id) };
      const sealed = {
        pageNumber: row.page_number,
        version: BigInt(row.version),
        epochId: row.epoch_id,
        keyWrapped: row.key_wrapped,
        sealed: row.sealed,
      };
      pages.push({ pageNumber: row.page_number, bytes: unsealPage(epoch, sealed) });
    }
    return pages;
  }

  /** Rewrites one page under a fresh page key. */
  async writePage(
    manager: EntityManager,
    epoch: EpochKey,
    version: bigint,
    page: OpenedPage,
  ): Promise<void> {
    const sealed = sealPage(epoch, page.pageNumber, version, page.people, this.random(32));
    await manager.query(
      `INSERT INTO register_page (page_number, version, epoch_id, key_wrapped, sealed)
       VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (page_number) DO UPDATE SET version = excluded.version,
         epoch_id = excluded.epoch_id, key_wrapped = excluded.key_wrapped, sealed = excluded.sealed`,
      [page.pageNumber, String(version), epoch.id, sealed.keyWrapped, sealed.sealed],
    );
  }

  /** The last step of a change: head and pages agree again. */
  async writeHead(manager: EntityManager, head: RegisterHead): Promise<void> {
    await manager.query('UPDATE register_head SET version = $1, state_mac = $2', [
      String(head.version),
      this.keys.stateMac(encodeState(head)),
    ]);
  }

  /**
   * Inserts sealed subjects, some at a time. Their blobs travel as one binary parameter and are cut on
   * the server: several times faster than a parameter, or an escaped array element, for each.
   */
  async insertSubjects(
    manager: EntityManager,
    registerVersion: bigint,
    subjects: readonly SealedVersion[],
  ): Promise<void> {
    for (let at = 0; at < subjects.length; at += subjectsPerInsert) {
      const some = subjects.slice(at, at + subjectsPerInsert);
      await insertSubjects(manager, registerVersion, some);
    }
  }

  /** Deletes versions, and their data keys with them. */
  async deleteSubjects(
    manager: EntityManager,
    references: readonly VersionReference[],
  ): Promise<void> {
    if (references.length === 0) return;
    await manager.query(
      `DELETE FROM subject USING unnest($1::uuid[], $2::int[]) AS gone (id, version)
       WHERE subject.id = gone.id AND subject.version = gone.version`,
      [references.map(({ id }) => id), references.map(({ version }) => version)],
    );
  }

  /**
   * Opens versions of subjects: one query, one AEAD opening each. What is not there is left out.
   *
   * @throws {GatewayError} ERR_SEALED_DATA_DAMAGED
   */
  async readSubjects(
    querier: Querier,
    references: readonly VersionReference[],
  ): Promise<Map<SubjectId, OpenedBlob>> {
    const opened = new Map<SubjectId, OpenedBlob>();
    if (references.length === 0) return opened;
    const rows = await querier.query<
      {
        id: SubjectId;
        version: number;
        epoch_id: number;
        key_wrapped: Buffer;
        sealed: Buffer;
      }[]
    >(
      `SELECT s.id, s.version, s.epoch_id, s.key_wrapped, s.sealed
       FROM unnest($1::uuid[], $2::int[]) AS wanted (id, version)
       JOIN subject s ON s.id = wanted.id AND s.version = wanted.version`,
      [references.map(({ id }) => id), references.map(({ version }) => version)],
    );
    await this.epochs.load(
      querier,
      rows.map((row) => row.epoch_id),
    );
    for (const row of rows) {
      const epoch = { id: row.epoch_id, key: await this.epochs.key(row.epoch_id) };
      const blob = { epochId: row.epoch_id, keyWrapped: row.key_wrapped, sealed: row.sealed };
      opened.set(row.id, openSubject(epoch, row.id, row.version, blob));
    }
    return opened;
  }
}

async function insertSubjects(
  manager: EntityManager,
  registerVersion: bigint,
  subjects: readonly SealedVersion[],
): Promise<void> {
  const starts: number[] = [];
  let start = 1;
  for (const { blob } of subjects) {
    starts.push(start);
    start += blob.keyWrapped.length + blob.sealed.length;
  }
  await manager.query(
    `INSERT INTO subject (id, version, register_version, epoch_id, key_wrapped, sealed)
     SELECT id, version, $1, epoch_id, substring($2::bytea FROM start FOR key_length),
       substring($2::bytea FROM start + key_length FOR sealed_length)
     FROM unnest($3::uuid[], $4::int[], $5::int[], $6::int[], $7::int[], $8::int[])
       AS s (id, version, epoch_id, start, key_length, sealed_length)`,
    [
      String(registerVersion),
      Buffer.concat(subjects.flatMap(({ blob }) => [blob.keyWrapped, blob.sealed])),
      subjects.map(({ id }) => id),
      subjects.map(({ version }) => version),
      subjects.map(({ blob }) => blob.epochId),
      starts,
      subjects.map(({ blob }) => blob.keyWrapped.length),
      subjects.map(({ blob }) => blob.sealed.length),
    ],
  );
}

function encodeState(head: RegisterHead): Buffer {
  const pages = Buffer.alloc(head.pages.size * 12);
  let at = 0;
  for (const [pageNumber, version] of [...head.pages].sort(([a], [b]) => a - b)) {
    pages.writeUInt32BE(pageNumber, at);
    pages.writeBigUInt64BE(version, at + 4);
    at += 12;
  }
  return encodeParts('state', String(head.version), pages);
}

function damaged(what: string): GatewayError {
  return new GatewayError('ERR_SEALED_DATA_DAMAGED', { detail: what });
}
