import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { signCheckpoint, type Checkpoint } from './checkpoint.js';
import {
  buildRound,
  checkCoverProof,
  climbSlotPath,
  coverProofOf,
  decodeSlotLeaf,
  slotLeafBytes,
  slotRandom,
  type CoverKeys,
  type CoverProof,
} from './cover.js';
import { cosignCheckpoint, formatWitnessKey, parseWitnessKey } from './cosignature.js';
import { formatVerifierKey, openNote, parseVerifierKey } from './note.js';
import { proveInclusion } from './proof.js';
import { encodeTlogProof } from './tlog-proof.js';
import { appendLeaf, emptyFrontier, hashLeaf, rootOf } from './tree.js';

const { privateKey } = generateKeyPairSync('ed25519');
const treeOrigin = 'log.example.org/partner/5v2mq7';
const coverOrigin = 'log.example.org/cover';
const tree = parseVerifierKey(formatVerifierKey(treeOrigin, privateKey));
const own: Checkpoint = { origin: treeOrigin, size: 42, root: randomBytes(32) };
const note = signCheckpoint(own, privateKey);
const slot = 17;

/** Three rounds, the last with our slot; one witness. */
async function covered(): Promise<{ readonly cover: CoverProof; readonly keys: CoverKeys }> {
  const witness = { name: 'w.example', privateKey: generateKeyPairSync('ed25519').privateKey };
  const rounds = [0, 1, 2].map((round) =>
    buildRound(round, randomBytes(32), new Map([[slot, note]])),
  );
  const stored: Buffer[] = [];
  let frontier = emptyFrontier;
  for (const { root } of rounds) {
    const step = appendLeaf(frontier, hashLeaf(root));
    stored.push(...step.stored);
    frontier = step.frontier;
  }
  const reader = {
    readHashes: async (positions: readonly number[]) =>
      positions.map((position) => stored[position] ?? Buffer.alloc(0)),
  };
  const head = { origin: coverOrigin, size: 3, root: rootOf(frontier) };
  const signed = signCheckpoint(head, privateKey);
  const proof = encodeTlogProof({
    index: 2,
    hashes: await proveInclusion(3, 2, reader),
    checkpoint: signed + cosignCheckpoint(signed, witness, 1_700_000_000),
  });
  const [, , last] = rounds;
  if (last === undefined) throw new TypeError('no round');
  return {
    cover: coverProofOf(last, slot, proof),
    keys: {
      tree,
      slot,
      cover: parseVerifierKey(formatVerifierKey(coverOrigin, privateKey)),
      witnesses: [parseWitnessKey(formatWitnessKey(witness.name, witness.privateKey))],
      quorum: 1,
    },
  };
}

describe('a round of the cover tree', () => {
  test('is the worked example', () => {
    const seed = Buffer.from(Array.from({ length: 32 }, (_, at) => at));
    expect(slotRandom(seed, 3).toString('hex')).toBe(
      '23debdad289e6a23568e9bd516e20c4adf3f826eb374362559e05461ea2fcb67',
    );
    expect(buildRound(7, seed, new Map()).root.toString('hex')).toBe(
      'f45832f5789eb0c79997d8149e6a8b39d0a81dcda6dd024941a8d1e5bbac2f53',
    );
  });

  test('holds in every slot a leaf of one length that its path leads from to the root', () => {
    const round = buildRound(3, randomBytes(32), new Map([[slot, note]]));
    for (let at = 0; at < 64; at += 1) {
      const leaf = round.slotLeaf(at);
      expect(leaf.length).toBe(slotLeafBytes);
      expect(climbSlotPath(leaf, at, round.slotPath(at))).toEqual(round.root);
      expect(decodeSlotLeaf(leaf)).toMatchObject({ round: 3, slot: at });
      expect(decodeSlotLeaf(leaf).note === undefined).toBe(at !== slot);
    }
  });

  test('an idle slot has another leaf in every round', () => {
    const [one, two] = [3, 3].map((round) =>
      buildRound(round, randomBytes(32), new Map([[slot, note]])),
    );
    expect(one?.slotLeaf(slot)).not.toEqual(two?.slotLeaf(slot));
    expect(one?.slotLeaf(5)).not.toEqual(two?.slotLeaf(5));
  });

  test.each([1, 10, 100, 1_000, 123_456])(
    'a checkpoint of size %i fills its slot and is still a signed note of the tree',
    (size) => {
      const signed = signCheckpoint({ ...own, size }, privateKey);
      const leaf = buildRound(1, randomBytes(32), new Map([[slot, signed]])).slotLeaf(slot);
      const padded = decodeSlotLeaf(leaf).note ?? '';
      expect(padded.startsWith(signed)).toBe(true);
      expect(padded.includes('\0')).toBe(false);
      expect(openNote(padded, [tree]).text).toBe(
        `${treeOrigin}\n${size}\n${own.root.toString('base64')}\n`,
      );
    },
  );

  test('refuses a checkpoint that does not fit', () => {
    const origin = `log.example.org/${'x'.repeat(500)}`;
    const signed = signCheckpoint({ ...own, origin }, privateKey);
    const round = () => buildRound(1, randomBytes(32), new Map([[slot, signed]]));
    expect(round).toThrow(TypeError);
  });
});

