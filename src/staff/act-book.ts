import type { DataSource, EntityManager } from 'typeorm';
import canonicalize from 'canonicalize';
import { encodeBase64Url, encodeParts, sha256 } from '../core/bytes.js';
import { isStaffAct, type ActState, type PendingFacts, type StaffAct } from '../core/staff/acts.js';
import type { ActPayload } from './act-handler.js';
import { replicaGoneSeconds } from './replica-clock.js';

/** One entry of the book of acts. */
export interface BookedAct extends PendingFacts {
  readonly id: string;
  readonly payload: ActPayload;
  /** What an approver names, so that what was read is what is approved. */
  readonly digest: string;
  readonly needsSecond: boolean;
  /** Reference of the person. */
  readonly requesterReference: string;
  readonly requestedAt: Date;
  readonly deciderReference: string | null;
  readonly decidedAt: Date | null;
  /**
   * Milliseconds from the act until the last running replica judged by it; null while one has not
   * yet, and for an act that is not done.
   */
  readonly enforcedMs: number | null;
}

type Queryable = Pick<DataSource | EntityManager, 'query'>;

interface ActRow {
  readonly id: string;
  readonly act: string;
  readonly payload: string;
  readonly digest: string;
  readonly concerns: string | null;
  readonly needs_second: boolean;
  readonly state: ActState;
  readonly requested_by: string;
  readonly requester_reference: string;
  readonly requested_at: Date;
  readonly expires_at: Date;
  readonly decider_reference: string | null;
  readonly decided_at: Date | null;
  readonly enforced_ms: string | null;
}

/**
 * Digest of an act: base64url SHA-256 over length-prefixed `safeconduct/staff-act/v1`, id, name of
 * the act, RFC 8785 JSON of its content.
 */
export function actDigest(id: string, act: StaffAct, payload: ActPayload): string {
  return encodeBase64Url(
    sha256(encodeParts('safeconduct/staff-act/v1', id, act, canonicalText(payload))),
  );
}

export function canonicalText(payload: ActPayload): string {
  const text = canonicalize(payload);
  if (text === undefined) throw new TypeError('an act has no JSON');
  return text;
}

