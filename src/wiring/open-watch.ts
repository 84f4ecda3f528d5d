import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { DataSource } from 'typeorm';
import type { AccessLog, EventRecorder } from '../access-log/index.js';
import {
  AlertWatch,
  budgetSource,
  confirmationSource,
  endingSource,
  logSource,
  referralSource,
  screenSource,
  ProcessSignals,
  witnessSource,
  type Outbox,
} from '../alerts/index.js';
import {
  clockAlert,
  contradictionAlert,
  lateAlert,
  reconciliationAlert,
  relistedAlert,
} from '../core/alerts/rules.js';
import { listTestGrants, type End } from '../grants/index.js';
import { describeError, type GatewayLogger } from '../platform/telemetry/logger.js';
import type { Metrics } from '../platform/telemetry/metrics.js';
import type { ConfirmationAlarms, ReferralStore } from '../referrals/index.js';
import type { ScreenRounds } from '../screening/index.js';

export interface WatchParts {
  readonly dataSource: DataSource;
  readonly embedded: boolean;
  readonly accessLog: AccessLog;
  readonly events: EventRecorder;
  readonly outbox: Outbox;
  readonly readEnds: () => Promise<readonly End[]>;
  readonly screenRounds: ScreenRounds;
  readonly confirmations: ConfirmationAlarms;
  readonly referrals: ReferralStore;
  readonly metrics: Metrics;
  readonly logger: GatewayLogger;
  readonly now: () => Date;
}

const everyMs = 10_000;

/** What watches a running gateway: events into the log, alerts out of it. */
export interface Watch {
  /** Looks once now, for tests and for whoever cannot wait. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts watching; what opening the log has found is told first. */
export async function startWatch(parts: WatchParts): Promise<Watch> {
  const { dataSource, accessLog, events, outbox, metrics, logger, now } = parts;
  const signals = new ProcessSignals();
  const watch = new AlertWatch({
    dataSource,
    embedded: parts.embedded,
    sources: [
      logSource(accessLog, async () => listTestGrants(dataSource.manager)),
      budgetSource(dataSource),
      witnessSource(accessLog),
      confirmationSource(parts.confirmations),
      referralSource(parts.referrals),
      screenSource(parts.screenRounds),
      endingSource(async () => parts.readEnds()),
    ],
    signals,
    outlets: outbox.names,
    newId: randomUUID,
    now,
    deliver: async (at, isStopped) => outbox.deliver(at, isStopped),
    onFault: (error, source) => logger.warn({ ...describeError(error), source }, 'alerts'),
  });

  const { report } = accessLog;
  const found = reconciliationAlert(report, now());
  signals.raise(found);
  await events.record('EVENT_START', { gateway: hostname() });
  if (found !== undefined) await events.record('EVENT_RECONCILED', { ...report });
  events.start();

  let isContradictionTold = false;
  /** Alerts are kept and delivered without the log, so this one leaves though nothing is recorded. */
  const noticeContradiction = (): void => {
    const { contradiction } = accessLog;
    if (contradiction === undefined || isContradictionTold) return;
    isContradictionTold = true;
    signals.raise(contradictionAlert(contradiction.detail ?? contradiction.code, now()));
  };

  /** What the check of the log has made again: rows of search are in no tree, and leave no other trace. */
  const noticeRelisted = async (): Promise<void> => {
    for (const relisted of accessLog.check.takeRelisted()) {
      const { tree, leaves, taken } = relisted;
      signals.raise(relistedAlert(relisted, now()));
      const first = leaves[0] ?? -1;
      await events.record('EVENT_RECONCILED', { tree, relisted: leaves.length, first, taken });
    }
  };

  let late = await valueOf(metrics);
  let wall = now().getTime();
  let steady = performance.now();
  /** What this process alone can tell. */
  const notice = async (): Promise<void> => {
    noticeContradiction();
    await noticeRelisted();
    const at = now();
    const count = await valueOf(metrics);
    signals.raise(lateAlert(count - late, at, hostname()));
    late = count;
    const moved = at.getTime() - wall - (performance.now() - steady);
    const [row] = await dataSource.query<{ at: Date }[]>('SELECT clock_timestamp() AS at');
    const ahead = row === undefined ? 0 : at.getTime() - row.at.getTime();
    signals.raise(clockAlert(moved, ahead, at, hostname()));
    wall = at.getTime();
    steady = performance.now();
  };
  const timer = setInterval(() => {
    notice().catch((error: unknown) => logger.warn(describeError(error), 'watch'));
  }, everyMs).unref();
  watch.start(everyMs);
  return {
    look: async () => {
      await notice();
      await watch.look();
      await watch.delivered();
    },
    stop: async () => {
      clearInterval(timer);
      await watch.stop();
      await events.stop();
    },
  };
}

async function valueOf({ lateReleases }: Metrics): Promise<number> {
  return (await lateReleases.get()).values[0]?.value ?? 0;
}
