import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { GatewayError } from '../core/errors.js';
import { element } from '../platform/der/write-der.js';
import {
  buildAuthority,
  buildCertificate,
  buildCrl,
  testNow,
} from '../../test/support/certificate-builder.js';
import {
  checkClientCertificate,
  createTokenVerifier,
  parseBearer,
  parseCrl,
  parseTrustAnchor,
  readSigningRequest,
} from './index.js';
import { edKey } from '../../test/support/certificate-builder.js';
import { createPublicKey } from 'node:crypto';

const anchor = parseTrustAnchor('host', buildAuthority());
const certificate = buildCertificate();
const crl = buildCrl();

/** True when nothing but a GatewayError left. */
function endsWell(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (error instanceof GatewayError) return true;
    throw error;
  }
}

/** Well-formed DER of any shape, three levels deep. */
const der = fc.letrec<{ node: Buffer }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    fc
      .tuple(
        fc.constantFrom(0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x17, 0x18, 0x80, 0x81),
        fc.uint8Array({ maxLength: 12 }),
      )
      .map(([tag, content]) => element(tag, content)),
    fc
      .tuple(fc.constantFrom(0x30, 0x31, 0xa0, 0xa3), fc.array(tie('node'), { maxLength: 6 }))
      .map(([tag, items]) => element(tag, ...items)),
  ),
})).node;

/** A true one with a stretch replaced. */
const spliced = (original: Buffer) =>
  fc
    .tuple(fc.nat(original.length - 1), fc.nat(40), fc.uint8Array({ maxLength: 40 }))
    .map(([at, cut, insert]) =>
      Buffer.concat([original.subarray(0, at), insert, original.subarray(at + cut)]),
    );
const bytes = fc.uint8Array({ maxLength: 200 }).map((octets) => Buffer.from(octets));

describe('whatever comes from outside, nothing but a GatewayError is thrown', () => {
  test('by the certificate check', () => {
    fc.assert(
      fc.property(fc.oneof(bytes, der, spliced(certificate)), (input) =>
        endsWell(() => checkClientCertificate(input, [anchor], testNow)),
      ),
      { numRuns: 3_000 },
    );
  });

  test('and no changed certificate passes', () => {
    fc.assert(
      fc.property(spliced(certificate), (input) => {
        fc.pre(!input.equals(certificate));
        expect(() => checkClientCertificate(input, [anchor], testNow)).toThrow(GatewayError);
      }),
      { numRuns: 1_000 },
    );
  });

  test('by the readers of anchors and revocation lists', () => {
    fc.assert(
      fc.property(fc.oneof(bytes, der, spliced(crl), spliced(certificate)), (input) => {
        endsWell(() => parseTrustAnchor('any', input));
        endsWell(() => parseCrl(input, anchor));
      }),
      { numRuns: 2_000 },
    );
  });

  test('by the reader of signing requests', () => {
    const pem = fc.oneof(bytes, der).map((input) => {
      const label = 'CERTIFICATE REQUEST';
      return `-----BEGIN ${label}-----\n${input.toString('base64')}\n-----END ${label}-----`;
    });
    fc.assert(
      fc.property(fc.oneof(fc.string(), pem), (input) => endsWell(() => readSigningRequest(input))),
    );
  });

  test('by the token verifier and the header reader', () => {
    const key = { ...createPublicKey(edKey('token')).export({ format: 'jwk' }), kid: 'ed' };
    const issuer = 'https://gateway.example';
    const verifier = createTokenVerifier({
      issuer,
      audience: issuer,
      keys: [key],
      now: () => testNow,
    });
    const thumbprint = Buffer.alloc(32).toString('base64url');
    const part = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constant('{"alg":"EdDSA","typ":"at+jwt","kid":"ed"}'),
    );
    const token = fc
      .array(part, { minLength: 1, maxLength: 4 })
      .map((parts) => parts.map((text) => Buffer.from(text).toString('base64url')).join('.'));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), token), (input) => {
        endsWell(() => parseBearer(`Bearer ${input}`));
        expect(() => verifier.verify(input, thumbprint)).toThrow(GatewayError);
      }),
      { numRuns: 1_000 },
    );
  });
});
