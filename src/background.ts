import type { INestApplicationContext } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { describeError, type GatewayLogger } from './platform/telemetry/logger.js';
import { ConfirmationAlarms, ToldKeys } from './referrals/index.js';
import { QuestionScreen } from './screening/index.js';

/** What a gateway does by itself beside answering. */
export interface Background {
  /** Finishes what is under way. */
  stop(): Promise<void>;
}

const reviewEveryMs = 10 * 60_000;

/**
 * Screens questions; looks for matches nobody arrived after; destroys keys of what partners were told
 * once their time is over. Several gateways of one database may all do so.
 */
export function startBackground(
  context: INestApplicationContext,
  dataSource: DataSource,
  now: () => Date,
  logger: GatewayLogger,
): Background {
  const screen = context.get(QuestionScreen);
  const alarms = context.get(ConfirmationAlarms);
  const keys = context.get(ToldKeys);
  let running: Promise<void> | undefined;
  const review = async (): Promise<void> => {
    try {
      await alarms.review(now());
      await dataSource.transaction(async (manager) => keys.forget(manager, now()));
    } catch (error) {
      logger.warn(describeError(error), 'matches without a crossing were not looked at');
    }
  };
  const timer = setInterval(() => {
    running ??= review().finally(() => (running = undefined));
  }, reviewEveryMs).unref();
  screen.start();
  return {
    stop: async () => {
      clearInterval(timer);
      await screen.stop();
      await running;
    },
  };
}
