import { pino, type Logger } from 'pino';
import type { LogLevel } from '../configuration/configuration.js';
import { GatewayError } from '../../core/errors.js';

export type GatewayLogger = Logger;

/**
 * JSON lines on stderr for the operator. Errors are never logged whole: drivers put parameters into
 * them, token libraries payloads. What is logged of one is its class, code, detail and reference.
 */
export function createLogger(level: LogLevel): GatewayLogger {
  const destination = pino.destination({ dest: 2, sync: false });
  // A full or closed stderr loses log lines; it must not end the gateway.
  destination.on('error', () => undefined);
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
}

/** What may be said of an error: never its message unless it is our own, never its cause's. */
export function describeError(error: unknown): Readonly<Record<string, string>> {
  if (error instanceof GatewayError) {
    return {
      code: error.code,
      ...(error.detail === undefined ? {} : { detail: error.detail }),
      ...(error.reference === undefined ? {} : { reference: error.reference }),
      ...(error.cause === undefined ? {} : { cause: nameOf(error.cause) }),
      ...where(error.cause ?? error),
    };
  }
  return { code: 'ERR_INTERNAL', cause: nameOf(error), ...where(error) };
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return /^[A-Z0-9_]{2,40}$/.test(code ?? '') ? `${error.name} ${code}` : error.name;
}

/** The innermost frame of our own files: a place, never a value. */
function where(error: unknown): Readonly<Record<string, string>> {
  if (!(error instanceof Error)) return {};
  const frame = /\(?(?:file:\/\/)?[^\s(]*\/((?:src|dist)\/[\w./-]+:\d+):\d+\)?/.exec(
    error.stack ?? '',
  );
  return frame?.[1] === undefined ? {} : { at: frame[1] };
}
