import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { accessLogMigrations, type AccessLog } from '../../src/access-log/index.js';
import { cosignCheckpoint, formatWitnessKey } from '../../src/core/log/cosignature.js';
import type { Database } from '../../src/platform/database/database.js';
import { accessEntry, openTestLog, partner } from '../support/access-log.js';
import { openTestDatabase, temporaryHome } from '../support/databases.js';

/**
 * What the log hands out, read by a program that shares nothing with it: verify_log.py, written from
 * the specifications. It must take every true case, and refuse every one that was changed.
 */
const program = fileURLToPath(new URL('verify_log.py', import.meta.url));
const at = new Date('2026-03-01T09:30:00Z');
const tree = { kind: 'partner', partner } as const;
const witness = { name: 'witness.example', privateKey: generateKeyPairSync('ed25519').privateKey };
const size = 300;

type Case = Readonly<Record<string, unknown>> & { readonly name: string; readonly valid: boolean };

let database: Database;
let home: ReturnType<typeof temporaryHome>;
let log: AccessLog;
beforeAll(async () => {
  database = await openTestDatabase('PostgreSQL', accessLogMigrations);
  home = temporaryHome();
  log = await openTestLog(database.dataSource, home.path);
});
afterAll(async () => {
  await log.close();
  await database.close();
  home.remove();
});

