import type { DataSource, EntityManager } from 'typeorm';
import type { AlertKind, AlertState, FoundAlert, Severity } from '../core/alerts/alert.js';

export const outlets = ['WEBHOOK', 'SYSLOG'] as const;
export type Outlet = (typeof outlets)[number];

/** An alert as it is kept. */
export interface StoredAlert {
  readonly id: string;
  readonly kind: AlertKind;
  readonly severity: Severity;
  readonly reason: string;
  readonly partner: string | null;
  /** Ids of records. */
  readonly records: readonly string[];
  readonly state: AlertState;
  readonly raisedAt: Date;
  /** When it was found last. */
  readonly lastAt: Date;
  readonly notes: readonly AlertNote[];
}

export interface AlertNote {
  readonly at: Date;
  /** Reference of the person. */
  readonly by: string | null;
  readonly state: 'ACKNOWLEDGED' | 'CLOSED';
  readonly note: string;
}

type Queryable = Pick<DataSource | EntityManager, 'query'>;

/**
 * Keeps what was found: a key that is known is not told again.
 *
 * @returns how many were new
 */
export async function keepAlerts(
  database: Queryable,
  found: readonly FoundAlert[],
  to: readonly Outlet[],
  newId: () => string,
  at: Date,
): Promise<number> {
  let fresh = 0;
  for (const { kind, severity, key, reason, partner, records } of found) {
    const id = newId();
    const [row] = await database.query<{ id: string }[]>(
      `WITH kept AS (
         INSERT INTO alert (id, key, kind, severity, reason, partner, records, state, raised_at,
           last_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'OPEN', $8, $8)
         ON CONFLICT (key) DO UPDATE SET last_at = excluded.last_at
         RETURNING id
       ), told AS (
         INSERT INTO alert_delivery (alert, outlet, next_at)
         SELECT kept.id, outlet, $8 FROM kept CROSS JOIN unnest($9::text[]) AS outlet
         WHERE kept.id = $1
       )
       SELECT id FROM kept`,
      [id, key, kind, severity, reason, partner, JSON.stringify(records), at, [...to]],
    );
    if (row?.id === id) fresh += 1;
  }
  return fresh;
}

interface AlertRow {
  readonly id: string;
  readonly kind: AlertKind;
  readonly severity: Severity;
  readonly reason: string;
  readonly partner: string | null;
  readonly records: readonly string[];
  readonly state: AlertState;
  readonly raised_at: Date;
  readonly last_at: Date;
}

/** The latest first; only those that are not closed when `open`. */
export async function listAlerts(
  database: Queryable,
  { open, most, after }: AlertPage,
): Promise<readonly StoredAlert[]> {
  const rows = await database.query<AlertRow[]>(
    `SELECT id, kind, severity, reason, partner, records, state, raised_at, last_at FROM alert
     WHERE (NOT $1 OR state <> 'CLOSED')
       AND ($3::timestamptz IS NULL OR (raised_at, id) < ($3, $4::uuid))
     ORDER BY raised_at DESC, id DESC LIMIT $2`,
    [open, most, after?.raisedAt ?? null, after?.id ?? null],
  );
  return withNotes(database, rows);
}

export interface AlertPage {
  readonly open: boolean;
  readonly most: number;
  readonly after?: { readonly raisedAt: Date; readonly id: string } | undefined;
}

/** @param lock holds the row until the end of the transaction */
export async function findAlert(
  database: Queryable,
  id: string,
  { lock = false }: { readonly lock?: boolean } = {},
): Promise<StoredAlert | undefined> {
  const rows = await database.query<AlertRow[]>(
    `SELECT id, kind, severity, reason, partner, records, state, raised_at, last_at FROM alert
     WHERE id::text = $1 ${lock ? 'FOR UPDATE' : ''}`,
    [id],
  );
  return (await withNotes(database, rows))[0];
}

export async function noteAlert(
  database: Queryable,
  id: string,
  note: {
    readonly account: string;
    readonly state: 'ACKNOWLEDGED' | 'CLOSED';
    readonly note: string;
    readonly at: Date;
  },
): Promise<void> {
  await database.query(
    'INSERT INTO alert_note (alert, at, account, state, note) VALUES ($1, $2, $3, $4, $5)',
    [id, note.at, note.account, note.state, note.note],
  );
  await database.query('UPDATE alert SET state = $2 WHERE id = $1', [id, note.state]);
}

async function withNotes(
  database: Queryable,
  rows: readonly AlertRow[],
): Promise<readonly StoredAlert[]> {
  if (rows.length === 0) return [];
  const notes = await database.query<
    { alert: string; at: Date; by: string | null; state: AlertNote['state']; note: string }[]
  >(
    `SELECT n.alert, n.at, p.reference AS by, n.state, n.note FROM alert_note n
     LEFT JOIN staff_account a ON a.id = n.account LEFT JOIN staff_person p ON p.id = a.person
     WHERE n.alert = ANY ($1::uuid[]) ORDER BY n.at`,
    [rows.map(({ id }) => id)],
  );
  return rows.map(({ raised_at: raisedAt, last_at: lastAt, ...row }) => ({
    ...row,
    raisedAt,
    lastAt,
    notes: notes.filter(({ alert }) => alert === row.id).map(({ alert: _id, ...note }) => note),
  }));
}

/** How far a source was read; `undefined` when never. */
export async function readProgress<Position>(
  database: Queryable,
  source: string,
): Promise<Position | undefined> {
  const [row] = await database.query<{ position: Position }[]>(
    'SELECT position FROM alert_progress WHERE source = $1',
    [source],
  );
  return row?.position;
}

export async function writeProgress(
  database: Queryable,
  source: string,
  position: unknown,
): Promise<void> {
  await database.query(
    `INSERT INTO alert_progress (source, position) VALUES ($1, $2)
     ON CONFLICT (source) DO UPDATE SET position = excluded.position`,
    [source, JSON.stringify(position)],
  );
}
