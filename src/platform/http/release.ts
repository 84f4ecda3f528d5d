import { performance } from 'node:perf_hooks';

/**
 * When an answer may leave. A clock per request, started the moment the last byte of the question
 * has arrived, ticks at a fixed distance; an answer leaves at the first tick after it is ready, so
 * that neither a fast nor a slow way through the gateway shows in its time. The timer is armed on
 * arrival: armed when the work ends, timers counting whole milliseconds would let some of it show.
 */
export class ReleaseClock {
  private readonly arrivedAt = performance.now();
  private readonly timer: NodeJS.Timeout;
  private waiting: (() => void) | undefined;
  private ticks = 0;

  /** @param delayMs distance of the ticks, milliseconds */
  constructor(delayMs: number) {
    this.timer = setInterval(() => {
      this.ticks += 1;
      this.waiting?.();
    }, delayMs);
    this.timer.unref();
  }

  /**
   * Waits for the next tick that is a multiple of `every`.
   *
   * @param every ticks a kind of operation is given; 1 but for batches
   * @returns how many multiples late the answer leaves; 0 for one ready before the first
   */
  async release(every = 1): Promise<number> {
    await new Promise<void>((resolve) => {
      this.waiting = () => {
        if (this.ticks % every === 0) resolve();
      };
    });
    clearInterval(this.timer);
    return this.ticks / every - 1;
  }

  /** For a request that ends without an answer. */
  cancel(): void {
    clearInterval(this.timer);
  }

  get elapsedMs(): number {
    return performance.now() - this.arrivedAt;
  }
}
