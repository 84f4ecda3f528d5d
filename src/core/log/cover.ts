import { GatewayError } from '../errors.js';
import { decodeBase64Url, encodeBase64Url, encodeParts, sha256 } from '../bytes.js';
import { openCheckpoint, type Checkpoint } from './checkpoint.js';
import { checkQuorum, type Cosignature } from './cosignature.js';
import { formatSignatureLine, type VerifierKey, type VerifierKeys } from './note.js';
import { checkTlogProof, decodeTlogProof } from './tlog-proof.js';
import { hashChildren, hashLeaf, hashSizeBytes } from './tree.js';

/**
 * The cover tree: one leaf for each round of 10 seconds, whether anything happened or not. This file
 * owns the format.
 *
 * A round is a perfect tree of 64 slots (RFC 6962 hashing); its root, 32 bytes, is the leaf of the
 * cover tree whose index is the number of the round, from 0. A slot belongs to one tree of the log
 * for ever. Its leaf has 1 024 bytes, used or not:
 *
 * ```
 * version   1   0x01
 * round     8   big-endian
 * slot      2   big-endian, 0 to 63
 * random   32   fresh in every round; told to nobody but the slot's partner
 * note    981   signed checkpoint of the slot's tree; zeros in a slot that is not used
 * ```
 *
 * The note is padded to its length by one signature line of an unknown key, which readers of signed
 * notes pass over: name `padding` and up to three full stops, base64 of zero bytes.
 *
 * Whoever holds the cover tree and its own slot cannot test a guess at what another slot holds,
 * because of that slot's random bytes; an idle slot looks like a busy one. The bytes come from a
 * seed of 32 random bytes of the round, which the gateway keeps: SHA-256 over the length-prefixed
 * parts (core/bytes.ts) `safeconduct/cover/slot/v1`, seed, slot (2 bytes, big-endian).
 *
 * **Worked example.** Round 7, seed = bytes 00 01 .. 1f, no slot used:
 *
 * ```
 * random bytes of slot 3   23debdad289e6a23568e9bd516e20c4adf3f826eb374362559e05461ea2fcb67
 * leaf of slot 3           01 0000000000000007 0003 23debd..cb67 00 (981 times)
 * root of the round        f45832f5789eb0c79997d8149e6a8b39d0a81dcda6dd024941a8d1e5bbac2f53
 * ```
 *
 * **Change.** Another form of leaf has another version byte.
 */
export const slotCount = 64;
export const slotLeafBytes = 1024;

const version = 0x01;
const randomAt = 11;
const noteAt = randomAt + 32;
const noteBytes = slotLeafBytes - noteAt;
const pathLength = 6;

export interface SlotLeaf {
  readonly round: number;
  readonly slot: number;
  readonly random: Buffer;
  /** Signed checkpoint, padded; `undefined` in a slot that is not used. */
  readonly note: string | undefined;
}

/** One round with everything in it. (Gateway side) */
export interface CoverRound {
  /** 32 bytes; the leaf of the cover tree. */
  readonly root: Buffer;
  slotLeaf(slot: number): Buffer;
  /** Six hashes, from the slot's sibling up to the root's child. */
  slotPath(slot: number): readonly Buffer[];
}

/** What `Receipt.cover` holds (contract `CoverProof`). */
export interface CoverProof {
  /** Unpadded base64url. */
  readonly leaf: string;
  /** Unpadded base64url, from the slot's sibling up. */
  readonly slotPath: readonly string[];
  /** tlog-proof of the round in the cover tree, with cosignatures. */
  readonly proof: string;
}

