import type { DataSource } from 'typeorm';
import type { AlertMessage } from '../../core/alerts/syslog.js';
import type { Outlet } from '../alert-store.js';
import type { Send } from './outlets.js';

const mostAtOnce = 20;
const firstRetrySeconds = 30;
const longestRetrySeconds = 3_600;
const triedDays = 7;

/** Seconds until the next attempt: twice as long each time, up to an hour. */
export const retryAfter = (attempts: number): number =>
  Math.min(longestRetrySeconds, firstRetrySeconds * 2 ** Math.max(0, attempts - 1));

interface DueRow {
  readonly outlet: Outlet;
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
  ) {}

  get names(): readonly Outlet[] {
    return Object.keys(this.outlets) as Outlet[];
  }

  /** Sends what is due. @returns how many were taken */
  async deliver(now: Date): Promise<number> {
    const due = await this.dataSource.query<DueRow[]>(
      `SELECT d.outlet, d.attempts, a.id, a.kind, a.severity, a.reason, a.partner, a.raised_at
       FROM alert_delivery d JOIN alert a ON a.id = d.alert
       WHERE d.done_at IS NULL AND d.next_at <= $1 AND d.outlet = ANY ($2)
         AND a.raised_at > $1::timestamptz - make_interval(days => ${triedDays})
       ORDER BY d.next_at LIMIT ${mostAtOnce}`,
      [now, [...this.names]],
    );
    let taken = 0;
    for (const { outlet, attempts, raised_at: raisedAt, ...alert } of due) {
      try {
        await this.outlets[outlet]?.({ ...alert, raisedAt }, now);
        await this.dataSource.query(
          `UPDATE alert_delivery SET attempts = attempts + 1, done_at = $3, failure = NULL
           WHERE alert = $1 AND outlet = $2`,
          [alert.id, outlet, now],
        );
        taken += 1;
      } catch (error) {
        const seconds = retryAfter(attempts + 1);
        await this.dataSource.query(
          `UPDATE alert_delivery SET attempts = attempts + 1, failure = $3, next_at = $4
           WHERE alert = $1 AND outlet = $2`,
          [alert.id, outlet, wordOf(error), new Date(now.getTime() + seconds * 1000)],
        );
      }
    }
    return taken;
  }
}

/** A code, or a word of our own; never a message of a library. */
function wordOf(error: unknown): string {
  if (!(error instanceof Error)) return 'fault';
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string') return code.slice(0, 60);
  return /^(?:status \d{1,3}|timeout)$/.test(error.message) ? error.message : error.name;
}
