import type { DataSource } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import type { PartnerCode } from '../core/ids.js';
import type { ExportEnd, ExportHead, ExportLine } from '../core/log/export.js';
import { proveInclusion } from '../core/log/proof.js';
import type { CoveredReceipt } from '../core/log/receipt.js';
import { decodeRecord } from '../core/log/record.js';
import { receiptOf } from './access-entry.js';
import type { Available } from './availability.js';
import type { CoverTree } from './cover/cover-tree.js';
import { exportEach, exportRange, type ExportProof } from './export-log.js';
import { checkProven } from './intact-leaves.js';
import { checkpointOf } from './journaled-entries.js';
import { deriveRecordSecrets, type RecordKeys } from './record-keys.js';
import type { Sequencer } from './sequencer.js';
import { findLeaf, readFrontier, readTree, storedHashes } from './tree.repository.js';
import type { SignedHead, Tree, TreeName, Trees } from './trees.js';

export interface LogProofsParts {
  readonly dataSource: DataSource;
  readonly keys: RecordKeys;
  readonly trees: Trees;
  readonly sequencer: Sequencer;
  readonly cover: CoverTree;
  readonly available: Available;
}

/** Records of an export: a range, cut to the tree, or picked ones in order, each once. */
export type Exported =
  { readonly from: number; readonly to: number } | { readonly indexes: readonly number[] };

/** Proves again what has been recorded: heads, receipts, exports. Reads only; signs present heads. */
export class LogProofs {
  readonly #parts: LogProofsParts;

  constructor(parts: LogProofsParts) {
    this.#parts = parts;
  }

  /** Signs the present head of a tree, as the database has it between two groups. */
  async signHead(tree: Tree): Promise<SignedHead> {
    const { dataSource, sequencer, trees } = this.#parts;
    return sequencer.exclusively(async () => {
      const row = await readTree(dataSource, tree.id);
      if (row === undefined) {
        throw new GatewayError('ERR_LOG_CONTRADICTS_ITSELF', { detail: `tree ${tree.id} is gone` });
      }
      return trees.sign(tree.id, await readFrontier(dataSource, row));
    });
  }

  /** The receipt of a record, under a cosigned checkpoint where one covers it. */
  async receipt(partner: PartnerCode, id: string): Promise<CoveredReceipt | undefined> {
    if (!isRecordId(id)) return undefined;
    const { dataSource, keys, trees, cover } = this.#parts;
    const tree = await trees.find({ kind: 'partner', partner });
    const leaf = await findLeaf(dataSource, tree.id, id);
    if (leaf === undefined) return undefined;
    const covered = await cover.coverOf(tree.id, leaf.index);
    const head =
      covered === undefined
        ? await this.signHead(tree)
        : { size: checkpointOf(covered.note).size, checkpoint: covered.note };
    const reader = storedHashes(dataSource, tree.id);
    const hashes = await proveInclusion(head.size, leaf.index, reader);
    const { root } = checkpointOf(head.checkpoint);
    checkProven({ tree: tree.id, ...leaf }, hashes, { size: head.size, root });
    const epochKey = await keys.existingKey(new Date(decodeRecord(leaf.record).at));
    const salt =
      epochKey === undefined
        ? Buffer.alloc(0)
        : deriveRecordSecrets(epochKey, tree.id, leaf.id).salt;
    const receipt = receiptOf({ record: leaf.record, salt }, leaf.index, hashes, head);
    return {
      record: receipt.record,
      salt: receipt.salt,
      proof: receipt.proof,
      cover: covered?.cover ?? null,
    };
  }

  /** Lines of an export, under the newest cosigned checkpoint where that covers them all. */
  async *export(
    name: TreeName,
    what: Exported,
  ): AsyncGenerator<ExportHead | ExportLine | ExportEnd> {
    const { trees, available } = this.#parts;
    const tree = await available(async () => trees.find(name));
    const last = 'indexes' in what ? (what.indexes.at(-1) ?? 0) : what.to - 1;
    const proof = await available(async () => this.#proofUpTo(tree, last));
    const lines = this.#lines(tree, what, proof);
    for (;;) {
      const line = await available(async () => lines.next());
      if (line.done === true) return;
      yield line.value;
    }
  }

  #lines(
    tree: Tree,
    what: Exported,
    proof: ExportProof,
  ): AsyncGenerator<ExportHead | ExportLine | ExportEnd> {
    const { dataSource } = this.#parts;
    if ('indexes' in what) return exportEach(dataSource, tree.id, what.indexes, proof);
    const to = Math.min(what.to, proof.size);
    return exportRange(dataSource, tree.id, Math.min(what.from, to), to, proof);
  }

  async #proofUpTo(tree: Tree, last: number): Promise<ExportProof> {
    const { trees, cover } = this.#parts;
    const origin = trees.originOf(tree.id);
    const covered = await cover.coverOf(tree.id, last);
    if (covered !== undefined) {
      const { size } = checkpointOf(covered.note);
      return { origin, size, checkpoint: covered.note, cover: covered.cover };
    }
    return { origin, ...(await this.signHead(tree)), cover: null };
  }
}

const isRecordId = (text: string): boolean =>
  /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
