import { expect, test } from '@jest/globals';
import { decodeManifest, encodeManifest, type BackupManifest } from './backup-manifest.js';

const manifest: BackupManifest = {
  format: 'safeconduct-backup',
  version: 1,
  release: '0.1.0',
  createdAt: '2026-11-22T02:00:00.000Z',
  database: 'EMBEDDED',
  migrations: ['First1'],
  log: {
    origin: 'log.test',
    trees: [],
    journals: [{ id: '9f', lastNumber: 7 }],
    keys: ['2026-11'],
  },
  epochs: [2968],
  tables: [{ table: 'a', columns: ['b'], rows: 1, bytes: 6, sha256: '00' }],
  partitions: [],
  sequences: [],
};

test('a manifest reads back as it was written, and with no flipped bit', () => {
  const bytes = Buffer.from(encodeManifest(manifest));
  expect(decodeManifest(bytes)).toEqual(manifest);
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(() => decodeManifest(flipped)).toThrow(/^ERR_INPUT_INVALID.*manifest.json is damaged/);
  }
});

test.each([
  ['cut off', (text: string) => text.slice(0, -1)],
  ['with something after it', (text: string) => `${text} `],
  ['with a member beside it', (text: string) => text.replace('{"manifest"', '{"a":1,"manifest"')],
  ['that is empty', () => ''],
  ['that is null', () => '{"manifest":null,"sha256":""}\n'],
])('a manifest %s is refused', (_, bend) => {
  expect(() => decodeManifest(Buffer.from(bend(encodeManifest(manifest))))).toThrow(
    /^ERR_INPUT_INVALID/,
  );
});

test('another format and another version are refused as such', () => {
  for (const change of [{ version: 2 }, { format: 'another' }]) {
    const bytes = Buffer.from(encodeManifest({ ...manifest, ...change } as BackupManifest));
    expect(() => decodeManifest(bytes)).toThrow(/^ERR_INPUT_INVALID.*another format/);
  }
});
