import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { signCheckpoint } from './checkpoint.js';
import { formatVerifierKey, parseVerifierKey } from './note.js';
import { proveInclusion } from './proof.js';
import { checkReceipt, type AnswerToCheck, type Receipt } from './receipt.js';
import { commitQuestion, decodeRecord, encodeRecord, type AccessRecord } from './record.js';
import { decodeTlogProof, encodeTlogProof } from './tlog-proof.js';
import { appendLeaf, emptyFrontier, hashLeaf, rootOf } from './tree.js';

const origin = 'log.example.org/partner/5v2mq7';
const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const key = parseVerifierKey(formatVerifierKey(origin, publicKey));
const salt = Buffer.from(Array.from({ length: 32 }, (_, at) => at));
const person = { names: [{ full: 'Test Person' }], dateOfBirth: '1984' };

const record: AccessRecord = {
  id: '6f1f0a52-9a54-4d0e-8f4e-3d1d6d0c7b21',
  requestId: 'r-1',
  at: '2026-03-01T09:30:00.000Z',
  grant: '0b7c3c2e-5d0f-4a57-9f25-0e0d5f6f1c11',
  grantVersion: 3,
  purpose: 'BORDER_VERIFICATION',
  question: commitQuestion(salt, person),
  outcome: 'MATCH',
  fields: [
    ['dateOfBirth', 'GENERALISED'],
    ['visaStatus', 'FULL'],
  ],
  reference: 'p-7Q2M',
  nonce: salt,
  sealed: Buffer.alloc(32, 7),
};

const answer: AnswerToCheck = {
  id: record.id,
  requestId: 'r-1',
  grant: '0b7c3c2e-5d0f-4a57-9f25-0e0d5f6f1c11',
  purpose: 'BORDER_VERIFICATION',
  person: { dateOfBirth: '1984', names: [{ full: 'Test Person' }] },
  outcome: 'MATCH',
  fields: [
    ['visaStatus', 'FULL'],
    ['dateOfBirth', 'GENERALISED'],
  ],
  reference: 'p-7Q2M',
};

async function receiptOf(leaf: Buffer): Promise<Receipt> {
  const stored: Buffer[] = [];
  let frontier = emptyFrontier;
  for (const bytes of [Buffer.from('a'), Buffer.from('b'), leaf, Buffer.from('c')]) {
    const step = appendLeaf(frontier, hashLeaf(bytes));
    stored.push(...step.stored);
    frontier = step.frontier;
  }
  const hashes = await proveInclusion(4, 2, {
    readHashes: async (positions) => positions.map((at) => stored[at] ?? Buffer.alloc(0)),
  });
  const checkpoint = signCheckpoint({ origin, size: 4, root: rootOf(frontier) }, privateKey);
  return {
    record: leaf.toString('base64url'),
    salt: salt.toString('base64url'),
    proof: encodeTlogProof({ index: 2, hashes, checkpoint }),
  };
}

describe('the format of a record', () => {
  test('is the canonical JSON of its example', () => {
    expect(encodeRecord(record).toString()).toBe(
      '{"at":"2026-03-01T09:30:00.000Z","fields":[["dateOfBirth","GENERALISED"],["visaStatus","FULL"]],' +
        '"grant":"0b7c3c2e-5d0f-4a57-9f25-0e0d5f6f1c11","grantVersion":3,' +
        '"id":"6f1f0a52-9a54-4d0e-8f4e-3d1d6d0c7b21",' +
        '"nonce":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","outcome":"MATCH",' +
        '"purpose":"BORDER_VERIFICATION","question":"qpfDS8ZvkiEeZ8zkBMszVS8UgW0C3RhC1bxiXWwiKp8","reference":"p-7Q2M",' +
        '"requestId":"r-1","sealed":"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc","v":1}',
    );
  });

  test('commits to the question as its example says', () => {
    expect(commitQuestion(salt, person).toString('base64url')).toBe(
      'qpfDS8ZvkiEeZ8zkBMszVS8UgW0C3RhC1bxiXWwiKp8',
    );
  });

  test.each<[string, Partial<AccessRecord>]>([
    ['an id that is not a UUID', { id: 'one' }],
    ['a local time', { at: '2026-03-01T09:30:00.000+01:00' }],
    ['a day that does not exist', { at: '2026-02-30T09:30:00.000Z' }],
    ['a leap day of another year', { at: '2025-02-29T09:30:00.000Z' }],
    ['a month that does not exist', { at: '2026-13-01T09:30:00.000Z' }],
    ['the hour after the last', { at: '2026-03-01T24:00:00.000Z' }],
    ['a leap second', { at: '2026-03-31T23:59:60.000Z' }],
    ['fields out of order', { fields: [...record.fields].reverse() }],
    ['a field twice', { fields: [record.fields[0] ?? ['x', 'FULL'], ...record.fields] }],
    ['fields without a match', { outcome: 'NOT_CONFIRMED', reference: null }],
    ['a reference without a match', { outcome: 'NOT_CONFIRMED', fields: [] }],
    ['an answer without a question', { question: null }],
    ['an answer without a grant', { grant: null }],
    ['a short nonce', { nonce: Buffer.alloc(31) }],
    ['a short commitment', { sealed: Buffer.alloc(0) }],
    ['a version below one', { grantVersion: 0 }],
    ['half a surrogate pair', { requestId: '\ud800' }],
  ])('refuses %s', (_, change) => {
    expect(() => encodeRecord({ ...record, ...change })).toThrow(/ERR_RECORD_MALFORMED/);
  });

  test('carries a refusal under its code, with nothing disclosed', () => {
    const refusal: AccessRecord = {
      ...record,
      outcome: 'ERR_GRANT_NOT_USABLE',
      grant: null,
      grantVersion: null,
      purpose: null,
      question: null,
      requestId: null,
      fields: [],
      reference: null,
    };
    expect(decodeRecord(encodeRecord(refusal))).toEqual(refusal);
    expect(() => encodeRecord({ ...refusal, fields: record.fields })).toThrow(
      /ERR_RECORD_MALFORMED/,
    );
  });

  test.each([
    ['white space', (json: string) => json.replace(',', ', ')],
    ['members out of order', (json: string) => `{"v":1,${json.slice(1, -7)}}`],
    ['a member twice', (json: string) => json.replace('"v":1', '"v":1,"v":1')],
    ['a further member', (json: string) => json.replace('"v":1', '"v":1,"w":1')],
    ['another version', (json: string) => json.replace('"v":1', '"v":2')],
    ['a missing member', (json: string) => json.replace('"grantVersion":3,', '')],
    ['another type', (json: string) => json.replace('"grantVersion":3', '"grantVersion":"3"')],
    ['a number spelled otherwise', (json: string) => json.replace(':3,', ':3.0,')],
    ['padded base64url', (json: string) => json.replace('Hh8"', 'Hh8="')],
    ['a triple for a pair', (json: string) => json.replace('"FULL"]', '"FULL","X"]')],
    ['a byte order mark', (json: string) => `\ufeff${json}`],
    ['nothing', () => ''],
  ])('has one spelling: %s is refused', (_, change) => {
    const bytes = Buffer.from(change(encodeRecord(record).toString()));
    expect(() => decodeRecord(bytes)).toThrow(/ERR_RECORD_MALFORMED/);
  });

  test('refuses bytes that are not UTF-8, and more than 65 535 of them', () => {
    expect(() => decodeRecord(Buffer.from([0xff]))).toThrow(/ERR_RECORD_MALFORMED/);
    expect(() => decodeRecord(Buffer.alloc(65_536, 0x20))).toThrow(/ERR_RECORD_TOO_LARGE/);
  });
});

