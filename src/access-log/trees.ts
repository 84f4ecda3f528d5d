import { createHmac, type KeyObject } from 'node:crypto';
import { encodeParts } from '../core/bytes.js';
import { GatewayError } from '../core/errors.js';
import type { PartnerCode } from '../core/ids.js';
import { signCheckpoint, type Checkpoint } from '../core/log/checkpoint.js';
import { slotCount } from '../core/log/cover.js';
import { formatVerifierKey } from '../core/log/note.js';
import { rootOf, type Frontier } from '../core/log/tree.js';
import { deriveKey } from '../platform/keys/keys.js';
import type { CheckpointCopy } from './checkpoint-copy.js';
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
  /** Remembers what was signed beyond this process. */
  readonly copy?: CheckpointCopy;
}

const hostId = 'host';
/** Id of the cover tree. */
export const coverId = 'cover';

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

  verifierKey({ id }: Pick<Tree, 'id'>): string {
    return formatVerifierKey(this.originOf(id), this.#options.checkpointKey);
  }

  /**
   * Signs a head; only once all it covers is durable. Never a smaller tree than was signed, and never
   * a second one of the same size.
   *
   * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF
   */
  sign(id: string, frontier: Frontier): SignedHead {
    return this.signRoot(id, frontier.size, rootOf(frontier));
  }

  /** As {@link sign}, for a head whose root is known. */
  signRoot(id: string, size: number, root: Buffer): SignedHead {
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
    const checkpoint = { origin: this.originOf(id), size, root };
    const note = signCheckpoint(checkpoint, this.#options.checkpointKey);
    this.#options.copy?.add(checkpoint, note);
    return { size, checkpoint: note };
  }

  /** Takes up what an earlier process signed. */
  remember({ origin, size, root }: Checkpoint): void {
    const id = this.idOf(origin);
    if (id !== undefined) this.#signed.set(id, { size, root });
  }

  /** The id in an origin; `undefined` for one of another log. */
  idOf(origin: string): string | undefined {
    const { origin: prefix } = this.#options;
    const rest = origin.startsWith(`${prefix}/`) ? origin.slice(prefix.length + 1) : undefined;
    return rest?.startsWith('partner/') === true ? rest.slice('partner/'.length) : rest;
  }

  /** Largest size of a tree this process has signed or remembers as signed; 0 when none. */
  signedSize(id: string): number {
    return this.#signed.get(id)?.size ?? 0;
  }

  /** Origin of a tree, which is its key name. */
  originOf(id: string): string {
    const { origin } = this.#options;
    return id === hostId || id === coverId ? `${origin}/${id}` : `${origin}/partner/${id}`;
  }

  /** Where looking for a free slot of the cover tree begins. */
  preferredSlot(id: string): number {
    const message = encodeParts('safeconduct/log/slot/v1', id);
    return (createHmac('sha256', this.#idKey).update(message).digest()[0] ?? 0) % slotCount;
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
