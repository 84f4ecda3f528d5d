import { spawn } from 'node:child_process';
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { safeconduct, type Ran } from './support/command.js';
import { temporaryHome } from './support/databases.js';
import { makeHost, type TestHost } from './support/host.js';

const place = temporaryHome();
let host: TestHost;
beforeAll(async () => {
  host = await makeHost(place.path);
});
afterAll(() => place.remove());

const run = (...args: readonly string[]): Promise<Ran> => safeconduct(args, host.environment);

describe('a taken port', () => {
  let taken: Server | undefined;
  afterEach(() => {
    taken?.close();
  });
  const take = async (variable: string): Promise<void> => {
    taken = createServer();
    const port = Number(host.environment[variable]);
    await new Promise<void>((resolve) => taken?.listen(port, '127.0.0.1', resolve));
  };

  test.each([
    ['serve', 'SAFECONDUCT_PARTNER_PORT'],
    ['serve', 'SAFECONDUCT_STAFF_PORT'],
    ['serve', 'SAFECONDUCT_OPS_PORT'],
  ])('is told by %s in one line before anything is opened: %s', async (command, variable) => {
    await take(variable);
    const { code, out, err } = await run(command);
    const port = host.environment[variable];
    expect([code, out, err]).toEqual([
      2,
      '',
      `safeconduct: port ${port} of 127.0.0.1 is taken; set ${variable} to another\n`,
    ]);
    expect(existsSync(host.home)).toBe(false);
  });

  test('is told by the demonstration before it has a database', async () => {
    await take('SAFECONDUCT_STAFF_PORT');
    const ports = Object.entries(host.environment).filter(([name]) => /_(HOST|PORT)$/.test(name));
    const home = join(place.path, 'demo');
    const environment = { ...Object.fromEntries(ports), SAFECONDUCT_HOME: home };
    const { code, err } = await safeconduct(['demo', '--once'], environment);
    expect([code, err]).toEqual([2, expect.stringContaining('set SAFECONDUCT_STAFF_PORT')]);
    expect(existsSync(join(home, 'database'))).toBe(false);
  });
});

describe('config check', () => {
  test('prints what would be used, no secret among it, and opens nothing', async () => {
    const url = 'postgres://keeper:secret-word@127.0.0.1:5432/gateway';
    const { code, out, err } = await safeconduct(['config', 'check'], {
      ...host.environment,
      DATABASE_URL: url,
    });
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^valid\n/);
    expect(out).toContain('PostgreSQL, 127.0.0.1:5432/gateway');
    expect(out).toContain('https://gateway.test');
    expect(out).not.toContain('secret-word');
    expect(out).not.toContain('keeper');
    expect(existsSync(host.home)).toBe(false);
  });

  test.each([
    ['a key that is missing', { SAFECONDUCT_MASTER_KEY_FILE: '' }, 'SAFECONDUCT_MASTER_KEY_FILE'],
    ['a misspelt variable', { SAFECONDUCT_MASTR_KEY: 'x' }, 'SAFECONDUCT_MASTR_KEY'],
    ['a port that is none', { SAFECONDUCT_OPS_PORT: 'x' }, 'SAFECONDUCT_OPS_PORT'],
  ])('is not valid for %s, and names the variable', async (_, more, variable) => {
    const environment = { ...host.environment, ...more };
    const told = await safeconduct(['config', 'check', '--json'], environment);
    expect(told.code).toBe(1);
    const { valid, finding } = JSON.parse(told.out) as { valid: boolean; finding: string };
    expect([valid, finding]).toEqual([false, expect.stringContaining(variable)]);
  });

  test('is not valid for a certificate and a key that do not fit, or a file without a CA', async () => {
    const other = host.file('token.jwk');
    for (const variable of ['SAFECONDUCT_PARTNER_TLS_KEY_FILE', 'SAFECONDUCT_STAFF_CA_FILE']) {
      const environment = { ...host.environment, [variable]: other };
      const { code, out } = await safeconduct(['config', 'check'], environment);
      expect([code, out]).toEqual([1, expect.stringContaining(variable)]);
    }
  });
});

