import { GatewayError } from '../../../core/errors.js';
import { rowsOf, type Querier } from './tables.js';

/**
 * A database that is being restored says so itself, in a table that is made before everything else
 * and goes in the transaction that brings the rows: until then nothing starts on it.
 */
const marker = 'unfinished_restore';

export async function isRestoreUnfinished(querier: Querier): Promise<boolean> {
  const [row] = await rowsOf<{ is: boolean }>(
    querier,
    `SELECT to_regclass('public.${marker}') IS NOT NULL AS is`,
  );
  return row?.is === true;
}

/** @throws {GatewayError} ERR_CONFLICT */
export async function refuseUnfinishedRestore(querier: Querier): Promise<void> {
  if (await isRestoreUnfinished(querier)) {
    throw new GatewayError('ERR_CONFLICT', {
      detail:
        'a restore into this database is under way, or was interrupted: nothing starts on it; ' +
        'begin again with the same command, safeconduct restore',
    });
  }
}

/**
 * Whether a restore may go into a database: it is empty, or holds what an interrupted one left, which
 * is never a row.
 *
 * @throws {GatewayError} ERR_CONFLICT
 */
export async function refuseUsedDatabase(querier: Querier): Promise<void> {
  if (await isRestoreUnfinished(querier)) return;
  const used = await rowsOf(
    querier,
    `SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace LIMIT 1`,
  );
  if (used.length > 0) {
    throw new GatewayError('ERR_CONFLICT', {
      detail:
        'the database is not empty: a restore goes into a new one, and the old one is evidence; ' +
        'keep it under another name',
    });
  }
}

export async function markRestoreBegun(querier: Querier): Promise<void> {
  await querier.query(`CREATE TABLE IF NOT EXISTS ${marker} (begun boolean)`);
}

/** Takes the one place to finish a restore; another that finished it meanwhile leaves none. */
export async function lockUnfinishedRestore(querier: Querier): Promise<void> {
  await querier.query(`LOCK TABLE ${marker} IN ACCESS EXCLUSIVE MODE`);
}

export async function markRestoreFinished(querier: Querier): Promise<void> {
  await querier.query(`DROP TABLE ${marker}`);
}

export const isMarker = (table: string): boolean => table === marker;
