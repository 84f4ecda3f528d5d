import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isGatewayError } from '../errors.js';
import { openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.js';
import { formatVerifierKey, openNote, parseVerifierKey } from './note.js';
import {
  checkConsistency,
  checkInclusion,
  proveConsistency,
  proveInclusion,
  proveLeaves,
} from './proof.js';
import { canonicalJson, commitQuestion, decodeRecord, encodeRecord } from './record.js';
import { decodeTlogProof, encodeTlogProof } from './tlog-proof.js';
import {
  appendLeaf,
  emptyFrontier,
  frontierPositions,
  hashLeaf,
  locateStoredHash,
  rootOf,
  type Frontier,
} from './tree.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
const shortText = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });
const word = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,20}$/);
const field = fc.stringMatching(/^[a-z][A-Za-z0-9]{0,20}$/);
const record = fc
  .record({
    id: fc.uuid(),
    requestId: shortText,
    at: fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date(253_402_300_799_999) })
      .map((date) => date.toISOString()),
    grant: shortText,
    grantVersion: fc.integer({ min: 1 }),
    purpose: word,
    question: hash,
    fields: fc
      .uniqueArray(fc.tuple(field, word), { selector: ([name]) => name, maxLength: 10 })
      .map((fields) => fields.sort(([a], [b]) => (a < b ? -1 : 1))),
    reference: shortText,
    nonce: hash,
    sealed: hash,
  })
  .map((members) => ({ ...members, outcome: 'MATCH' }));

test('a record decoded is the record encoded', () => {
  fc.assert(
    fc.property(record, (given) => {
      expect(decodeRecord(encodeRecord(given))).toEqual(given);
    }),
  );
});

test('the order of members changes neither canonical JSON nor a commitment', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue()),
      hash,
      (json, salt) => {
        const reversed = Object.fromEntries(Object.entries(json).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(json));
        expect(commitQuestion(salt, reversed)).toEqual(commitQuestion(salt, json));
      },
    ),
  );
});

test('a proof decoded is the proof encoded', () => {
  fc.assert(
    fc.property(fc.nat(), fc.array(hash, { maxLength: 48 }), hash, (index, hashes, root) => {
      const checkpoint = signCheckpoint({ origin: 'example.org/t', size: 1, root }, privateKey);
      const proof = { index, hashes, checkpoint };
      expect(decodeTlogProof(encodeTlogProof(proof))).toEqual(proof);
    }),
    { numRuns: 30 },
  );
});

test('a checkpoint opened is the checkpoint signed', () => {
  const origin = fc.stringMatching(/^[a-z0-9./-]{1,40}$/);
  fc.assert(
    fc.property(origin, fc.nat({ max: 2 ** 31 - 1 }), hash, (name, size, root) => {
      const key = parseVerifierKey(formatVerifierKey(name, publicKey));
      const checkpoint = { origin: name, size, root };
      expect(openCheckpoint(signCheckpoint(checkpoint, privateKey), key)).toEqual(checkpoint);
    }),
    { numRuns: 30 },
  );
});

test('a tree grown in any two steps is consistent, and every leaf is in it', async () => {
  const sizes = fc.tuple(fc.nat({ max: 700 }), fc.nat({ max: 700 }), fc.nat({ max: 10_000 }));
  await fc.assert(
    fc.asyncProperty(sizes, async ([first, more, pick]) => {
      const stored: Buffer[] = [];
      let frontier: Frontier = emptyFrontier;
      let firstRoot = rootOf(frontier);
      for (let leaf = 0; leaf < first + more; leaf += 1) {
        const step = appendLeaf(frontier, hashLeaf(Buffer.from(`${leaf}`)));
        stored.push(...step.stored);
        frontier = step.frontier;
        if (frontier.size === first) firstRoot = rootOf(frontier);
      }
      const reader = {
        readHashes: async (positions: readonly number[]) =>
          positions.map((at) => stored[at] ?? Buffer.alloc(0)),
      };
      const root = rootOf(frontier);
      const grown = await proveConsistency(first, frontier.size, reader);
      checkConsistency(first, firstRoot, frontier.size, root, grown);
      if (frontier.size === 0) return;
      const index = pick % frontier.size;
      const proof = await proveInclusion(frontier.size, index, reader);
      checkInclusion(frontier.size, index, hashLeaf(Buffer.from(`${index}`)), proof, root);

      // The leaves after `first` are proven together, from what they stored and what was the edge.
      if (frontier.size === first) return;
      const edge = new Set(frontierPositions(first));
      const proofs = proveLeaves(frontier.size, { lo: first, hi: frontier.size }, (position) => {
        const isKnown = edge.has(position) || locateStoredHash(position).leaf >= first;
        return isKnown ? (stored[position] ?? Buffer.alloc(0)) : Buffer.alloc(0);
      });
      for (const [at, together] of proofs.entries()) {
        expect(together).toEqual(await proveInclusion(frontier.size, first + at, reader));
      }
      expect(proofs.length).toBe(frontier.size - first);
    }),
    { numRuns: 40 },
  );
});

test('parsers throw nothing but GatewayError', () => {
  const key = parseVerifierKey(formatVerifierKey('example.org/t', publicKey));
  const parsers: ((text: string) => unknown)[] = [
    parseVerifierKey,
    parseCheckpoint,
    decodeTlogProof,
    (text) => openNote(text, [key]),
    (text) => decodeRecord(Buffer.from(text)),
    (text) => decodeRecord(Buffer.from(JSON.stringify({ v: 1, id: text, fields: text }))),
  ];
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      for (const parse of parsers) {
        try {
          parse(text);
        } catch (error) {
          expect(isGatewayError(error)).toBe(true);
        }
      }
    }),
  );
});
