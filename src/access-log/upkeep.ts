import { dayOfInstant } from '../core/log/marks.js';
import { describeFault } from './availability.js';
import type { AccessLogLogger } from './log-options.js';
import type { RetentionReport } from './retention.js';

/** What is done again and again; each rejects when it could not be done this time. */
export interface UpkeepWork {
  /** @param expectedSize makes none when the tree has outgrown this size; @returns rounds there are */
  readonly makeRound: (at: Date, expectedSize?: number) => Promise<number>;
  readonly makeMonthsAhead: (now: Date) => Promise<void>;
  /** Moves what an earlier release has left; ends early once it is stopped. */
  readonly moveSealed: (isStopped: () => boolean) => Promise<unknown>;
  readonly forgetMarks: (now: Date) => Promise<number>;
  readonly logger: AccessLogLogger | undefined;
}

const roundEveryMs = 10_000;
const retentionEveryMs = 3_600_000;

/**
 * What a log does by itself, until it is stopped: rounds of the cover tree, forgetting. A pass that
 * fails is logged, and the next is made all the same.
 */
export class Upkeep {
  readonly #work: UpkeepWork;
  readonly #timers = new Set<NodeJS.Timeout>();
  #moving: Promise<void> | undefined;
  #stopped = false;

  constructor(work: UpkeepWork) {
    this.#work = work;
  }

  /** A round every 10 seconds; once a day what the day asks for, and what is to be forgotten. */
  startRounds(now: () => Date): void {
    const { makeRound, makeMonthsAhead, forgetMarks } = this.#work;
    let seen: number | undefined;
    let cleared: number | undefined;
    this.#repeat(roundEveryMs, 'no round was made', async () => {
      if (cleared !== dayOfInstant(now())) {
        await makeMonthsAhead(now());
        this.#moving ??= this.#moveSealed();
        await forgetMarks(now());
      }
      cleared = dayOfInstant(now());
      seen = await makeRound(now(), seen);
    });
  }

  /** Applies a rule at the start and once an hour. */
  startRetention(apply: () => Promise<RetentionReport>): void {
    this.#repeat(retentionEveryMs, 'retention was not applied', async () => {
      const { months, ...cleared } = await apply();
      if (months.length === 0) return;
      this.#work.logger?.warn({ months, ...cleared }, 'months of the log were forgotten');
    });
  }

  /** Begins nothing more, and resolves once nothing is being moved; a pass under way ends by itself. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#moving;
  }

  async #moveSealed(): Promise<void> {
    try {
      await this.#work.moveSealed(() => this.#stopped);
    } catch (error) {
      const detail = describeFault(error);
      this.#work.logger?.error({ detail }, 'sealed parts were not moved to their months');
    }
  }

  #repeat(everyMs: number, fault: string, work: () => Promise<void>): void {
    const after = (ms: number) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        void tick();
      }, ms).unref();
      this.#timers.add(timer);
    };
    const tick = async (): Promise<void> => {
      try {
        await work();
      } catch (error) {
        this.#work.logger?.error({ detail: describeFault(error) }, fault);
      }
      if (!this.#stopped) after(everyMs);
    };
    after(0);
  }
}