describe('a cover proof', () => {
  test('holds for the checkpoint in the slot', async () => {
    const { cover, keys } = await covered();
    const checked = checkCoverProof(cover, own, keys);
    expect(checked.round).toBe(2);
    expect(checked.cosignatures).toHaveLength(1);
  });

  test('fails for another checkpoint, slot, tree, quorum or no witness', async () => {
    const { cover, keys } = await covered();
    const refused = (checkpoint: Checkpoint, changed: CoverKeys) =>
      expect(() => checkCoverProof(cover, checkpoint, changed)).toThrow(/ERR_PROOF_INVALID/);
    refused({ ...own, size: 41 }, keys);
    refused({ ...own, root: randomBytes(32) }, keys);
    refused(own, { ...keys, slot: 16 });
    refused(own, { ...keys, tree: keys.cover });
    refused(own, { ...keys, quorum: 2 });
    refused(own, { ...keys, witnesses: [] });
  });

  test('fails with any hash of the path, any character of the proof changed', async () => {
    const { cover, keys } = await covered();
    cover.slotPath.forEach((_, at) => {
      const slotPath = cover.slotPath.map((hash, place) =>
        place === at ? randomBytes(32).toString('base64url') : hash,
      );
      expect(() => checkCoverProof({ ...cover, slotPath }, own, keys)).toThrow(/ERR_PROOF_INVALID/);
    });
    for (let at = 0; at < cover.proof.length; at += 1) {
      const letter = cover.proof[at] === 'A' ? 'B' : 'A';
      const proof = cover.proof.slice(0, at) + letter + cover.proof.slice(at + 1);
      expect(() => checkCoverProof({ ...cover, proof }, own, keys)).toThrow(/ERR_/);
    }
  });

  /** Each copy of some bytes with one bit flipped. */
  function* flips(bytes: Buffer): Generator<Buffer> {
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      yield flipped;
    }
  }

  test('fails with any bit flipped: of the leaf, of a hash of its path, of the text of either', async () => {
    const { cover, keys } = await covered();
    let passed = 0;
    const count = (changed: CoverProof) => {
      try {
        checkCoverProof(changed, own, keys);
        passed += 1;
      } catch (error) {
        expect(String(error)).toMatch(/ERR_/);
      }
    };
    for (const leaf of flips(Buffer.from(cover.leaf, 'base64url'))) {
      count({ ...cover, leaf: leaf.toString('base64url') });
    }
    for (const leaf of flips(Buffer.from(cover.leaf))) {
      count({ ...cover, leaf: leaf.toString('utf8') });
    }
    for (const [at, hash] of cover.slotPath.entries()) {
      const put = (text: string) =>
        count({ ...cover, slotPath: cover.slotPath.map((one, to) => (to === at ? text : one)) });
      for (const flipped of flips(Buffer.from(hash, 'base64url'))) {
        put(flipped.toString('base64url'));
      }
      for (const flipped of flips(Buffer.from(hash))) put(flipped.toString('utf8'));
    }
    expect(passed).toBe(0);
  });

  test('fails with any bit of the proof flipped: index, hashes, checkpoint, signature, cosignature', async () => {
    const { cover, keys } = await covered();
    const text = Buffer.from(cover.proof);
    expect(cover.proof).toContain('w.example');
    let passed = 0;
    for (const flipped of flips(text)) {
      try {
        checkCoverProof({ ...cover, proof: flipped.toString('utf8') }, own, keys);
        passed += 1;
      } catch (error) {
        expect(String(error)).toMatch(/ERR_/);
      }
    }
    expect(passed).toBe(0);
  });
});
