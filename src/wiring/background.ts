import type { INestApplicationContext } from '@nestjs/common';
import { EventRecorder, type AccessLog, type RetentionReport } from '../access-log/index.js';
import type { Database } from '../platform/database/database.js';
import { describeError } from '../platform/telemetry/logger.js';
import type { Metrics } from '../platform/telemetry/metrics.js';
import { ConfirmationAlarms, ReferralStore, ToldKeys } from '../referrals/index.js';
import { Register, Upkeep } from '../register/index.js';
import { QuestionScreen } from '../screening/index.js';
import { logRetention } from './log-retention.js';
import { ACCESS_LOG, type RoomsSettings } from './settings.js';

/** What a gateway does by itself beside answering. */
export interface Background {
  /** Forgets months of the log that are over, as it does by itself; nothing where no rule is set. */
  retain(): Promise<RetentionReport | undefined>;
  /** Moves what is due of the register's keys, as it does by itself. */
  lookAtRegister(): Promise<void>;
  /** Finishes what is under way. */
  stop(): Promise<void>;
}

const reviewEveryMs = 10 * 60_000;

/**
 * Makes rounds of the cover tree; checks the log; forgets what its rules say; moves the register's keys. Screens
 * questions; looks for matches nobody arrived after; forgets evidence of referrals that are over; destroys
 * keys of what partners were told once their time is over. Several gateways of one database may all do so.
 */
export function startBackground(
  { configuration, keys: gatewayKeys, now, logger }: RoomsSettings,
  context: INestApplicationContext,
  { dataSource, embedded }: Database,
  metrics: Metrics,
): Background {
  const accessLog = context.get<AccessLog>(ACCESS_LOG);
  const { store } = context.get(Register);
  accessLog.startRounds(now);
  accessLog.startCheck(now);
  const months = configuration.logRetentionMonths;
  const rule = months === undefined ? undefined : logRetention(months, dataSource, store);
  if (rule !== undefined) accessLog.startRetention(rule, now);
  const events = context.get(EventRecorder);
  const { retentionDays } = configuration;
  const upkeep = new Upkeep({
    store,
    embedded,
    hasPreviousMasterKey: gatewayKeys.previousMaster !== undefined,
    ...(retentionDays === undefined ? {} : { retentionDays }),
    logger,
    onStatus: ({ job, state, done, endedAt }) => {
      if (state === 'DONE' && done > 0) void events.record('EVENT_UPKEEP', { job, done });
      metrics.registerUpkeep.set({ job }, done);
      metrics.registerUpkeepFailed.set({ job }, state === 'FAILED' ? 1 : 0);
      if (state === 'DONE' && endedAt !== null) {
        metrics.registerUpkeepEnded.set({ job }, endedAt.getTime() / 1000);
      }
    },
  });
  upkeep.start();
  const screen = context.get(QuestionScreen);
  const alarms = context.get(ConfirmationAlarms);
  const keys = context.get(ToldKeys);
  const referrals = context.get(ReferralStore);
  let running: Promise<void> | undefined;
  const review = async (): Promise<void> => {
    try {
      await alarms.review(now());
      await dataSource.transaction(async (manager) => keys.forget(manager, now()));
    } catch (error) {
      logger.warn(describeError(error), 'matches without a crossing were not looked at');
    }
    try {
      await referrals.tidy(now());
    } catch (error) {
      logger.warn(describeError(error), 'evidence of referrals was not forgotten yet');
    }
  };
  const timer = setInterval(() => {
    running ??= review().finally(() => (running = undefined));
  }, reviewEveryMs).unref();
  screen.start();
  return {
    retain: async () => (rule === undefined ? undefined : accessLog.applyRetention(rule, now())),
    lookAtRegister: async () => upkeep.look(),
    stop: async () => {
      clearInterval(timer);
      await screen.stop();
      await running;
      await upkeep.stop();
    },
  };
}
