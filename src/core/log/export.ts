import { decodeBase64Url } from '../bytes.js';
import { GatewayError } from '../errors.js';
import { openCheckpoint, type Checkpoint } from './checkpoint.js';
import { parseCoverProof, type CoverProof } from './cover.js';
import { decodeBase64, listKeys, type VerifierKeys } from './note.js';
import { checkInclusion } from './proof.js';
import { decodeRecord, type AccessRecord } from './record.js';
import {
  appendLeaf,
  foldSubtrees,
  hashChildren,
  hashLeaf,
  hashSizeBytes,
  type Frontier,
} from './tree.js';

/**
 * Records of one tree with their proof, to be checked without the gateway. This file owns the
 * format: JSON Lines, a head, a line for each record, an end.
 *
 * ```
 * {"v":1,"kind":"safeconduct/log-export","origin":"log.example.org/partner/5v2mq7","size":812,
 *  "proofs":"range","from":100,"to":200,"left":["..."],"right":["..."]}
 * {"index":100,"record":"eyJhdCI6..."}
 * ...
 * {"count":100,"checkpoint":"log.example.org/partner/5v2mq7\n812\n...","cover":null}
 * ```
 *
 * - `proofs` is `range`: every record from `from` to before `to`; `left` are the hashes of the perfect
 *   subtrees that make up the tree's first `from` leaves, `right` those of `to` to `size`, left to
 *   right, standard base64 (core/log/tree.ts, subtreePositions). Or it is `each`: records picked from
 *   all over the tree, in order, each line with its own inclusion `proof` (RFC 6962 §2.1.1); then
 *   there is no `from`, `to`, `left` and `right`.
 * - `record` is the leaf's bytes in unpadded base64url.
 * - `checkpoint` is the signed checkpoint of `size`; `cover` its place in a cosigned round of the
 *   cover tree (contract `CoverProof`) or null. They come last, so that a file without its end is seen
 *   to be cut.
 *
 * Several exports may stand in one file, one after another: a long one is made in parts, each proven
 * under the checkpoint of its time. Ranges after ranges are of one tree, each from where the one before
 * it ends and over the same records before it.
 *
 * A range is complete: no record of it can be left out or put in. A picked list shows that what is in
 * it was logged, and not that it is all.
 */
export interface ExportHead {
  readonly v: 1;
  readonly kind: typeof exportKind;
  readonly origin: string;
  readonly size: number;
  readonly proofs: 'range' | 'each';
  readonly from?: number;
  readonly to?: number;
  readonly left?: readonly string[];
  readonly right?: readonly string[];
}

export interface ExportLine {
  readonly index: number;
  readonly record: string;
  readonly proof?: readonly string[];
}

export interface ExportEnd {
  readonly count: number;
  readonly checkpoint: string;
  readonly cover: CoverProof | null;
}

const empty = Buffer.alloc(0);

export const exportKind = 'safeconduct/log-export';

export interface CheckedExport {
  readonly records: number;
  readonly checkpoint: Checkpoint;
  readonly cover: CoverProof | null;
}

/**
 * (Partner side, counsel, courts) Checks an export a line at a time, in constant memory.
 *
 * All members throw {@link GatewayError} ERR_PROOF_INVALID, ERR_NOTE_MALFORMED,
 * ERR_RECORD_MALFORMED.
 */
export class ExportChecker {
  readonly #head: ExportHead;
  readonly #key: VerifierKeys;
  /** Each-mode lines wait for nothing: their roots must all be one. */
  readonly #roots: { root: Buffer | undefined } = { root: undefined };
  #frontier: Frontier;
  #next: number;
  #count = 0;

  /** @param key verifier key of the tree, or keys; their name is the origin expected */
  constructor(head: ExportHead, key: VerifierKeys) {
    const { from = 0, to = head.size, left = [] } = head;
    const isWhole =
      head.kind === exportKind &&
      [head.size, from, to].every((count) => Number.isSafeInteger(count) && count >= 0) &&
      from <= to &&
      to <= head.size;
    if (!isWhole) throw invalid('the head is not that of an export');
    if (head.origin !== listKeys(key)[0].name) throw invalid('the export is of another tree');
    this.#head = head;
    this.#key = key;
    this.#next = head.proofs === 'range' ? from : 0;
    this.#frontier = { size: from, hashes: left.map(hashOf) };
    if (head.proofs === 'range' && left.length !== bitsOf(from)) {
      throw invalid('the hashes to the left are not those of its beginning');
    }
  }

  /** Size of the tree whose root {@link rootSoFar} is: leaves up to the last line. */
  get size(): number {
    return this.#frontier.size;
  }

