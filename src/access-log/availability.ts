import { GatewayError } from '../core/errors.js';

/**
 * Runs work of the log for a caller: whatever fails, the one face of it is ERR_LOG_UNAVAILABLE.
 *
 * @throws {GatewayError} ERR_LOG_UNAVAILABLE
 */
export async function available<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw new GatewayError('ERR_LOG_UNAVAILABLE', { detail: describeFault(cause), cause });
  }
}

/** What may be told of an error: never the message of a driver's, which carries data. */
export function describeFault(error: unknown): string {
  if (error instanceof GatewayError) return error.message;
  return error instanceof Error ? error.name : 'unknown';
}
