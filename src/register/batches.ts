import type { EntityManager } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import type { SubjectId } from '../core/ids.js';
import type { ImportReport } from './import-register.js';
import { heldPeople } from './legal-hold.js';
import type { PagePerson } from './page.js';
import type { RegisterChange } from './register-change.js';
import type { RegisterStore } from './register-store.js';
import { encodeSubjectId } from './subject-uuid.js';

/** An import that waits, was released or given up; who is in it stays sealed. */
export interface BatchView {
  readonly id: string;
  readonly requestedBy: string;
  /** Whose work it holds as well: they release it no more than who asked for it. */
  readonly alsoBy: readonly string[];
  readonly requestedAt: Date;
  readonly added: number;
  readonly changed: number;
  /** Of the file it came from; null for a person added or corrected by hand, or cut off midway. */
  readonly rows: number | null;
  readonly unchanged: number | null;
  readonly rejected: number | null;
  /** Why rows were rejected or warned of: counts by column and code. */
  readonly findings: readonly BatchFinding[];
  /** How many people wait in it. */
  readonly people: number;
  readonly state: 'WAITING' | 'RELEASED' | 'DISCARDED';
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
}

export interface BatchFinding {
  readonly column: string;
  readonly code: string;
  readonly count: number;
}

const columns = `id, requested_by AS "requestedBy", also_by AS "alsoBy",
  requested_at AS "requestedAt", added, changed, rows, unchanged, rejected, findings, pending AS people,
  CASE WHEN released_at IS NOT NULL THEN 'RELEASED' WHEN discarded_at IS NOT NULL THEN 'DISCARDED'
    ELSE 'WAITING' END AS state,
  coalesce(released_by, discarded_by) AS "decidedBy",
  coalesce(released_at, discarded_at) AS "decidedAt"`;
const mostBatches = 200;

/** Batches, the latest first, at most 200; by default those in which somebody waits. */
export async function readBatches(
  store: RegisterStore,
  which: 'WAITING' | 'ALL' = 'WAITING',
): Promise<readonly BatchView[]> {
  return store.dataSource.query<BatchView[]>(
    `SELECT ${columns} FROM import_batch
     WHERE $1 OR (released_at IS NULL AND discarded_at IS NULL AND pending > 0)
     ORDER BY requested_at DESC, id DESC LIMIT $2`,
    [which === 'ALL', mostBatches],
  );
}

/** @throws {GatewayError} ERR_NOT_FOUND */
export async function readBatch(store: RegisterStore, batchId: string): Promise<BatchView> {
  const [batch] = await store.dataSource.query<BatchView[]>(
    `SELECT ${columns} FROM import_batch WHERE id::text = $1`,
    [batchId],
  );
  if (batch === undefined) throw noSuchBatch();
  return batch;
}

/** Keeps what an import came to with its batch, for the person who is asked to release it. */
export async function noteImport(store: RegisterStore, report: ImportReport): Promise<void> {
  if (report.batchId === undefined) return;
  const counts = new Map<string, BatchFinding>();
  for (const { column, code } of [...report.rejections, ...report.warnings]) {
    const key = `${column} ${code}`;
    counts.set(key, { column, code, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  const findings = [...counts.values()].sort((a, b) => b.count - a.count);
  await store.dataSource.query(
    'UPDATE import_batch SET rows = $2, unchanged = $3, rejected = $4, findings = $5 WHERE id = $1',
    [
      report.batchId,
      report.rows,
      report.unchanged,
      report.rejected,
      JSON.stringify(findings.slice(0, mostFindingKinds)),
    ],
  );
}

/** Pairs of column and code that are kept of one import. */
const mostFindingKinds = 100;

/**
 * Gives a batch up: what waits in it is destroyed with its data keys, nobody live is touched. One
 * person does it, the importer or another. Somebody who only waits would be forgotten by it, and a
 * legal hold on one of those keeps the whole batch.
 *
 * @returns how many waited in it
 * @throws {GatewayError} ERR_NOT_FOUND; ERR_ROW_CONFLICT when it was released or discarded before;
 *   ERR_LEGAL_HOLD
 */
export async function discardBatchIn(
  change: RegisterChange,
  command: { readonly batchId: string; readonly by: string },
): Promise<number> {
  const { store, manager } = change;
  const [batch] = await manager.query<{ pages: number[]; ended: boolean }[]>(
    `SELECT pages, released_at IS NOT NULL OR discarded_at IS NOT NULL AS ended
     FROM import_batch WHERE id::text = $1 FOR UPDATE`,
    [command.batchId],
  );
  if (batch === undefined) throw noSuchBatch();
  if (batch.ended) {
    throw new GatewayError('ERR_ROW_CONFLICT', {
      argument: 'batch',
      detail: 'the batch was released or discarded before',
    });
  }
  const batchKey = encodeSubjectId(command.batchId as SubjectId);
  const isHeld = await heldPeople(store, manager);
  let people = 0;
  let held = 0;
  await change.edit(
    [...batch.pages].sort((a, b) => a - b),
    (page) => {
      const stay: PagePerson[] = [];
      const before = people;
      for (const person of page.people) {
        if (person.pending?.batch.equals(batchKey) !== true) {
          stay.push(person);
          continue;
        }
        people += 1;
        if (person.live === undefined && isHeld(person)) held += 1;
        change.destroy(person, 'pending');
        const { pending: _pending, ...rest } = person;
        if (person.live !== undefined) stay.push(rest);
      }
      page.people.splice(0, page.people.length, ...stay);
      return people > before;
    },
  );
  if (held > 0) {
    throw new GatewayError('ERR_LEGAL_HOLD', { detail: `${held} of the people who wait are held` });
  }
  await markDiscarded(store, manager, command);
  await store.onBatchOver?.(manager, [command.batchId]);
  return people;
}

async function markDiscarded(
  store: RegisterStore,
  manager: EntityManager,
  { batchId, by }: { readonly batchId: string; readonly by: string },
): Promise<void> {
  await manager.query(
    'UPDATE import_batch SET discarded_by = $2, discarded_at = $3 WHERE id::text = $1',
    [batchId, by, store.now()],
  );
}

const noSuchBatch = () =>
  new GatewayError('ERR_NOT_FOUND', { argument: 'batch', detail: 'no such batch' });
