import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { formatCheckpoint, openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.js';
import { formatVerifierKey, openNote, parseVerifierKey, signNote } from './note.js';

/** Key and note of golang.org/x/mod/sumdb/note, note_test.go. */
const go = {
  vkey: 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW',
  skey: 'AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz',
  text: "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n",
  signature:
    '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n',
};
const goNote = `${go.text}\n${go.signature}`;
const goKey = parseVerifierKey(go.vkey);

/** RFC 8410 §7: PKCS#8 of an Ed25519 seed. */
const goPrivateKey = createPrivateKey({
  key: Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    Buffer.from(go.skey, 'base64').subarray(1),
  ]),
  format: 'der',
  type: 'pkcs8',
});

const other = generateKeyPairSync('ed25519');
const otherKey = parseVerifierKey(formatVerifierKey('example.org/other', other.publicKey));

describe('signed notes', () => {
  test('the published key signs the published note', () => {
    expect(formatVerifierKey('PeterNeumann', goPrivateKey)).toBe(go.vkey);
    expect(signNote(go.text, { name: 'PeterNeumann', privateKey: goPrivateKey })).toBe(goNote);
    expect(openNote(goNote, [goKey])).toEqual({ text: go.text, signers: [goKey] });
  });

  test('every other spelling of a verifier key is refused', () => {
    for (let from = 0; from < go.vkey.length; from += 1) {
      const cut = go.vkey.slice(0, from) + go.vkey.slice(from + 1);
      expect(() => parseVerifierKey(cut)).toThrow(/ERR_NOTE_MALFORMED/);
    }
    expect(() =>
      parseVerifierKey('PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'),
    ).toThrow(/ERR_NOTE_MALFORMED/);
    expect(() => parseVerifierKey(`${go.vkey}\n`)).toThrow(/ERR_NOTE_MALFORMED/);
  });

  test('a signature of an unknown key is ignored, of a known key never', () => {
    const note = signNote(
      go.text,
      { name: 'example.org/other', privateKey: other.privateKey },
      { name: 'PeterNeumann', privateKey: goPrivateKey },
    );
    expect(openNote(note, [goKey]).signers).toEqual([goKey]);
    expect(openNote(note, [otherKey, goKey]).signers).toEqual([otherKey, goKey]);
    const broken = note.replace(go.signature.slice(-20), `${'A'.repeat(18)}=\n`);
    expect(openNote(broken, [otherKey]).signers).toEqual([otherKey]);
    expect(() => openNote(broken, [otherKey, goKey])).toThrow(/ERR_PROOF_INVALID/);
  });

  test('a second, failing line of a known key refuses the note', () => {
    const failing = go.signature.replace('x08go/ZJ', 'x08go/ZK');
    expect(() => openNote(goNote + failing, [goKey])).toThrow(/ERR_PROOF_INVALID/);
  });

  test('a note nobody known has signed is refused', () => {
    expect(() => openNote(goNote, [])).toThrow(/ERR_PROOF_INVALID/);
    expect(() => openNote(goNote, [otherKey])).toThrow(/ERR_PROOF_INVALID/);
  });

  test.each([
    ['no signature', `${go.text}\n`],
    ['no empty line', go.text + go.signature],
    ['no final newline', goNote.slice(0, -1)],
    ['a carriage return', goNote.replace('\n', '\r\n')],
    ['a control character', goNote.replace('think', 'thi\u0001k')],
    ['half a surrogate pair', goNote.replace('think', 'thi\ud800k')],
    ['a hyphen for the dash', goNote.replace('—', '-')],
    ['two spaces', goNote.replace('— ', '—  ')],
    ['base64 without its padding', goNote.replace('=\n', '\n')],
    ['base64 with loose bits', goNote.replace('nAM=', 'nAN=')],
    ['too short a signature', `${go.text}\n— PeterNeumann x08gow==\n`],
    ['too many signatures', `${go.text}\n${go.signature.repeat(129)}`],
    ['too many bytes', `${'x'.repeat(300_000)}\n\n${go.signature}`],
  ])('a note with %s is malformed', (_, note) => {
    expect(() => openNote(note, [goKey])).toThrow(/ERR_NOTE_MALFORMED/);
  });

  test('every bit flip of a note fails', () => {
    const bytes = Buffer.from(goNote);
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => openNote(flipped.toString('utf8'), [goKey])).toThrow(/ERR_/);
    }
  });
});

describe('checkpoints', () => {
  const checkpoint = { origin: 'example.org/other', size: 7, root: Buffer.alloc(32, 9) };
  const note = signCheckpoint(checkpoint, other.privateKey);

  test('opened is what was signed', () => {
    expect(openCheckpoint(note, otherKey)).toEqual(checkpoint);
  });

  test('the published example reads as its specification says', () => {
    const text =
      'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
    const parsed = parseCheckpoint(text);
    expect(parsed.size).toBe(20_852_163);
    expect(formatCheckpoint(parsed)).toBe(text);
  });

  test('of another tree under the same key is refused', () => {
    const signedElsewhere = signNote(
      formatCheckpoint({ ...checkpoint, origin: 'example.org/elsewhere' }),
      { name: 'example.org/other', privateKey: other.privateKey },
    );
    expect(() => openCheckpoint(signedElsewhere, otherKey)).toThrow(/ERR_PROOF_INVALID/);
  });

  test.each([
    ['a leading zero', 'o\n07\n' + Buffer.alloc(32).toString('base64') + '\n'],
    ['a sign', 'o\n+7\n' + Buffer.alloc(32).toString('base64') + '\n'],
    ['a size past 2^48', 'o\n999999999999999\n' + Buffer.alloc(32).toString('base64') + '\n'],
    ['a short root', 'o\n7\n' + Buffer.alloc(31).toString('base64') + '\n'],
    ['an empty origin', '\n7\n' + Buffer.alloc(32).toString('base64') + '\n'],
    ['an empty extension', 'o\n7\n' + Buffer.alloc(32).toString('base64') + '\n\n'],
    ['no root', 'o\n7\n'],
    ['no final newline', 'o\n7\n' + Buffer.alloc(32).toString('base64')],
  ])('with %s are malformed', (_, text) => {
    expect(() => parseCheckpoint(text)).toThrow(/ERR_NOTE_MALFORMED/);
  });
});