describe('a receipt', () => {
  let receipt: Receipt;
  beforeAll(async () => {
    receipt = await receiptOf(encodeRecord(record));
  });

  test('that is of this answer checks', () => {
    const checked = checkReceipt(receipt, answer, key);
    expect(checked.record).toEqual(record);
    expect(checked.index).toBe(2);
    expect(checked.checkpoint.size).toBe(4);
  });

  test.each<[string, Partial<AnswerToCheck>]>([
    ['id', { id: 'c5a9e7a3-0f52-4b8e-9a35-6d1f2b3c4d5e' }],
    ['request', { requestId: 'r-2' }],
    ['grant', { grant: 'another' }],
    ['purpose', { purpose: 'ONWARD_TRAVEL' }],
    ['outcome', { outcome: 'NOT_CONFIRMED' }],
    ['reference', { reference: 'p-other' }],
    [
      'level',
      {
        fields: [
          ['dateOfBirth', 'FULL'],
          ['visaStatus', 'FULL'],
        ],
      },
    ],
    ['number of fields', { fields: [['dateOfBirth', 'GENERALISED']] }],
    ['question', { person: { ...person, dateOfBirth: '1985' } }],
  ])('of an answer with another %s is refused', (_, change) => {
    expect(() => checkReceipt(receipt, { ...answer, ...change }, key)).toThrow(/ERR_PROOF_INVALID/);
  });

  test('with any bit of it flipped is refused', () => {
    const leaf = Buffer.from(receipt.record, 'base64url');
    const each = (bytes: Buffer, use: (flipped: Buffer) => Receipt) => {
      for (let bit = 0; bit < bytes.length * 8; bit += 1) {
        const flipped = Buffer.from(bytes);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const changed = use(flipped);
        expect(() => checkReceipt(changed, answer, key)).toThrow(/ERR_/);
      }
    };
    each(leaf, (flipped) => ({ ...receipt, record: flipped.toString('base64url') }));
    each(Buffer.from(receipt.record), (flipped) => ({ ...receipt, record: flipped.toString() }));
    each(salt, (flipped) => ({ ...receipt, salt: flipped.toString('base64url') }));
    each(Buffer.from(receipt.proof), (flipped) => ({ ...receipt, proof: flipped.toString() }));
  });

  test('of a record that is not in the tree is refused', async () => {
    const elsewhere = await receiptOf(encodeRecord({ ...record, requestId: 'r-2' }));
    expect(() => checkReceipt({ ...receipt, record: elsewhere.record }, answer, key)).toThrow(
      /ERR_PROOF_INVALID/,
    );
  });

  test('reads a proof with extra data, and never a proof of another shape', () => {
    const { proof } = receipt;
    expect(decodeTlogProof(proof.replace('\nindex', '\nextra AAAA\nindex'))).toEqual(
      decodeTlogProof(proof),
    );
    for (const broken of [
      proof.slice(0, -1),
      proof.replace('@v1', '@v2'),
      proof.replace('index 2', 'index 02'),
      proof.replace('index 2', 'index -2'),
      proof.replace('index 2\n', ''),
      proof.replace('\nindex', '\nextra *\nindex'),
      proof.replace('index 2\n', 'index 2\nAAAA\n'),
      proof.replace(
        'index 2\n',
        `index 2\n${`${Buffer.alloc(32).toString('base64')}\n`.repeat(65)}`,
      ),
    ]) {
      expect(() => decodeTlogProof(broken)).toThrow(/ERR_NOTE_MALFORMED/);
    }
  });
});
