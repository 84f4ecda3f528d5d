import type { EntityManager } from 'typeorm';
import { GatewayError } from '../../core/errors.js';
import { decodeRenewal, type RenewalStatement } from '../../core/log/renewal.js';
import type { ActAppliers, RestrictingAct } from '../acts.js';
import type { Queryable } from '../tree.repository.js';

/** Name of the act in the journal. */
const renewedName = 'log.RENEWED';

/** A log that ended, and what took its place. */
export interface EarlierLog {
  readonly statement: RenewalStatement;
  readonly renewedAt: Date;
}

/** What the record of a renewal is made with. */
export interface RenewalDone {
  /** The signed file. */
  readonly request: string;
  /** Id of the record. */
  readonly record: string;
  readonly at: Date;
}

/** Logs that ended, the latest first. */
export async function readEarlierLogs(database: Queryable): Promise<readonly EarlierLog[]> {
  const rows = await database.query<{ request: string; renewed_at: Date }[]>(
    'SELECT request, renewed_at FROM access_log_renewal ORDER BY place DESC',
  );
  return rows.map(({ request, renewed_at }) => ({
    statement: decodeRenewal(request).statement,
    renewedAt: renewed_at,
  }));
}

/**
 * A log that ended signs nothing more: whoever puts its name back into the configuration would make a
 * second tree of one size under it.
 *
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF
 */
export async function refuseEarlierOrigin(database: Queryable, origin: string): Promise<void> {
  const [latest] = await readEarlierLogs(database);
  if (latest === undefined || latest.statement.next.origin === origin) return;
  throw new GatewayError('ERR_LOG_CONTRADICTS_ITSELF', {
    detail:
      `this database goes on as ${latest.statement.next.origin}, and SAFECONDUCT_LOG_ORIGIN is ` +
      `${origin}: a log that ended signs nothing more (docs/operations.md, "A lost journal")`,
  });
}

/**
 * Ends the log before, in the transaction that makes the first record of the new one.
 *
 * @returns the act, to be journaled beside that record
 */
export async function endEarlierLog(
  manager: EntityManager,
  { request, record, at }: RenewalDone,
): Promise<RestrictingAct> {
  const body = { request, record, at: at.toISOString() };
  await endAgain(manager, body);
  return { act: renewedName, body };
}

/** On a restored database that has forgotten it. */
export const renewalAppliers: ActAppliers = { [renewedName]: endAgain };

async function endAgain(
  manager: EntityManager,
  body: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { request, record, at } = body as {
    readonly request: string;
    readonly record: string;
    readonly at: string;
  };
  const { earlier, next } = decodeRenewal(request).statement;
  const added = await manager.query<unknown[]>(
    `INSERT INTO access_log_renewal (earlier_origin, origin, renewed_at, record, request)
       VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING place`,
    [earlier.origin, next.origin, at, record, request],
  );
  if (added.length === 0) return;
  // What was cosigned was the log before; its witnesses have a day to begin anew.
  await manager.query(
    `INSERT INTO access_log_cosignature_earlier
         (origin, size, vkey, cosigned_at, received_at, checkpoint, line)
       SELECT $1, size, vkey, cosigned_at, received_at, checkpoint, line
       FROM access_log_cosignature ON CONFLICT DO NOTHING`,
    [earlier.origin],
  );
  await manager.query('DELETE FROM access_log_cosignature');
  await manager.query(
    'UPDATE access_log_witness SET registered_at = greatest(registered_at, $1::timestamptz)',
    [at],
  );
}
