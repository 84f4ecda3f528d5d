import type { DataSource } from 'typeorm';
import type { AlertMessage } from '../../core/alerts/syslog.js';
import type { Outlet } from '../alert-store.js';
import type { Send } from './outlets.js';

const mostAtOnce = 20;
/** A batch begins nothing more after it: a receiver that is slow to take holds up others no longer. */
const longestBatchMs = 20_000;
const firstRetrySeconds = 30;
const longestRetrySeconds = 3_600;
const triedDays = 7;

/** Seconds until the next attempt: twice as long each time, up to an hour. */
export const retryAfter = (attempts: number): number =>
  Math.min(longestRetrySeconds, firstRetrySeconds * 2 ** Math.max(0, attempts - 1));

interface DueRow {
  readonly attempts: number;
  readonly id: string;
  readonly kind: AlertMessage['kind'];
  readonly severity: AlertMessage['severity'];
  readonly reason: string;
  readonly partner: string | null;
  readonly raised_at: Date;
}

/**
 * Alerts that have still to leave: each is tried again, ever less often, for a week. One that was taken
 * and whose answer was lost is sent twice, under the same id.
 */
export class Outbox {
  constructor(
    private readonly dataSource: DataSource,
    private readonly outlets: Readonly<Partial<Record<Outlet, Send>>>,
    private readonly elapsedMs: () => number = () => performance.now(),
  ) {}

  get names(): readonly Outlet[] {
    return Object.keys(this.outlets) as Outlet[];
  }

  /**
   * Sends what is due, by each way on its own: one that is silent holds up no other, and itself for one
   * time limit only, since its batch ends at its first failure and waits until that one's next attempt. One
   * that takes everything slowly has 20 s for a batch; what it was not asked to take is due at the next.
   *
   * @param isStopped once it is, nothing more is begun: what is being sent ends, the rest stays due
   * @returns how many were taken
   */
  async deliver(now: Date, isStopped: () => boolean = () => false): Promise<number> {
    const ends = await Promise.allSettled(
      this.names.map(async (outlet) => this.#deliverBy(outlet, now, isStopped)),
    );
    let taken = 0;
    for (const end of ends) {
      if (end.status === 'rejected') throw end.reason;
      taken += end.value;
    }
    return taken;
  }

  /**
   * The first raised goes first; what was refused before goes behind what was refused less often, so that
   * one alert a receiver never takes keeps no other from leaving.
   */
  async #deliverBy(outlet: Outlet, now: Date, isStopped: () => boolean): Promise<number> {
    if (isStopped()) return 0;
    const due = await this.dataSource.query<DueRow[]>(
      `SELECT d.attempts, a.id, a.kind, a.severity, a.reason, a.partner, a.raised_at
       FROM alert_delivery d JOIN alert a ON a.id = d.alert
       WHERE d.done_at IS NULL AND d.next_at <= $1 AND d.outlet = $2
         AND a.raised_at > $1::timestamptz - make_interval(days => ${triedDays})
       ORDER BY d.attempts, a.raised_at, a.id LIMIT ${mostAtOnce}`,
      [now, outlet],
    );
    let taken = 0;
    const endsMs = this.elapsedMs() + longestBatchMs;
    for (const { attempts, raised_at: raisedAt, ...alert } of due) {
      if (isStopped() || this.elapsedMs() >= endsMs) return taken;
      try {
        await this.outlets[outlet]?.({ ...alert, raisedAt }, now);
      } catch (error) {
        await this.#postpone(outlet, alert.id, attempts + 1, wordOf(error), now);
        return taken;
      }
      await this.dataSource.query(
        `UPDATE alert_delivery SET attempts = attempts + 1, done_at = $3, failure = NULL
         WHERE alert = $1 AND outlet = $2`,
        [alert.id, outlet, now],
      );
      taken += 1;
    }
    return taken;
  }

  /** Puts off what failed, and what is due behind it, which was not attempted. */
  async #postpone(
    outlet: Outlet,
    failed: string,
    attempts: number,
    failure: string,
    now: Date,
  ): Promise<void> {
    await this.dataSource.query(
      `UPDATE alert_delivery SET next_at = $4,
         attempts = CASE WHEN alert = $1 THEN $5 ELSE attempts END,
         failure = CASE WHEN alert = $1 THEN $6 ELSE failure END
       WHERE outlet = $2 AND done_at IS NULL AND next_at <= $3`,
      [
        failed,
        outlet,
        now,
        new Date(now.getTime() + retryAfter(attempts) * 1000),
        attempts,
        failure,
      ],
    );
  }
}

/** A code, or a word of our own; never a message of a library. */
function wordOf(error: unknown): string {
  if (!(error instanceof Error)) return 'fault';
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string') return code.slice(0, 60);
  return /^(?:status \d{1,3}|timeout)$/.test(error.message) ? error.message : error.name;
}
