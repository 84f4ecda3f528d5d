import { GatewayError } from '../core/errors.js';
import type { ImportReport } from './import-register.js';
import type { RegisterStore } from './register-store.js';

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

export const noSuchBatch = () =>
  new GatewayError('ERR_NOT_FOUND', { argument: 'batch', detail: 'no such batch' });
