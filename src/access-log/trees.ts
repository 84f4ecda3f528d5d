import { createHmac, type KeyObject } from 'node:crypto';
import { encodeParts } from '../core/bytes.js';
import { GatewayError } from '../core/errors.js';
import type { PartnerCode } from '../core/ids.js';
import { signCheckpoint, type Checkpoint } from '../core/log/checkpoint.js';
import { slotCount } from '../core/log/cover.js';
import { formatVerifierKey, parseVerifierKey, splitNote } from '../core/log/note.js';
import { rootOf, type Frontier } from '../core/log/tree.js';
import { deriveKey } from '../platform/keys/keys.js';
import type { CheckpointCopy } from './checkpoint-copy.js';
import { anotherThanSigned } from './intact-leaves.js';
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

/** A signed head that has not been shown to anybody. */
export interface DrawnHead extends SignedHead {
  readonly id: string;
  readonly root: Buffer;
}

/** Keys that sign checkpoints, as they are at each call. */
export interface CheckpointKeys {
  /** Ed25519 private keys; those that sign now, the one in force first. */
  signing(): readonly KeyObject[];
  /** Those, the next one, and earlier ones; none that was revoked. */
  accepted(): readonly KeyObject[];
  /** All this process has. */
  held(): readonly KeyObject[];
}

/** One key for ever, or keys that change. */
export const checkpointKeysOf = (given: KeyObject | CheckpointKeys): CheckpointKeys =>
  'signing' in given
    ? given
    : { signing: () => [given], accepted: () => [given], held: () => [given] };

export interface TreesOptions {
  readonly database: Queryable;
  /** 32 bytes. */
  readonly logKey: Uint8Array;
  readonly checkpointKeys: CheckpointKeys;
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

  /** Verifier key of the key in force. */
  verifierKey({ id }: Pick<Tree, 'id'>): string {
    return formatVerifierKey(this.originOf(id), this.#signers()[0]);
  }

  /** Verifier keys of every key that counts, has counted or is next; the one in force first. */
  verifierKeys({ id }: Pick<Tree, 'id'>): readonly string[] {
    const { checkpointKeys } = this.#options;
    return checkpointKeys.accepted().map((key) => formatVerifierKey(this.originOf(id), key));
  }

  /** Whether a note of a tree bears the signature of the key in force; the note is our own. */
  isSignedInForce({ id }: Pick<Tree, 'id'>, note: string): boolean {
    const { keyId } = parseVerifierKey(this.verifierKey({ id }));
    return splitNote(note).signatures.some((signature) => signature.keyId.equals(keyId));
  }

  /** Signs what was signed before under the keys of now. */
  signAgain(checkpoint: Checkpoint): string {
    return signCheckpoint(checkpoint, ...this.#signers());
  }

  #signers(): readonly [KeyObject, ...KeyObject[]] {
    const [first, ...others] = this.#options.checkpointKeys.signing();
    if (first === undefined) {
      throw new GatewayError('ERR_KEY_UNUSABLE', { detail: 'no checkpoint key is in force' });
    }
    return [first, ...others];
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
    const drawn = this.#draw(id, size, root);
    this.publish(drawn);
    return drawn;
  }

  /**
   * A head under its signature that nobody may be shown before {@link publish}: what it covers is
   * committed, and on its way to the journal.
   *
   * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF
   */
  draw(id: string, frontier: Frontier): DrawnHead {
    return this.#draw(id, frontier.size, rootOf(frontier));
  }

  /** Counts a drawn head as signed: all it covers is durable. */
  publish({ id, size, root, checkpoint }: DrawnHead): void {
    this.#refuseSecond(id, size, root);
    this.#signed.set(id, { size, root });
    this.#options.copy?.add({ origin: this.originOf(id), size, root }, checkpoint);
  }

  #draw(id: string, size: number, root: Buffer): DrawnHead {
    this.#refuseSecond(id, size, root);
    return {
      id,
      size,
      root,
      checkpoint: this.signAgain({ origin: this.originOf(id), size, root }),
    };
  }

  #refuseSecond(id: string, size: number, root: Buffer): void {
    const last = this.#signed.get(id);
    if (
      last !== undefined &&
      (size < last.size || (size === last.size && !root.equals(last.root)))
    ) {
      throw anotherThanSigned(
        `tree ${id}: was signed at size ${last.size}, and now is another at size ${size}`,
      );
    }
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

  /** Largest head of a tree this process has signed or remembers as signed. */
  signedHead(id: string): { readonly size: number; readonly root: Buffer } | undefined {
    return this.#signed.get(id);
  }

  /** Ids of trees this process has signed or remembers as signed. */
  signedIds(): Iterable<string> {
    return this.#signed.keys();
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
