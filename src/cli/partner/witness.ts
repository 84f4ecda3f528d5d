import type { KeyObject } from 'node:crypto';
import { decodeBase64Url } from '../../core/bytes.js';
import { GatewayError } from '../../core/errors.js';
import { openCheckpoint, type Checkpoint } from '../../core/log/checkpoint.js';
import { climbSlotPath, openSlotLeaf } from '../../core/log/cover.js';
import { cosignCheckpoint } from '../../core/log/cosignature.js';
import type { VerifierKeys } from '../../core/log/note.js';
import {
  checkConsistency,
  checkInclusion,
  proveConsistency,
  proveInclusion,
} from '../../core/log/proof.js';
import { formatTilePath, tileReader } from '../../core/log/tile.js';
import {
  appendLeaf,
  frontierPositions,
  hashLeaf,
  rootOf,
  type Frontier,
  type HashReader,
} from '../../core/log/tree.js';
import type { PartnerClient } from './partner-client.js';
import type { WitnessState } from './witness-state.js';

/** The part of a partner's connection that is used: its certificate, and no token. */
export type LogClient = Pick<PartnerClient, 'get' | 'post' | 'close'>;

/** What a witness watches with. */
export interface WitnessKeys {
  readonly tree: VerifierKeys;
  readonly cover: VerifierKeys;
  readonly slot: number;
  readonly signer: { readonly name: string; readonly privateKey: KeyObject };
}

/** The gateway told two things that cannot both be so. */
export class GatewayCaught extends Error {
  constructor(
    /** In words, for people. */
    readonly what: string,
    readonly evidence: Readonly<Record<string, unknown>>,
  ) {
    super(what);
  }
}

/** What one look at the gateway found: to be remembered first, then signed. */
export interface Looked {
  readonly state: WitnessState;
  /** Rounds whose own slot was checked. */
  readonly rounds: number;
}

/**
 * (Partner side) One look at the cover tree, from what was remembered to what is served now.
 *
 * Own slot of every round since: its leaf is of this round and slot, holds a checkpoint of the own
 * tree, which never shrinks and only grows by what follows on (its hash tiles prove it). The round
 * this leaf leads to is appended to the remembered edge of the cover tree; when all are, the root has
 * to be the one signed. That proves at once that nothing remembered was rewritten, and that the slot
 * everybody cosigns is the one shown to us.
 *
 * The first look takes the tree as it is (trust on first use) and begins with its last round.
 *
 * @throws {GatewayCaught} when the gateway contradicts itself; {@link GatewayError} ERR_BUSY when it
 *   cannot be reached or does not answer
 */
export async function look(
  client: LogClient,
  keys: WitnessKeys,
  before: WitnessState | undefined,
): Promise<Looked> {
  const note = await text(client, '/log/cover/checkpoint');
  const now = opened(note, keys.cover, 'cover tree');
  if (before === undefined) return firstLook(client, keys, note, now);

  const last = openCheckpoint(before.checkpoint, keys.cover);
  const both = { remembered: before.checkpoint, served: note };
  if (now.size < last.size) {
    throw new GatewayCaught(
      `the cover tree has ${now.size} rounds, and had ${last.size}: it was put back`,
      both,
    );
  }
  if (now.size === last.size) {
    if (!now.root.equals(last.root)) {
      throw new GatewayCaught(`two roots of the cover tree at size ${now.size}`, both);
    }
    // The same tree, by the keys of now.
    return { state: { ...before, checkpoint: note }, rounds: 0 };
  }
  let frontier: Frontier = {
    size: before.size,
    hashes: before.frontier.map((hash) => Buffer.from(hash, 'base64')),
  };
  let ownTree = before.ownTree;
  for (let round = last.size; round < now.size; round += 1) {
    const slot = await readSlot(client, keys, round, note);
    ownTree = await checkOwnTree(client, keys, ownTree, slot.note, slot.evidence);
    frontier = appendLeaf(frontier, hashLeaf(slot.root)).frontier;
  }
  if (!rootOf(frontier).equals(now.root)) {
    await explainFork(client, last, now, both);
  }
  return { state: stateOf(note, frontier, ownTree), rounds: now.size - last.size };
}

/** Cosigns what was remembered and brings it to the gateway. */
export async function bringCosignature(
  client: LogClient,
  keys: WitnessKeys,
  { checkpoint }: WitnessState,
  now: Date,
): Promise<void> {
  const line = cosignCheckpoint(checkpoint, keys.signer, Math.floor(now.getTime() / 1000));
  const answer = await client.post('/log/cover/cosignatures', 'text/plain', checkpoint + line);
  if (answer.status === 200) return;
  if (answer.status === 409) {
    throw new GatewayCaught('the gateway does not know a checkpoint it has signed', {
      cosigned: checkpoint + line,
      answered: answer.text,
    });
  }
  throw new GatewayError('ERR_BUSY', {
    detail:
      answer.status === 403
        ? 'the gateway does not know this witness key; have the host register it (witness-key)'
        : `the gateway took no cosignature (HTTP ${answer.status})`,
  });
}

/**
 * Brings what was remembered, not cosigned again, to the gateway it was raised against: where it is
 * not of the gateway's tree the gateway stops (docs/operations.md, "The log is another than what was
 * signed"). The alarm does not hang on it.
 */
