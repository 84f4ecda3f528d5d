import { GatewayError } from '../core/errors.js';
import type { SubjectId } from '../core/ids.js';
import { seal, unseal } from '../platform/keys/keys.js';
import { actContext, type TwoPersonAct } from './acts.js';
import { erasedContext } from './erased-references.js';
import { honeyContext } from './honey.js';
import { holdContext } from './legal-hold.js';
import { mergedEntryContext } from './merged-entries.js';
import { rewrapPageKey } from './page.js';
import { epochOf, lastEndedEpoch, type EpochKey } from './register-keys.js';
import type { RegisterStore } from './register-store.js';
import { dropFetchedHistories } from './sealed-history.js';
import { rewrapDataKey } from './subject-blob.js';

/** Keys wrapped anew in one statement. */
const keysAtOnce = 500;
/** Epochs are emptied a week before their key is due. */
const weeksBeforeRewrap = 4;

export interface EpochRotationReport {
  /** Data and page keys, and sealed rows, that moved to the current epoch. */
  readonly rewrapped: number;
  /** Epochs whose key was destroyed: ended, and empty before this run. */
  readonly destroyed: readonly number[];
}

/**
 * Moves live keys out of old epochs and destroys the keys of epochs that have ended. Runs beside
 * everything else, a few hundred keys at a time, each change a compare-and-set; interrupted anywhere
 * and run again it goes on, and two at once do no harm. Once a day is often enough.
 *
 * @param everything moves what is in any epoch but the current one
 */
export async function rotateEpochs(
  store: RegisterStore,
  options: {
    readonly everything?: boolean;
    readonly onProgress?: (rewrapped: number) => void;
  } = {},
): Promise<EpochRotationReport> {
  const now = store.now();
  const to = await store.epochs.current(now);
  const last = epochOf(now) - (options.everything === true ? 1 : weeksBeforeRewrap);
  let rewrapped = 0;
  const emptied = new Set<number>();
  const progress: Progress = (moved) => {
    for (const { epoch_id: epoch } of moved) emptied.add(epoch);
    rewrapped += moved.length;
    options.onProgress?.(rewrapped);
  };

  // 1. Data keys, in the order of the primary key: one pass.
  await rewrapSubjects(store, to, last, progress);
  // 2. Page keys: the pages' versions and bytes stay, so no replica has to read them again.
  await rewrapPages(store, to, last, progress);
  // 3. What waits for a second person, whom holds protect, fictional people, and what stays of
  // entries that were merged or erased.
  await store.dataSource.query('DELETE FROM legal_hold WHERE ends_at <= $1', [now]);
  await dropFetchedHistories(store);
  for (const table of sealedTables) await resealRows(store, to, last, progress, table);
  // 4. What others keep under epoch keys.
  const moved = (await store.onEpochMove?.(to, last)) ?? [];
  if (moved.length > 0) progress(moved.map((epoch_id) => ({ epoch_id })));
  // 5. References that were erased go before their epoch does, but where counsel's copy waits.
  const [dropped] = await store.dataSource.query<[{ epoch_id: number }[], number]>(
    `DELETE FROM erased_reference e WHERE epoch_id <= $1
       AND NOT EXISTS (SELECT FROM sealed_history h WHERE h.act_id = e.act_id)
     RETURNING epoch_id`,
    [epochOf(now) - weeksBeforeRewrap],
  );
  for (const { epoch_id: epoch } of dropped) emptied.add(epoch);

  // 6. A key something still hangs on cannot go: the database's references see to it. Nor can one
  // that was emptied only now: the embedded database may forget its last moments in a power cut.
  await store.dataSource.query(
    'DELETE FROM erasure_epoch WHERE id <= $1 AND NOT id = ANY ($2::int[])',
    [lastEndedEpoch(now), [...emptied]],
  );
  return { rewrapped, destroyed: await store.epochs.destroyEnded(now) };
}

type Progress = (moved: readonly { readonly epoch_id: number }[]) => void;

async function rewrapSubjects(
  store: RegisterStore,
  to: EpochKey,
  last: number,
  progress: Progress,
): Promise<void> {
  type Row = { id: SubjectId; version: number; epoch_id: number; key_wrapped: Buffer };
  let [id, version] = ['00000000-0000-0000-0000-000000000000', 0];
  for (;;) {
    const rows = await store.dataSource.query<Row[]>(
      `SELECT id, version, epoch_id, key_wrapped FROM subject
       WHERE (id, version) > ($1::uuid, $2::int) AND epoch_id <= $3
       ORDER BY id, version LIMIT $4`,
      [id, version, last, keysAtOnce],
    );
    const end = rows.at(-1);
    if (end === undefined) return;
    ({ id, version } = end);
    const keys: Buffer[] = [];
    for (const row of rows) {
      const from = await epochKey(store, row.epoch_id);
      keys.push(rewrapDataKey(from, to, row.id, row.version, row.key_wrapped));
    }
    const keyBytes = keys[0]?.length ?? 0;
    // A version that was replaced or erased meanwhile stays gone.
    await store.dataSource.query(
      `UPDATE subject SET epoch_id = $1,
         key_wrapped = substring($2::bytea FROM (ordinal::int - 1) * $3::int + 1 FOR $3::int)
       FROM unnest($4::uuid[], $5::int[], $6::int[]) WITH ORDINALITY
         AS one (id, version, epoch_id, ordinal)
       WHERE subject.id = one.id AND subject.version = one.version
         AND subject.epoch_id = one.epoch_id`,
      [
        to.id,
        Buffer.concat(keys),
        keyBytes,
        rows.map((row) => row.id),
        rows.map((row) => row.version),
        rows.map((row) => row.epoch_id),
      ],
    );
    progress(rows);
  }
}

