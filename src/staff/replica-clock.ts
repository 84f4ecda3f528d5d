import { randomUUID } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';

/** A replica that has not been heard of for so long no longer answers anybody. */
export const replicaGoneSeconds = 30;
const beatMs = 10_000;

/** Channel a change of authority is told on. */
export const authorityChannel = 'safeconduct_authority';

/** A key or certificate of the gateway itself that a replica holds. */
export interface HeldKey {
  readonly use: 'TOKEN' | 'CHECKPOINT' | 'PARTNER_TLS' | 'STAFF_TLS';
  /** RFC 7638; of a certificate its SHA-256, base64url. */
  readonly thumbprint: string;
  /** Empty for a certificate. */
  readonly kid: string;
  /** Null for a key: it ends when another comes in force. */
  readonly notAfter: Date | null;
}

/** What a replica says of itself. */
export interface ReplicaSelf {
  /** How operators know it, such as its host and port. */
  readonly name: string;
  /** What it holds now. */
  readonly held: () => readonly HeldKey[];
}

/**
 * Writes down when this replica came to judge by which version of authority, and which of the
 * gateway's own keys it holds.
 */
export class ReplicaClock {
  private readonly id = randomUUID();
  private reported = '';
  private timer: NodeJS.Timeout | undefined;
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly dataSource: DataSource,
    private readonly self: ReplicaSelf,
    private readonly onFault: (error: unknown) => void,
  ) {}

  async start(version: bigint): Promise<void> {
    await this.#beat();
    this.saw(version);
    await this.last;
    this.timer = setInterval(() => this.#queue(async () => this.#beat()), beatMs);
    this.timer.unref();
  }

  /** Told after every change of authority that was loaded and enforced. */
  saw(version: bigint): void {
    this.#queue(async () => {
      await this.dataSource.query(
        `INSERT INTO authority_seen (replica, version, seen_at) VALUES ($1, $2, clock_timestamp())
         ON CONFLICT DO NOTHING`,
        [this.id, version.toString()],
      );
    });
  }

  /** Writes down what is held, when it is something else than before. */
  async holds(): Promise<void> {
    this.#queue(async () => this.#report());
    return this.last;
  }

  /** A replica that is closed answers nobody, and nobody waits for it. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.last;
    await this.dataSource.query('DELETE FROM gateway_replica WHERE id = $1', [this.id]);
  }

  async #beat(): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO gateway_replica (id, name, alive_at) VALUES ($1, $2, clock_timestamp())
       ON CONFLICT (id) DO UPDATE SET alive_at = excluded.alive_at`,
      [this.id, this.self.name],
    );
    await this.#report();
    await this.dataSource.query(
      "DELETE FROM authority_seen WHERE replica = $1 AND seen_at < clock_timestamp() - interval '90 days'",
      [this.id],
    );
  }

  async #report(): Promise<void> {
    const held = this.self.held();
    const text = JSON.stringify(held);
    if (text === this.reported) return;
    await this.dataSource.transaction(async (manager) => {
      await manager.query('DELETE FROM gateway_replica_key WHERE replica = $1', [this.id]);
      for (const { use, thumbprint, kid, notAfter } of held) {
        await manager.query(
          `INSERT INTO gateway_replica_key (replica, use, thumbprint, kid, not_after)
           VALUES ($1, $2, $3, $4, $5)`,
          [this.id, use, thumbprint, kid, notAfter],
        );
      }
    });
    this.reported = text;
  }

  #queue(work: () => Promise<void>): void {
    this.last = this.last.then(work).catch(this.onFault);
  }
}

/** A running replica, and the `kid` it holds a key under; null where it does not hold it. */
export interface HoldingReplica {
  readonly name: string;
  readonly kid: string | null;
}

/** Every running replica, and whether it holds a key. */
export async function replicasHolding(
  database: Pick<DataSource | EntityManager, 'query'>,
  use: HeldKey['use'],
  thumbprint: string,
): Promise<readonly HoldingReplica[]> {
  return database.query<HoldingReplica[]>(
    `SELECT r.name, k.kid FROM gateway_replica r
     LEFT JOIN gateway_replica_key k
       ON k.replica = r.id AND k.use = $1 AND k.thumbprint = $2
     WHERE r.alive_at > clock_timestamp() - make_interval(secs => ${replicaGoneSeconds})
     ORDER BY r.name`,
    [use, thumbprint],
  );
}

/** What every running replica holds. */
export async function readHeldKeys(
  database: Pick<DataSource | EntityManager, 'query'>,
): Promise<readonly (HeldKey & { readonly replica: string })[]> {
  const rows = await database.query<
    {
      replica: string;
      use: HeldKey['use'];
      thumbprint: string;
      kid: string;
      not_after: Date | null;
    }[]
  >(
    `SELECT r.name AS replica, k.use, k.thumbprint, k.kid, k.not_after
     FROM gateway_replica_key k JOIN gateway_replica r ON r.id = k.replica
     WHERE r.alive_at > clock_timestamp() - make_interval(secs => ${replicaGoneSeconds})
     ORDER BY k.use, k.thumbprint, r.name`,
  );
  return rows.map(({ not_after, ...row }) => ({ ...row, notAfter: not_after }));
}

/** Names of the replicas that are running. */
export async function runningReplicas(
  database: Pick<DataSource | EntityManager, 'query'>,
): Promise<readonly string[]> {
  const rows = await database.query<{ name: string }[]>(
    `SELECT name FROM gateway_replica
     WHERE alive_at > clock_timestamp() - make_interval(secs => ${replicaGoneSeconds}) ORDER BY name`,
  );
  return rows.map(({ name }) => name);
}
