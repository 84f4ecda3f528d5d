import { describe, expect, test } from '@jest/globals';
import { createHmac, createPublicKey } from 'node:crypto';
import { GatewayError } from '../../core/errors.js';
import { ecKey, edKey, rsaKey } from '../../../test/support/certificate-builder.js';
import { encodeJson, signBytes, signJwt } from '../../../test/support/jwt.js';
import type { TokenCause } from './causes.js';
import { createTokenVerifier, type TokenVerifierOptions } from './verify-token.js';

const issuer = 'https://gateway.example';
const thumbprint = Buffer.alloc(32, 7).toString('base64url');
const otherThumbprint = Buffer.alloc(32, 8).toString('base64url');
const nowSeconds = 1_772_366_400;

const keys = { ed: edKey('token'), es: ecKey('token'), ps: rsaKey('token') };
const jwkOf = (name: keyof typeof keys): Record<string, unknown> => ({
  ...createPublicKey(keys[name]).export({ format: 'jwk' }),
  kid: name,
});
const jwks = [jwkOf('ed'), jwkOf('es'), jwkOf('ps')];

const verifierAt = (seconds: number, bent: Partial<TokenVerifierOptions> = {}) =>
  createTokenVerifier({
    issuer,
    audience: issuer,
    keys: jwks,
    now: () => new Date(seconds * 1000),
    maxSkewSeconds: 60,
    ...bent,
  });

const header = { alg: 'EdDSA', typ: 'at+jwt', kid: 'ed' };
const payload = {
  iss: issuer,
  aud: issuer,
  sub: 'north',
  client_id: 'north',
  jti: 'token-1',
  iat: nowSeconds - 10,
  exp: nowSeconds + 290,
  cnf: { 'x5t#S256': thumbprint },
};
type Bent = Readonly<Record<string, unknown>>;
const token = (claims: Bent = {}, head: Bent = {}): string =>
  signJwt({ ...header, ...head }, { ...payload, ...claims }, keys.ed);
/** Signed over header and payload given as text. */
const spelled = (head: string, claims: string): string => signJwt(head, claims, keys.ed);
const good = token();
const [goodHeader = '', goodPayload = '', goodSignature = ''] = good.split('.');
/** Signs parts that are already encoded. */
const signParts = (head: string, claims: string): string =>
  `${head}.${claims}.${signBytes(Buffer.from(`${head}.${claims}`), keys.ed).toString('base64url')}`;

function causeOf(run: () => unknown): string {
  try {
    run();
    return 'accepted';
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'ERR_TOKEN_REFUSED') throw error;
    return error.detail ?? 'no cause';
  }
}
const judge = (text: string, seconds = nowSeconds): string =>
  causeOf(() => verifierAt(seconds).verify(text, thumbprint));

describe('accepts a token', () => {
  test.each([
    ['EdDSA', 'ed'],
    ['Ed25519', 'ed'],
    ['ES256', 'es'],
    ['PS256', 'ps'],
  ] as const)('signed with %s', (alg, kid) => {
    expect(judge(signJwt({ ...header, alg, kid }, payload, keys[kid]))).toBe('accepted');
  });

  test('and says who obtained it', () => {
    expect(verifierAt(nowSeconds).verify(good, thumbprint)).toEqual({
      clientId: 'north',
      issuedAt: new Date((nowSeconds - 10) * 1000),
      expiresAt: new Date((nowSeconds + 290) * 1000),
      jti: 'token-1',
      kid: 'ed',
    });
  });

  test('and names the officer it was obtained for', () => {
    const verified = verifierAt(nowSeconds).verify(token({ sub: 'officer-7' }), thumbprint);
    expect([verified.clientId, verified.officer]).toEqual(['north', 'officer-7']);
  });

  test('within the skew on both sides, and not a second further', () => {
    const { iat, exp } = payload;
    expect(judge(good, iat - 60)).toBe('accepted');
    expect(judge(good, iat - 61)).toBe('not-yet-valid');
    expect(judge(good, exp + 59)).toBe('accepted');
    expect(judge(good, exp + 60)).toBe('expired');
  });

  test('with claims it does not know', () => {
    expect(judge(token({ scope: 'x', 'https://example/claim': [1] }))).toBe('accepted');
  });
});

const without = (claim: string): string => token(Object.fromEntries([[claim, undefined]]));

