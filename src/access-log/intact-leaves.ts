import { equalInConstantTime } from '../core/bytes.js';
import { GatewayError, isGatewayError } from '../core/errors.js';
import { checkInclusion } from '../core/log/proof.js';
import { hashLeaf, hashSizeBytes } from '../core/log/tree.js';

/** What of a leaf is read to hold its record against the tree. */
export interface HashedColumns {
  readonly tree: string;
  readonly leaf_index: string;
  readonly record: Buffer;
  /** The first is the record's own. */
  readonly hashes: Buffer;
}

/**
 * Holds a record that is read against the hash it was put into the tree with, so that nobody is shown
 * one that was changed since.
 *
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF naming the leaf
 */
export function checkIntact({ tree, leaf_index: index, record, hashes }: HashedColumns): void {
  const own = hashes.subarray(0, hashSizeBytes);
  if (!equalInConstantTime(hashLeaf(record), own)) throw changed(tree, index);
}

/**
 * As {@link checkIntact} up to the root of a signed tree: whoever changed the record may have changed
 * hashes beside it.
 *
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF naming the leaf
 */
export function checkProven(
  leaf: { readonly tree: string; readonly index: number; readonly record: Buffer },
  proof: readonly Uint8Array[],
  head: { readonly size: number; readonly root: Uint8Array },
): void {
  try {
    checkInclusion(head.size, leaf.index, hashLeaf(leaf.record), proof, head.root);
  } catch (error) {
    throw isGatewayError(error, 'ERR_PROOF_INVALID') ? changed(leaf.tree, leaf.index) : error;
  }
}

const changed = (tree: string, index: number | string): GatewayError =>
  anotherThanSigned(
    `tree ${tree}, leaf ${index}: the database does not hold this record as it was signed`,
  );

/** @param what tree and leaf, and what is wrong with it */
export const anotherThanSigned = (what: string): GatewayError =>
  new GatewayError('ERR_LOG_CONTRADICTS_ITSELF', {
    detail: `${what} (docs/operations.md, "The log is another than what was signed")`,
  });
