import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeOnEachDatabase, temporaryHome } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { personRow } from './support/register.js';
import { safeconductAs, writeStaffProfile } from './support/registrar.js';

/** More than one transaction of an import holds (1,024), so that it can be killed between two. */
const people = 1_300;

/** The command in a process of its own; the gateway is in this one. */
describeOnEachDatabase('safeconduct register import, interrupted', (kind) => {
  const place = temporaryHome();
  let gateway: TestGateway;
  let one: string;
  let two: string;
  const file = join(place.path, 'people.jsonl');
  beforeAll(async () => {
    gateway = await startGateway({ kind, staff: true });
    one = writeStaffProfile(gateway, place.path, 'REG-1');
    two = writeStaffProfile(gateway, place.path, 'REG-2');
    const rows = Array.from({ length: people }, (_, number) => personRow(number));
    writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  });
  afterAll(async () => {
    await gateway?.close();
    place.remove();
  });

  /** Runs it, and sends a signal once standard error says what is waited for. */
  const runImport = async (signal?: NodeJS.Signals, when = /^/): Promise<unknown> => {
    const child = spawn(
      process.execPath,
      [
        ...['--import', './bench/register-typescript.mjs', 'src/cli/safeconduct.ts'],
        ...['register', 'import', file, '--profile', one, '--json'],
      ],
      { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, LOG_LEVEL: 'silent' } },
    );
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      // Once: a second interrupt ends a program that is still ending by itself.
      if (signal !== undefined && !child.killed && when.test(said)) child.kill(signal);
    });
    return new Promise((resolve) => child.on('close', (code, by) => resolve(by ?? code)));
  };

  test('ends, run again, as if nothing had happened', async () => {
    expect(await runImport('SIGKILL', /bytes sent/)).toBe('SIGKILL');
    expect(await runImport('SIGKILL', /read: \d/)).toBe('SIGKILL');
    expect(await runImport('SIGINT', /bytes sent/)).toBe(130);
    expect(await runImport()).toBe(0);
    const again = await safeconductAs(one, 'register', 'import', file, '--json');
    expect(JSON.parse(again.out)).toMatchObject({ added: 0, changed: 0, unchanged: people });
    // What the first runs brought waits in batches of its own; together they are everybody once.
    const { out } = await safeconductAs(two, 'register', 'batches', '--json');
    let released = 0;
    for (const batch of JSON.parse(out) as { id: string; people: number }[]) {
      const count = String(batch.people);
      const ran = await safeconductAs(two, 'register', 'release', batch.id, '--people', count);
      expect(ran.code).toBe(0);
      released += batch.people;
    }
    expect(released).toBe(people);
    const { out: stats } = await safeconductAs(two, 'register', 'stats', '--json');
    expect(JSON.parse(stats)).toMatchObject({ people });
    expect(gateway.logged.join('')).not.toMatch(/"level":50/);
  });
});