const hostile: [TokenCause, string, string][] = [
  // one spelling
  ['encoding', 'nothing', ''],
  ['encoding', 'one part', goodHeader],
  ['encoding', 'two parts', `${goodHeader}.${goodPayload}`],
  ['encoding', 'four parts', `${good}.${goodSignature}`],
  ['encoding', 'an empty signature', `${goodHeader}.${goodPayload}.`],
  ['encoding', 'an empty header', `.${goodPayload}.${goodSignature}`],
  ['encoding', 'an empty payload', `${goodHeader}..${goodSignature}`],
  ['encoding', 'padding on the signature', `${good}==`],
  ['encoding', 'padding on the payload', signParts(goodHeader, `${goodPayload}=`)],
  ['encoding', 'white space before', ` ${good}`],
  ['encoding', 'white space after', `${good}\n`],
  [
    'encoding',
    'white space inside the signature',
    `${goodHeader}.${goodPayload}. ${goodSignature}`,
  ],
  ['encoding', 'standard base64', signParts(goodHeader, `${goodPayload.slice(0, -4)}ab+/`)],
  [
    'encoding',
    'non-zero trailing bits in the signature',
    `${good.slice(0, -1)}${nextCharacter(good.slice(-1))}`,
  ],
  ['encoding', 'a length base64url does not have', `${good}A`.replace(/\.[^.]*$/, '.AAAAA')],
  ['encoding', 'five parts of an encrypted token', `${good}.AAAA.AAAA`],
  ['encoding', 'the JSON serialisation', JSON.stringify({ payload: goodPayload })],
  ['too-large', 'more than 4 KiB', token({ filler: 'x'.repeat(4_096) })],
  // the header
  ['header', 'a header that is no JSON', spelled('alg', JSON.stringify(payload))],
  ['header', 'a header that is a list', spelled('[]', JSON.stringify(payload))],
  ['header', 'a header that is null', spelled('null', JSON.stringify(payload))],
  [
    'header',
    'a header with text after it',
    spelled(`${JSON.stringify(header)} x`, JSON.stringify(payload)),
  ],
  [
    'header',
    'two algorithms',
    spelled('{"alg":"none","alg":"EdDSA","typ":"at+jwt","kid":"ed"}', JSON.stringify(payload)),
  ],
  [
    'header',
    'two algorithms, one in escapes',
    spelled(
      '{"\\u0061lg":"none","alg":"EdDSA","typ":"at+jwt","kid":"ed"}',
      JSON.stringify(payload),
    ),
  ],
  [
    'header',
    'a byte order mark',
    spelled(`\ufeff${JSON.stringify(header)}`, JSON.stringify(payload)),
  ],
  ['header', 'critical extensions', token({}, { crit: ['exp'], exp: 1 })],
  ['header', 'an empty list of critical extensions', token({}, { crit: [] })],
  ['header', 'an unencoded payload (RFC 7797)', token({}, { crit: ['b64'], b64: false })],
  ['header', 'the address of a key set', token({}, { jku: 'https://other.example/jwks' })],
  ['header', 'the address of a certificate', token({}, { x5u: 'https://other.example/cert' })],
  ['header', 'a key of its own', token({}, { jwk: jwkOf('ed') })],
  ['header', 'certificates of its own', token({}, { x5c: ['AAAA'] })],
  ['header', 'a certificate thumbprint', token({}, { 'x5t#S256': thumbprint })],
  ['header', 'compression', token({}, { zip: 'DEF' })],
  ['header', 'a content type', token({}, { cty: 'JWT' })],
  [
    'header',
    'the member __proto__',
    spelled('{"alg":"EdDSA","typ":"at+jwt","kid":"ed","__proto__":{}}', JSON.stringify(payload)),
  ],
  ['type', 'no type', token({}, { typ: undefined })],
  ['type', 'the type of any token', token({}, { typ: 'JWT' })],
  ['type', 'the type in capitals', token({}, { typ: 'AT+JWT' })],
  ['type', 'the type as media type', token({}, { typ: 'application/at+jwt' })],
  ['type', 'the type of an assertion', token({}, { typ: 'client-authentication+jwt' })],
  ['type', 'a type that is a list', token({}, { typ: ['at+jwt'] })],
  // the algorithm and the key
  ['algorithm', 'no algorithm named', token({}, { alg: undefined })],
  ['algorithm', 'alg none', token({}, { alg: 'none' })],
  ['algorithm', 'alg None', token({}, { alg: 'None' })],
  [
    'algorithm',
    'alg none without signature bytes',
    `${encodeJson({ ...header, alg: 'none' })}.${goodPayload}.AA`,
  ],
  ['algorithm', 'RS256', token({}, { alg: 'RS256' })],
  ['algorithm', 'PS512', token({}, { alg: 'PS512' })],
  ['algorithm', 'ES256K', token({}, { alg: 'ES256K' })],
  ['algorithm', 'the algorithm in small letters', token({}, { alg: 'eddsa' })],
  ['algorithm', 'an algorithm that is a number', token({}, { alg: 256 })],
  ['algorithm', 'HS256 over the public key', hmacToken()],
  ['algorithm', 'an algorithm the key is not for', token({}, { alg: 'ES256' })],
  ['algorithm', 'an RSA algorithm on a P-256 key', token({}, { alg: 'PS256', kid: 'es' })],
  ['key-unknown', 'no kid', token({}, { kid: undefined })],
  ['key-unknown', 'an unknown kid', token({}, { kid: 'other' })],
  ['key-unknown', 'an empty kid', token({}, { kid: '' })],
  ['key-unknown', 'a kid that is a path', token({}, { kid: '../ed' })],
  ['key-unknown', 'a kid that is a member of every object', token({}, { kid: 'constructor' })],
  ['key-unknown', 'a kid that is a list', token({}, { kid: ['ed'] })],
  ['signature', 'the signature of a stranger', signJwt(header, payload, edKey('stranger'))],
  [
    'signature',
    'the signature of another token',
    `${goodHeader}.${encodeJson({ ...payload, sub: 'other' })}.${goodSignature}`,
  ],
  [
    'signature',
    'a header changed after signing',
    `${encodeJson({ ...header, alg: 'Ed25519' })}.${goodPayload}.${goodSignature}`,
  ],
  [
    'signature',
    'the kid of another key',
    signJwt({ ...header, alg: 'ES256', kid: 'es' }, payload, ecKey('stranger')),
  ],
  [
    'signature',
    'a signature cut short',
    `${goodHeader}.${goodPayload}.${Buffer.from(goodSignature, 'base64url').subarray(0, 63).toString('base64url')}`,
  ],
  [
    'signature',
    'a signature of zeros',
    `${goodHeader}.${goodPayload}.${Buffer.alloc(64).toString('base64url')}`,
  ],
  [
    'signature',
    'an ECDSA signature of zeros',
    `${encodeJson({ ...header, alg: 'ES256', kid: 'es' })}.${goodPayload}.${Buffer.alloc(64).toString('base64url')}`,
  ],
  ['signature', 'an ECDSA signature in DER', derSigned()],
  // the payload
  ['payload', 'a payload that is no JSON', spelled(JSON.stringify(header), 'x')],
  [
    'payload',
    'a payload that is a list',
    spelled(JSON.stringify(header), JSON.stringify([payload])),
  ],
  [
    'payload',
    'two audiences members',
    spelled(
      JSON.stringify(header),
      JSON.stringify(payload).replace('{', '{"aud":"https://other.example",'),
    ),
  ],
  [
    'payload',
    'two confirmations',
    spelled(
      JSON.stringify(header),
      JSON.stringify(payload).replace('}}', `,"x5t#S256":"${otherThumbprint}"}}`),
    ),
  ],
  [
    'payload',
    'a lone surrogate',
    spelled(JSON.stringify(header), JSON.stringify(payload).replace('token-1', '\\ud800')),
  ],
  [
    'payload',
    'a deep payload',
    spelled(
      JSON.stringify(header),
      JSON.stringify(payload).replace('{', `{"x":${'['.repeat(40)}${']'.repeat(40)},`),
    ),
  ],
  [
    'payload',
    'bytes that are not UTF-8',
    signParts(
      goodHeader,
      Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]).toString('base64url'),
    ),
  ],
  // the claims
  ['issuer', 'no issuer', without('iss')],
  ['issuer', 'another issuer', token({ iss: 'https://other.example' })],
  ['issuer', 'the issuer with a slash', token({ iss: `${issuer}/` })],
  ['issuer', 'the issuer in a list', token({ iss: [issuer] })],
  ['issuer', 'the issuer in capitals', token({ iss: issuer.toUpperCase() })],
  ['audience', 'no audience', without('aud')],
  ['audience', 'another audience', token({ aud: 'https://other.example' })],
  ['audience', 'the audience in a list', token({ aud: [issuer] })],
  ['audience', 'the audience among others', token({ aud: [issuer, 'https://other.example'] })],
  ['audience', 'the audience with a path', token({ aud: `${issuer}/graphql` })],
  ['audience', 'an empty audience', token({ aud: '' })],
  ['claims', 'no subject', without('sub')],
  ['claims', 'an empty subject', token({ sub: '' })],
  ['claims', 'a subject that is a number', token({ sub: 7 })],
  ['claims', 'a subject with a line break', token({ sub: 'a\nb' })],
  ['claims', 'a very long subject', token({ sub: 'x'.repeat(129) })],
  ['claims', 'no client', without('client_id')],
  ['claims', 'a client that is a list', token({ client_id: ['north'] })],
  ['claims', 'no jti', without('jti')],
  ['claims', 'an empty jti', token({ jti: '' })],
  ['claims', 'no time of issue', without('iat')],
  ['claims', 'no end', without('exp')],
  ['claims', 'an end in text', token({ exp: String(payload.exp) })],
  ['claims', 'an end that is null', token({ exp: null })],
  ['claims', 'an end with a fraction', token({ exp: payload.exp + 0.5 })],
  ['claims', 'an end beyond all dates', token({ exp: 1e300 })],
  ['claims', 'a negative time of issue', token({ iat: -1 })],
  ['claims', 'a beginning that is no number', token({ nbf: 'now' })],
  ['expired', 'that is over', token({ iat: nowSeconds - 400, exp: nowSeconds - 100 })],
  ['not-yet-valid', 'issued in the future', token({ iat: nowSeconds + 61, exp: nowSeconds + 100 })],
  ['not-yet-valid', 'not valid yet', token({ nbf: nowSeconds + 61 })],
  ['lifetime', 'that ends before it begins', token({ exp: payload.iat - 1 })],
  ['lifetime', 'of no length', token({ exp: payload.iat })],
  ['lifetime', 'of more than five minutes', token({ exp: payload.iat + 301 })],
  ['lifetime', 'of a year', token({ exp: nowSeconds + 31_536_000 })],
  // the binding
  ['not-bound', 'no confirmation', without('cnf')],
  ['not-bound', 'an empty confirmation', token({ cnf: {} })],
  ['not-bound', 'a confirmation that is text', token({ cnf: thumbprint })],
  ['not-bound', 'a confirmation that is a list', token({ cnf: [thumbprint] })],
  ['not-bound', 'a confirmation that is null', token({ cnf: null })],
  ['not-bound', 'another method of confirmation', token({ cnf: { jkt: thumbprint } })],
  [
    'not-bound',
    'two methods of confirmation',
    token({ cnf: { 'x5t#S256': thumbprint, jkt: thumbprint } }),
  ],
  ['not-bound', 'a thumbprint that is a list', token({ cnf: { 'x5t#S256': [thumbprint] } })],
  [
    'bound-elsewhere',
    'the thumbprint of another certificate',
    token({ cnf: { 'x5t#S256': otherThumbprint } }),
  ],
  [
    'bound-elsewhere',
    'the thumbprint with padding',
    token({ cnf: { 'x5t#S256': `${thumbprint}=` } }),
  ],
  [
    'bound-elsewhere',
    'the thumbprint in hexadecimal',
    token({ cnf: { 'x5t#S256': Buffer.alloc(32, 7).toString('hex') } }),
  ],
  ['bound-elsewhere', 'an empty thumbprint', token({ cnf: { 'x5t#S256': '' } })],
  [
    'bound-elsewhere',
    'the beginning of the thumbprint',
    token({ cnf: { 'x5t#S256': thumbprint.slice(0, 42) } }),
  ],
];

