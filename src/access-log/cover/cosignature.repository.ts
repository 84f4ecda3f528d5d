import type { Queryable } from '../tree.repository.js';

export interface WitnessRow {
  readonly vkey: string;
  readonly partner: string;
  readonly registeredAt: Date;
}

export interface WitnessState extends WitnessRow {
  /** Largest cover tree it has cosigned, and when; null when none. */
  readonly size: number | null;
  readonly cosignedAt: Date | null;
}

export interface CosignedHead {
  readonly size: number;
  /** The note with our own signature. */
  readonly checkpoint: string;
  /** Signature lines of active witnesses. */
  readonly lines: readonly string[];
}

/** Witnesses that may cosign now. */
export async function readWitnesses(database: Queryable): Promise<readonly WitnessRow[]> {
  const rows = await database.query<{ vkey: string; partner: string; registered_at: Date }[]>(
    'SELECT vkey, partner, registered_at FROM access_log_witness WHERE active ORDER BY vkey',
  );
  return rows.map(({ registered_at: registeredAt, ...row }) => ({ ...row, registeredAt }));
}

export async function upsertWitness(database: Queryable, witness: WitnessRow): Promise<void> {
  await database.query(
    `INSERT INTO access_log_witness (vkey, partner, active, registered_at)
     VALUES ($1, $2, true, $3) ON CONFLICT (vkey) DO NOTHING`,
    [witness.vkey, witness.partner, witness.registeredAt],
  );
}

export async function deactivateWitness(database: Queryable, vkey: string): Promise<void> {
  await database.query('UPDATE access_log_witness SET active = false WHERE vkey = $1', [vkey]);
}

/** Who cosigned last, and when. */
export async function readWitnessStates(database: Queryable): Promise<readonly WitnessState[]> {
  const rows = await database.query<
    {
      vkey: string;
      partner: string;
      registered_at: Date;
      size: string | null;
      received_at: Date | null;
    }[]
  >(
    `SELECT witness.vkey, witness.partner, witness.registered_at, last.size, last.received_at
     FROM access_log_witness witness LEFT JOIN LATERAL (
       SELECT own.size, own.received_at FROM access_log_cosignature own
       WHERE own.vkey = witness.vkey ORDER BY own.size DESC LIMIT 1) last ON true
     WHERE witness.active ORDER BY witness.vkey`,
  );
  return rows.map((row) => ({
    vkey: row.vkey,
    partner: row.partner,
    registeredAt: row.registered_at,
    size: row.size === null ? null : Number(row.size),
    cosignedAt: row.received_at,
  }));
}

export interface ReceivedCosignature {
  readonly size: number;
  readonly vkey: string;
  readonly cosignedAt: Date;
  readonly receivedAt: Date;
  readonly checkpoint: string;
  readonly line: string;
}

/** Keeps a cosignature, and of earlier ones only what a receipt may still be proven by. */
export async function keepCosignature(
  database: Queryable,
  { size, vkey, cosignedAt, receivedAt, checkpoint, line }: ReceivedCosignature,
  quorum: number,
): Promise<void> {
  await database.query(
    `INSERT INTO access_log_cosignature
       (size, vkey, cosigned_at, received_at, checkpoint, line)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (size, vkey) DO UPDATE
       SET cosigned_at = excluded.cosigned_at, received_at = excluded.received_at,
           checkpoint = excluded.checkpoint, line = excluded.line`,
    [size, vkey, cosignedAt, receivedAt, checkpoint, line],
  );
  const newest = await newestCosigned(database, quorum);
  if (newest === undefined) return;
  await database.query(
    `DELETE FROM access_log_cosignature old WHERE old.size < $1 AND EXISTS (
       SELECT 1 FROM access_log_cosignature later
       WHERE later.vkey = old.vkey AND later.size > old.size)`,
    [newest.size],
  );
}

/** The largest cover tree that at least `quorum` active witnesses have cosigned. */
export async function newestCosigned(
  database: Queryable,
  quorum: number,
): Promise<CosignedHead | undefined> {
  const rows = await database.query<{ size: string; checkpoint: string; line: string }[]>(
    `WITH newest AS (
       SELECT own.size FROM access_log_cosignature own
       JOIN access_log_witness witness ON witness.vkey = own.vkey AND witness.active
       GROUP BY own.size HAVING count(*) >= $1 ORDER BY own.size DESC LIMIT 1
     )
     SELECT own.size, own.checkpoint, own.line FROM newest
     JOIN access_log_cosignature own ON own.size = newest.size
     JOIN access_log_witness witness ON witness.vkey = own.vkey AND witness.active
     ORDER BY own.vkey`,
    [quorum],
  );
  const [first] = rows;
  if (first === undefined) return undefined;
  return {
    size: Number(first.size),
    checkpoint: first.checkpoint,
    lines: rows.map(({ line }) => line),
  };
}
