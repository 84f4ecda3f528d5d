import { spawn } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../src/cli/program.js';
import type { IssuedKeyPair } from '../../src/platform/pki/index.js';
import { captureOutput } from './output.js';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command in this process, with an environment of its own. */
export async function safeconduct(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const captured = captureOutput();
  const before = { ...process.env };
  Object.assign(process.env, { LOG_LEVEL: 'silent' }, environment);
  try {
    process.exitCode = undefined;
    await run(['node', 'safeconduct', ...args]);
    return { code: Number(process.exitCode ?? 0), ...captured.text() };
  } finally {
    captured.end();
    process.exitCode = undefined;
    for (const name of Object.keys(environment)) delete process.env[name];
    Object.assign(process.env, before);
    if (before['LOG_LEVEL'] === undefined) delete process.env['LOG_LEVEL'];
  }
}

/** Writes a staff profile and its files; returns the path of the profile. */
export function writeStaffProfile(
  directory: string,
  name: string,
  from: { readonly url: string; readonly serverCaPem: string; readonly pair: IssuedKeyPair },
): string {
  const at = (ending: string) => join(directory, `${name}.${ending}`);
  writeFileSync(at('crt.pem'), new X509Certificate(from.pair.certificate).toString());
  writeFileSync(
    at('key.pem'),
    from.pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    { mode: 0o600 },
  );
  writeFileSync(at('ca.pem'), from.serverCaPem);
  const profile = {
    url: from.url,
    certificateFile: at('crt.pem'),
    keyFile: at('key.pem'),
    caFile: at('ca.pem'),
  };
  writeFileSync(at('json'), JSON.stringify(profile));
  return at('json');
}

/** Runs another program; this process goes on meanwhile. One that is not there fails the test. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.on('error', (cause) =>
      reject(
        new Error(`${program} cannot be run; on Debian: apt-get install ${program}`, { cause }),
      ),
    );
    child.on('close', (code) =>
      resolve({
        code: code ?? -1,
        out: Buffer.concat(out).toString('utf8'),
        err: Buffer.concat(err).toString('utf8'),
      }),
    );
  });
}
