import type { GatewayError } from '../../core/errors.js';
import { appendLeaf, hashLeaf, hashSizeBytes, rootOf, type Frontier } from '../../core/log/tree.js';
import { anotherThanSigned } from '../intact-leaves.js';
import { letThrough } from './let-through.js';

/** A leaf as it is stored, with the bytes it is the hash of. */
export interface StoredLeaf {
  readonly index: number;
  readonly leaf: Buffer;
  /** What it completes, in the layout's order (core/log/tree.ts). */
  readonly hashes: Buffer;
}

/** A tree's size and root, as they were signed or are stored. */
export interface KnownHead {
  readonly size: number;
  readonly root: Buffer;
}

/**
 * Appends stored leaves to a frontier, and holds every hash they are stored with, and every root that
 * is known, against what they make.
 *
 * @param tree how an alarm names the tree, e.g. `tree 9f…`
 * @param one how it names a leaf, e.g. `leaf`
 * @param heads in the order of their sizes; those of sizes that are not reached are passed over
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF naming the first leaf that is not as it was
 */
export async function walkHashes(
  { tree, one }: { readonly tree: string; readonly one: string },
  begin: Frontier,
  leaves: readonly StoredLeaf[],
  heads: readonly KnownHead[],
): Promise<Frontier> {
  let frontier = begin;
  let at = 0;
  let agreed = begin.size;
  for (const { index, leaf, hashes } of leaves) {
    if (index !== frontier.size) throw contradiction(`${tree}, ${one} ${frontier.size}`, gone);
    const { frontier: next, stored } = appendLeaf(frontier, hashLeaf(leaf));
    checkStored(tree, one, index, hashes, stored);
    frontier = next;
    for (let head = heads[at]; head !== undefined && head.size <= next.size; head = heads[++at]) {
      if (head.size !== next.size) continue;
      if (!rootOf(next).equals(head.root)) {
        throw contradiction(
          `${tree}, ${one} ${agreed} to ${index}`,
          `what is stored does not make the root that was signed at size ${head.size}`,
        );
      }
      agreed = next.size;
    }
    await letThrough(next.size);
  }
  return frontier;
}

const gone = 'it is missing from the database';

function checkStored(
  tree: string,
  one: string,
  index: number,
  hashes: Buffer,
  stored: readonly Buffer[],
): void {
  const level = stored.findIndex(
    (hash, at) => !hash.equals(hashes.subarray(at * hashSizeBytes, (at + 1) * hashSizeBytes)),
  );
  if (level === 0) {
    throw contradiction(
      `${tree}, ${one} ${index}`,
      `the database does not hold this ${one === 'leaf' ? 'record' : one} as it was signed`,
    );
  }
  // Something below the hash differs, and below it all leaves fitted theirs: they were changed with them.
  if (level > 0) {
    throw contradiction(
      `${tree}, ${one} ${index + 1 - 2 ** level} to ${index}`,
      'one of these, or a stored hash of theirs, is not as it was signed',
    );
  }
  if (hashes.length !== stored.length * hashSizeBytes) {
    throw contradiction(`${tree}, ${one} ${index}`, 'its stored hashes are not as they were');
  }
}

export const contradiction = (where: string, what: string): GatewayError =>
  anotherThanSigned(`${where}: ${what}`);
