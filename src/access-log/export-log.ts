import type { DataSource } from 'typeorm';
import { encodeBase64Url } from '../core/bytes.js';
import type { CoverProof } from '../core/log/cover.js';
import {
  exportKind,
  type ExportEnd,
  type ExportHead,
  type ExportLine,
} from '../core/log/export.js';
import { proveInclusion } from '../core/log/proof.js';
import { subtreePositions } from '../core/log/tree.js';
import { checkProven } from './intact-leaves.js';
import { checkpointOf } from './journaled-entries.js';
import { leavesAt, leavesOfTree, storedHashes } from './tree.repository.js';

/** A head to prove an export under, and its place in the cover tree where there is one. */
export interface ExportProof {
  readonly origin: string;
  readonly size: number;
  readonly checkpoint: string;
  readonly cover: CoverProof | null;
}

const pageOfLeaves = 1_000;

/**
 * A whole range of one tree, as lines of an export (core/log/export.ts).
 *
 * @param from first leaf
 * @param to one past the last; at most the size it is proven under
 */
export async function* exportRange(
  dataSource: DataSource,
  tree: string,
  from: number,
  to: number,
  { origin, size, checkpoint, cover }: ExportProof,
): AsyncGenerator<ExportHead | ExportLine | ExportEnd> {
  const reader = storedHashes(dataSource, tree);
  const hashes = async (lo: number, hi: number) =>
    (await reader.readHashes(subtreePositions({ lo, hi }))).map((hash) => hash.toString('base64'));
  const [left, right] = [await hashes(0, from), await hashes(to, size)];
  yield { v: 1, kind: exportKind, origin, size, proofs: 'range', from, to, left, right };
  let index = from;
  while (index < to) {
    const page = Math.min(pageOfLeaves, to - index);
    for (const { record } of await leavesOfTree(dataSource, tree, index, page)) {
      yield { index, record: encodeBase64Url(record) };
      index += 1;
    }
  }
  yield { count: to - from, checkpoint, cover };
}

/**
 * Picked records of one tree, each with its own proof.
 *
 * @param indexes in order, each once
 */
export async function* exportEach(
  dataSource: DataSource,
  tree: string,
  indexes: readonly number[],
  { origin, size, checkpoint, cover }: ExportProof,
): AsyncGenerator<ExportHead | ExportLine | ExportEnd> {
  const reader = storedHashes(dataSource, tree);
  const { root } = checkpointOf(checkpoint);
  yield { v: 1, kind: exportKind, origin, size, proofs: 'each' };
  for (let at = 0; at < indexes.length; at += pageOfLeaves) {
    const page = indexes.slice(at, at + pageOfLeaves);
    for (const { index, record } of await leavesAt(dataSource, tree, page)) {
      const hashes = await proveInclusion(size, index, reader);
      checkProven({ tree, index, record }, hashes, { size, root });
      const proof = hashes.map((hash) => hash.toString('base64'));
      yield { index, record: encodeBase64Url(record), proof };
    }
  }
  yield { count: indexes.length, checkpoint, cover };
}
