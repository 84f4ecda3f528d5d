import type { DataSource, EntityManager } from 'typeorm';
import type { GatewayKey, KeyUse } from './gateway-key.js';

type Queryable = Pick<DataSource | EntityManager, 'query'>;

interface Row {
  readonly use: KeyUse;
  readonly thumbprint: string;
  readonly kid: string;
  readonly in_force_from: Date;
  readonly ended_at: Date | null;
  readonly gone_at: Date | null;
  readonly revoked: boolean;
}

/** Every key that is or was in force, the oldest first. */
export async function readGatewayKeys(
  database: Queryable,
  { lock = false }: { readonly lock?: boolean } = {},
): Promise<readonly GatewayKey[]> {
  const rows = await database.query<Row[]>(
    `SELECT use, thumbprint, kid, in_force_from, ended_at, gone_at, revoked FROM gateway_key
     ORDER BY in_force_from, thumbprint ${lock ? 'FOR UPDATE' : ''}`,
  );
  return rows.map(({ in_force_from, ended_at, gone_at, ...row }) => ({
    ...row,
    inForceFrom: in_force_from,
    endedAt: ended_at,
    goneAt: gone_at,
  }));
}

export async function insertKeyInForce(
  database: Queryable,
  key: {
    readonly use: KeyUse;
    readonly thumbprint: string;
    readonly kid: string;
    readonly at: Date;
    readonly act: string | null;
  },
): Promise<void> {
  await database.query(
    `INSERT INTO gateway_key (use, thumbprint, kid, in_force_from, act) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT DO NOTHING`,
    [key.use, key.thumbprint, key.kid, key.at, key.act],
  );
}

/** A key counts for nothing any more. One that was never in force is put on record as gone. */
export async function endKey(
  database: Queryable,
  key: {
    readonly use: KeyUse;
    readonly thumbprint: string;
    readonly kid: string;
    readonly at: Date;
    readonly revoked: boolean;
  },
): Promise<void> {
  await database.query(
    `INSERT INTO gateway_key (use, thumbprint, kid, in_force_from, ended_at, gone_at, revoked)
     VALUES ($1, $2, $3, $4, $4, $4, $5)
     ON CONFLICT (use, thumbprint) DO UPDATE SET
       ended_at = coalesce(gateway_key.ended_at, excluded.ended_at),
       gone_at = coalesce(gateway_key.gone_at, excluded.gone_at),
       revoked = gateway_key.revoked OR excluded.revoked`,
    [key.use, key.thumbprint, key.kid, key.at, key.revoked],
  );
}

/** The key in force gives way; what it signed goes on counting for a while. */
export async function giveWay(database: Queryable, use: KeyUse, at: Date): Promise<void> {
  await database.query(
    'UPDATE gateway_key SET ended_at = greatest($2, in_force_from) WHERE use = $1 AND ended_at IS NULL',
    [use, at],
  );
}
