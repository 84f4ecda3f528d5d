import type { IncomingMessage, ServerResponse } from 'node:http';
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

/**
 * Lets an answer that is written past the hooks of a door leave at a tick of its own clock, counted
 * from the last byte of the request. Nothing of it is sent before its end.
 *
 * @param delayMs distance of the ticks, milliseconds
 * @param released told how many ticks late it left
 */
export function releaseResponse(
  request: IncomingMessage,
  response: ServerResponse,
  delayMs: number,
  released: (late: number) => void,
): void {
  let clock = new ReleaseClock(delayMs);
  let isSettled = false;
  request.once('end', () => {
    // Answered before its last byte: it leaves by the clock it was answered under.
    if (isSettled) return;
    clock.cancel();
    clock = new ReleaseClock(delayMs);
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