export async function insertAct(
  manager: EntityManager,
  act: {
    readonly id: string;
    readonly act: StaffAct;
    readonly payload: ActPayload;
    readonly concerns: string | null;
    readonly needsSecond: boolean;
    readonly requestedBy: string;
    readonly requestedAt: Date;
    readonly expiresAt: Date;
  },
): Promise<void> {
  await manager.query(
    `INSERT INTO staff_act (id, act, payload, digest, concerns, needs_second, state, requested_by,
       requested_at, expires_at, decided_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      act.id,
      act.act,
      canonicalText(act.payload),
      actDigest(act.id, act.act, act.payload),
      act.concerns,
      act.needsSecond,
      act.needsSecond ? 'PENDING' : 'DONE',
      act.requestedBy,
      act.requestedAt,
      act.expiresAt,
      act.needsSecond ? null : act.requestedAt,
    ],
  );
}

/** Decides a waiting act; the caller holds its row. */
export async function decideBookedAct(
  manager: EntityManager,
  id: string,
  decision: { readonly state: 'DONE' | 'REFUSED'; readonly by: string; readonly at: Date },
): Promise<void> {
  await manager.query(
    'UPDATE staff_act SET state = $2, decided_by = $3, decided_at = $4 WHERE id = $1',
    [id, decision.state, decision.by, decision.at],
  );
}

const columns = `b.id, b.act, b.payload, b.digest, b.concerns, b.needs_second, b.state,
  b.requested_by, r.reference AS requester_reference, b.requested_at, b.expires_at,
  d.reference AS decider_reference, b.decided_at,
  (SELECT CASE WHEN bool_and(first_seen IS NOT NULL)
     THEN greatest(0, extract(epoch FROM max(first_seen - e.done_at)) * 1000) END
   FROM staff_act_enforcement e, LATERAL (
     SELECT (SELECT min(s.seen_at) FROM authority_seen s
             WHERE s.replica = g.id AND s.version >= e.authority_version) AS first_seen
     FROM gateway_replica g
     WHERE g.alive_at > e.done_at - make_interval(secs => ${replicaGoneSeconds})) seen
   WHERE e.act = b.id GROUP BY e.act) AS enforced_ms`;
const tables = `staff_act b
  JOIN staff_account ra ON ra.id = b.requested_by JOIN staff_person r ON r.id = ra.person
  LEFT JOIN staff_account da ON da.id = b.decided_by LEFT JOIN staff_person d ON d.id = da.person`;

/** Notes at which version of authority a change is in force; the head stays ours until commit. */
export async function noteEnforcement(manager: EntityManager, id: string): Promise<void> {
  await manager.query(
    `INSERT INTO staff_act_enforcement (act, authority_version, done_at)
     SELECT $1, version, clock_timestamp() FROM authority_head`,
    [id],
  );
}

/** @param lock holds the row until the end of the transaction */
export async function findAct(
  database: Queryable,
  id: string,
  { lock = false }: { readonly lock?: boolean } = {},
): Promise<BookedAct | undefined> {
  const [row] = await database.query<ActRow[]>(
    `SELECT ${columns} FROM ${tables} WHERE b.id = $1 ${lock ? 'FOR UPDATE OF b' : ''}`,
    [id],
  );
  return row === undefined ? undefined : toAct(row);
}

/**
 * Ends the acts of one kind that wait and name one of `values` by `member`, because there is nothing
 * left to decide: refused, by nobody. One that is being decided at this moment is left to whoever
 * decides it, and fails by itself.
 */
export async function endWaitingActs(
  manager: EntityManager,
  over: { readonly act: StaffAct; readonly member: string; readonly values: readonly string[] },
  at: Date,
): Promise<void> {
  await manager.query(
    `UPDATE staff_act SET state = 'REFUSED', decided_at = $4 WHERE id IN (
       SELECT id FROM staff_act
       WHERE act = $1 AND state = 'PENDING' AND payload::jsonb ->> $2 = ANY ($3)
       FOR UPDATE SKIP LOCKED)`,
    [over.act, over.member, over.values, at],
  );
}

/** The latest first. */
export async function listActs(
  database: Queryable,
  filter: { readonly waitingAt: Date } | undefined,
  most: number,
): Promise<readonly BookedAct[]> {
  const rows = await database.query<ActRow[]>(
    `SELECT ${columns} FROM ${tables}
     WHERE $1::timestamptz IS NULL OR (b.state = 'PENDING' AND b.expires_at > $1)
     ORDER BY b.requested_at DESC, b.id LIMIT $2`,
    [filter?.waitingAt ?? null, most],
  );
  return rows.flatMap((row) => (isStaffAct(row.act) ? [toAct(row)] : []));
}

/** The latest act that was done and whose content has `member` at `value`. */
export async function findDoneAct(
  database: Queryable,
  wanted: { readonly act: StaffAct; readonly member: string; readonly value: string },
): Promise<BookedAct | undefined> {
  const [row] = await database.query<ActRow[]>(
    `SELECT ${columns} FROM ${tables}
     WHERE b.act = $1 AND b.state = 'DONE' AND b.payload::jsonb ->> $2 = $3
     ORDER BY b.requested_at DESC, b.id LIMIT 1`,
    [wanted.act, wanted.member, wanted.value],
  );
  return row === undefined ? undefined : toAct(row);
}

/** The latest act that waits and whose content has a member of this value. */
export async function findWaitingAct(
  database: Queryable,
  wanted: {
    readonly act: StaffAct;
    readonly member: string;
    readonly value: string;
    readonly at: Date;
  },
): Promise<BookedAct | undefined> {
  const [row] = await database.query<ActRow[]>(
    `SELECT ${columns} FROM ${tables}
     WHERE b.act = $1 AND b.state = 'PENDING' AND b.expires_at > $2
       AND b.payload::jsonb ->> $3 = $4
     ORDER BY b.requested_at DESC, b.id LIMIT 1`,
    [wanted.act, wanted.at, wanted.member, wanted.value],
  );
  return row === undefined ? undefined : toAct(row);
}

function toAct(row: ActRow): BookedAct {
  const { id, act, digest, concerns, state } = row;
  if (!isStaffAct(act)) throw new TypeError('an act this release does not know');
  return Object.freeze({
    id,
    act,
    payload: JSON.parse(row.payload) as ActPayload,
    digest,
    concerns,
    state,
    needsSecond: row.needs_second,
    requestedBy: row.requested_by,
    requesterReference: row.requester_reference,
    requestedAt: row.requested_at,
    expiresAt: row.expires_at,
    deciderReference: row.decider_reference,
    decidedAt: row.decided_at,
    enforcedMs: row.enforced_ms === null ? null : Math.ceil(Number(row.enforced_ms)),
  });
}
