import type { EntityManager } from 'typeorm';
import { encodeParts } from '../core/bytes.js';
import { GatewayError } from '../core/errors.js';
import { seal, unseal } from '../platform/keys/keys.js';
import type { Querier } from './register-keys.js';
import type { RegisterStore } from './register-store.js';
import { makeSubjectId } from './subject-uuid.js';

/**
 * Acts on people of the register: each is recorded with who did it, and those in
 * {@link twoPersonActs} are requested by one person and approved by another. The table's
 * constraints say the same.
 */
export type OnePersonAct = 'ADD' | 'CORRECT' | 'SUPPRESS' | 'KEEP_APART';
export const twoPersonActs = [
  'LIFT_SUPPRESSION',
  'ERASE',
  'SET_HOLD',
  'LIFT_HOLD',
  'MERGE',
  'EXPORT',
  'HISTORY',
  'EXPOSURE',
] as const;
export type TwoPersonAct = (typeof twoPersonActs)[number];

export interface PendingAct {
  readonly id: string;
  readonly kind: TwoPersonAct;
  readonly requestedBy: string;
  readonly requestedAt: Date;
  /** How many people it concerned when it was requested; the approver repeats the number. */
  readonly people: number;
  /** Of one that is approved and still to be carried out: an export, a release. */
  readonly approvedBy: string | null;
}

/** Records an act that one person may do alone. */
export async function recordAct(
  store: RegisterStore,
  manager: EntityManager,
  act: {
    readonly kind: OnePersonAct;
    /** A new one when absent. */
    readonly id?: string;
    readonly by: string;
    readonly people: number;
    readonly fields?: readonly string[];
    readonly version: bigint;
  },
): Promise<string> {
  const id = act.id ?? makeSubjectId(store.now(), store.random(10));
  await manager.query(
    `INSERT INTO register_act
       (id, kind, requested_by, requested_at, done_at, people, fields, register_version)
     VALUES ($1, $2, $3, $4, $4, $5, $6, $7)`,
    [id, act.kind, act.by, store.now(), act.people, act.fields ?? [], String(act.version)],
  );
  return id;
}

/** Drops what nobody approved in time: it says whom somebody had in mind. */
export async function dropOverdueRequests(store: RegisterStore, before: Date): Promise<void> {
  await store.dataSource.query(
    'DELETE FROM register_act WHERE done_at IS NULL AND approved_by IS NULL AND requested_at < $1',
    [before],
  );
  // A release is fetched for so long; then what it was about goes as well.
  await store.dataSource.query(
    `UPDATE register_act SET done_at = $2, sealed = NULL, epoch_id = NULL
     WHERE kind IN ('HISTORY', 'EXPOSURE') AND done_at IS NULL AND approved_at < $1`,
    [before, store.now()],
  );
}

