import type { DataSource } from 'typeorm';
import type { FoundAlert } from '../core/alerts/alert.js';
import { keepAlerts, readProgress, writeProgress, type Outlet } from './alert-store.js';

/**
 * Something alerts come from. It is read again and again from where it stopped; a position is kept only
 * once what was found up to it is, so that a source may find a thing twice and never misses one.
 */
export interface AlertSource {
  /** Stable; the position is kept under it. */
  readonly name: string;
  /** @param from where the last reading ended; `undefined` at the first */
  read(from: unknown, now: Date): Promise<ReadAlerts<unknown>>;
}

export interface ReadAlerts<Position> {
  readonly found: readonly FoundAlert[];
  readonly position?: Position;
}

/** A source whose positions are of one form; only it writes them. */
export function alertSource<Position>(
  name: string,
  read: (from: Position | undefined, now: Date) => Promise<ReadAlerts<Position>>,
): AlertSource {
  return { name, read: async (from, now) => read(from as Position | undefined, now) };
}

/** What one process notices of itself; handed in and told at the next turn. */
export class ProcessSignals {
  #found: FoundAlert[] = [];

  raise(alert: FoundAlert | undefined): void {
    if (alert !== undefined && this.#found.length < mostSignals) this.#found.push(alert);
  }

  take(): readonly FoundAlert[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }

  /** What could not be kept comes back. */
  putBack(found: readonly FoundAlert[]): void {
    this.#found = [...found, ...this.#found].slice(0, mostSignals);
  }
}

const mostSignals = 100;

export interface AlertWatchOptions {
  readonly dataSource: DataSource;
  /** One process has the embedded database: nothing to agree on. */
  readonly embedded: boolean;
  readonly sources: readonly AlertSource[];
  readonly signals: ProcessSignals;
  readonly outlets: readonly Outlet[];
  readonly newId: () => string;
  readonly now: () => Date;
  /** Sends what has still to leave, until it is stopped; set going after each look, one at a time. */
  readonly deliver?: (now: Date, isStopped: () => boolean) => Promise<unknown>;
  readonly onFault: (error: unknown, source: string) => void;
}

/** One background job for all gateways of a database, and for each its own signals. */
export class AlertWatch {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #delivering: Promise<void> | undefined;
  #closed = false;

  constructor(private readonly options: AlertWatchOptions) {}

  /**
   * Looks now, and sets going what has still to leave. A source that fails keeps no other from being read,
   * and a receiver that takes its time no look from being the next.
   */
  async look(): Promise<void> {
    this.#running ??= this.#look().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
    this.#delivering ??= this.#deliver().finally(() => {
      this.#delivering = undefined;
    });
  }

  /** Resolves once nothing is being delivered. */
  async delivered(): Promise<void> {
    await this.#delivering;
  }

  /** Looks again and again until it is stopped. */
  start(everyMs = 10_000): void {
    const turn = async (): Promise<void> => {
      await this.look().catch((error: unknown) => this.options.onFault(error, 'watch'));
      if (!this.#closed) this.#timer = setTimeout(() => void turn(), everyMs).unref();
    };
    this.#timer = setTimeout(() => void turn(), everyMs).unref();
  }

  /** Resolves once nothing runs; no sending is begun any more, so within the time one may take. */
  async stop(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#running?.catch(() => undefined);
    await this.#delivering;
  }

  async #look(): Promise<void> {
    const { dataSource, sources, signals, onFault } = this.options;
    const own = signals.take();
    try {
      await this.#keep(own);
    } catch (error) {
      signals.putBack(own);
      onFault(error, 'signals');
    }
    await this.#alone('safeconduct/alerts', async () => {
      for (const source of sources) {
        try {
          const from = await readProgress<unknown>(dataSource, source.name);
          const { found, position } = await source.read(from, this.options.now());
          await this.#keep(found);
          if (position !== undefined) await writeProgress(dataSource, source.name, position);
        } catch (error) {
          onFault(error, source.name);
        }
      }
    });
  }

  /** Never rejects. */
  async #deliver(): Promise<void> {
    const { deliver, now, onFault } = this.options;
    if (deliver === undefined) return;
    try {
      await this.#alone('safeconduct/alert-delivery', async () => {
        await deliver(now(), () => this.#closed);
      });
    } catch (error) {
      onFault(error, 'delivery');
    }
  }

  async #keep(found: readonly FoundAlert[]): Promise<void> {
    const { dataSource, outlets, newId, now } = this.options;
    if (found.length > 0) await keepAlerts(dataSource, found, outlets, newId, now());
  }

  /** While no other gateway does the same; one that is at it already does it for all. */
  async #alone(what: string, work: () => Promise<void>): Promise<void> {
    const { dataSource, embedded } = this.options;
    if (embedded) return work();
    const runner = dataSource.createQueryRunner();
    try {
      const [row] = (await runner.query('SELECT pg_try_advisory_lock(hashtext($1)) AS mine', [
        what,
      ])) as { mine: boolean }[];
      if (row?.mine !== true) return;
      try {
        await work();
      } finally {
        await runner.query('SELECT pg_advisory_unlock(hashtext($1))', [what]);
      }
    } finally {
      await runner.release();
    }
  }
}
