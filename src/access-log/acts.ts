import type { EntityManager } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import type { ActEntry } from './journal/line.js';
import type { Queryable } from './tree.repository.js';

/**
 * Restricting acts: revoke, suspend, suppress, erase, narrow, charge. Each is applied by the one
 * function registered under its name, when it is done and again when the database has forgotten it,
 * so applying must come out the same the second time, and must do nothing where the thing restricted
 * is not there. What widens is no act of this kind: after a restore it has to be done again.
 */
export type ActApplier = (
  manager: EntityManager,
  body: Readonly<Record<string, unknown>>,
) => Promise<void>;

/** By name, e.g. `credential.revoked`. */
export type ActAppliers = Readonly<Record<string, ActApplier>>;

export interface RestrictingAct {
  readonly act: string;
  /** JSON in which the act can be applied again; no personal data. */
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Applies an act and keeps it with its journal line, in one transaction of the caller's.
 *
 * @throws {GatewayError} ERR_JOURNAL_UNAVAILABLE for an act this release does not know: to pass over
 *   it would undo it
 */
export async function applyAct(
  manager: EntityManager,
  appliers: ActAppliers,
  writer: string,
  { number, act, body }: ActEntry,
): Promise<void> {
  const apply = Object.hasOwn(appliers, act) ? appliers[act] : undefined;
  if (apply === undefined) {
    throw new GatewayError('ERR_JOURNAL_UNAVAILABLE', {
      detail: `journal line ${number} is an act this version cannot apply again (${act})`,
    });
  }
  await apply(manager, body);
  await insertAct(manager, writer, { kind: 'act', number, act, body });
}

/** Keeps an act that has been done in this transaction. */
export async function insertAct(
  database: Queryable,
  writer: string,
  { number, act, body }: ActEntry,
): Promise<void> {
  await database.query(
    'INSERT INTO access_log_act (writer, number, act, body) VALUES ($1, $2, $3, $4)',
    [writer, number, act, JSON.stringify(body)],
  );
}
