import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AccessLog } from '../src/access-log/index.js';
import { productionSettings } from '../src/cli/host/production-settings.js';
import { decodeRenewal, renewalDigest } from '../src/core/log/renewal.js';
import { openRooms } from '../src/main.js';
import { createClientCa, issueClientKeyPair } from '../src/platform/pki/index.js';
import { ACCESS_LOG } from '../src/rooms.module.js';
import { safeconduct, writeStaffProfile } from './support/command.js';
import { temporaryHome } from './support/databases.js';
import { startGateway, type TestGateway } from './support/gateway.js';
import { laila, lailaAsSeen } from './support/people.js';
import { renewalEnvironment, withEnvironment } from './support/renewal-environment.js';

/** The disk is gone with journal and embedded database; the checkpoint file was on another. */
describe('a lost journal, and the embedded database with it', () => {
  const place = temporaryHome();
  const at = (name: string): string => join(place.path, name);
  let gateway: TestGateway;
  let environment: Readonly<Record<string, string>> = {};
  let earlierKey = '';
  beforeAll(async () => {
    gateway = await startGateway({
      kind: 'PGlite',
      staff: true,
      people: [laila],
      checkpointCopy: true,
    });
    const log = gateway.rooms.context.get<AccessLog>(ACCESS_LOG);
    await gateway.partner('ALPHA-BORDER').verify(lailaAsSeen);
    await log.makeRound(new Date());
    // Signed, and with that remembered, once somebody has asked for it.
    const path = '/log/cover/checkpoint';
    const { status } = await gateway.partner('ALPHA-BORDER').raw({ method: 'GET', path });
    expect(status).toBe(200);
    earlierKey = log.coverVerifierKey();
    const url = gateway.gateway.staff?.url ?? '';
    const { serverCaPem } = gateway;
    const foreign = createClientCa({ organization: 'X', commonName: 'X' }, new Date());
    const names = { organization: 'X', commonName: 'ADM-1' };
    for (const [name, pair] of [
      ['ADM-1', gateway.staffPair('ADM-1')],
      ['ADM-2', gateway.staffPair('ADM-2')],
      ['FOREIGN', issueClientKeyPair(foreign, names, new Date())],
    ] as const) {
      writeStaffProfile(place.path, name, { url, serverCaPem, pair });
    }
    environment = renewalEnvironment(gateway, place.path);
    await gateway.gateway.close();
    rmSync(gateway.home, { recursive: true });
  });
  afterAll(async () => {
    await gateway?.close();
    place.remove();
  });

  const renew = async (...args: readonly string[]) =>
    safeconduct(['log', 'renew', ...args], environment);
  const request = async (who: string, out: string, ...administrators: readonly string[]) =>
    renew(
      ...['request', '--earlier-key', earlierKey, '--out', at(out)],
      ...['--profile', at(`${who}.json`)],
      ...(administrators.length === 0 ? [] : ['--administrator', ...administrators]),
    );
  const two = ['A-1', 'Name of one', 'A-2', 'Name of another'] as const;

  test('nothing of it is kept, and that is said', async () => {
    const { code, out } = await renew('look', '--json', '--earlier-key', earlierKey);
    expect(code).toBe(0);
    const found = JSON.parse(out) as {
      trees: { tree: string; signed: number; kept: number }[];
      isWhole: boolean;
      earlier: { cosigned: string | null; signed: string | null };
    };
    expect(found.isWhole).toBe(false);
    expect(found.trees.length).toBeGreaterThan(2);
    expect(found.trees.every(({ signed, kept }) => kept === 0 && signed > 0)).toBe(true);
    expect([found.earlier.cosigned, found.earlier.signed]).toEqual([null, expect.any(String)]);
  });

  test('those who sign say who they are, by certificates of the CA of staff', async () => {
    expect((await request('ADM-1', 'unnamed.json')).code).toBe(2);
    expect((await request('ADM-1', 'half.json', 'A-1', 'Name of one')).code).toBe(2);
    const same = await request('ADM-1', 'same.json', 'A-1', 'One', 'A-1', 'Again');
    expect([same.code, same.err]).toEqual([3, expect.stringContaining('two different people')]);
    const foreign = await request('FOREIGN', 'foreign.json', ...two);
    expect([foreign.code, foreign.err]).toEqual([3, expect.stringContaining('no CA')]);
    expect((await request('ADM-1', 'renewal.json', ...two)).code).toBe(0);
  });

  test('they are the first administrators of the new log, and nobody founds another', async () => {
    const sign = async (who: string) =>
      safeconduct([
        'log',
        'renew',
        'countersign',
        at('renewal.json'),
        '--digest',
        renewalDigest(decodeRenewal(readFileSync(at('renewal.json'), 'utf8'))),
        '--profile',
        at(`${who}.json`),
      ]);
    expect((await sign('ADM-2')).code).toBe(0);
    const done = await renew('apply', at('renewal.json'));
    expect([done.code, done.err]).toEqual([0, '']);
    expect(done.out).toContain('by A-1 and A-2');
    const rooms = await openRooms(withEnvironment(environment, productionSettings));
    try {
      const log = rooms.context.get<AccessLog>(ACCESS_LOG);
      expect((await log.earlierLogs()).map(({ statement }) => statement.earlier.origin)).toEqual([
        'log.test',
      ]);
      const found = await log.search.find({ partner: null }, { first: 9 }, new Date());
      expect(found.map(({ record }) => record.purpose).reverse()).toEqual([
        'LOG_RENEW',
        'STAFF_FOUND',
      ]);
    } finally {
      await rooms.close();
    }
    const again = await safeconduct(
      [
        ...['init', '--first', 'B-1', 'One', at('ADM-1.crt.pem')],
        ...['--second', 'B-2', 'Other', at('ADM-2.crt.pem')],
      ],
      environment,
    );
    expect([again.code, again.err]).toEqual([3, expect.stringContaining('there is staff')]);
  });
});
