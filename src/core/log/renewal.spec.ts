import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { createClientCa, issueClientKeyPair } from '../../platform/pki/index.js';
import {
  checkRenewal,
  decodeRenewal,
  encodeRenewal,
  isSameRenewal,
  renewalDigest,
  signRenewal,
  type Renewal,
  type RenewalStatement,
} from './renewal.js';

const now = new Date('2026-03-01T09:30:00Z');
const ca = createClientCa({ organization: 'Host', commonName: 'Staff CA' }, now);
const pair = (commonName: string) =>
  issueClientKeyPair(ca, { organization: 'Host', commonName }, now);
const [one, other] = [pair('A-1'), pair('A-2')];
const statement: RenewalStatement = {
  v: 1,
  requestedAt: now.toISOString(),
  earlier: {
    origin: 'log.test',
    verifierKeys: ['log.test/cover+00000000+AA=='],
    witnessKeys: [],
    cosigned: null,
    signed: 'log.test/cover\n3\nAA==\n\n— log.test/cover AA==\n',
  },
  next: { origin: 'log.test.2', verifierKey: 'log.test.2/cover+00000000+AA==' },
  trees: [{ tree: 'cover', signed: 3, kept: 2 }],
  isWhole: false,
  administrators: [],
};
const asked = signRenewal({ statement, operators: [] }, one.certificate, one.privateKey);
const agreed = signRenewal(asked, other.certificate, other.privateKey);

describe('a new log asked for by two', () => {
  test('is read as it was written, and both signatures verify', () => {
    const read = decodeRenewal(encodeRenewal(agreed));
    expect(read).toEqual(agreed);
    expect(() => checkRenewal(read)).not.toThrow();
  });

  test.each<readonly [string, Renewal, RegExp]>([
    ['nobody', { statement, operators: [] }, /ERR_ACT_NOT_PENDING/],
    ['one', asked, /ERR_ACT_NOT_PENDING/],
    ['one twice', signRenewal(asked, one.certificate, one.privateKey), /ERR_APPROVER_IS_REQUESTER/],
    ['the other way round', { statement, operators: [...agreed.operators].reverse() }, /ERR_PROOF/],
    [
      'the second without the first',
      { statement, operators: [agreed.operators[1] ?? never(), agreed.operators[1] ?? never()] },
      /ERR_PROOF/,
    ],
    [
      'two, of something else',
      { ...agreed, statement: { ...statement, isWhole: true } },
      /ERR_PROOF/,
    ],
  ])('signed by %s is refused', (_, renewal, expected) => {
    expect(() => checkRenewal(renewal)).toThrow(expected);
  });

  test('has a digest of what is asked for and by whom, the same once two have signed', () => {
    const digest = renewalDigest(asked);
    expect(digest).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(renewalDigest(agreed)).toBe(digest);
    const later = { ...statement, requestedAt: '2026-03-01T09:31:00.000Z' };
    expect(renewalDigest({ ...asked, statement: later })).not.toBe(digest);
    const byOther = signRenewal({ statement, operators: [] }, other.certificate, other.privateKey);
    expect(renewalDigest(byOther)).not.toBe(digest);
    expect(() => renewalDigest({ statement, operators: [] })).toThrow(TypeError);
  });

  test('nobody signs by the certificate of another, and no third one does', () => {
    expect(() => signRenewal(asked, other.certificate, one.privateKey)).toThrow(
      /ERR_INPUT_INVALID/,
    );
    const { privateKey } = generateKeyPairSync('ed25519');
    expect(() => signRenewal(asked, other.certificate, privateKey)).toThrow(/ERR_INPUT_INVALID/);
    expect(() => signRenewal(agreed, one.certificate, one.privateKey)).toThrow(/ERR_INPUT_INVALID/);
  });

  test('a byte of the file changed anywhere is noticed', () => {
    const bytes = Buffer.from(encodeRenewal(agreed));
    for (let at = 0; at < bytes.length; at += 3) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8((bytes[at] ?? 0) ^ 1, at);
      expect(() => checkRenewal(decodeRenewal(changed.toString('utf8')))).toThrow(/ERR_/);
    }
  });

  test('says the same whenever it is asked for, and another thing of other trees', () => {
    const later = { ...statement, requestedAt: new Date(0).toISOString() };
    expect(isSameRenewal(statement, later)).toBe(true);
    const trees = [{ tree: 'cover', signed: 3, kept: 3 }];
    expect(isSameRenewal(statement, { ...statement, trees })).toBe(false);
  });
});

function never(): never {
  throw new TypeError('two have signed');
}