export async function bringRemembered(
  client: LogClient,
  { checkpoint }: WitnessState,
): Promise<void> {
  if (checkpoint === '') return;
  try {
    await client.post('/log/cover/cosignatures', 'text/plain', checkpoint);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
  }
}

async function firstLook(
  client: LogClient,
  keys: WitnessKeys,
  note: string,
  now: Checkpoint,
): Promise<Looked> {
  if (now.size === 0) {
    throw new GatewayError('ERR_BUSY', { detail: 'the cover tree has no round yet' });
  }
  const reader = tiles(client, '/log/cover/tile/', now.size);
  const hashes = await reader.readHashes(frontierPositions(now.size));
  const frontier = { size: now.size, hashes };
  if (!rootOf(frontier).equals(now.root)) {
    throw new GatewayCaught('the tiles of the cover tree do not make its root', { served: note });
  }
  const round = now.size - 1;
  const slot = await readSlot(client, keys, round, note);
  const proof = await proveInclusion(now.size, round, reader);
  held(
    () => checkInclusion(now.size, round, hashLeaf(slot.root), proof, now.root),
    'the own slot is not in the round that was signed',
    slot.evidence,
  );
  return { state: stateOf(note, frontier, slot.note), rounds: 1 };
}

async function readSlot(client: LogClient, keys: WitnessKeys, round: number, note: string) {
  const answer = await client.get(`/log/cover/leaf/${round}`);
  const path = (answer.headers.get('slot-path') ?? '').split(', ').map(decodeBase64Url);
  if (answer.status !== 200 || !path.every((hash) => hash !== undefined)) {
    throw notServed(`the own slot of round ${round}`, answer.status);
  }
  const evidence = {
    served: note,
    round,
    leaf: answer.bytes.toString('base64'),
    slotPath: path.map((hash) => hash.toString('base64')),
  };
  const slot = held(
    () => ({
      ...openSlotLeaf(answer.bytes, keys),
      root: climbSlotPath(answer.bytes, keys.slot, path),
    }),
    `the own slot of round ${round} holds no checkpoint of the own tree`,
    evidence,
  );
  if (slot.round !== round) {
    throw new GatewayCaught(`the leaf served for round ${round} is of another`, evidence);
  }
  return { ...slot, evidence };
}

/** The own tree in the slot grew from the one before, or is the same. */
async function checkOwnTree(
  client: LogClient,
  keys: WitnessKeys,
  before: string,
  now: string,
  evidence: Readonly<Record<string, unknown>>,
): Promise<string> {
  if (now === before) return before;
  const [last, next] = [openCheckpoint(before, keys.tree), openCheckpoint(now, keys.tree)];
  const both = { ...evidence, ownTreeRemembered: before, ownTreeInSlot: now };
  if (next.size < last.size) throw new GatewayCaught('the own tree was put back', both);
  const reader = tiles(client, '/log/tile/', next.size);
  const proof = await proveConsistency(last.size, next.size, reader);
  held(
    () => checkConsistency(last.size, last.root, next.size, next.root, proof),
    'the own tree was rewritten',
    both,
  );
  return now;
}

/** Whether the cover tree was rewritten, or our slot is shown to others with something else in it. */
async function explainFork(
  client: LogClient,
  last: Checkpoint,
  now: Checkpoint,
  both: Readonly<Record<string, unknown>>,
): Promise<never> {
  const proof = await proveConsistency(
    last.size,
    now.size,
    tiles(client, '/log/cover/tile/', now.size),
  );
  held(
    () => checkConsistency(last.size, last.root, now.size, now.root, proof),
    'the cover tree was rewritten: two histories have been signed',
    both,
  );
  throw new GatewayCaught('the own slot shown is not the one in the rounds that were signed', both);
}

function stateOf(checkpoint: string, frontier: Frontier, ownTree: string): WitnessState {
  return {
    checkpoint,
    size: frontier.size,
    frontier: frontier.hashes.map((hash) => hash.toString('base64')),
    ownTree,
  };
}

function tiles(client: LogClient, prefix: string, size: number): HashReader {
  return tileReader(size, async (tile) => {
    const answer = await client.get(`${prefix}${formatTilePath(tile)}`);
    if (answer.status !== 200) throw notServed(`tile ${formatTilePath(tile)}`, answer.status);
    return answer.bytes;
  });
}

async function text(client: LogClient, path: string): Promise<string> {
  const answer = await client.get(path);
  if (answer.status !== 200) throw notServed(path, answer.status);
  return answer.text;
}

function opened(note: string, key: VerifierKeys, what: string): Checkpoint {
  return held(
    () => openCheckpoint(note, key),
    `the checkpoint of the ${what} is not signed by its key`,
    { served: note },
  );
}

function held<Result>(
  check: () => Result,
  what: string,
  evidence: Readonly<Record<string, unknown>>,
): Result {
  try {
    return check();
  } catch (error) {
    if (error instanceof GatewayError) {
      throw new GatewayCaught(`${what} (${error.detail ?? error.code})`, evidence);
    }
    throw error;
  }
}

function notServed(what: string, status: number): GatewayError {
  return new GatewayError('ERR_BUSY', { detail: `${what} is not served (HTTP ${status})` });
}
