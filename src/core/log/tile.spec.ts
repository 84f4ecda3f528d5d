import { expect, test } from '@jest/globals';
import { checkConsistency, checkInclusion, proveConsistency, proveInclusion } from './proof.js';
import {
  formatTilePath,
  isTileOf,
  parseTilePath,
  tilePositions,
  tileReader,
  type Tile,
} from './tile.js';
import { appendLeaf, emptyFrontier, hashLeaf, rootOf } from './tree.js';

const largest = 70_000;
const stored: Buffer[] = [];
const roots = new Map<number, Buffer>();
const wanted = new Set([1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, largest]);
let frontier = emptyFrontier;
for (let leaf = 0; leaf < largest; leaf += 1) {
  const step = appendLeaf(frontier, hashLeaf(Buffer.from(String(leaf))));
  stored.push(...step.stored);
  frontier = step.frontier;
  if (wanted.has(frontier.size)) roots.set(frontier.size, rootOf(frontier));
}

const fetched = async (tile: Tile): Promise<Uint8Array> =>
  Buffer.concat(tilePositions(tile).map((position) => stored[position] ?? Buffer.alloc(0)));

test.each([
  [{ level: 0, index: 1_234_067, width: 256 }, '0/x001/x234/067'],
  [{ level: 0, index: 0, width: 256 }, '0/000'],
  [{ level: 1, index: 272, width: 17 }, '1/272.p/17'],
  [{ level: 12, index: 1000, width: 255 }, '12/x001/000.p/255'],
])('a tile has one path (c2sp.org/tlog-tiles)', (tile, path) => {
  expect(formatTilePath(tile)).toBe(path);
  expect(parseTilePath(path)).toEqual(tile);
});

test.each([
  '',
  '0',
  '0/0',
  '00/000',
  '64/000',
  '0/x000/000',
  '0/x001',
  '0/001/000',
  '0/000.p/0',
  '0/000.p/256',
  '0/000.p/01',
  '0/000/',
  '-1/000',
  'entries/000',
  '0/000.p/1/2',
  '0/x999/x999/x999/x999/x999/999',
])('%j is not the path of a hash tile', (path) => {
  expect(parseTilePath(path)).toBeUndefined();
});

test('a tree of 70 000 has the tiles the specification counts', () => {
  const tiles: Tile[] = [
    { level: 0, index: 272, width: 256 },
    { level: 0, index: 273, width: 112 },
    { level: 1, index: 0, width: 256 },
    { level: 1, index: 1, width: 17 },
    { level: 2, index: 0, width: 1 },
  ];
  for (const tile of tiles) expect(isTileOf(largest, tile)).toBe(true);
  for (const { width, ...tile } of tiles) {
    const wider =
      width === 256 ? { ...tile, index: tile.index + 1, width } : { ...tile, width: width + 1 };
    expect(isTileOf(largest, wider)).toBe(false);
  }
});

test('proofs made from tiles hold, between all sizes and for leaves at every edge', async () => {
  for (const [size, root] of roots) {
    const reader = tileReader(size, fetched);
    for (const index of [0, 1, 254, 255, 256, 65_535, size - 1]) {
      if (index >= size) continue;
      const proof = await proveInclusion(size, index, reader);
      checkInclusion(size, index, hashLeaf(Buffer.from(String(index))), proof, root);
    }
    for (const [first, firstRoot] of roots) {
      if (first > size) continue;
      const proof = await proveConsistency(first, size, reader);
      checkConsistency(first, firstRoot, size, root, proof);
    }
  }
});

test('a tile of another width is refused', async () => {
  const reader = tileReader(300, async () => Buffer.alloc(32));
  await expect(proveInclusion(300, 0, reader)).rejects.toThrow(/ERR_PROOF_INVALID/);
});
