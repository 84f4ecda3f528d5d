import type { LoggerService } from '@nestjs/common';
import { describeError, type GatewayLogger } from './logger.js';

/**
 * What Nest may say through our logger: that something happened, and where. Its messages can hold
 * thrown objects and are not printed; a failing start is reported by whoever started it.
 */
export function nestLogger(logger: GatewayLogger): LoggerService {
  const report =
    (level: 'error' | 'warn') =>
    (message: unknown, ...rest: unknown[]) => {
      const thrown = [message, ...rest].find((part) => part instanceof Error);
      if (thrown !== undefined && 'syscall' in thrown && thrown.syscall === 'listen') return;
      const context = rest.at(-1);
      logger[level](
        {
          ...(thrown === undefined ? {} : describeError(thrown)),
          ...(typeof context === 'string' && /^\w{1,40}$/.test(context) ? { context } : {}),
        },
        'framework',
      );
    };
  return {
    log: () => undefined,
    debug: () => undefined,
    verbose: () => undefined,
    warn: report('warn'),
    error: report('error'),
    fatal: report('error'),
  };
}