function verify(cases: readonly Case[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'safeconduct-independent-'));
  const file = join(directory, 'cases.json');
  try {
    writeFileSync(file, JSON.stringify({ cases }));
    return execFileSync('python3', [program, file], { encoding: 'utf8' });
  } catch (error) {
    const { stdout = '', message } = error as { stdout?: string; message: string };
    throw new Error(`${message}\n${stdout}`, { cause: error });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Another text of the same length: one character of it is another of the same alphabet. */
function changed(text: string, from: number): string {
  const other = text[from] === 'A' ? 'B' : 'A';
  return `${text.slice(0, from)}${other}${text.slice(from + 1)}`;
}

/** A change in each line of a proof. */
const changesOf = (proof: string): readonly string[] => {
  const lines = proof.split('\n');
  return lines.flatMap((line, number) =>
    line.length < 8 || line === 'c2sp.org/tlog-proof@v1'
      ? []
      : [
          lines
            .map((other, place) => (place === number ? changed(line, line.length - 6) : other))
            .join('\n'),
        ],
  );
};

test('an independent reader takes what is true and refuses what was changed', async () => {
  const entries = Array.from({ length: size }, () => accessEntry());
  await Promise.all(entries.map((entry) => log.append(entry)));
  await log.makeRound(at);
  await log.makeRound(at);
  const vkey = formatWitnessKey(witness.name, witness.privateKey);
  await log.witnesses.register(partner, vkey, at);
  const cover = await log.published.coverCheckpoint();
  const line = cosignCheckpoint(cover, witness, at.getTime() / 1000);
  expect(await log.published.takeCosignatures(partner, cover + line, at)).toMatchObject({});
  const keys = {
    logKey: await log.verifierKey(tree),
    coverKey: log.coverVerifierKey(),
    witnessKey: vkey,
    slot: await log.coverSlot(partner),
  };
  const cases: Case[] = [];
  for (const entry of [entries[0], entries[150], entries[size - 1]]) {
    const receipt = entry && (await log.receipt(partner, entry.id));
    if (entry === undefined || receipt === undefined) throw new TypeError('no receipt');
    expect(receipt.cover).not.toBeNull();
    const { id, requestId, grant, purpose, outcome, reference, person } = entry;
    const fields = [
      ['dateOfBirth', 'GENERALISED'],
      ['visaStatus', 'FULL'],
    ];
    const answer = { id, requestId, grant, purpose, outcome, reference, fields };
    const whole = { kind: 'receipt', ...keys, ...receipt, person, answer, valid: true };
    cases.push({ ...whole, name: 'a receipt' });
    const lie = (name: string, change: object) =>
      cases.push({ ...whole, ...change, name, valid: false });
    lie('another record', { record: changed(receipt.record, 100) });
    lie('another salt', { salt: changed(receipt.salt, 3) });
    lie('another answer', { answer: { ...answer, outcome: 'NOT_CONFIRMED' } });
    lie('another tree', { logKey: keys.coverKey });
    lie('another slot', { slot: ((keys.slot ?? 0) + 1) % 64 });
    for (const proof of changesOf(receipt.proof)) lie('another proof', { proof });
    const covered = receipt.cover ?? { leaf: '', slotPath: [], proof: '' };
    lie('another slot leaf', { cover: { ...covered, leaf: changed(covered.leaf, 30) } });
    covered.slotPath.forEach((hash, place) => {
      const slotPath = covered.slotPath.map((other, at) =>
        at === place ? changed(hash, 5) : other,
      );
      lie('another slot path', { cover: { ...covered, slotPath } });
    });
    for (const proof of changesOf(covered.proof)) {
      lie('another cover proof', { cover: { ...covered, proof } });
    }
  }
  const records: string[] = [];
  for (const what of [{ from: 0, to: size }, { indexes: [0, 7, 255, 256, 299] }]) {
    const lines: string[] = [];
    for await (const entry of log.export(tree, what)) {
      lines.push(JSON.stringify(entry));
      if ('to' in what && 'record' in entry) records.push(entry.record);
    }
    const whole = { kind: 'export', logKey: keys.logKey, lines, valid: true };
    cases.push({ ...whole, name: 'an export' });
    const lie = (name: string, bent: string[]) =>
      cases.push({ ...whole, name, lines: bent, valid: false });
    lie('a record left out', [...lines.slice(0, 2), ...lines.slice(3)]);
    lie(
      'two records the other way round',
      [...lines.slice(0, 2), lines[3] ?? '', lines[2] ?? '', ...lines.slice(4)].map(
        (text, place) => (place === 2 || place === 3 ? swapIndex(text, lines[place] ?? '') : text),
      ),
    );
    lie(
      'another record',
      lines.map((text, place) => (place === 2 ? changed(text, 60) : text)),
    );
  }
  const tile = async (level: number, index: number, width: number) => {
    const data = await log.published.tile(partner, { level, index, width });
    return { level, index, width, data: data?.toString('base64url') };
  };
  const tiles = [await tile(0, 0, 256), await tile(0, 1, size - 256), await tile(1, 0, 1)];
  cases.push({ name: 'tiles', kind: 'tiles', records, tiles, valid: true });
  for (const [place, { data = '' }] of tiles.entries()) {
    const bent = tiles.map((other, at) =>
      at === place ? { ...other, data: changed(data, 5) } : other,
    );
    cases.push({ name: 'another tile', kind: 'tiles', records, tiles: bent, valid: false });
  }
  const said = verify(cases);
  expect(said).toContain(`${cases.length} cases, 0 wrong`);
  expect(cases.filter(({ valid }) => valid)).toHaveLength(6);
});

/** The line with the index of another: order is then wrong only in what the records say. */
const swapIndex = (line: string, place: string): string =>
  JSON.stringify({
    ...(JSON.parse(line) as object),
    index: (JSON.parse(place) as { index: number }).index,
  });

test('the reader’s own signatures are those of RFC 8032, section 7.1', () => {
  const script = `
import sys
sys.path.insert(0, ${JSON.stringify(fileURLToPath(new URL('.', import.meta.url)))})
import verify_log as v
for public, message, signature in [
  ('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', '',
   'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'),
  ('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', '72',
   '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'),
  ('fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025', 'af82',
   '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a'),
]:
  v.check_ed25519(bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature))
  try:
    v.check_ed25519(bytes.fromhex(public), bytes.fromhex(message) + b'x', bytes.fromhex(signature))
    print('WRONG')
  except v.Invalid:
    pass
print('done')
`;
  expect(execFileSync('python3', ['-B', '-c', script], { encoding: 'utf8' })).toBe('done\n');
});
