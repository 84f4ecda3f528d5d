import { GatewayError, isGatewayError } from '../core/errors.js';

/**
 * Runs work of the log for a caller: whatever fails, the one face of it is ERR_LOG_UNAVAILABLE. Rejects
 * with nothing else.
 */
export type Available = <Result>(work: () => Promise<Result>) => Promise<Result>;

/**
 * The one way from the log to its callers: what contradicts the log, whoever came upon it and whatever
 * they asked for, stops it before they are told.
 *
 * @param contradict is given ERR_LOG_CONTRADICTS_ITSELF
 */
export function availability(contradict: (error: GatewayError) => void): Available {
  return async (work) => {
    try {
      return await work();
    } catch (cause) {
      if (isGatewayError(cause, 'ERR_LOG_CONTRADICTS_ITSELF')) contradict(cause);
      throw new GatewayError('ERR_LOG_UNAVAILABLE', { detail: describeFault(cause), cause });
    }
  };
}

/** What may be told of an error: never the message of a driver's, which carries data. */
export function describeFault(error: unknown): string {
  if (error instanceof GatewayError) return error.message;
  return error instanceof Error ? error.name : 'unknown';
}