/** (Gateway side) Builds a round: the same arguments give the same bytes. */
export function buildRound(
  round: number,
  seed: Uint8Array,
  checkpoints: ReadonlyMap<number, string>,
): CoverRound {
  const slotLeaf = (slot: number): Buffer =>
    encodeSlotLeaf({
      round,
      slot,
      random: slotRandom(seed, slot),
      note: checkpoints.get(slot),
    });
  const levels: Buffer[][] = [
    Array.from({ length: slotCount }, (_, slot) => hashLeaf(slotLeaf(slot))),
  ];
  for (let row = levels[0] ?? []; row.length > 1; row = levels.at(-1) ?? []) {
    const above: Buffer[] = [];
    for (let at = 0; at < row.length; at += 2) {
      above.push(hashChildren(hashAt(row, at), hashAt(row, at + 1)));
    }
    levels.push(above);
  }
  return {
    root: hashAt(levels[pathLength] ?? [], 0),
    slotLeaf,
    slotPath: (slot) =>
      levels.slice(0, pathLength).map((row, level) => hashAt(row, (slot >> level) ^ 1)),
  };
}

/** Random bytes of one slot of a round: see the head of this file. */
export function slotRandom(seed: Uint8Array, slot: number): Buffer {
  if (seed.length !== 32) throw new TypeError('a seed has 32 bytes');
  return sha256(encodeParts('safeconduct/cover/slot/v1', seed, slotNumber(slot)));
}

/** The exact bytes of a slot's leaf. */
export function encodeSlotLeaf({ round, slot, random, note }: SlotLeaf): Buffer {
  const leaf = Buffer.alloc(slotLeafBytes);
  leaf[0] = version;
  leaf.writeBigUInt64BE(BigInt(round), 1);
  slotNumber(slot).copy(leaf, 9);
  random.copy(leaf, randomAt);
  if (note !== undefined) leaf.write(padNote(note), noteAt, 'utf8');
  return leaf;
}

/**
 * @param leaf from {@link encodeSlotLeaf}
 * @throws {GatewayError} ERR_PROOF_INVALID
 */
export function decodeSlotLeaf(leaf: Buffer): SlotLeaf {
  if (leaf.length !== slotLeafBytes || leaf[0] !== version || leaf.readUInt16BE(1) > 0) {
    throw invalid('a slot leaf has 1 024 bytes of version 1');
  }
  const slot = leaf.readUInt16BE(9);
  if (slot >= slotCount) throw invalid('a round has 64 slots');
  const bytes = leaf.subarray(noteAt);
  const used = bytes.some((byte) => byte !== 0);
  return {
    round: Number(leaf.readBigUInt64BE(1)),
    slot,
    random: leaf.subarray(randomAt, noteAt),
    note: used ? bytes.toString('utf8') : undefined,
  };
}

/** (Partner side) Root of the round a slot's leaf is in, by its path. */
export function climbSlotPath(leaf: Buffer, slot: number, path: readonly Uint8Array[]): Buffer {
  if (path.length !== pathLength || path.some((hash) => hash.length !== hashSizeBytes)) {
    throw invalid('a slot path has six hashes');
  }
  return path.reduce<Buffer>(
    (hash, sibling, level) =>
      (slot >> level) % 2 === 0 ? hashChildren(hash, sibling) : hashChildren(sibling, hash),
    hashLeaf(leaf),
  );
}

/** What a partner holds a slot's leaf and a cover proof against. */
export interface CoverKeys {
  /** Key of the partner's own tree, or keys across a rotation. */
  readonly tree: VerifierKeys;
  readonly cover: VerifierKeys;
  readonly slot: number;
  readonly witnesses: readonly VerifierKey[];
  /** Witnesses that must have cosigned. */
  readonly quorum: number;
}

/**
 * (Partner side) Reads a leaf of one's own slot: the round expected, one's own slot, a checkpoint of
 * one's own tree.
 *
 * @throws {GatewayError} ERR_PROOF_INVALID, ERR_NOTE_MALFORMED
 */
export function openSlotLeaf(
  leaf: Buffer,
  keys: Pick<CoverKeys, 'tree' | 'slot'>,
): { readonly round: number; readonly note: string; readonly checkpoint: Checkpoint } {
  const { round, slot, note } = decodeSlotLeaf(leaf);
  if (slot !== keys.slot) throw invalid('the leaf is of another slot');
  if (note === undefined) throw invalid('the slot is empty');
  return { round, note, checkpoint: openCheckpoint(note, keys.tree) };
}

