import type { EntityManager } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import { planErasure } from './erase.js';
import { rotateEpochs } from './epoch-rotation.js';
import { rotateMasterKey, rotatePageKeys } from './key-rotation.js';
import { epochOf, lastEndedEpoch, type Querier } from './register-keys.js';
import type { RegisterStore } from './register-store.js';

/**
 * What is done to the register in the background of a running gateway, beside everything else.
 *
 * - `EPOCH`: each week everything moves to the week's erasure-epoch key, and keys of ended epochs are
 *   destroyed. Everything, so that a backup can be read as long as it may be.
 * - `MASTER`: at a start with a previous master key beside the present one, and when asked for.
 * - `PAGE`: when asked for.
 * - `RETENTION`: once a day, where a rule is configured: how many people are due. Nobody is erased by
 *   it; that takes two people.
 */
export const upkeepJobs = ['EPOCH', 'MASTER', 'PAGE', 'RETENTION'] as const;
export type UpkeepJob = (typeof upkeepJobs)[number];
/** Those that move keys, which staff may ask for. */
export const keyJobs = ['MASTER', 'EPOCH', 'PAGE'] as const satisfies readonly UpkeepJob[];
export type KeyJob = (typeof keyJobs)[number];

export interface UpkeepStatus {
  readonly job: UpkeepJob;
  /** `RUNNING` may also be one that was interrupted: it goes on at the next look. */
  readonly state: 'ASKED' | 'RUNNING' | 'DONE' | 'FAILED';
  /** Keys or pages it has moved; of RETENTION, people who are due. */
  readonly done: number;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  /** Why it failed: a code of core/errors.ts. */
  readonly code: string | null;
}

export interface UpkeepOptions {
  readonly store: RegisterStore;
  /** One process on the database: nobody else to wait for, and no connection to wait on. */
  readonly embedded: boolean;
  /** Whether a previous master key is at hand: what is under it moves, once after the start. */
  readonly hasPreviousMasterKey?: boolean;
  /** Days after the end of a visa at which its holder is due; no rule when absent. */
  readonly retentionDays?: number;
  readonly logger: {
    info(fields: object, message: string): void;
    error(fields: object, message: string): void;
  };
  /** Told when a job begins, gets on, and ends. */
  readonly onStatus?: (status: UpkeepStatus) => void;
}

const lookEveryMilliseconds = 60_000;
const dayMilliseconds = 24 * 60 * 60 * 1000;
/** Any number, the same in every gateway: `pg_try_advisory_lock`. */
const lockNumber = 7_305_808_869;

interface Row extends UpkeepStatus {
  /** EPOCH: the week of the last whole run. PAGE: register version it goes on before. */
  readonly mark: string | null;
}

/** How each job stands; one that was never begun is not there. */
export async function upkeepStatus(querier: Querier): Promise<readonly UpkeepStatus[]> {
  return (await readRows(querier)).map(({ mark: _, ...status }) => status);
}

/** Asks for keys to be moved; the next look of any replica begins. Asked again while it runs: once. */
export async function askForKeys(manager: EntityManager, job: KeyJob): Promise<void> {
  await manager.query(
    `INSERT INTO register_upkeep (job, state) VALUES ($1, 'ASKED')
     ON CONFLICT (job) DO UPDATE SET state = 'ASKED', code = NULL, done = 0
     WHERE register_upkeep.state <> 'RUNNING'`,
    [job],
  );
}

class Stopped extends Error {}

/** One per gateway; of several on one database one at a time does the work. */
export class Upkeep {
  readonly #options: UpkeepOptions;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;
  #masterIsDue: boolean;

  constructor(options: UpkeepOptions) {
    this.#masterIsDue = options.hasPreviousMasterKey === true;
    this.#options = options;
  }

  /** Looks now and every minute. */
  start(): void {
    const again = () => {
      if (this.#stopped) return;
      this.#timer = setTimeout(() => void this.look().finally(again), lookEveryMilliseconds);
      this.#timer.unref();
    };
    void this.look().finally(again);
  }

  /** Ends what runs at its next step; it goes on at the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  /** Does what is due, one job after another. Never rejects: what fails is logged, and tried again. */
  async look(): Promise<void> {
    const looking = this.#looking.then(async () => {
      if (this.#stopped) return;
      try {
        if ((await this.#due()).length === 0) return;
        // What is due is asked again under the lock: another replica may just have done it.
        await this.#alone(async () => {
          for (const job of await this.#due()) await this.#run(job);
        });
      } catch (error) {
        if (error instanceof Stopped) return;
        this.#options.logger.error({ code: codeOf(error) }, 'upkeep of the register did not look');
      }
    });
    this.#looking = looking;
    return looking;
  }

  async #due(): Promise<readonly UpkeepJob[]> {
    const { store, retentionDays } = this.#options;
    const now = store.now();
    const rows = new Map((await readRows(store.dataSource)).map((row) => [row.job, row]));
    const kept = await store.epochs.provider.list();
    return upkeepJobs.filter((job) => {
      const row = rows.get(job);
      if (row?.state === 'ASKED' || row?.state === 'RUNNING') return true;
      if (job === 'MASTER') return this.#masterIsDue;
      if (job === 'EPOCH') {
        return row?.mark !== String(epochOf(now)) || kept.some((id) => id <= lastEndedEpoch(now));
      }
      if (job !== 'RETENTION' || retentionDays === undefined) return false;
      return !(now.getTime() - (row?.endedAt?.getTime() ?? 0) < dayMilliseconds);
    });
  }

