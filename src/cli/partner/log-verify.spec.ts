import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import {
  accessEntry,
  openTestLog,
  otherPartner,
  partner,
} from '../../../test/support/access-log.js';
import { openTestDatabase, temporaryHome } from '../../../test/support/databases.js';
import { accessLogMigrations, type AccessEntry, type AccessLog } from '../../access-log/index.js';
import { cosignCheckpoint, formatWitnessKey } from '../../core/log/cosignature.js';
import { logKeysKind, type LogKeys } from '../../core/log/log-keys.js';
import type { Database } from '../../platform/database/database.js';
import { logVerify, type LogVerifyOptions } from './log-verify-command.js';

const at = new Date('2026-03-01T09:30:00Z');
const signer = { name: 'w.example', privateKey: generateKeyPairSync('ed25519').privateKey };
const vkey = formatWitnessKey(signer.name, signer.privateKey);
const name = { kind: 'partner', partner } as const;
const other = { kind: 'partner', partner: otherPartner } as const;
const count = 21;

describe('log verify', () => {
  let database: Database;
  let log: AccessLog;
  let options: LogVerifyOptions;
  let keysFile: string;
  const entries: AccessEntry[] = [];
  const home = temporaryHome();
  const file = join(home.path, 'export.jsonl');

  beforeAll(async () => {
    database = await openTestDatabase('PGlite', accessLogMigrations);
    log = await openTestLog(database.dataSource, home.path);
    await log.witnesses.register(partner, vkey, at);
    for (let record = 0; record < count; record += 1) {
      const entry = accessEntry();
      entries.push(entry);
      await log.append(entry);
    }
    for (let record = 0; record < 6; record += 1) await log.append(accessEntry({ tree: other }));
    await log.makeRound(at);
    const checkpoint = await log.published.coverCheckpoint();
    const line = cosignCheckpoint(checkpoint, signer, at.getTime() / 1000);
    await log.published.takeCosignatures(partner, checkpoint + line, at);
    for (let record = 0; record < 4; record += 1) await log.append(accessEntry());
    options = {
      logKey: [await log.verifierKey(name)],
      coverKey: [log.coverVerifierKey()],
      witnessKey: [vkey],
      slot: [String(await log.coverSlot(partner))],
      json: true,
    };
    keysFile = join(home.path, 'keys.json');
    const tree = async (of: typeof name | typeof other) => ({
      verifierKeys: await log.verifierKeys(of),
      coverSlot: (await log.coverSlot(of.partner)) ?? null,
    });
    const keys: LogKeys = {
      v: 1,
      kind: logKeysKind,
      trees: [await tree(name), await tree(other)],
      coverVerifierKeys: log.coverVerifierKeys(),
      witnessVerifierKeys: [vkey],
      witnessQuorum: 1,
    };
    writeFileSync(keysFile, JSON.stringify(keys));
  });
  afterAll(async () => {
    await log.close();
    await database.close();
    home.remove();
  });
  afterEach(() => {
    process.exitCode = undefined;
  });

  const lines = async (
    what: Parameters<AccessLog['export']>[1],
    tree: Parameters<AccessLog['export']>[0] = name,
  ): Promise<string[]> => {
    const found: string[] = [];
    for await (const line of log.export(tree, what)) found.push(JSON.stringify(line));
    return found;
  };
  const verified = async (
    content: readonly string[],
    more: LogVerifyOptions = {},
    base: LogVerifyOptions = options,
  ) => {
    writeFileSync(file, `${content.join('\n')}\n`);
    const written: string[] = [];
    const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
    try {
      await logVerify(file, { ...base, ...more });
    } finally {
      write.mockRestore();
    }
    const exitCode = process.exitCode ?? 0;
    process.exitCode = undefined;
    return { exitCode, ...(JSON.parse(written.join('')) as { valid: boolean; covered?: number }) };
  };

  test.each([
    [0, count],
    [0, 1],
    [3, 11],
    [7, 8],
    [16, count],
    [20, count],
    [5, 5],
    [0, count + 4],
    [count, count + 4],
  ])('takes the range from %i to %i', async (from, to) => {
    const result = await verified(await lines({ from, to }));
    // What the cosigned round covers leads up to it; the four later records do not yet.
    const covered = to <= count ? to - from : 0;
    expect(result).toMatchObject({ exitCode: 0, valid: true, records: to - from, covered });
  });

  test('takes picked records, each with its proof', async () => {
    const result = await verified(await lines({ indexes: [0, 4, 5, 20] }));
    expect(result).toMatchObject({ exitCode: 0, records: 4, covered: 4 });
  });

  test('takes an export made in parts, and refuses one with a part missing or twice', async () => {
    const part = async (from: number, to: number) => lines({ from, to });
    const parts = [await part(2, 9), await part(9, 10), await part(10, count)];
    const whole = await verified(parts.flat());
    expect(whole).toMatchObject({ exitCode: 0, records: count - 2, covered: count - 2 });
    for (const bent of [
      [parts[0], parts[2]],
      [parts[0], parts[0]],
      [parts[1], parts[0]],
    ]) {
      expect(await verified(bent.flatMap((lines) => lines ?? []))).toMatchObject({ exitCode: 1 });
    }
    const cut = [...(parts[0] ?? []), ...(parts[1] ?? []).slice(0, -1)];
    expect(await verified(cut)).toMatchObject({ exitCode: 1 });
    const picked = [...(await lines({ indexes: [0, 4] })), ...(await lines({ indexes: [1, 7] }))];
    expect(await verified(picked)).toMatchObject({ exitCode: 0, records: 4 });
  });

  test('refuses an export with any character changed', async () => {
    const whole = (await lines({ from: 3, to: 6 })).join('\n');
    for (let place = 0; place < whole.length; place += 7) {
      const letter = whole[place] === 'A' ? 'B' : 'A';
      const bent = whole.slice(0, place) + letter + whole.slice(place + 1);
      const { exitCode } = await verified(bent.split('\n'));
      expect([place, exitCode]).toEqual([place, 1]);
    }
  });

  test('says which line it is that is not so', async () => {
    const [head = '', one = '', ...rest] = await lines({ from: 3, to: 6 });
    const bent = one.replace(/"record":"../, '"record":"__');
    expect(await verified([head, bent, ...rest])).toMatchObject({
      exitCode: 1,
      why: expect.stringMatching(/^line 2: /),
    });
  });

  test('refuses records left out, doubled, exchanged, and a file cut short', async () => {
    const [head = '', one = '', two = '', three = '', end = ''] = await lines({ from: 3, to: 6 });
    for (const bent of [
      [head, one, two, end],
      [head, two, three, end],
      [head, one, one, two, three, end],
      [head, two, one, three, end],
      [head, one, two, three],
      [head, end],
      [one, two, three, end],
      [],
    ]) {
      expect(await verified(bent)).toMatchObject({ exitCode: 1, valid: false });
    }
  });

  test('finds a receipt in the export, and refuses one that is not', async () => {
    const receiptFile = join(home.path, 'receipt.json');
    const range = await lines({ from: 0, to: count });
    const receipt = await log.receipt(partner, entries[5]?.id ?? '');
    writeFileSync(receiptFile, JSON.stringify(receipt));
    expect(await verified(range, { receipt: receiptFile })).toMatchObject({ exitCode: 0 });
    const elsewhere = await lines({ from: 6, to: count });
    expect(await verified(elsewhere, { receipt: receiptFile })).toMatchObject({ exitCode: 1 });
  });

  test('takes a file of answers with their receipts, up to the cosigned round', async () => {
    const answers = await Promise.all(
      entries
        .slice(0, 3)
        .map(async ({ id }) =>
          JSON.stringify({ id, outcome: 'MATCH', receipt: await log.receipt(partner, id) }),
        ),
    );
    expect(await verified(answers)).toMatchObject({ exitCode: 0, records: 3, covered: 3 });
    const [first = ''] = answers;
    const bent = first.replace(/"slotPath":\["./, (found) => `${found.slice(0, -1)}_`);
    expect(await verified([bent])).toMatchObject({ exitCode: 1 });
    const quorum = await verified(answers, { quorum: '2' });
    expect(quorum).toMatchObject({ exitCode: 1 });
  });

  test('takes several trees in one file, each up to its own slot of the cosigned round', async () => {
    const keys = { keys: keysFile, json: true } as const;
    const parts = [
      await lines({ from: 0, to: 9 }),
      await lines({ from: 0, to: 2 }, other),
      await lines({ from: 9, to: count }),
      await lines({ indexes: [3, 5] }, other),
    ];
    const whole = await verified(parts.flat(), {}, keys);
    expect(whole).toMatchObject({ exitCode: 0, records: count + 4, covered: count + 4 });
    // A part of either tree that is left out is missed; so is a slot or a key of one.
    const gap = [parts[0], parts[1], await lines({ from: 10, to: count })];
    expect(
      await verified(
        gap.flatMap((part) => part ?? []),
        {},
        keys,
      ),
    ).toMatchObject({
      exitCode: 1,
    });
    const receiptFile = join(home.path, 'receipt-of-one.json');
    writeFileSync(receiptFile, JSON.stringify(await log.receipt(partner, entries[2]?.id ?? '')));
    expect(await verified(parts.flat(), { receipt: receiptFile }, keys)).toMatchObject({
      exitCode: 0,
    });
    expect(await verified(parts.flat())).toMatchObject({ exitCode: 1 });
    const otherKey = await log.verifierKey(other);
    const origin = otherKey.split('+')[0] ?? '';
    const named = (slot: number | undefined) => ({
      ...options,
      logKey: [...(options.logKey ?? []), otherKey],
      slot: [...(options.slot ?? []), `${origin}=${slot}`],
    });
    expect(
      await verified(parts.flat(), {}, named(await log.coverSlot(otherPartner))),
    ).toMatchObject({ exitCode: 0, covered: count + 4 });
    expect(await verified(parts.flat(), {}, named(await log.coverSlot(partner)))).toMatchObject({
      exitCode: 1,
    });
  });

  test.each([
    ['another kind', { kind: 'another' }],
    ['no list of trees', { trees: 1 }],
    ['a tree without keys', { trees: [{ verifierKeys: [], coverSlot: 1 }] }],
    ['a slot there is not', { trees: [{ verifierKeys: ['log+00000000+AA'], coverSlot: 64 }] }],
    ['a witness that is none', { witnessVerifierKeys: ['w+00000000+AA'] }],
    ['a quorum of none', { witnessQuorum: 0 }],
  ])('refuses a file of keys with %s', async (_, bent) => {
    const path = join(home.path, 'bent.json');
    const keys = JSON.parse(readFileSync(keysFile, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...keys, ...bent }));
    await expect(logVerify(file, { keys: path })).rejects.toThrow(/ERR_CONFIGURATION/);
  });

  test('needs a key', async () => {
    await expect(logVerify(file, {})).rejects.toThrow(/ERR_CONFIGURATION/);
  });
});
