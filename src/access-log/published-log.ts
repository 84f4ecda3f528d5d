import type { DataSource } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import type { PartnerCode } from '../core/ids.js';
import { encodeBase64Url } from '../core/bytes.js';
import { isTileOf, tilePositions, type Tile } from '../core/log/tile.js';
import type { HashReader } from '../core/log/tree.js';
import type { Available } from './availability.js';
import { coverHashes } from './cover/cover.repository.js';
import type { CoverTree } from './cover/cover-tree.js';
import type { CosignatureAnswer, Witnesses } from './cover/witnesses.js';
import { storedHashes } from './tree.repository.js';
import { coverId, type SignedHead, type Tree, type Trees } from './trees.js';

export interface PublishedLogParts {
  readonly dataSource: DataSource;
  readonly trees: Trees;
  readonly cover: CoverTree;
  readonly witnesses: Witnesses;
  readonly signHead: (tree: Tree) => Promise<SignedHead>;
  readonly available: Available;
}

/**
 * What a partner may read of the log by itself: its own tree, the cover tree, its own slot. Only
 * hashes, checkpoints and its own checkpoints again; no entry.
 */
export class PublishedLog {
  readonly #parts: PublishedLogParts;

  constructor(parts: PublishedLogParts) {
    this.#parts = parts;
  }

  /** Signed checkpoint of the partner's own tree. */
  async checkpoint(partner: PartnerCode): Promise<string> {
    return this.#parts.available(
      async () => (await this.#parts.signHead(await this.#tree(partner))).checkpoint,
    );
  }

  /** A hash tile of the partner's own tree; `undefined` when no signed tree holds it. */
  async tile(partner: PartnerCode, tile: Tile): Promise<Buffer | undefined> {
    return this.#parts.available(async () => {
      const { dataSource, trees, signHead } = this.#parts;
      const tree = await this.#tree(partner);
      const isSigned = async () =>
        isTileOf(trees.signedSize(tree.id), tile) || isTileOf((await signHead(tree)).size, tile);
      return (await isSigned()) ? readTile(storedHashes(dataSource, tree.id), tile) : undefined;
    });
  }

  /** Signed checkpoint of the cover tree. */
  async coverCheckpoint(): Promise<string> {
    return this.#parts.available(async () => (await this.#parts.cover.signHead()).checkpoint);
  }

  /** A hash tile of the cover tree; `undefined` when no signed tree holds it. */
  async coverTile(tile: Tile): Promise<Buffer | undefined> {
    return this.#parts.available(async () => {
      const { dataSource, trees, cover } = this.#parts;
      const isSigned = async () =>
        isTileOf(trees.signedSize(coverId), tile) || isTileOf((await cover.signHead()).size, tile);
      return (await isSigned()) ? readTile(coverHashes(dataSource), tile) : undefined;
    });
  }

  /** The partner's own slot in a round: its leaf, and the path to the round's root (base64url). */
  async slotLeaf(
    partner: PartnerCode,
    round: number,
  ): Promise<{ readonly leaf: Buffer; readonly path: readonly string[] } | undefined> {
    return this.#parts.available(async () => {
      const { trees, cover } = this.#parts;
      if (round >= trees.signedSize(coverId) && round >= (await cover.signHead()).size) {
        return undefined;
      }
      const found = await cover.slotLeaf((await this.#tree(partner)).id, round);
      if (found === undefined) return undefined;
      return { leaf: found.leaf, path: found.path.map(encodeBase64Url) };
    });
  }

  /** Takes the cosignatures a partner's witness has put on a checkpoint of the cover tree. */
  async takeCosignatures(
    partner: PartnerCode,
    note: string,
    now: Date,
  ): Promise<CosignatureAnswer> {
    return this.#parts.available(async () => this.#parts.witnesses.take(partner, note, now));
  }

  async #tree(partner: PartnerCode): Promise<Tree> {
    return this.#parts.trees.find({ kind: 'partner', partner });
  }
}

async function readTile(reader: HashReader, tile: Tile): Promise<Buffer> {
  const hashes = await reader.readHashes(tilePositions(tile));
  if (hashes.length !== tile.width) {
    throw new GatewayError('ERR_LOG_CONTRADICTS_ITSELF', { detail: 'a tile is not whole' });
  }
  return Buffer.concat(hashes);
}
