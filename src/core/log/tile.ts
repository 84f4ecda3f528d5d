import { GatewayError } from '../errors.js';
import {
  foldSubtrees,
  hashSizeBytes,
  locateStoredHash,
  storedHashPosition,
  type HashReader,
} from './tree.js';

/**
 * Hash tiles (c2sp.org/tlog-tiles): 256 hashes of one level in a row, 8 levels of tree a tile.
 *
 * Tile `(L, N)` of width W holds the hashes of the subtrees of level 8 L and number 256 N to
 * 256 N + W - 1. Its path is `<L>/<N>` for the full width, `<L>/<N>.p/<W>` for a part of it; N is
 * written in groups of three digits, all but the last after an `x`: tile 1234067 of level 0 is
 * `0/x001/x234/067`.
 */
export interface Tile {
  /** 0 to 63. */
  readonly level: number;
  readonly index: number;
  /** Hashes it holds, 1 to 256. */
  readonly width: number;
}

export const fullTileWidth = 256;
const levelsPerTile = 8;
const mostIndexGroups = 5;

/** Path of a tile below `.../tile/`. */
export function formatTilePath({ level, index, width }: Tile): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g) ?? [];
  const path = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
  return `${level}/${path}${width === fullTileWidth ? '' : `.p/${width}`}`;
}

/** The tile of a path in its one canonical spelling, or `undefined`. */
export function parseTilePath(path: string): Tile | undefined {
  const parts = /^(0|[1-9][0-9]?)\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/.exec(
    path,
  );
  const [, level, groups, width] = parts ?? [];
  if (level === undefined || groups === undefined) return undefined;
  if (groups.split('/').length > mostIndexGroups) return undefined;
  const tile = {
    level: Number(level),
    index: Number(groups.replaceAll(/[x/]/g, '')),
    width: width === undefined ? fullTileWidth : Number(width),
  };
  const canonical = formatTilePath(tile) === path && (width === undefined || tile.width < 256);
  return tile.level < 64 && canonical ? tile : undefined;
}

/** Whether every hash of the tile is of a subtree that a tree of this size completes. */
export function isTileOf(size: number, { level, index, width }: Tile): boolean {
  return (index * fullTileWidth + width) * 2 ** (levelsPerTile * level) <= size;
}

/** Positions of a tile's hashes in the layout of tree.ts, in the tile's order. */
export function tilePositions({ level, index, width }: Tile): readonly number[] {
  return Array.from({ length: width }, (_, at) =>
    storedHashPosition(levelsPerTile * level, index * fullTileWidth + at),
  );
}

/**
 * Reads hashes of a tree of one size out of its tiles, each tile fetched once. Nothing read is
 * trusted: it has to be held against a signed root.
 *
 * @param fetchTile the bytes of a tile, by its path
 */
export function tileReader(
  size: number,
  fetchTile: (tile: Tile) => Promise<Uint8Array>,
): HashReader {
  const tiles = new Map<string, Promise<Buffer>>();
  const read = async (tile: Tile): Promise<Buffer> => {
    const bytes = Buffer.from(await fetchTile(tile));
    if (bytes.length !== tile.width * hashSizeBytes) {
      throw new GatewayError('ERR_PROOF_INVALID', { detail: 'a tile has another width' });
    }
    return bytes;
  };
  const hashAt = async (position: number): Promise<Buffer> => {
    const { leaf, level: treeLevel } = locateStoredHash(position);
    const number = (leaf + 1) / 2 ** treeLevel - 1;
    const level = Math.floor(treeLevel / levelsPerTile);
    const count = 2 ** (treeLevel - levelsPerTile * level);
    const first = number * count;
    const index = Math.floor(first / fullTileWidth);
    const inLevel = Math.floor(size / 2 ** (levelsPerTile * level));
    const width = Math.min(fullTileWidth, inLevel - index * fullTileWidth);
    const tile = { level, index, width };
    const path = formatTilePath(tile);
    const known = tiles.get(path) ?? read(tile);
    tiles.set(path, known);
    const bytes = await known;
    const hashes = Array.from({ length: count }, (_, at) => {
      const from = (first - index * fullTileWidth + at) * hashSizeBytes;
      return bytes.subarray(from, from + hashSizeBytes);
    });
    return foldSubtrees(hashes.length === 1 ? hashes : foldEvenly(hashes));
  };
  return {
    readHashes: async (positions) => Promise.all(positions.map(hashAt)),
  };
}

/** The two halves of a perfect subtree, from its 2^n leaves. */
function foldEvenly(hashes: readonly Buffer[]): readonly Buffer[] {
  let row = hashes;
  while (row.length > 2) {
    row = Array.from({ length: row.length / 2 }, (_, at) =>
      foldSubtrees(row.slice(2 * at, 2 * at + 2)),
    );
  }
  return row;
}