/**
 * (Partner side) Checks that a checkpoint of one's own tree is in one's own slot of a round that the
 * quorum of witnesses has cosigned. With it, what the checkpoint covers cannot be told differently
 * to others.
 *
 * @param checkpoint the one the receipt's own proof is under
 * @throws {GatewayError} ERR_PROOF_INVALID, ERR_NOTE_MALFORMED
 */
export function checkCoverProof(
  cover: CoverProof,
  checkpoint: Checkpoint,
  keys: CoverKeys,
): {
  readonly round: number;
  readonly checkpoint: Checkpoint;
  readonly cosignatures: readonly Cosignature[];
} {
  const leaf = decodeBase64Url(cover.leaf);
  const path = cover.slotPath.map(decodeBase64Url);
  if (leaf === undefined || !path.every((hash) => hash !== undefined)) {
    throw invalid('leaf and slot path are base64url');
  }
  const opened = openSlotLeaf(leaf, keys);
  if (
    opened.checkpoint.size !== checkpoint.size ||
    !opened.checkpoint.root.equals(checkpoint.root)
  ) {
    throw invalid('the slot holds another checkpoint than the receipt');
  }
  const root = climbSlotPath(leaf, keys.slot, path);
  const proven = checkTlogProof(root, cover.proof, keys.cover);
  if (proven.index !== opened.round) throw invalid('the leaf is of another round');
  const { checkpoint: note } = decodeTlogProof(cover.proof);
  const cosignatures = checkQuorum(note, keys.witnesses, keys.quorum);
  return { round: opened.round, checkpoint: proven.checkpoint, cosignatures };
}

/**
 * A cover proof out of JSON from outside.
 *
 * @throws {GatewayError} ERR_PROOF_INVALID
 */
export function parseCoverProof(json: unknown): CoverProof {
  const { leaf, slotPath, proof } = (json ?? {}) as Readonly<Record<string, unknown>>;
  const isProof =
    typeof leaf === 'string' &&
    typeof proof === 'string' &&
    Array.isArray(slotPath) &&
    slotPath.every((hash) => typeof hash === 'string');
  if (!isProof) throw invalid('a cover proof has leaf, slotPath and proof');
  return { leaf, slotPath, proof };
}

/** (Gateway side) The cover proof of a slot in a round. */
export function coverProofOf(round: CoverRound, slot: number, proof: string): CoverProof {
  return {
    leaf: encodeBase64Url(round.slotLeaf(slot)),
    slotPath: round.slotPath(slot).map(encodeBase64Url),
    proof,
  };
}

/** Brings a note to its fixed length by a signature line of no known key. */
function padNote(note: string): string {
  const missing = noteBytes - Buffer.byteLength(note, 'utf8');
  // Em dash (3 bytes), two spaces, newline, a name of 7 to 10, at least 8 characters of base64.
  const stops = (((missing - 13) % 4) + 4) % 4;
  const characters = missing - 13 - stops;
  if (characters < 8) throw new TypeError('a checkpoint in a slot has at most 957 bytes');
  const bytes = Buffer.alloc((characters / 4) * 3);
  return `${note}${formatSignatureLine({
    name: `padding${'.'.repeat(stops)}`,
    keyId: bytes.subarray(0, 4),
    signature: bytes.subarray(4),
  })}`;
}

function slotNumber(slot: number): Buffer {
  if (!Number.isInteger(slot) || slot < 0 || slot >= slotCount) {
    throw new TypeError('a round has 64 slots');
  }
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(slot);
  return bytes;
}

function hashAt(row: readonly Buffer[], at: number): Buffer {
  const hash = row[at];
  if (hash === undefined) throw new TypeError('a round has 64 slots');
  return hash;
}

function invalid(detail: string): GatewayError {
  return new GatewayError('ERR_PROOF_INVALID', { detail: `cover: ${detail}` });
}