  async #run(job: UpkeepJob): Promise<void> {
    const { store, logger } = this.#options;
    const [row] = await store.dataSource.query<{ mark: string | null; resumed: boolean }[]>(
      `WITH begun AS (
         INSERT INTO register_upkeep (job, state, started_at) VALUES ($1, 'RUNNING', $2)
         ON CONFLICT (job) DO UPDATE SET state = 'RUNNING', code = NULL,
           started_at = CASE WHEN register_upkeep.state = 'RUNNING'
             THEN register_upkeep.started_at ELSE excluded.started_at END
         RETURNING mark)
       SELECT mark FROM begun`,
      [job, store.now()],
    );
    const progress = new Progress(async (done) => {
      await this.#write(job, { done });
    });
    const onProgress = (done: number) => {
      if (this.#stopped) throw new Stopped();
      progress.at(done);
    };
    logger.info({ job }, 'upkeep of the register begins');
    try {
      const { done, mark } = await this.#work(job, row?.mark ?? null, onProgress);
      await progress.end();
      await this.#write(job, { done, state: 'DONE', endedAt: store.now(), mark });
      logger.info({ job, done }, 'upkeep of the register is done');
    } catch (error) {
      await progress.end();
      if (error instanceof Stopped) throw error;
      // EPOCH is still due and goes on at the next look; the others go on when asked for again.
      await this.#write(job, { state: 'FAILED', endedAt: store.now(), code: codeOf(error) });
      logger.error({ job, code: codeOf(error) }, 'upkeep of the register failed');
    }
  }

  async #work(
    job: UpkeepJob,
    mark: string | null,
    onProgress: (done: number) => void,
  ): Promise<{ readonly done: number; readonly mark: string | null }> {
    const { store, retentionDays = 0 } = this.#options;
    const now = store.now();
    switch (job) {
      case 'EPOCH': {
        const report = await rotateEpochs(store, { everything: true, onProgress });
        return { done: report.rewrapped, mark: String(epochOf(now)) };
      }
      case 'MASTER': {
        const done = await rotateMasterKey(store, onProgress);
        this.#masterIsDue = false;
        return { done, mark: null };
      }
      case 'PAGE': {
        const before = mark === null ? (await versionOf(store)) + 1n : BigInt(mark);
        await this.#write(job, { mark: String(before) });
        const { pages } = await rotatePageKeys(store, { before, onProgress });
        return { done: pages, mark: null };
      }
      case 'RETENTION': {
        const due = new Date(now.getTime() - retentionDays * dayMilliseconds);
        const plan = await planErasure(store, {
          visaEndedBefore: due.toISOString().slice(0, 10),
        });
        return { done: plan.people, mark: null };
      }
    }
  }

  async #write(job: UpkeepJob, change: Partial<Row>): Promise<void> {
    const { store, onStatus } = this.#options;
    const [row] = await store.dataSource.query<UpkeepStatus[]>(
      `WITH written AS (
         UPDATE register_upkeep SET done = coalesce($2, done), state = coalesce($3, state),
           ended_at = coalesce($4, ended_at), mark = CASE WHEN $5 THEN $6 ELSE mark END,
           code = $7
         WHERE job = $1 RETURNING *)
       SELECT ${columns} FROM written`,
      [
        job,
        change.done ?? null,
        change.state ?? null,
        change.endedAt ?? null,
        change.mark !== undefined,
        change.mark ?? null,
        change.code ?? null,
      ],
    );
    if (row !== undefined) onStatus?.(row);
  }

  /** Runs `work` unless another gateway of this database does. */
  async #alone(work: () => Promise<void>): Promise<void> {
    const { store, embedded } = this.#options;
    // The embedded database has one gateway and one connection.
    if (embedded) return work();
    const session = store.dataSource.createQueryRunner();
    try {
      const [row] = (await session.query('SELECT pg_try_advisory_lock($1) AS taken', [
        lockNumber,
      ])) as { taken: boolean }[];
      if (row?.taken !== true) return;
      try {
        await work();
      } finally {
        await session.query('SELECT pg_advisory_unlock($1)', [lockNumber]);
      }
    } finally {
      await session.release();
    }
  }
}

/** Writes how far a job is, one write at a time, and passes over what comes meanwhile. */
class Progress {
  #writing: Promise<void> | undefined;

  constructor(private readonly write: (done: number) => Promise<void>) {}

  at(done: number): void {
    // A count that could not be written stops nothing.
    this.#writing ??= this.write(done)
      .catch(() => undefined)
      .finally(() => {
        this.#writing = undefined;
      });
  }

  async end(): Promise<void> {
    await this.#writing;
  }
}

const columns = 'job, state, done, started_at AS "startedAt", ended_at AS "endedAt", code';

async function readRows(querier: Querier): Promise<readonly Row[]> {
  return querier.query<Row[]>(`SELECT ${columns}, mark FROM register_upkeep ORDER BY job`);
}

async function versionOf(store: RegisterStore): Promise<bigint> {
  const [head] = await store.dataSource.query<{ version: string }[]>(
    'SELECT version FROM register_head',
  );
  return BigInt(head?.version ?? 0);
}

const codeOf = (error: unknown): string =>
  error instanceof GatewayError ? error.code : 'ERR_INTERNAL';
