import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AccessLog } from '../src/access-log/index.js';
import type { PartnerCode } from '../src/core/ids.js';
import { ACCESS_LOG } from '../src/rooms.module.js';
import { safeconduct, writeStaffProfile, type Ran } from './support/command.js';
import { temporaryHome } from './support/databases.js';
import { keyPem, startGateway, type TestGateway } from './support/gateway.js';
import { laila, lailaAsSeen } from './support/people.js';

const code = 'ALPHA-BORDER';

/** What staff and a partner type while the checkpoint key is rotated, in order. */
describe('the commands, across a rotation of the checkpoint key', () => {
  const place = temporaryHome();
  const file = (name: string): string => join(place.path, name);
  let gateway: TestGateway;
  let witnessKey = '';
  beforeAll(async () => {
    mkdirSync(place.path, { recursive: true });
    gateway = await startGateway({ kind: 'PGlite', staff: true, people: [laila] });
    const { pair, signingKey, kid } = gateway.partner(code).options;
    const secret = (name: string, text: string) => writeFileSync(file(name), text, { mode: 0o600 });
    secret('crt.pem', new X509Certificate(pair.certificate).toString());
    secret('key.pem', keyPem(pair.privateKey));
    secret('ca.pem', gateway.serverCaPem);
    secret('signing.jwk', JSON.stringify({ ...signingKey.export({ format: 'jwk' }), kid }));
    const made = await safeconduct([
      'witness-key',
      'witness.example',
      '--key',
      file('witness.jwk'),
    ]);
    witnessKey = made.out.trim();
    await log().witnesses.register(code as PartnerCode, witnessKey, new Date());
    await ask();
  });
  afterAll(async () => {
    await gateway?.close();
    place.remove();
  });

  const log = () => gateway.rooms.context.get<AccessLog>(ACCESS_LOG);
  const ask = async (): Promise<void> => {
    expect((await gateway.partner(code).verify(lailaAsSeen)).status).toBe(200);
    await log().makeRound(new Date());
  };
  const as = async (reference: string, ...args: readonly string[]): Promise<Ran> => {
    const from = {
      url: gateway.gateway.staff?.url ?? '',
      serverCaPem: gateway.serverCaPem,
      pair: gateway.staffPair(reference),
    };
    return safeconduct([...args, '--profile', writeStaffProfile(place.path, reference, from)]);
  };
  /** `log checkpoint`, as the docs say: verifier keys of the tree and of the cover tree. */
  const verifierKeys = async (): Promise<readonly [string, string]> => {
    const { err } = await as('SEC-1', 'log', 'checkpoint', '--partner', code);
    const [, tree = '', cover = ''] = /^verifier key (\S+)\ncover tree +([^\s,]+)/.exec(err) ?? [];
    return [tree, cover];
  };
  const known: [string[], string[]] = [[], []];
  const learn = async (): Promise<void> => {
    const [tree, cover] = await verifierKeys();
    known[0].push(tree);
    known[1].push(cover);
  };
  const profile = async (): Promise<string> => {
    const { clientId, url } = gateway.partner(code).options;
    const members = {
      url,
      certificateFile: 'crt.pem',
      keyFile: 'key.pem',
      caFile: 'ca.pem',
      clientId,
      signingKeyFile: 'signing.jwk',
      logVerifierKeys: known[0],
      coverVerifierKeys: known[1],
      witnessVerifierKeys: [witnessKey],
      witnessQuorum: 1,
      coverSlot: await log().coverSlot(code as PartnerCode),
    };
    writeFileSync(file('profile.json'), JSON.stringify(members));
    return file('profile.json');
  };
  const witness = async (): Promise<Ran> =>
    safeconduct([
      ...['witness', '--once', '--profile', await profile()],
      ...['--key', file('witness.jwk'), '--state', file('witness.json')],
    ]);
  const exported = async (name: string): Promise<void> => {
    const done = await as('SEC-1', 'log', 'export', '--partner', code, '--out', file(name));
    expect([name, done.code]).toEqual([name, 0]);
  };
  const valid = async (name: string, keys: readonly string[]): Promise<number> =>
    (await safeconduct(['log', 'verify', file(name), ...keys.flatMap((key) => ['--log-key', key])]))
      .code;
  const keyFile = () => ['--file', gateway.files.checkpointKey];
  const kids = (): readonly string[] => {
    const held = JSON.parse(readFileSync(gateway.files.checkpointKey, 'utf8')) as {
      keys?: readonly { kid: string }[];
      kid?: string;
    };
    return held.keys?.map(({ kid }) => kid) ?? [held.kid ?? ''];
  };

  test('before it, the witness cosigns and an export is valid', async () => {
    await learn();
    expect(await witness()).toMatchObject({ code: 0, err: '' });
    await exported('before.jsonl');
    expect(await valid('before.jsonl', known[0])).toBe(0);
  });

  test('while both sign, whoever knows either key goes on', async () => {
    expect((await safeconduct(['keys', 'next', 'checkpoint', ...keyFile()])).code).toBe(0);
    await gateway.gateway.lookAtFiles();
    const asked = await as('SEC-1', 'keys', 'rotate', 'checkpoint', '--json');
    const { id, digest } = JSON.parse(asked.out) as { id: string; digest: string };
    expect((await as('LIA-1', 'pending', 'approve', id, '--digest', digest)).code).toBe(0);
    await ask();
    expect((await witness()).code).toBe(0);
    await learn();
    expect(new Set(known[0]).size).toBe(2);
    await exported('both.jsonl');
    const [old = '', next = ''] = known[0];
    expect(await valid('both.jsonl', [old])).toBe(0);
    expect(await valid('both.jsonl', [next])).toBe(0);
    await ask();
    expect((await witness()).code).toBe(0);
  });

  test('once the old one is retired, the new one alone, and what was exported before stays valid', async () => {
    const [old = ''] = kids();
    const retired = await as('SEC-1', 'keys', 'retire', 'checkpoint', old);
    expect([retired.code, retired.out]).toEqual([0, expect.stringMatching(/^done: KEY_REMOVE /)]);
    expect((await as('SEC-1', 'keys', 'retire', 'checkpoint', old)).code).toBe(3);
    expect((await safeconduct(['keys', 'discard', 'checkpoint', old, ...keyFile()])).code).toBe(0);
    await gateway.gateway.lookAtFiles();
    expect((await as('SEC-1', 'keys', 'list')).out).toMatch(
      new RegExp(`^CHECKPOINT {2}${old} {2}ENDED, in force from .*, gave way `, 'm'),
    );
    await ask();
    expect(await witness()).toMatchObject({ code: 0, err: '' });
    await exported('after.jsonl');
    const [first = '', next = ''] = known[0];
    expect(await valid('after.jsonl', [first])).toBe(1);
    expect(await valid('after.jsonl', [next])).toBe(0);
    expect(await valid('before.jsonl', known[0])).toBe(0);
  });
});
