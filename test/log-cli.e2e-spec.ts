import { readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { run } from '../src/cli/program.js';
import { temporaryHome } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { captureOutput } from './support/output.js';
import { laila, lailaAsSeen, nobodyAsSeen } from './support/people.js';
import { safeconductAs, writeStaffProfile, type Ran } from './support/registrar.js';

/** As somebody without gateway or staff profile. */
async function verify(path: string, ...keys: readonly string[]): Promise<Ran> {
  const captured = captureOutput();
  try {
    process.exitCode = undefined;
    await run(['node', 'safeconduct', 'log', 'verify', path, ...keys]);
    return { code: Number(process.exitCode ?? 0), ...captured.text() };
  } finally {
    captured.end();
    process.exitCode = undefined;
  }
}

describe('safeconduct log and alert', () => {
  const place = temporaryHome();
  let gateway: TestGateway;
  let profile: string;
  const file = (name: string) => join(place.path, name);
  const safeconduct = async (...args: readonly string[]): Promise<Ran> =>
    safeconductAs(profile, ...args);

  beforeAll(async () => {
    gateway = await startGateway({ kind: 'PGlite', staff: true, people: [laila] });
    profile = writeStaffProfile(gateway, place.path, 'SEC-1');
    const alpha = gateway.partner('ALPHA-BORDER');
    await alpha.verify(lailaAsSeen);
    await alpha.verify(nobodyAsSeen);
    for (let turn = 0; turn < 11; turn += 1) {
      await alpha.verify(lailaAsSeen, { purpose: 'ONWARD_TRAVEL' });
    }
  });
  afterAll(async () => {
    await gateway?.close();
    place.remove();
  });

  test('searches, counts and reveals', async () => {
    const found = await safeconduct(
      'log',
      'search',
      '--partner',
      'ALPHA-BORDER',
      '--outcome',
      'MATCH',
    );
    expect([found.code, found.out.split('\n').length]).toEqual([0, 2]);
    expect(found.out).toContain('MATCH  BORDER_VERIFICATION  alpha-border');
    const json = await safeconduct('log', 'search', '--refused', '--limit', '3', '--json');
    const lines = json.out.trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { outcome: string }).outcome)).toEqual(
      Array<string>(3).fill('ERR_PURPOSE_NOT_GRANTED'),
    );
    const counted = await safeconduct(
      ...[
        'log',
        'search',
        '--count',
        '--partner',
        'ALPHA-BORDER',
        '--from',
        '2020-01-01',
        '--to',
        '2120-01-01',
      ],
    );
    expect(counted.out).toContain('ALPHA-BORDER  ERR_PURPOSE_NOT_GRANTED  11');
    const id = found.out.trim().split('  ').at(-1) ?? '';
    const revealed = await safeconduct('log', 'reveal', id, '--reason', 'asked for by counsel');
    expect(revealed.out).toBe('CASE-1\n');
    expect((await safeconduct('log', 'search', '--case', 'CASE-1')).code).toBe(2);
  });

  test('exports with proofs, whole and by filter, and log verify takes them', async () => {
    const { out } = await safeconduct('log', 'checkpoint', '--partner', 'ALPHA-BORDER', '--json');
    const { verifierKey } = JSON.parse(out) as { verifierKey: string };
    for (const [name, ...args] of [
      ['whole.jsonl'],
      ['range.jsonl', '--first', '1', '--last', '4'],
      ['picked.jsonl', '--outcome', 'MATCH', 'NOT_CONFIRMED'],
    ] as const) {
      const exported = await safeconduct(
        ...['log', 'export', '--partner', 'ALPHA-BORDER', '--out', file(name), ...args],
      );
      expect([name, exported.code, exported.err.includes('fault')]).toEqual([name, 0, false]);
      expect(statSync(file(name)).mode & 0o777).toBe(0o600);
      const checked = await verify(file(name), '--log-key', verifierKey);
      expect([name, checked.code, checked.out]).toEqual([name, 0, expect.stringMatching(/^valid/)]);
    }
    const again = await safeconduct('log', 'export', '--host', '--out', file('whole.jsonl'));
    expect(again.code).toBe(2);
    expect((await safeconduct('log', 'export')).code).toBe(2);
  });

  test('exports every tree, with what verifies them; a file of another tree does not', async () => {
    const all = await safeconduct(
      ...['log', 'export', '--every-tree', '--out', file('all.jsonl'), '--keys', file('all.json')],
    );
    expect(all.code).toBe(0);
    expect(statSync(file('all.json')).mode & 0o777).toBe(0o600);
    const checked = await verify(file('all.jsonl'), '--keys', file('all.json'));
    expect([checked.code, checked.out.match(/ at size /g)?.length]).toEqual([0, 2]);
    const host = ['log', 'export', '--host', '--out', file('host.jsonl')];
    expect((await safeconduct(...host, '--keys', file('host.json'))).code).toBe(0);
    expect((await verify(file('all.jsonl'), '--keys', file('host.json'))).code).toBe(1);
    const again = await safeconduct(...host.slice(0, 3), '--keys', file('host.json'));
    expect([again.code, again.out]).toEqual([2, '']);
  });

  test('says what an option needs', async () => {
    for (const [args, needed] of [
      [['--officer', 'o'], '--officer needs --partner'],
      [['--client', 'c'], '--client needs --partner or --host'],
      [['--count'], '--count needs --from and --to'],
    ] as const) {
      const { code, err } = await safeconduct('log', 'search', ...args);
      expect([code, err]).toEqual([2, expect.stringContaining(needed)]);
    }
  });

  test.each(['jsonl', 'csv', 'ocsf'])(
    'copies as %s, and goes on from the cursor',
    async (format) => {
      const args = [
        'log',
        'export',
        '--format',
        format,
        '--out',
        file(format),
        '--cursor',
        file(`${format}.at`),
      ];
      expect((await safeconduct(...args)).code).toBe(0);
      const first = readFileSync(file(format), 'utf8').trim().split('\n').length;
      expect(first).toBeGreaterThan(13);
      expect((await safeconduct(...args)).code).toBe(0);
      const second = readFileSync(file(format), 'utf8').trim().split('\n').length;
      // Nothing but the readings since.
      expect(second - first).toBeGreaterThan(0);
      expect(second - first).toBeLessThan(5);
      if (format === 'ocsf') {
        for (const line of readFileSync(file(format), 'utf8').trim().split('\n')) {
          expect(JSON.parse(line)).toMatchObject({ metadata: { version: '1.3.0' } });
        }
      }
      expect(readFileSync(file(format), 'utf8')).not.toMatch(/CASE-1|SAMADI|Laila/);
      rmSync(file(format));
    },
  );

  test('lists, shows, acknowledges and closes alerts', async () => {
    await gateway.gateway.lookForAlerts();
    const listed = await safeconduct('alert', 'list', '--json');
    const alerts = JSON.parse(listed.out) as { id: string; kind: string }[];
    const id = alerts.find(({ kind }) => kind === 'REFUSALS_IN_A_ROW')?.id ?? '';
    expect((await safeconduct('alert', 'show', id)).out).toContain('  record ');
    expect((await safeconduct('alert', 'ack', id, '--note', 'looked at')).out).toContain(
      'looked at',
    );
    expect((await safeconduct('alert', 'close', id, '--note', 'done')).out).toContain('CLOSED');
    expect((await safeconduct('alert', 'close', id, '--note', 'done')).code).toBe(3);
    expect((await safeconduct('alert', 'list')).out).not.toContain(id);
    expect((await safeconduct('log', 'witnesses')).code).toBe(0);
  });

  test('plants somebody made up, lists and retires them, and says who was asked for', async () => {
    const line = file('decoy.jsonl');
    const planted = await safeconduct(
      'honey',
      'plant',
      '--caseload',
      'AF-2021',
      '--place',
      'copy for the printers',
      '--out',
      line,
    );
    expect([planted.code, planted.out.split('\n').length]).toEqual([0, 3]);
    expect(statSync(line).mode & 0o777).toBe(0o600);
    const person = JSON.parse(readFileSync(line, 'utf8')) as { reference: string };
    expect(planted.out).toContain(person.reference);
    const listed = await safeconduct('honey', 'list', '--json');
    const [honey] = JSON.parse(listed.out) as { id: string; person: string; place: string }[];
    expect(JSON.parse(honey?.person ?? '')).toEqual(person);
    expect(honey?.place).toBe('copy for the printers');
    const retired = await safeconduct('honey', 'retire', honey?.id ?? '');
    expect(retired.out).toContain('pending: HONEY_RETIRE');
    expect(await safeconduct('honey', 'asked')).toMatchObject({ code: 0, out: '' });
    const both = ['--caseload', 'AF-2021', '--person', line];
    expect((await safeconduct('honey', 'plant', '--place', 'x', ...both)).code).toBe(2);
    expect((await safeconduct('honey', 'plant', '--place', 'x')).code).toBe(2);
    const again = await safeconduct(
      'honey',
      'plant',
      '--caseload',
      'AF-2021',
      '--place',
      'x',
      '--out',
      line,
    );
    expect(again.code).toBe(2);
  });
});
