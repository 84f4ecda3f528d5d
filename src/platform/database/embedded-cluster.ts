import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GatewayError } from '../../core/errors.js';

/**
 * Makes the cluster of an embedded database in `directory`, unless one is there. It is made beside
 * and put in place whole: what was interrupted is made anew.
 *
 * A process of its own does it and ends: the second PostgreSQL that making one takes would leave some
 * 400 MiB with the gateway for good.
 *
 * @throws {GatewayError} ERR_DATABASE_UNAVAILABLE where something else is in its place
 * @throws {Error} when the cluster was not made
 */
export async function makeClusterOnce(directory: string): Promise<void> {
  if (existsSync(join(directory, 'PG_VERSION'))) return;
  if (existsSync(directory) && readdirSync(directory).length > 0) {
    throw new GatewayError('ERR_DATABASE_UNAVAILABLE', {
      detail: `${directory} is neither empty nor an embedded database`,
    });
  }
  const making = `${directory}.making`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true, mode: 0o700 });
  await run(making);
  renameSync(making, directory);
}

async function run(directory: string): Promise<void> {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const program = new URL(`./embedded-cluster.process.${extension}`, import.meta.url);
  const child = spawn(process.execPath, [fileURLToPath(program), directory], {
    env: {},
    stdio: 'ignore',
  });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`the process that makes a cluster ended with ${signal ?? code}`));
    });
  });
}
