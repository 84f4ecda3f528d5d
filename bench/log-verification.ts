import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AccessLog } from '../src/access-log/index.js';
import { partner } from '../test/support/access-log.js';

export interface VerificationFigures {
  readonly records: number;
  /** From the start of the process to its end. */
  readonly seconds: number;
  /** Most memory its process held. */
  readonly mebibytes: number;
  /** Of a process that verifies next to nothing. */
  readonly startSeconds: number;
  /** What a million would take: the start once, and each record what it took here. */
  readonly secondsAMillion: number;
}

const few = 1_000;
const million = 1_000_000;

/**
 * Verifies an export of the first `records` records, and one of a few, each with `safeconduct log
 * verify` in a process of its own: what the start costs is told from what the records do.
 */
export async function measureVerification(
  log: AccessLog,
  directory: string,
  records: number,
): Promise<VerificationFigures> {
  const start = await verify(log, directory, few);
  const whole = await verify(log, directory, records);
  const each = (whole.seconds - start.seconds) / (records - few);
  const startSeconds = start.seconds - each * few;
  return { ...whole, records, startSeconds, secondsAMillion: startSeconds + each * million };
}

async function verify(
  log: AccessLog,
  directory: string,
  to: number,
): Promise<{ readonly seconds: number; readonly mebibytes: number }> {
  const file = join(directory, `export-${to}.jsonl`);
  const output = openSync(file, 'w');
  for await (const line of log.export({ kind: 'partner', partner }, { from: 0, to })) {
    writeSync(output, `${JSON.stringify(line)}\n`);
  }
  closeSync(output);
  const key = await log.verifierKey({ kind: 'partner', partner });
  const command = [
    ['--import', new URL('register-typescript.mjs', import.meta.url).href],
    [fileURLToPath(new URL('../src/cli/safeconduct.ts', import.meta.url))],
    ['log', 'verify', file, '--log-key', key],
  ].flat();
  const begun = performance.now();
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'inherit'] });
  let peakKibibytes = 0;
  const watch = setInterval(() => {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    peakKibibytes = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? peakKibibytes);
  }, 50);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  clearInterval(watch);
  if (code !== 0) throw new Error('the export is not valid');
  return {
    seconds: (performance.now() - begun) / 1000,
    mebibytes: Math.round(peakKibibytes / 1024),
  };
}
