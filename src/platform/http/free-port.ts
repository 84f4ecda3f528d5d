import { createServer } from 'node:net';
import { GatewayError } from '../../core/errors.js';

/** Where a door is to listen, and the variable that moves it. */
export interface DoorAddress {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly variable: string;
}

/**
 * Whether doors can listen where they are to, before much has been done to open them. Somebody else
 * may still be quicker; the door's own listening then says the same.
 *
 * @throws {GatewayError} ERR_CONFIGURATION naming the variable
 */
export async function checkPortsAreFree(doors: readonly DoorAddress[]): Promise<void> {
  for (const door of doors) {
    if (door.port === 0) continue;
    const probe = createServer();
    try {
      await new Promise<void>((resolve, reject) => {
        probe.once('error', reject);
        probe.listen(door.port, door.host, resolve);
      });
    } catch (cause) {
      throw cannotListen(door, cause);
    }
    await new Promise((resolve) => probe.close(resolve));
  }
}

/** Why a door does not listen, and what to set. */
export function cannotListen({ host, port, variable }: DoorAddress, cause: unknown): GatewayError {
  const isError = typeof cause === 'object' && cause !== null && 'code' in cause;
  const code = isError ? String(cause.code) : 'unknown';
  const detail =
    code === 'EADDRINUSE'
      ? `port ${port} of ${host} is taken; set ${variable} to another`
      : `cannot listen on port ${port} of ${host} (${code}); see ${variable}`;
  return new GatewayError('ERR_CONFIGURATION', { detail, cause });
}