function nextCharacter(character: string): string {
  // The last of 86 characters carries two bits; the next one differs in the four unused.
  return String.fromCharCode(character.charCodeAt(0) + 1);
}
function hmacToken(): string {
  const input = `${encodeJson({ ...header, alg: 'HS256' })}.${goodPayload}`;
  const secret = createPublicKey(keys.ed).export({ format: 'pem', type: 'spki' });
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}
function derSigned(): string {
  const [head = '', claims = '', raw = ''] = signJwt(
    { ...header, alg: 'ES256', kid: 'es' },
    payload,
    keys.es,
  ).split('.');
  const half = (bytes: Buffer): Buffer => {
    const sign = (bytes[0] ?? 0) >= 0x80 ? Buffer.of(0) : Buffer.alloc(0);
    return Buffer.concat([Buffer.of(2, bytes.length + sign.length), sign, bytes]);
  };
  const signature = Buffer.from(raw, 'base64url');
  const body = Buffer.concat([half(signature.subarray(0, 32)), half(signature.subarray(32))]);
  return `${head}.${claims}.${Buffer.concat([Buffer.of(0x30, body.length), body]).toString('base64url')}`;
}

describe('refuses a token', () => {
  test.each(hostile)('%s: %s', (cause, _what, text) => {
    expect(judge(text)).toBe(cause);
  });

  test('with any one character changed', () => {
    for (let at = 0; at < good.length; at += 1) {
      for (const character of ['A', 'B', '_', '.']) {
        if (good[at] === character) continue;
        const changed = `${good.slice(0, at)}${character}${good.slice(at + 1)}`;
        expect(judge(changed)).not.toBe('accepted');
      }
    }
  });
});

