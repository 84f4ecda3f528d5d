import { sha256 } from '../bytes.js';

/**
 * Merkle tree of RFC 6962 §2.1 over SHA-256, kept as the hashes of its perfect subtrees.
 *
 * **Layout of stored hashes** (the one of golang.org/x/mod/sumdb/tlog). A subtree is named by level
 * and number: `(level, n)` covers leaves `n * 2^level` to `(n + 1) * 2^level - 1`. Every perfect
 * subtree's hash is stored once, in the order in which appending completes it. Leaf 0 stores
 * `(0,0)`; leaf 1 stores `(0,1) (1,0)`; leaf 2 `(0,2)`; leaf 3 `(0,3) (1,1) (2,0)`; and so on:
 *
 * ```
 * position  0      1      2      3      4      5      6
 * subtree   (0,0)  (0,1)  (1,0)  (0,2)  (0,3)  (1,1)  (2,0)
 * leaf      0      1             2      3
 * ```
 *
 * What leaf `i` stores is therefore contiguous: its own hash, then one hash for each level it
 * completes. The layout never changes once written; a proof reads at most two hashes a level.
 *
 * Sizes and indexes are counts of leaves, whole numbers below 2^48.
 */

/** Bytes in a hash. */
export const hashSizeBytes = 32;
/** Most leaves a tree may have. */
export const largestTreeSize = 2 ** 48;

/** Reads stored hashes by position; the one thing a tree needs from its storage. */
export interface HashReader {
  /** @returns hashes in the order of `positions` */
  readHashes(positions: readonly number[]): Promise<readonly Buffer[]>;
}

/** Leaves `lo` to `hi - 1`. */
export interface LeafRange {
  readonly lo: number;
  readonly hi: number;
}

/**
 * The right edge of a tree: the hashes of the perfect subtrees its size breaks into, largest first,
 * one for each bit of `size`. It is all that appending needs.
 */
export interface Frontier {
  readonly size: number;
  readonly hashes: readonly Buffer[];
}

export const emptyFrontier: Frontier = { size: 0, hashes: [] };

const leafPrefix = Uint8Array.of(0x00);
const nodePrefix = Uint8Array.of(0x01);

/** Root of the tree of size 0: SHA-256 of nothing. RFC 6962 §2.1. */
export const emptyRoot: Buffer = sha256();

/** Leaf hash: SHA-256(0x00 || record). RFC 6962 §2.1. */
export function hashLeaf(record: Uint8Array): Buffer {
  return sha256(leafPrefix, record);
}

/** Node hash: SHA-256(0x01 || left || right). RFC 6962 §2.1. */
export function hashChildren(left: Uint8Array, right: Uint8Array): Buffer {
  if (left.length !== hashSizeBytes || right.length !== hashSizeBytes) {
    return sha256(nodePrefix, left, right);
  }
  node.set(left, 1);
  node.set(right, 1 + hashSizeBytes);
  return sha256(node);
}

/** Where two children are put together: a log does it some times for every record. */
const node = Buffer.alloc(1 + 2 * hashSizeBytes, 0x01);

/** Where the hash of subtree `(level, n)` is stored. */
export function storedHashPosition(level: number, n: number): number {
  // The leaf that completes the subtree, then how many hashes all leaves before it stored.
  const leaf = (n + 1) * 2 ** level - 1;
  let position = level;
  for (let count = leaf; count > 0; count = Math.floor(count / 2)) position += count;
  return position;
}

/** The leaf that stored the hash at `position`, and its level: its place among that leaf's hashes. */
export function locateStoredHash(position: number): {
  readonly leaf: number;
  readonly level: number;
} {
  let leaf = Math.floor(position / 2);
  let start = storedHashPosition(0, leaf);
  for (;;) {
    const next = start + 1 + trailingOnes(leaf);
    if (next > position) return { leaf, level: position - start };
    leaf += 1;
    start = next;
  }
}

/** Positions of the hashes of a {@link Frontier}, in its order. */
export function frontierPositions(size: number): readonly number[] {
  return subtreePositions({ lo: 0, hi: size });
}

/**
 * Appends one leaf.
 *
 * @param leafHash from {@link hashLeaf}
 * @returns the new frontier, and the hashes this leaf stores in the layout's order
 */
export function appendLeaf(
  frontier: Frontier,
  leafHash: Buffer,
): { readonly frontier: Frontier; readonly stored: readonly Buffer[] } {
  checkTreeSize(frontier.size + 1);
  const hashes = [...frontier.hashes];
  const stored = [leafHash];
  let hash = leafHash;
  for (let count = trailingOnes(frontier.size); count > 0; count -= 1) {
    hash = hashChildren(required(hashes.pop()), hash);
    stored.push(hash);
  }
  hashes.push(hash);
  return { frontier: { size: frontier.size + 1, hashes }, stored };
}

/** Root of the tree with this frontier. */
export function rootOf(frontier: Frontier): Buffer {
  return frontier.size === 0 ? emptyRoot : foldSubtrees(frontier.hashes);
}

/** Positions of the perfect subtrees that make up a range that proofs ask for, left to right. */
export function subtreePositions({ lo, hi }: LeafRange): readonly number[] {
  const positions: number[] = [];
  for (let from = lo; from < hi;) {
    let level = 0;
    while (from % 2 ** (level + 1) === 0 && from + 2 ** (level + 1) <= hi) level += 1;
    positions.push(storedHashPosition(level, from / 2 ** level));
    from += 2 ** level;
  }
  return positions;
}

/** Hash over perfect subtrees given left to right, at least one. */
export function foldSubtrees(hashes: readonly Buffer[]): Buffer {
  return hashes.reduceRight((right, left) => hashChildren(left, right));
}

/** Largest power of two below `n`, for `n` of at least 2: where RFC 6962 §2.1 splits a list. */
export function splitPoint(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

export function checkTreeSize(size: number): void {
  if (!Number.isInteger(size) || size < 0 || size > largestTreeSize) {
    throw new TypeError('a tree size is a whole number from 0 to 2^48');
  }
}

function trailingOnes(n: number): number {
  let count = 0;
  for (let rest = n; rest % 2 === 1; rest = Math.floor(rest / 2)) count += 1;
  return count;
}

function required(hash: Buffer | undefined): Buffer {
  if (hash === undefined) throw new TypeError('the frontier does not belong to its size');
  return hash;
}