/** Keeps the request of an act that another person has to approve. */
export async function requestAct(
  store: RegisterStore,
  act: {
    readonly kind: TwoPersonAct;
    readonly by: string;
    readonly people: number;
    /** Whom and what it is about, as JSON. */
    readonly content: unknown;
  },
): Promise<PendingAct> {
  const epoch = await store.epochs.current(store.now());
  const id = makeSubjectId(store.now(), store.random(10));
  const requestedAt = store.now();
  const json = Buffer.from(JSON.stringify(act.content), 'utf8');
  await store.dataSource.query(
    `INSERT INTO register_act (id, kind, requested_by, requested_at, people, epoch_id, sealed)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      id,
      act.kind,
      act.by,
      requestedAt,
      act.people,
      epoch.id,
      seal(epoch.key, json, actContext(id, act.kind, epoch.id)),
    ],
  );
  return {
    id,
    kind: act.kind,
    requestedBy: act.by,
    requestedAt,
    people: act.people,
    approvedBy: null,
  };
}

/** What waits for a second person, oldest first. */
export async function pendingActs(store: RegisterStore): Promise<readonly PendingAct[]> {
  return store.dataSource.query<PendingAct[]>(
    `SELECT id, kind, requested_by AS "requestedBy", requested_at AS "requestedAt", people,
       approved_by AS "approvedBy"
     FROM register_act WHERE done_at IS NULL ORDER BY requested_at, id`,
  );
}

/** Takes a request back, or refuses it: either person may. */
export async function withdrawAct(
  store: RegisterStore,
  actId: string,
  querier: Querier = store.dataSource,
): Promise<void> {
  const gone = await querier.query<[unknown[], number]>(
    `DELETE FROM register_act WHERE id::text = $1 AND done_at IS NULL AND approved_by IS NULL`,
    [actId],
  );
  if (gone[1] === 0) throw noSuchAct();
}

/** What a pending act is about, for the person who is asked to approve it. */
export async function openAct(
  store: RegisterStore,
  manager: Pick<EntityManager, 'query'>,
  actId: string,
): Promise<PendingAct & { readonly content: unknown }> {
  const [row] = await manager.query<
    (PendingAct & { readonly epoch_id: number; readonly sealed: Buffer })[]
  >(
    `SELECT id, kind, requested_by AS "requestedBy", requested_at AS "requestedAt", people,
       approved_by AS "approvedBy", epoch_id, sealed
     FROM register_act WHERE id::text = $1 AND done_at IS NULL`,
    [actId],
  );
  if (row === undefined) throw noSuchAct();
  const { epoch_id: epochId, sealed, ...act } = row;
  await store.epochs.load(manager, [epochId]);
  const json = unseal(
    await store.epochs.key(epochId),
    sealed,
    actContext(row.id, row.kind, epochId),
  );
  if (json === undefined) {
    throw new GatewayError('ERR_SEALED_DATA_DAMAGED', { detail: `register act ${row.id}` });
  }
  return { ...act, content: JSON.parse(json.toString('utf8')) as unknown };
}

/**
 * {@link openAct} for the second person, who has to be another one.
 *
 * @throws {GatewayError} ERR_APPROVER_IS_REQUESTER; ERR_ROW_CONFLICT when there is no such request, or the
 *   approver was shown another number of people than it holds
 */
export async function openApproved(
  store: RegisterStore,
  manager: EntityManager,
  kind: TwoPersonAct,
  approval: Approval,
): Promise<PendingAct & { readonly content: unknown }> {
  const act = await openAct(store, manager, approval.actId);
  if (act.kind !== kind || act.approvedBy !== null) throw noSuchAct();
  checkApproval(act, approval);
  return act;
}

export interface Approval {
  readonly actId: string;
  readonly approvedBy: string;
  /** How many people the approver was shown. */
  readonly people: number;
}

function checkApproval(act: PendingAct, approval: Approval): void {
  if (act.requestedBy === approval.approvedBy) {
    throw new GatewayError('ERR_APPROVER_IS_REQUESTER', {
      detail: 'an act on the register is approved by another person than the one who requested it',
    });
  }
  if (act.people !== approval.people) throw peopleDiffer(act.people);
}

export function peopleDiffer(people: number): GatewayError {
  return new GatewayError('ERR_ROW_CONFLICT', {
    argument: 'people',
    detail: `the act concerns ${people} people, not the number that was shown`,
  });
}

/** Marks an act as done; what it was about is dropped with it. */
export async function finishAct(
  store: RegisterStore,
  manager: EntityManager,
  actId: string,
  approvedBy: string,
  version: bigint,
): Promise<void> {
  await manager.query(
    `UPDATE register_act SET approved_by = $2, approved_at = $3, done_at = $3,
       register_version = $4, sealed = NULL, epoch_id = NULL WHERE id = $1`,
    [actId, approvedBy, store.now(), String(version)],
  );
}

/** An act that was done, as the journal keeps it. */
export interface DoneAct {
  readonly id: string;
  readonly kind: OnePersonAct | TwoPersonAct;
  readonly requestedBy: string;
  readonly approvedBy: string | null;
  readonly at: string;
  readonly people: number;
  readonly fields?: readonly string[];
}

/** The row of an act that a restored database has forgotten, or holds as a request. */
export async function restoreDoneAct(
  manager: EntityManager,
  act: DoneAct,
  version: bigint,
): Promise<void> {
  await manager.query(
    `INSERT INTO register_act (id, kind, requested_by, requested_at, approved_by, approved_at,
       done_at, people, fields, register_version)
     VALUES ($1, $2, $3, $4::timestamptz, $5, CASE WHEN $5::text IS NULL THEN NULL
       ELSE $4::timestamptz END, $4::timestamptz, $6, $7, $8)
     ON CONFLICT (id) DO UPDATE SET approved_by = excluded.approved_by,
       approved_at = excluded.approved_at, done_at = excluded.done_at, sealed = NULL, epoch_id = NULL
     WHERE register_act.done_at IS NULL`,
    [
      act.id,
      act.kind,
      act.requestedBy,
      act.at,
      act.approvedBy,
      act.people,
      act.fields ?? [],
      String(version),
    ],
  );
}

/** Approves an act that is carried out later; what it is about stays sealed until then. */
export async function approveAct(
  store: RegisterStore,
  manager: EntityManager,
  actId: string,
  approvedBy: string,
): Promise<void> {
  await manager.query('UPDATE register_act SET approved_by = $2, approved_at = $3 WHERE id = $1', [
    actId,
    approvedBy,
    store.now(),
  ]);
}

/** Marks an approved act as carried out; what it was about is dropped. */
export async function finishApproved(store: RegisterStore, actId: string): Promise<void> {
  await store.dataSource.query(
    `UPDATE register_act SET done_at = $2, sealed = NULL, epoch_id = NULL
     WHERE id = $1 AND approved_by IS NOT NULL AND done_at IS NULL`,
    [actId, store.now()],
  );
}

export function noSuchAct(): GatewayError {
  return new GatewayError('ERR_ROW_CONFLICT', {
    argument: 'request',
    detail: 'no such act waits for approval',
  });
}

export function actContext(id: string, kind: TwoPersonAct, epochId: number): Buffer {
  return encodeParts('safeconduct/register/act/v1', id, kind, String(epochId));
}