describe('init --recover', () => {
  const named = (option: string, reference: string) => [
    ...[option, reference, `Staff ${reference}`],
    host.writeStaffCertificate(reference),
  ];

  test('is refused where there was never any staff', async () => {
    const { code, err } = await run('init', ...named('--recover', 'A-1'));
    expect([code, err]).toEqual([3, expect.stringContaining('name the first two instead')]);
  });

  test('lets one in who has lost their certificate, or is new, after the first two', async () => {
    const first = await run('init', ...named('--first', 'A-1'), ...named('--second', 'A-2'));
    expect([first.code, first.out]).toEqual([0, expect.stringContaining('A-1 and A-2')]);
    const again = await run('init', ...named('--first', 'A-1'), ...named('--second', 'A-2'));
    expect(again.code).toBe(3);

    const before = Date.now();
    const back = await run('init', ...named('--recover', 'A-2'), '--json');
    const { approvesFrom, ...rest } = JSON.parse(back.out) as { approvesFrom: string };
    expect([back.code, rest]).toEqual([0, { reference: 'A-2', had: true }]);
    expect(Date.parse(approvesFrom)).toBeGreaterThanOrEqual(before + 24 * 3_600_000);
    const fresh = await run('init', ...named('--recover', 'A-3'));
    expect([fresh.code, fresh.out]).toEqual([
      0,
      expect.stringMatching(/^A-3 can come in, and approves from /),
    ]);
  });

  test('is refused while three others can come in, and for wrong use', async () => {
    const { code, err } = await run('init', ...named('--recover', 'A-4'));
    expect([code, err]).toEqual([3, expect.stringContaining('two of them do it')]);
    for (const args of [
      ['--recover', 'A-4', 'Staff A-4'],
      ['--recover', 'A-4', 'Staff A-4', '/nowhere.pem'],
      [...named('--recover', 'A-4'), ...named('--first', 'A-5')],
      [...named('--recover', 'no reference')],
    ]) {
      expect([args.length, (await run('init', ...args)).code]).toEqual([args.length, 2]);
    }
  });
});

describe('keys adopt', () => {
  test('is refused while the key in force is in its file', async () => {
    for (const use of ['token', 'checkpoint']) {
      const { code, err } = await run('keys', 'adopt', use);
      expect([code, err]).toEqual([2, expect.stringContaining('nothing is lost')]);
    }
  });

  test('puts the key of the file in the place of one that is lost, without which nothing starts', async () => {
    const kid = host.writeSigningKey('token.jwk');
    const start = await run('serve');
    expect([start.code, start.err]).toEqual([3, expect.stringContaining('TOKEN_KEY_FILE')]);
    const other = await run('keys', 'adopt', 'checkpoint');
    expect(other.code).not.toBe(0);
    const { code, out } = await run('keys', 'adopt', 'token', '--json');
    expect([code, JSON.parse(out)]).toEqual([0, { kid, thumbprint: expect.any(String) }]);
    expect((await run('keys', 'adopt', 'token')).code).toBe(2);
  });

  test.each([['tls'], ['nothing']])('of %s is wrong use', async (use) => {
    expect((await run('keys', 'adopt', use)).code).toBe(2);
  });
});

describe('a gateway that serves', () => {
  test('goes on at SIGHUP, ends in good order at SIGTERM, and keeps its home to its user', async () => {
    // Where the umask of whoever starts it would let others read.
    const child = spawn(
      '/bin/sh',
      [
        ...['-c', 'umask 000; exec "$0" "$@"', process.execPath],
        ...['--import', './bench/register-typescript.mjs', 'src/cli/safeconduct.ts', 'serve'],
      ],
      {
        env: { ...process.env, ...host.environment, LOG_LEVEL: 'info' },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let said = '';
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const heard = (words: string) =>
      new Promise<void>((resolve, reject) => {
        const look = () => {
          if (said.includes(words)) resolve();
        };
        child.stderr.on('data', look);
        void ended.then(() => reject(new Error(`ended before ${words}: ${said}`)));
        look();
      });
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString('utf8');
    });

    try {
      await heard('"msg":"open"');
      child.kill('SIGHUP');
      await heard('looking at the files of keys and certificates');
      expect((await fetch(`${host.opsUrl}/livez`)).status).toBe(200);

      const found = readdirSync(host.home, { recursive: true, encoding: 'utf8' });
      expect(found.length).toBeGreaterThan(100);
      const open = ['.', ...found].filter((name) => {
        const { mode } = lstatSync(join(host.home, name));
        return (mode & 0o077) !== 0;
      });
      expect(open).toEqual([]);
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
      expect(said).toContain('"msg":"closed"');
    } finally {
      child.kill('SIGKILL');
    }
  });
});
