import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { signCheckpoint } from './checkpoint.js';
import {
  checkQuorum,
  cosignCheckpoint,
  formatWitnessKey,
  parseWitnessKey,
  readCosignatures,
} from './cosignature.js';
import { emptyRoot } from './tree.js';
import { formatVerifierKey } from './note.js';

const log = generateKeyPairSync('ed25519').privateKey;
const witnesses = ['w1.example', 'w2.example', 'w3.example'].map((name) => {
  const { privateKey } = generateKeyPairSync('ed25519');
  return { name, privateKey, key: parseWitnessKey(formatWitnessKey(name, privateKey)) };
});
const keys = witnesses.map(({ key }) => key);
const checkpoint = signCheckpoint(
  { origin: 'log.example.org/cover', size: 9, root: emptyRoot },
  log,
);
const time = 1_679_315_147;

function cosigned(...who: readonly number[]): string {
  const lines = who.map((at) => {
    const witness = witnesses[at];
    if (witness === undefined) throw new TypeError('no such witness');
    return cosignCheckpoint(checkpoint, witness, time);
  });
  return checkpoint + lines.join('');
}

describe('cosignatures (c2sp.org/tlog-cosignature)', () => {
  test('are what the specification says, byte for byte', () => {
    const [witness] = witnesses;
    if (witness === undefined) throw new TypeError('no witness');
    const { x = '' } = createPublicKey(witness.privateKey).export({ format: 'jwk' });
    const raw = Buffer.from(x, 'base64url');
    const keyId = createHash('sha256')
      .update(Buffer.concat([Buffer.from('w1.example\n'), Buffer.of(4), raw]))
      .digest()
      .subarray(0, 4);
    const text = checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1);
    const message = `cosignature/v1\ntime 1679315147\n${text}`;
    const stamp = Buffer.from('00000000641850cb', 'hex');
    const signature = sign(null, Buffer.from(message), witness.privateKey);
    expect(cosignCheckpoint(checkpoint, witness, time)).toBe(
      `— w1.example ${Buffer.concat([keyId, stamp, signature]).toString('base64')}\n`,
    );
  });

  test('are read, one for each witness, with their time', () => {
    const found = readCosignatures(cosigned(0, 2), keys);
    expect(found.map(({ witness, timeSeconds }) => [witness.name, timeSeconds])).toEqual([
      ['w1.example', time],
      ['w3.example', time],
    ]);
  });

  test('of one key under two names count once', () => {
    const [first] = witnesses;
    if (first === undefined) throw new TypeError('no witness');
    const again = { name: 'other.example', privateKey: first.privateKey };
    const known = parseWitnessKey(formatWitnessKey(again.name, again.privateKey));
    const note = cosigned(0) + cosignCheckpoint(checkpoint, again, time + 1);
    expect(readCosignatures(note, [...keys, known])).toHaveLength(1);
    expect(() => checkQuorum(note, [...keys, known], 2)).toThrow(/ERR_PROOF_INVALID/);
  });

  test('below the quorum refuse, at the quorum do not', () => {
    expect(checkQuorum(cosigned(0, 1), keys, 2)).toHaveLength(2);
    expect(() => checkQuorum(cosigned(0), keys, 2)).toThrow(/ERR_PROOF_INVALID/);
    expect(() => checkQuorum(cosigned(0, 1), keys.slice(1), 2)).toThrow(/ERR_PROOF_INVALID/);
  });

  test('one that fails refuses the whole note, the quorum met or not', () => {
    const good = cosigned(0, 1);
    const third = witnesses[2];
    if (third === undefined) throw new TypeError('no witness');
    const bad = cosignCheckpoint(checkpoint, third, time).replace(
      /[A-Za-z0-9+/](?=.{20}\n$)/,
      (letter) => (letter === 'A' ? 'B' : 'A'),
    );
    expect(() => checkQuorum(good + bad, keys, 2)).toThrow(/ERR_PROOF_INVALID/);
    expect(checkQuorum(good + bad, keys.slice(0, 2), 2)).toHaveLength(2);
  });

  test('are not of another checkpoint, nor under another time', () => {
    const line = cosigned(0).slice(checkpoint.length);
    const other = signCheckpoint(
      { origin: 'log.example.org/cover', size: 10, root: emptyRoot },
      log,
    );
    expect(() => readCosignatures(other + line, keys)).toThrow(/ERR_PROOF_INVALID/);
    const bytes = Buffer.from(line.split(' ')[2] ?? '', 'base64');
    bytes[11] = (bytes[11] ?? 0) ^ 1;
    const moved = `— w1.example ${bytes.toString('base64')}\n`;
    expect(() => readCosignatures(checkpoint + moved, keys)).toThrow(/ERR_PROOF_INVALID/);
  });

  test('with any bit flipped, of its line or of what it signs, count no more', () => {
    const text = checkpoint.slice(0, checkpoint.indexOf('\n\n') + 2);
    const logLine = checkpoint.slice(text.length);
    const line = cosigned(0).slice(checkpoint.length);
    let counted = 0;
    const count = (note: string) => {
      try {
        checkQuorum(note, keys, 1);
        counted += 1;
      } catch (error) {
        expect(String(error)).toMatch(/ERR_/);
      }
    };
    for (const [part, put] of [
      [text, (bent: string) => bent + logLine + line],
      [line, (bent: string) => text + logLine + bent],
    ] as const) {
      const bytes = Buffer.from(part);
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const flipped = Buffer.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        count(put(flipped.toString('utf8')));
      }
    }
    expect(counted).toBe(0);
    count(text + logLine + line);
    expect(counted).toBe(1);
  });

  test('take a witness key, and not a log key', () => {
    expect(() => parseWitnessKey(formatVerifierKey('w1.example', log))).toThrow(
      /ERR_NOTE_MALFORMED/,
    );
  });
});
