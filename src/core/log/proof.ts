import { GatewayError } from '../errors.js';
import { equalInConstantTime } from '../bytes.js';
import {
  checkTreeSize,
  emptyRoot,
  foldSubtrees,
  hashChildren,
  hashSizeBytes,
  splitPoint,
  subtreePositions,
  type HashReader,
  type LeafRange,
} from './tree.js';

/**
 * Inclusion and consistency proofs of RFC 6962 §2.1.1 and §2.1.2.
 *
 * Prover and checker walk the same way down the tree; what they meet on the way is the proof, from
 * the bottom up.
 */

/** One step of a walk from the root: the sibling passed by, and on which side of the path it lies. */
interface Step extends LeafRange {
  readonly side: 'left' | 'right';
}

/**
 * Proves that leaf `index` is in the tree of `size` leaves. RFC 6962 §2.1.1.
 *
 * @returns hashes of 32 bytes, from the leaf's sibling up to the root's child
 */
export async function proveInclusion(
  size: number,
  index: number,
  reader: HashReader,
): Promise<readonly Buffer[]> {
  return readRanges(walkToLeaf(size, index), reader);
}

/**
 * Proofs of {@link proveInclusion} for leaves `from` to `to - 1` at once, from hashes in memory: each
 * hash on the way is looked up, or made, once for all of them.
 *
 * @param hashAt stored hash at a position; asked only for what those leaves and the frontier of the
 *   tree of `from` leaves have stored
 * @returns one proof a leaf, in their order
 */
export function proveLeaves(
  size: number,
  { lo: from, hi: to }: LeafRange,
  hashAt: (position: number) => Buffer,
): readonly (readonly Buffer[])[] {
  checkTreeSize(size);
  if (from < 0 || from >= to || to > size) throw new TypeError('the leaves are outside the tree');
  const proofs: Buffer[][] = [];
  const fromTheTop: Buffer[] = [];
  const hashOf = ({ lo, hi }: LeafRange): Buffer =>
    foldSubtrees(subtreePositions({ lo, hi }).map(hashAt));
  const walk = ({ lo, hi }: LeafRange): void => {
    if (hi - lo === 1) {
      proofs.push(fromTheTop.toReversed());
      return;
    }
    const middle = lo + splitPoint(hi - lo);
    const left = { lo, hi: middle };
    const right = { lo: middle, hi };
    for (const [part, sibling] of [
      [left, right],
      [right, left],
    ] as const) {
      if (part.hi <= from || part.lo >= to) continue;
      fromTheTop.push(hashOf(sibling));
      walk(part);
      fromTheTop.pop();
    }
  };
  walk({ lo: 0, hi: size });
  return proofs;
}

/**
 * Checks a proof of {@link proveInclusion}.
 *
 * @throws {GatewayError} ERR_PROOF_INVALID
 */
export function checkInclusion(
  size: number,
  index: number,
  leafHash: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): void {
  if (!isTreeSize(size) || !isTreeSize(index) || index >= size) {
    throw invalid('the index is outside the tree');
  }
  const steps = walkToLeaf(size, index);
  checkLength(proof, steps.length);
  let hash = leafHash;
  steps.forEach((step, at) => {
    hash = climb(step, hash, proof[at]);
  });
  if (!equalInConstantTime(hash, root)) throw invalid('the record is not in the tree');
}

/**
 * Proves that the tree of `first` leaves is the beginning of the tree of `second` leaves.
 * RFC 6962 §2.1.2. From size 0, and between equal sizes, the proof is empty.
 */
export async function proveConsistency(
  first: number,
  second: number,
  reader: HashReader,
): Promise<readonly Buffer[]> {
  const { steps, ownSubtree } = walkToEdge(first, second);
  return readRanges(ownSubtree === undefined ? steps : [ownSubtree, ...steps], reader);
}

/**
 * Checks a proof of {@link proveConsistency}.
 *
 * @throws {GatewayError} ERR_PROOF_INVALID
 */
