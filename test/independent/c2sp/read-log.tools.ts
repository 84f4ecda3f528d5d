import { execFile, execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomUUID, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { AccessLog } from '../../../src/access-log/index.js';
import { cosignCheckpoint, formatWitnessKey } from '../../../src/core/log/cosignature.js';
import type { PartnerCode } from '../../../src/core/ids.js';
import { ACCESS_LOG } from '../../../src/rooms.module.js';
import { accessEntry } from '../../support/access-log.js';
import { keyPem, startGateway, type TestGateway } from '../../support/gateway.js';
import type { TestPartner } from '../../support/partner.js';

/**
 * The log of a running gateway, read over mutual TLS by the reference implementation of signed notes
 * and tiled trees (golang.org/x/mod, as Debian packages it): main.go takes what is true and refuses
 * the same with one bit of it turned over. Run by `npm run test:tools`, which needs Go beside npm.
 */
const source = fileURLToPath(new URL('.', import.meta.url));
const code = 'ALPHA-BORDER' as PartnerCode;
const run = promisify(execFile);

let gateway: TestGateway;
let alpha: TestPartner;
let directory: string;
let program: string;
let options: readonly string[];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'safeconduct-c2sp-'));
  program = join(directory, 'read-log');
  // Debian's packages of Go libraries are a GOPATH; nothing is fetched.
  execFileSync('go', ['build', '-o', program, '.'], {
    cwd: source,
    env: {
      ...process.env,
      GO111MODULE: 'off',
      GOFLAGS: '',
      GOPATH: '/usr/share/gocode',
      GOCACHE: join(directory, 'go-build'),
    },
  });
  gateway = await startGateway({ kind: 'PGlite' });
  alpha = gateway.partner(code);
  const log = gateway.rooms.context.get<AccessLog>(ACCESS_LOG);
  const tree = { kind: 'partner', partner: code } as const;
  const fill = async (count: number) => {
    const entries = Array.from({ length: count }, () => accessEntry({ tree, id: randomUUID() }));
    await Promise.all(entries.map(async (entry) => log.append(entry)));
    return entries;
  };
  const at = new Date();
  const kept = (name: string, content: string) => {
    const path = join(directory, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  // More than one tile wide, and more than one tile high.
  const [entry] = await fill(40);
  if (entry === undefined) throw new TypeError('no record');
  await log.makeRound(at);
  await log.makeRound(at);
  const earlier = kept('earlier.txt', await log.published.checkpoint(code));
  const earlierCover = kept('earlier-cover.txt', await log.published.coverCheckpoint());
  await fill(260);
  await log.makeRound(at);
  await log.makeRound(at);

  const witness = {
    name: 'witness.example',
    privateKey: generateKeyPairSync('ed25519').privateKey,
  };
  const witnessKey = formatWitnessKey(witness.name, witness.privateKey);
  await log.witnesses.register(code, witnessKey, at);
  const cover = await log.published.coverCheckpoint();
  const line = cosignCheckpoint(cover, witness, Math.floor(at.getTime() / 1000));
  expect(await log.published.takeCosignatures(code, cover + line, at)).toMatchObject({});
  const receipt = await log.receipt(code, entry.id);
  if (receipt?.cover === undefined || receipt.cover === null) throw new TypeError('not cosigned');
  await fill(3);
  await log.makeRound(at);

  const pair = alpha.options.pair;
  options = Object.entries({
    url: gateway.url,
    cert: kept('client.pem', new X509Certificate(pair.certificate).toString()),
    key: kept('client.key', keyPem(pair.privateKey)),
    ca: kept('ca.pem', gateway.serverCaPem),
    'log-key': await log.verifierKey(tree),
    'cover-key': log.coverVerifierKey(),
    'witness-key': witnessKey,
    slot: String(await log.coverSlot(code)),
    receipt: kept('receipt.json', JSON.stringify(receipt)),
    earlier,
    'earlier-cover': earlierCover,
  }).flatMap(([name, value]) => [`-${name}`, value]);
});
afterAll(async () => {
  await gateway.close();
  rmSync(directory, { recursive: true });
});

/** What the program said, and its exit code. */
async function read(
  ...more: readonly string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  try {
    const { stdout, stderr } = await run(program, [...options, ...more]);
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const {
      code: exit,
      stdout,
      stderr,
    } = error as {
      code: number;
      stdout: string;
      stderr: string;
    };
    return { code: exit, out: stdout, err: stderr };
  }
}

describe('golang.org/x/mod, sumdb/note and sumdb/tlog', () => {
  test('reads checkpoints, tiles, receipt and cosignature of a running gateway', async () => {
    const { code: exit, out, err } = await read();
    expect({ exit, err }).toEqual({ exit: 0, err: '' });
    // The gateway makes rounds by itself as well, so how many there are is not said.
    expect(out.split('\n')).toEqual(
      [
        /^\/log: signed by log\.test\/partner\/\S+ at size 303$/,
        /^\/log: grew from 40 to 303$/,
        /^\/log\/cover: signed by log\.test\/cover at size \d+$/,
        /^\/log\/cover: grew from \d+ to \d+$/,
        /^receipt: record \d+ is in the tree of its proof$/,
        /^tiles: record \d+ is in the tree of size 303$/,
        /^cosignatures: 1 not known to the library, left unverified$/,
        /^cosignatures: 1 of witness\.example verified$/,
        /^cover: slot \d+ of round \d+ is in the cosigned tree$/,
        /^cover tiles: round \d+ is in the tree of size \d+$/,
        /^$/,
      ].map((line) => expect.stringMatching(line)),
    );
  });

  /** Each with what the library says of it. */
  test.each([
    ['note', 'own tree: invalid signature'],
    ['tile', 'own tree: root by tiles: downloaded inconsistent tile'],
    ['earlier', 'own tree: consistency from 40 to 303: invalid transparency proof'],
    ['cover-note', 'cover tree: invalid signature'],
    ['cover-tile', 'cover tree: root by tiles: downloaded inconsistent tile'],
    ['record', 'receipt: invalid transparency proof'],
    ['proof', 'receipt: invalid transparency proof'],
    ['slot-leaf', 'cover: invalid transparency proof'],
    ['cover-proof', 'cover: invalid transparency proof'],
    ['cosignature', "cover, with the witness's key: invalid signature"],
  ])('refuses what has one bit turned over: %s', async (what, said) => {
    const { code: exit, err } = await read('-bend', what);
    expect({ exit, err }).toEqual({ exit: 1, err: expect.stringContaining(said) });
  });

  test.each([
    ['a log key of another name', 'cover-key', 'log-key'],
    ['the tree of another', 'log-key', 'cover-key'],
  ])('refuses %s', async (_what, option, other) => {
    const value = options[options.indexOf(`-${other}`) + 1] ?? '';
    const { code: exit, err } = await read(`-${option}`, value);
    expect({ exit, err }).toEqual({
      exit: 1,
      err: expect.stringContaining('no verifiable signatures'),
    });
  });
});