async function rewrapPages(
  store: RegisterStore,
  to: EpochKey,
  last: number,
  progress: Progress,
): Promise<void> {
  const rows = await store.dataSource.query<
    { page_number: number; version: string; epoch_id: number; key_wrapped: Buffer }[]
  >(`SELECT page_number, version, epoch_id, key_wrapped FROM register_page WHERE epoch_id <= $1`, [
    last,
  ]);
  for (const row of rows) {
    const from = await epochKey(store, row.epoch_id);
    const { page_number: page, version } = row;
    await store.dataSource.query(
      `UPDATE register_page SET epoch_id = $1, key_wrapped = $2
       WHERE page_number = $3 AND version = $4 AND epoch_id = $5`,
      [
        to.id,
        rewrapPageKey(from, to, page, BigInt(version), row.key_wrapped),
        page,
        version,
        row.epoch_id,
      ],
    );
    progress([row]);
  }
}

interface SealedTable {
  readonly name: string;
  /** Columns that say which row it is; text, uuid or bytes. */
  readonly key: readonly string[];
  /** Columns the seal is bound to beside the epoch. */
  readonly bound?: string;
  /** Which rows move; all when absent. */
  readonly moves?: string;
  readonly contextOf: (row: SealedRow, epochId: number) => Buffer;
}

interface SealedRow {
  readonly id: string;
  readonly kind: string;
  readonly into_id: string;
  readonly act_id: string;
  readonly mark: Buffer;
  readonly epoch_id: number;
  readonly sealed: Buffer;
}

const sealedTables: readonly SealedTable[] = [
  {
    name: 'register_act',
    key: ['id'],
    bound: 'kind',
    contextOf: (row, epochId) => actContext(row.id, row.kind as TwoPersonAct, epochId),
  },
  {
    name: 'legal_hold',
    key: ['id'],
    contextOf: (row, epochId) => holdContext(row.id, epochId),
  },
  {
    name: 'honey_record',
    key: ['id'],
    contextOf: (row, epochId) => honeyContext(row.id, epochId),
  },
  {
    name: 'merged_entry',
    key: ['id'],
    bound: 'into_id',
    contextOf: (row, epochId) => mergedEntryContext(row.id, row.into_id, epochId),
  },
  {
    name: 'erased_reference',
    key: ['act_id', 'mark'],
    moves: 'act_id IN (SELECT act_id FROM sealed_history)',
    contextOf: (row, epochId) => erasedContext(row.act_id, row.mark, epochId),
  },
];

async function resealRows(
  store: RegisterStore,
  to: EpochKey,
  last: number,
  progress: Progress,
  { name, key, bound, moves, contextOf }: SealedTable,
): Promise<void> {
  const columns = [...key, ...(bound === undefined ? [] : [bound])];
  const rows = await store.dataSource.query<SealedRow[]>(
    `SELECT ${columns.join(', ')}, epoch_id, sealed FROM ${name}
     WHERE epoch_id <= $1${moves === undefined ? '' : ` AND ${moves}`}`,
    [last],
  );
  for (const row of rows) {
    const from = await epochKey(store, row.epoch_id);
    const plain = unseal(from.key, row.sealed, contextOf(row, from.id));
    if (plain === undefined) {
      throw new GatewayError('ERR_SEALED_DATA_DAMAGED', { detail: `a row of ${name}` });
    }
    // One that was sealed anew meanwhile stays as it is.
    await store.dataSource.query(
      `UPDATE ${name} SET epoch_id = $1, sealed = $2 WHERE epoch_id = $3 AND sealed = $4
         AND ${key.map((column, at) => `${column} = $${at + 5}`).join(' AND ')}`,
      [
        to.id,
        seal(to.key, plain, contextOf(row, to.id)),
        from.id,
        row.sealed,
        ...key.map((column) => row[column as keyof SealedRow]),
      ],
    );
    progress([row]);
  }
}

async function epochKey(store: RegisterStore, id: number): Promise<EpochKey> {
  await store.epochs.load(store.dataSource, [id]);
  return { id, key: await store.epochs.key(id) };
}