export function checkConsistency(
  first: number,
  firstRoot: Uint8Array,
  second: number,
  secondRoot: Uint8Array,
  proof: readonly Uint8Array[],
): void {
  if (!isTreeSize(first) || !isTreeSize(second) || first > second) {
    throw invalid('the tree has shrunk');
  }
  if (first === 0) {
    checkLength(proof, 0);
    if (!equalInConstantTime(firstRoot, emptyRoot)) throw invalid('size 0 has another root');
    if (second === 0 && !equalInConstantTime(secondRoot, emptyRoot)) {
      throw invalid('size 0 has another root');
    }
    return;
  }
  const { steps, ownSubtree } = walkToEdge(first, second);
  const start = ownSubtree === undefined ? 0 : 1;
  checkLength(proof, steps.length + start);
  let older: Uint8Array = ownSubtree === undefined ? firstRoot : hashAt(proof[0]);
  let newer = older;
  steps.forEach((step, at) => {
    const sibling = proof[at + start];
    if (step.side === 'left') older = climb(step, older, sibling);
    newer = climb(step, newer, sibling);
  });
  if (!equalInConstantTime(older, firstRoot) || !equalInConstantTime(newer, secondRoot)) {
    throw invalid('the tree was rewritten');
  }
}

function walkToLeaf(size: number, index: number): readonly Step[] {
  checkTreeSize(size);
  if (!Number.isInteger(index) || index < 0 || index >= size) {
    throw new TypeError('the index is outside the tree');
  }
  const steps: Step[] = [];
  let lo = 0;
  let hi = size;
  while (hi - lo > 1) {
    const middle = lo + splitPoint(hi - lo);
    if (index < middle) {
      steps.push({ side: 'right', lo: middle, hi });
      hi = middle;
    } else {
      steps.push({ side: 'left', lo, hi: middle });
      lo = middle;
    }
  }
  return steps.reverse();
}

/** SUBPROOF of RFC 6962 §2.1.2; `ownSubtree` is the subtree at the old edge where it is sent. */
function walkToEdge(
  first: number,
  second: number,
): { readonly steps: readonly Step[]; readonly ownSubtree: LeafRange | undefined } {
  checkTreeSize(first);
  checkTreeSize(second);
  if (first > second) throw new TypeError('a tree never shrinks');
  const steps: Step[] = [];
  if (first === 0) return { steps, ownSubtree: undefined };
  let lo = 0;
  let hi = second;
  while (first !== hi) {
    const middle = lo + splitPoint(hi - lo);
    if (first <= middle) {
      steps.push({ side: 'right', lo: middle, hi });
      hi = middle;
    } else {
      steps.push({ side: 'left', lo, hi: middle });
      lo = middle;
    }
  }
  return { steps: steps.reverse(), ownSubtree: lo === 0 ? undefined : { lo, hi } };
}

async function readRanges(
  ranges: readonly LeafRange[],
  reader: HashReader,
): Promise<readonly Buffer[]> {
  const positions = ranges.map(subtreePositions);
  const hashes = await reader.readHashes(positions.flat());
  let from = 0;
  return positions.map((range) => {
    const part = hashes.slice(from, from + range.length);
    from += range.length;
    return foldSubtrees(part);
  });
}

function climb(step: Step, hash: Uint8Array, sibling: Uint8Array | undefined): Buffer {
  return step.side === 'left'
    ? hashChildren(hashAt(sibling), hash)
    : hashChildren(hash, hashAt(sibling));
}

function hashAt(hash: Uint8Array | undefined): Uint8Array {
  if (hash?.length !== hashSizeBytes) throw invalid('a hash has 32 bytes');
  return hash;
}

function checkLength(proof: readonly Uint8Array[], length: number): void {
  if (proof.length !== length) throw invalid('the proof has another number of hashes');
}

function isTreeSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0 && size <= 2 ** 48;
}

function invalid(detail: string): GatewayError {
  return new GatewayError('ERR_PROOF_INVALID', { detail });
}
