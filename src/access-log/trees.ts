import { createHmac, type KeyObject } from 'node:crypto';
import { encodeParts } from '../core/bytes.js';
import { GatewayError } from '../core/errors.js';
import type { PartnerCode } from '../core/ids.js';
import { signCheckpoint } from '../core/log/checkpoint.js';
import { formatVerifierKey } from '../core/log/note.js';
import { rootOf, type Frontier } from '../core/log/tree.js';
import { deriveKey } from '../platform/keys/keys.js';
import { findTree, makeTree, type Queryable } from './tree.repository.js';

/** Which tree a record belongs to. */
export type TreeName =
  { readonly kind: 'partner'; readonly partner: PartnerCode } | { readonly kind: 'host' };

export interface Tree {
  /** Opaque id, `host` for the host's. */
  readonly id: string;
  /** The partner; null for the host. */
  readonly owner: string | null;
}

/** A tree's head under the gateway's signature. */
export interface SignedHead {
  readonly size: number;
  /** Signed note (c2sp.org/tlog-checkpoint). */
  readonly checkpoint: string;
}

export interface TreesOptions {
  readonly database: Queryable;
  /** 32 bytes. */
  readonly logKey: Uint8Array;
  /** Ed25519 private key. */
  readonly checkpointKey: KeyObject;
  /** `LOG_ORIGIN`. */
  readonly origin: string;
}

const hostId = 'host';

/** The trees of a log: one for each partner, one for the host; their ids, origins and signatures. */
export class Trees {
  readonly #options: TreesOptions;
  readonly #idKey: Buffer;
  readonly #known = new Map<string | null, Promise<Tree>>();
  readonly #signed = new Map<string, { readonly size: number; readonly root: Buffer }>();

  constructor(options: TreesOptions) {
    this.#options = options;
    this.#idKey = deriveKey(options.logKey, 'safeconduct/log/tree-id/v1');
  }

  /** The tree of this name; made, empty, when it is not there. */
  async find(name: TreeName): Promise<Tree> {
    const owner = name.kind === 'partner' ? name.partner : null;
    const known = this.#known.get(owner);
    if (known !== undefined) return known;
    const tree = this.#obtain(owner);
    this.#known.set(owner, tree);
    tree.catch(() => this.#known.delete(owner));
    return tree;
  }

  verifierKey({ id }: Tree): string {
    return formatVerifierKey(this.#originOf(id), this.#options.checkpointKey);
  }

  /**
   * Signs a head; only once all it covers is durable. Never a smaller tree than was signed, and never
   * a second one of the same size.
   *
   * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF
   */
  sign(id: string, frontier: Frontier): SignedHead {
    const { size } = frontier;
    const root = rootOf(frontier);
    const last = this.#signed.get(id);
    if (
      last !== undefined &&
      (size < last.size || (size === last.size && !root.equals(last.root)))
    ) {
      throw new GatewayError('ERR_LOG_CONTRADICTS_ITSELF', {
        detail: `tree ${id}: was signed at size ${last.size}, and now is another at size ${size}`,
      });
    }
    this.#signed.set(id, { size, root });
    const checkpoint = { origin: this.#originOf(id), size, root };
    return { size, checkpoint: signCheckpoint(checkpoint, this.#options.checkpointKey) };
  }

  #originOf(id: string): string {
    const { origin } = this.#options;
    return id === hostId ? `${origin}/${hostId}` : `${origin}/partner/${id}`;
  }

  async #obtain(owner: string | null): Promise<Tree> {
    const { database } = this.#options;
    await makeTree(database, this.#newId(owner), owner);
    const row = await findTree(database, owner);
    if (row === undefined) throw new TypeError('a tree that was just made is not there');
    return { id: row.tree, owner };
  }

  /**
   * A partner's id says nothing of the partner without the log key, and comes out the same again
   * should the embedded database lose the row before the tree's first record. The row decides.
   */
  #newId(owner: string | null): string {
    if (owner === null) return hostId;
    const message = encodeParts('safeconduct/log/tree-id/v1', owner);
    return createHmac('sha256', this.#idKey).update(message).digest('hex').slice(0, 32);
  }
}