  /** Root of the tree that ends with the last line; for a range only. */
  get rootSoFar(): Buffer | undefined {
    if (this.#head.proofs !== 'range' || this.#frontier.size === 0) return undefined;
    return foldSubtrees(this.#frontier.hashes);
  }

  /** Whether every record of it has to be there. */
  get isRange(): boolean {
    return this.#head.proofs === 'range';
  }

  /**
   * Whether another range goes on where this one ends, over the same records before it: parts of one
   * export that was made in several, each under the checkpoint of its time.
   */
  isContinuedBy(next: ExportHead): boolean {
    const { origin, proofs } = this.#head;
    return (
      proofs === 'range' &&
      next.proofs === 'range' &&
      next.origin === origin &&
      next.from === this.#frontier.size &&
      (next.left ?? []).length === this.#frontier.hashes.length &&
      (next.left ?? []).every((hash, at) => hashOf(hash).equals(this.#frontier.hashes[at] ?? empty))
    );
  }

  /** The next record. */
  take({ index, record, proof }: ExportLine): AccessRecord {
    const bytes = typeof record === 'string' ? decodeBase64Url(record) : undefined;
    if (bytes === undefined) throw invalid(`record ${index} is not base64url`);
    const isNext = this.#head.proofs === 'range' ? index === this.#next : index >= this.#next;
    if (!isNext) throw invalid(`record ${this.#next} is missing or out of order`);
    const leaf = hashLeaf(bytes);
    if (this.#head.proofs === 'range') {
      this.#frontier = appendLeaf(this.#frontier, leaf).frontier;
    } else {
      const { size } = this.#head;
      const hashes = (proof ?? []).map(hashOf);
      this.#roots.root ??= climbTo(size, index, leaf, hashes);
      checkInclusion(size, index, leaf, hashes, this.#roots.root);
    }
    this.#next = index + 1;
    this.#count += 1;
    return decodeRecord(bytes);
  }

  /** The end: what was read makes the root that was signed. */
  finish({ count, checkpoint: note, cover }: ExportEnd): CheckedExport {
    const { size, proofs, to = size, right = [] } = this.#head;
    if (typeof note !== 'string') throw invalid('the end has no checkpoint');
    if (count !== this.#count || (proofs === 'range' && this.#next !== to)) {
      throw invalid('records are missing at the end');
    }
    const checkpoint = openCheckpoint(note, this.#key);
    if (checkpoint.size !== size) throw invalid('the checkpoint is of another size');
    const root =
      proofs === 'range' ? closeRange(this.#frontier, right.map(hashOf), size) : this.#roots.root;
    if (root !== undefined && !root.equals(checkpoint.root)) {
      throw invalid('the records do not make the root that was signed');
    }
    return {
      records: this.#count,
      checkpoint,
      cover: cover === null ? null : parseCoverProof(cover),
    };
  }
}

/** Root over a frontier and the perfect subtrees that follow it up to `size`. */
function closeRange(
  frontier: Frontier,
  right: readonly Buffer[],
  size: number,
): Buffer | undefined {
  const stack = frontier.hashes.map((hash, at) => ({
    hash,
    level: levelsOf(frontier.size)[at] ?? 0,
  }));
  let from = frontier.size;
  for (const hash of right) {
    let level = 0;
    while (from % 2 ** (level + 1) === 0 && from + 2 ** (level + 1) <= size) level += 1;
    stack.push({ hash, level });
    for (let top = stack.at(-1), under = stack.at(-2); top?.level === under?.level;) {
      if (top === undefined || under === undefined) break;
      stack.splice(-2, 2, { hash: hashChildren(under.hash, top.hash), level: top.level + 1 });
      top = stack.at(-1);
      under = stack.at(-2);
    }
    from += 2 ** level;
  }
  if (from !== size) throw invalid('the hashes to the right are not those of its end');
  return size === 0 ? undefined : foldSubtrees(stack.map(({ hash }) => hash));
}

/** Root that an inclusion proof leads to; the first line's, which all others must share. */
function climbTo(size: number, index: number, leaf: Buffer, proof: readonly Buffer[]): Buffer {
  let hash = leaf;
  let at = index;
  let last = size - 1;
  // RFC 6962 §2.1.1, from the leaf up (the way of RFC 9162 §2.1.3.2).
  for (const sibling of proof) {
    if (at % 2 === 1 || at === last) {
      hash = hashChildren(sibling, hash);
      while (at % 2 === 0 && at !== 0) {
        at = Math.floor(at / 2);
        last = Math.floor(last / 2);
      }
    } else {
      hash = hashChildren(hash, sibling);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return hash;
}

/** Levels of the perfect subtrees of a size, largest first. */
function levelsOf(size: number): readonly number[] {
  const levels: number[] = [];
  for (let level = 0, rest = size; rest > 0; level += 1, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) levels.unshift(level);
  }
  return levels;
}

const bitsOf = (size: number): number => levelsOf(size).length;

function hashOf(text: unknown): Buffer {
  const hash = typeof text === 'string' ? decodeBase64(text) : undefined;
  if (hash?.length !== hashSizeBytes) throw invalid('a hash is not 32 bytes in base64');
  return hash;
}

function invalid(detail: string): GatewayError {
  return new GatewayError('ERR_PROOF_INVALID', { detail: `export: ${detail}` });
}