describe('the tokens kept', () => {
  test('expire when they expire', () => {
    let seconds = nowSeconds;
    const verifier = verifierAt(0, { now: () => new Date(seconds * 1000) });
    const first = verifier.verify(good, thumbprint);
    expect(verifier.verify(good, thumbprint)).toBe(first);
    seconds = payload.exp + 60;
    expect(causeOf(() => verifier.verify(good, thumbprint))).toBe('expired');
    seconds = payload.iat - 61;
    expect(causeOf(() => verifier.verify(good, thumbprint))).toBe('not-yet-valid');
  });

  test('are kept for one certificate', () => {
    const verifier = verifierAt(nowSeconds);
    verifier.verify(good, thumbprint);
    expect(causeOf(() => verifier.verify(good, otherThumbprint))).toBe('bound-elsewhere');
  });

  test('are bounded in number, the oldest let go first', () => {
    const verifier = verifierAt(nowSeconds, { maxCachedTokens: 2 });
    const texts = ['1', '2', '3'].map((jti) => token({ jti }));
    const [first, ...others] = texts.map((text) => verifier.verify(text, thumbprint));
    const again = texts.map((text) => verifier.verify(text, thumbprint));
    expect(again[0]).not.toBe(first);
    expect(again[0]).toEqual(first);
    expect(others).toHaveLength(2);
  });
});

