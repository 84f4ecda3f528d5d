import type { IncomingMessage, ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';

/** How long a slow answer is remembered: at least this, at most twice this. */
const rememberedMs = 30_000;
/** The pace never waits longer than this many releases; what takes longer is late again. */
const slowestPace = 20;

/**
 * How many releases the answers of one door are given. While a gateway is busy some answers miss
 * their release, those that take more work sooner than others, and that would show. So once one
 * needed several releases all that arrive in the next half minute to minute are given as many,
 * whatever they ask and whoever asks.
 */
export class ReleasePace {
  private since: number;
  private slowest = 1;
  private slowestBefore = 1;

  /**
   * @param delayMs distance of two releases, milliseconds
   * @param now a clock that only goes forward, milliseconds
   */
  constructor(
    readonly delayMs: number,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.since = now();
  }

  /** Releases a question that arrives now is given; 1 while all is well. */
  get releases(): number {
    this.forget();
    return Math.max(this.slowest, this.slowestBefore);
  }

  /** An answer was ready for release number `needed` only; 1 for one that was in time. */
  note(needed: number): void {
    this.forget();
    this.slowest = Math.max(this.slowest, Math.min(needed, slowestPace));
  }

  private forget(): void {
    const passed = this.now() - this.since;
    if (passed < rememberedMs) return;
    this.slowestBefore = passed < 2 * rememberedMs ? this.slowest : 1;
    this.slowest = 1;
    this.since = this.now();
  }
}

/**
 * When an answer may leave. A clock per request, started the moment the last byte of the question
 * has arrived, ticks at a fixed distance; an answer leaves at the first tick after it is ready, so
 * that neither a fast nor a slow way through the gateway shows in its time. The timer is armed on
 * arrival: armed when the work ends, timers counting whole milliseconds would let some of it show.
 */
export class ReleaseClock {
  private readonly arrivedAt = performance.now();
  private readonly timer: NodeJS.Timeout;
  /** Of the arrival: what the gateway learns while this question is answered does not move it. */
  private readonly releases: number;
  private waiting: (() => void) | undefined;
  private ticks = 0;

  constructor(private readonly pace: ReleasePace) {
    this.releases = pace.releases;
    this.timer = setInterval(() => {
      this.ticks += 1;
      this.waiting?.();
    }, pace.delayMs);
    this.timer.unref();
  }

  /**
   * Waits for the next tick that is a multiple of `every` and of the pace.
   *
   * @param every ticks a kind of operation is given; 1 but for batches
   * @returns how many multiples of `every` the answer missed; 0 for one ready before the first
   */
  async release(every = 1): Promise<number> {
    const missed = Math.floor(this.ticks / every);
    this.pace.note(missed + 1);
    await new Promise<void>((resolve) => {
      this.waiting = () => {
        if (this.ticks % (every * this.releases) === 0) resolve();
      };
    });
    clearInterval(this.timer);
    return missed;
  }

  /** For a request that ends without an answer. */
  cancel(): void {
    clearInterval(this.timer);
  }

  get elapsedMs(): number {
    return performance.now() - this.arrivedAt;
  }
}

/**
 * Lets an answer that is written past the hooks of a door leave at a tick of its own clock, counted
 * from the last byte of the request. Nothing of it is sent before its end.
 *
 * @param released told how many ticks it missed
 */
export function releaseResponse(
  request: IncomingMessage,
  response: ServerResponse,
  pace: ReleasePace,
  released: (late: number) => void,
): void {
  let clock = new ReleaseClock(pace);
  let isSettled = false;
  request.once('end', () => {
    // Answered before its last byte: it leaves by the clock it was answered under.
    if (isSettled) return;
    clock.cancel();
    clock = new ReleaseClock(pace);
  });
  response.once('close', () => {
    isSettled = true;
    clock.cancel();
  });
  const end = response.end.bind(response) as (...given: unknown[]) => ServerResponse;
  const endAtTick = (...given: unknown[]): ServerResponse => {
    isSettled = true;
    void clock.release().then((late) => {
      released(late);
      end(...given);
    });
    return response;
  };
  response.end = endAtTick as typeof response.end;
}
