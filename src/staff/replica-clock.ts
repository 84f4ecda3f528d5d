import { randomUUID } from 'node:crypto';
import type { DataSource } from 'typeorm';

/** A replica that has not been heard of for so long no longer answers anybody. */
export const replicaGoneSeconds = 30;
const beatMs = 10_000;

/** Channel a change of authority is told on. */
export const authorityChannel = 'safeconduct_authority';

/** Writes down when this replica came to judge by which version of authority. */
export class ReplicaClock {
  private readonly id = randomUUID();
  private timer: NodeJS.Timeout | undefined;
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly dataSource: DataSource,
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

  /** A replica that is closed answers nobody, and nobody waits for it. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.last;
    await this.dataSource.query('DELETE FROM gateway_replica WHERE id = $1', [this.id]);
  }

  async #beat(): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO gateway_replica (id, alive_at) VALUES ($1, clock_timestamp())
       ON CONFLICT (id) DO UPDATE SET alive_at = excluded.alive_at`,
      [this.id],
    );
    await this.dataSource.query(
      "DELETE FROM authority_seen WHERE replica = $1 AND seen_at < clock_timestamp() - interval '90 days'",
      [this.id],
    );
  }

  #queue(work: () => Promise<void>): void {
    this.last = this.last.then(work).catch(this.onFault);
  }
}