describe('a verifier is not made', () => {
  const strong = jwkOf('ed');
  test.each([
    ['without keys', { keys: [] }],
    ['without an audience', { audience: '' }],
    ['without an issuer', { issuer: '' }],
    ['with more than a minute of skew', { maxSkewSeconds: 61 }],
    ['with a skew that is no number', { maxSkewSeconds: NaN }],
    ['with two keys of one kid', { keys: [strong, { ...jwkOf('es'), kid: 'ed' }] }],
    ['with a key without kid', { keys: [{ ...strong, kid: undefined }] }],
    ['with a private key', { keys: [{ ...edKey('token').export({ format: 'jwk' }), kid: 'ed' }] }],
    ['with a secret', { keys: [{ kty: 'oct', k: 'AAAA', kid: 'k' }] }],
    ['with a key for encryption', { keys: [{ ...strong, use: 'enc' }] }],
    ['with an algorithm its key is not for', { keys: [{ ...strong, alg: 'ES256' }] }],
    [
      'with RSA of 2048 bits',
      { keys: [{ ...createPublicKey(rsaKey('leaf', 2048)).export({ format: 'jwk' }), kid: 'r' }] },
    ],
    [
      'with P-384',
      { keys: [{ ...createPublicKey(ecKey('t', 'P-384')).export({ format: 'jwk' }), kid: 'p' }] },
    ],
  ])('%s', (_what, bent) => {
    expect(() => verifierAt(nowSeconds, bent)).toThrow(TypeError);
  });

  test('and does not verify with an unset clock or without a thumbprint', () => {
    expect(() => verifierAt(NaN).verify(good, thumbprint)).toThrow(TypeError);
    expect(() => verifierAt(nowSeconds).verify(good, '')).toThrow(TypeError);
  });
});
