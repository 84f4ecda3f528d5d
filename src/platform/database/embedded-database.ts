import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { GatewayError } from '../../core/errors.js';
import { makeClusterOnce } from './embedded-cluster.js';

export interface EmbeddedDatabase {
  /** Directory of the Unix socket, as `pg` takes it for `host`. */
  readonly socketDirectory: string;
  close(): Promise<void>;
}

/** Longest path a Unix socket may have on Linux (`sun_path`), bytes without the final NUL. */
const socketPathLimit = 107;
const socketName = '.s.PGSQL.5432';
/** Optimizes function 0 alone: one that is imported, and has no code. Read whenever one has become hot. */
export const baselineOnly = '--wasm-tier-up-filter=0';
/** Three halves of it are the young generation of the worker: what a query leaves behind goes soon. */
const youngGenerationMebibytes = 6;

/**
 * Starts PGlite (PostgreSQL 18 in WebAssembly) in a worker thread on `<home>/database`, reachable
 * only through a Unix socket in a directory of mode 0700.
 *
 * PGlite runs with fsync off: what must survive a power cut is in the journal (access-log/journal).
 *
 * WebAssembly of this process is compiled by V8's baseline compiler alone from now on: the optimizing
 * one takes some 500 MiB for single functions of PostgreSQL, and gains nothing an import could show
 * (docs/register.md, "Figures"). What Node itself has of WebAssembly, a parser of HTTP, is small.
 */
export async function startEmbeddedDatabase(home: string): Promise<EmbeddedDatabase> {
  const dataDirectory = join(home, 'database');
  const unavailable = (cause: unknown) =>
    new GatewayError('ERR_DATABASE_UNAVAILABLE', {
      detail: `the embedded database in ${dataDirectory} does not start`,
      cause,
    });
  await makeClusterOnce(dataDirectory).catch((cause: unknown) => {
    throw cause instanceof GatewayError ? cause : unavailable(cause);
  });
  const socketDirectory = makeSocketDirectory(home);
  const socketPath = join(socketDirectory, socketName);
  rmSync(socketPath, { force: true });

  setFlagsFromString(baselineOnly);
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./embedded-database.worker.${extension}`, import.meta.url), {
    workerData: { dataDirectory, socketPath },
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMebibytes },
  });
  await new Promise<void>((resolve, reject) => {
    const fail = (cause: unknown) => reject(unavailable(cause));
    worker.once('message', () => resolve());
    worker.once('error', fail);
    worker.once('exit', fail);
  });
  worker.removeAllListeners('exit');

  return {
    socketDirectory,
    close: async () => {
      const closed = new Promise<void>((resolve) => {
        worker.once('message', () => resolve());
        worker.once('exit', () => resolve());
      });
      worker.postMessage('close');
      await closed;
      await worker.terminate();
      rmSync(socketPath, { force: true });
    },
  };
}

function makeSocketDirectory(home: string): string {
  const beside = join(home, 'run');
  if (Buffer.byteLength(join(beside, socketName)) > socketPathLimit) {
    return mkdtempSync(join(tmpdir(), 'safeconduct-'));
  }
  mkdirSync(beside, { recursive: true, mode: 0o700 });
  chmodSync(beside, 0o700);
  return beside;
}
