import pg from 'pg';
import { requiredTls } from './database.js';

/** A standing connection that hears what `NOTIFY` says. */
export interface Notifications {
  close(): Promise<void>;
}

const longestPauseMs = 5_000;

/**
 * Listens on a channel of a PostgreSQL server, and connects again whenever the connection is lost.
 * Nothing depends on it: it only makes sooner what every request finds out by itself.
 *
 * @param onNotice also called after each connection, for what was missed before it
 */
export function listenForNotices(
  url: string,
  channel: string,
  onNotice: () => void,
): Notifications {
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  let failures = 0;

  const again = (lost: pg.Client): void => {
    if (closed || lost !== client) return;
    client = undefined;
    lost.end().catch(() => undefined);
    failures += 1;
    timer = setTimeout(connect, Math.min(longestPauseMs, 100 * 2 ** failures));
    timer.unref();
  };
  const connect = (): void => {
    const made = new pg.Client({ connectionString: url, ssl: requiredTls(url) });
    client = made;
    made.on('error', () => again(made));
    made.on('end', () => again(made));
    made.on('notification', () => onNotice());
    made
      .connect()
      .then(() => made.query(`LISTEN ${made.escapeIdentifier(channel)}`))
      .then(
        () => {
          failures = 0;
          onNotice();
        },
        () => again(made),
      );
  };
  connect();
  return {
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await client?.end().catch(() => undefined);
    },
  };
}
