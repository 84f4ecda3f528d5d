import { GatewayError, isGatewayError } from '../core/errors.js';

/**
 * Runs work of the log for a caller: whatever fails, the one face of it is ERR_LOG_UNAVAILABLE.
 *
 * @throws {GatewayError} ERR_LOG_UNAVAILABLE
 */
export async function available<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw unavailable(cause);
  }
}

/** The one face of whatever failed. */
export function unavailable(cause: unknown): GatewayError {
  return new GatewayError('ERR_LOG_UNAVAILABLE', { detail: describeFault(cause), cause });
}

/** Runs a reading of the log for a caller; see {@link readable}. */
export type Readable = <Result>(work: () => Promise<Result>) => Promise<Result>;

/**
 * {@link available} for what reads records: one that was changed stops the log before its reader is told.
 *
 * @param contradict is given ERR_LOG_CONTRADICTS_ITSELF
 */
export function readable(contradict: (error: GatewayError) => void): Readable {
  return async (work) =>
    available(async () => {
      try {
        return await work();
      } catch (error) {
        if (isGatewayError(error, 'ERR_LOG_CONTRADICTS_ITSELF')) contradict(error);
        throw error;
      }
    });
}

/** What may be told of an error: never the message of a driver's, which carries data. */
export function describeFault(error: unknown): string {
  if (error instanceof GatewayError) return error.message;
  return error instanceof Error ? error.name : 'unknown';
}
