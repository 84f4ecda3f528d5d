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
  /** Goes on checking the log; @returns whether a whole pass has ended */
  readonly checkOn: (now: Date) => Promise<boolean>;
  readonly rememberCheck: () => Promise<void>;
  readonly logger: AccessLogLogger | undefined;
}

const roundEveryMs = 10_000;
const retentionEveryMs = 3_600_000;
/** A start has other things to do first. */
const checkAfterMs = 60_000;
/** Between two passes through the whole log. */
const checkAgainMs = 600_000;
/** How much longer than it works the check rests: it takes a twentieth of one processor at most. */
const restsPerWork = 19;
const leastRestMs = 500;

/**
 * What a log does by itself, until it is stopped: rounds of the cover tree, forgetting, checking. A pass
 * that fails is logged, and the next is made all the same.
 */
export class Upkeep {
  readonly #work: UpkeepWork;
  readonly #timers = new Set<NodeJS.Timeout>();
  #moving: Promise<void> | undefined;
  #checking: Promise<boolean> | undefined;
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

  /** Checks the log, a step at a time, over and over. */
  startCheck(now: () => Date): void {
    const { checkOn } = this.#work;
    this.#repeat(
      checkAgainMs,
      'the log was not checked',
      async () => {
        const began = performance.now();
        this.#checking = checkOn(now());
        const isOver = await this.#checking.finally(() => {
          this.#checking = undefined;
        });
        if (isOver) return checkAgainMs;
        return Math.max(leastRestMs, restsPerWork * (performance.now() - began));
      },
      checkAfterMs,
    );
  }

  /** Begins nothing more, and resolves once nothing is being moved; a pass under way ends by itself. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#moving;
    await this.#checking?.catch(() => undefined);
    await this.#work.rememberCheck().catch((error: unknown) => {
      this.#work.logger?.error({ detail: describeFault(error) }, 'the check was not remembered');
    });
  }

  async #moveSealed(): Promise<void> {
    try {
      await this.#work.moveSealed(() => this.#stopped);
    } catch (error) {
      const detail = describeFault(error);
      this.#work.logger?.error({ detail }, 'sealed parts were not moved to their months');
    }
  }

  /** @param work returns how long to wait after it, where that is not always the same */
  #repeat(everyMs: number, fault: string, work: () => Promise<number | void>, firstMs = 0): void {
    const after = (ms: number) => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        void tick();
      }, ms).unref();
      this.#timers.add(timer);
    };
    const tick = async (): Promise<void> => {
      let waitMs = everyMs;
      try {
        waitMs = (await work()) ?? everyMs;
      } catch (error) {
        this.#work.logger?.error({ detail: describeFault(error) }, fault);
      }
      if (!this.#stopped) after(waitMs);
    };
    after(firstMs);
  }
}
