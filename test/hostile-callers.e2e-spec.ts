import { createHmac, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { keyPem, startGateway, type TestGateway } from './support/gateway.js';
import { encodeJson, signBytes, signJwt } from './support/jwt.js';
import type { TestPartner, TestReply } from './support/partner.js';

type Bent = Readonly<Record<string, unknown>>;
/** Values no member of a token may have, whichever it is. */
const wrongValues: readonly unknown[] = [
  undefined,
  null,
  true,
  -1,
  1e308,
  '',
  ' ',
  'x'.repeat(300),
  [],
  ['x'],
  {},
  '\u0000',
];
const other = {
  ed: generateKeyPairSync('ed25519').privateKey,
  es: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  ps: generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey,
};

/** Everybody with a registered certificate who is nevertheless not let in. */
describe('whoever is no caller', () => {
  let gateway: TestGateway;
  let alpha: TestPartner;
  let token: string;
  let header: Bent;
  let claims: Record<string, unknown>;
  beforeAll(async () => {
    gateway = await startGateway({ kind: 'PGlite' });
    alpha = gateway.partner('ALPHA-BORDER');
    token = await alpha.accessToken();
    const [head = '', payload = ''] = token.split('.');
    header = JSON.parse(Buffer.from(head, 'base64url').toString()) as Bent;
    claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  });
  afterAll(async () => gateway?.close());

  const signed = (bent: Bent = {}, head: Bent = {}): string =>
    signJwt({ ...header, ...head }, { ...claims, ...bent }, gateway.settings.keys.token.key);
  const spelled = (head: string, payload: string): string =>
    signJwt(head, payload, gateway.settings.keys.token.key);
  const signParts = (head: string, payload: string): string =>
    `${head}.${payload}.${signBytes(Buffer.from(`${head}.${payload}`), gateway.settings.keys.token.key).toString('base64url')}`;

  /** What is wrong, and the token; each a different one. */
  function hostileTokens(): readonly (readonly [string, string])[] {
    const [head = '', payload = '', signature = ''] = token.split('.');
    const json = JSON.stringify(claims);
    const seconds = Number(claims['iat']);
    const cases: [string, string][] = [];
    const add = (what: string, text: string) => cases.push([what, text]);

    for (const claim of ['iss', 'aud', 'sub', 'client_id', 'jti', 'iat', 'exp', 'cnf']) {
      for (const [at, value] of wrongValues.entries()) {
        // Any text of its own is a name a token may have.
        if (claim === 'jti' && value === 'x'.repeat(300)) continue;
        add(`${claim} of kind ${at}`, signed({ [claim]: value }));
      }
    }
    for (const member of ['alg', 'typ', 'kid']) {
      for (const [at, value] of wrongValues.entries()) {
        add(`header ${member} of kind ${at}`, signed({}, { [member]: value }));
      }
    }
    for (const alg of [
      'none',
      'None',
      'HS256',
      'HS512',
      'RS256',
      'RS512',
      'PS384',
      'PS512',
      'ES384',
      'ES256K',
      'eddsa',
      'Ed448',
      'dir',
    ]) {
      add(`algorithm ${alg}`, signed({}, { alg }));
    }
    for (const typ of ['JWT', 'AT+JWT', 'application/at+jwt', 'jwt', 'logout+jwt', 'dpop+jwt']) {
      add(`type ${typ}`, signed({}, { typ }));
    }
    for (const extra of [
      { jku: 'https://other.example' },
      { x5u: 'https://other.example' },
      { jwk: { kty: 'OKP' } },
      { x5c: ['AAAA'] },
      { x5t: 'AAAA' },
      { crit: [] },
      { crit: ['exp'], exp: 1 },
      { b64: false, crit: ['b64'] },
      { zip: 'DEF' },
      { cty: 'JWT' },
      { enc: 'A256GCM' },
    ]) {
      add(`header with ${Object.keys(extra).join(' and ')}`, signed({}, extra));
    }
    for (const [what, key] of Object.entries(other)) {
      add(`key ${what} of somebody else`, signJwt(header, claims, key));
    }
    add('an HMAC over the public key', hmacToken());
    for (const bent of [
      { iat: seconds - 900, exp: seconds - 600 },
      { iat: seconds + 600, exp: seconds + 900 },
      { exp: seconds + 301 },
      { exp: seconds },
      { iat: seconds + 0.5 },
      { nbf: seconds + 600 },
      { iss: `${gateway.url}/` },
      { iss: gateway.url.toUpperCase() },
      { aud: `${gateway.url}/` },
      { aud: [gateway.url, 'https://other.example'] },
      { aud: `${gateway.url}/graphql` },
      { client_id: 'nobody', sub: 'nobody' },
      { client_id: 'bravo-consular', sub: 'bravo-consular' },
      { client_id: 'ALPHA-BORDER', sub: 'ALPHA-BORDER' },
      { sub: 'officer-nobody-named' },
      { cnf: { 'x5t#S256': 'A'.repeat(43) } },
      { cnf: { 'x5t#S256': '' } },
      { cnf: { jkt: 'A'.repeat(43) } },
      { cnf: { 'x5t#S256': [] } },
    ]) {
      add(JSON.stringify(Object.keys(bent)), signed(bent));
    }
    for (const [what, text] of [
      ['padding', `${token}=`],
      ['two paddings', `${token}==`],
      ['a dot after', `${token}.`],
      ['a dot before', `.${token}`],
      ['two parts', `${head}.${payload}`],
      ['one part', head],
      ['no signature', `${head}.${payload}.`],
      ['no header', `.${payload}.${signature}`],
      ['no payload', `${head}..${signature}`],
      ['four parts', `${token}.AAAA`],
      ['five parts', `${token}.AAAA.AAAA`],
      ['a padded payload', signParts(head, `${payload}=`)],
      ['another alphabet', token.replace(/[-_]/g, '+').concat('+')],
      ['two algorithms', spelled('{"alg":"none",' + JSON.stringify(header).slice(1), json)],
      ['two audiences', spelled(JSON.stringify(header), `{"aud":"x",${json.slice(1)}`)],
      ['a name in escapes', spelled(JSON.stringify(header), `{"\\u0061ud":"x",${json.slice(1)}`)],
      ['text after the claims', spelled(JSON.stringify(header), `${json}x`)],
      ['claims that are a list', spelled(JSON.stringify(header), `[${json}]`)],
      ['claims that are null', spelled(JSON.stringify(header), 'null')],
      ['a byte order mark', spelled(JSON.stringify(header), `\ufeff${json}`)],
      ['the member __proto__', spelled(JSON.stringify(header), `{"__proto__":{},${json.slice(1)}`)],
      ['more than 4 KiB', signed({ filler: 'x'.repeat(4_096) })],
      ['a tampered payload', `${head}.${encodeJson({ ...claims, sub: 'x' })}.${signature}`],
      ['the letters alone', 'token'],
      ['null', 'null'],
    ] as const) {
      add(what, text);
    }
    for (let at = 0; at < signature.length; at += 8) {
      const changed = signature[at] === 'A' ? 'B' : 'A';
      add(
        `another signature at ${at}`,
        `${head}.${payload}.${signature.slice(0, at)}${changed}${signature.slice(at + 1)}`,
      );
    }
    return cases;
  }
  const hmacToken = (): string => {
    const { x = '' } = gateway.settings.keys.token.jwk as { readonly x?: string };
    const input = `${encodeJson({ ...header, alg: 'HS256' })}.${encodeJson(claims)}`;
    const mac = createHmac('sha256', Buffer.from(x, 'base64url')).update(input).digest('base64url');
    return `${input}.${mac}`;
  };

  const ask = (bearer: string): Promise<TestReply> =>
    alpha.raw({
      headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
      body: JSON.stringify({ query: '{ access { officer } }' }),
    });
  /** Everything of a reply but when it was given. */
  const faceOf = ({ status, headers, body }: TestReply): string => {
    const { date: _, ...others } = headers;
    return JSON.stringify([status, others, body.toString('utf8')]);
  };

  test('with a hostile token gets one answer, byte for byte, of at least 200 tokens', async () => {
    expect((await ask(token)).status).toBe(200);
    expect((await ask(signed())).status).toBe(200);
    const hostile = hostileTokens();
    expect(new Set(hostile.map(([, text]) => text)).size).toBe(hostile.length);
    expect(hostile.length).toBeGreaterThanOrEqual(200);
    const expected = faceOf(await ask('A.A.A'));
    expect(JSON.parse(expected)).toMatchObject([401, {}, expect.stringContaining('invalid_token')]);
    const told: string[] = [];
    for (const [what, text] of hostile) {
      const reply = await ask(text);
      if (faceOf(reply) !== expected) told.push(`${what}: ${reply.status}`);
    }
    expect(told).toEqual([]);
  });

  /** As hostile, at the token endpoint. */
  function hostileAssertions(): readonly (readonly [string, string])[] {
    const { clientId, kid, signingKey } = alpha.options;
    const seconds = Math.floor(Date.now() / 1000);
    const own = (): Record<string, unknown> => ({
      iss: clientId,
      sub: clientId,
      aud: gateway.url,
      jti: crypto.randomUUID(),
      iat: seconds,
      exp: seconds + 60,
    });
    const signedBy = (bent: Bent = {}, head: Bent = {}, key = signingKey): string =>
      signJwt({ alg: 'ES256', kid, ...head }, { ...own(), ...bent }, key);
    const cases: [string, string][] = [];
    const add = (what: string, text: string) => cases.push([what, text]);
    for (const claim of ['aud', 'jti', 'exp']) {
      for (const [at, value] of wrongValues.entries()) {
        add(`${claim} of kind ${at}`, signedBy({ [claim]: value }));
      }
    }
    for (const [at, value] of wrongValues.entries()) {
      if (value === undefined) continue;
      add(`typ of kind ${at}`, signedBy({}, { typ: value }));
      add(`alg of kind ${at}`, signedBy({}, { alg: value }));
    }
    for (const alg of ['none', 'HS256', 'RS256', 'PS256', 'PS512', 'ES384', 'EdDSA', 'es256']) {
      add(`algorithm ${alg}`, signedBy({}, { alg }));
    }
    for (const extra of [
      { kid: 'unknown' },
      { typ: 'at+jwt' },
      { jku: 'https://other.example' },
      { x5u: 'https://other.example' },
      { jwk: { kty: 'EC' } },
      { x5c: ['AAAA'] },
      { crit: ['exp'], exp: 1 },
      { zip: 'DEF' },
      { cty: 'JWT' },
    ]) {
      add(`header with ${Object.keys(extra).join(' and ')}`, signedBy({}, extra));
    }
    for (const bent of [
      { aud: `${gateway.url}/oauth2/token` },
      { aud: [gateway.url] },
      { aud: `${gateway.url}/` },
      { iat: seconds - 900, exp: seconds - 600 },
      { iat: seconds + 600, exp: seconds + 660 },
      { nbf: seconds + 600 },
      { exp: seconds + 400 },
      { exp: seconds + 60.5 },
      { iat: 'now' },
    ]) {
      add(JSON.stringify(bent).replace(/\d+/g, '…'), signedBy(bent));
    }
    for (const [what, key] of Object.entries(other)) add(`key ${what}`, signedBy({}, {}, key));
    const good = signedBy();
    add('padding', `${good}=`);
    add(
      'two audiences',
      signJwt(
        JSON.stringify({ alg: 'ES256', kid }),
        JSON.stringify(own()).replace('{', '{"aud":"x",'),
        signingKey,
      ),
    );
    add('more than 4 KiB', signedBy({ filler: 'x'.repeat(4_096) }));
    return cases;
  }

  test('with a hostile assertion gets no token and one body, of at least 80 assertions', async () => {
    expect((await alpha.askToken(await alpha.signAssertion())).status).toBe(200);
    const hostile = hostileAssertions();
    expect(new Set(hostile.map(([, text]) => text)).size).toBe(hostile.length);
    expect(hostile.length).toBeGreaterThanOrEqual(80);
    const told: string[] = [];
    const expected =
      '{"error":"invalid_client","error_description":"client authentication failed"}';
    for (const [what, text] of hostile) {
      const reply = await alpha.askToken(text);
      if (reply.status !== 401 || reply.body.toString('utf8') !== expected) {
        told.push(`${what}: ${reply.status} ${reply.body.toString('utf8')}`);
      }
    }
    expect(told).toEqual([]);
  });

  test.each([
    ['two Host headers', ['Host: localhost', 'Host: other.example']],
    ['two of the same', ['Host: localhost', 'host: localhost']],
    ['none', []],
  ])('with %s is answered 400 and cut off (RFC 9112 §3.2)', async (_what, hosts) => {
    const { pair } = alpha.options;
    const received = await new Promise<string>((resolve) => {
      const chunks: Buffer[] = [];
      const socket = connect({
        host: '127.0.0.1',
        port: Number(new URL(gateway.url).port),
        servername: 'localhost',
        ca: gateway.serverCaPem,
        cert: new X509Certificate(pair.certificate).toString(),
        key: keyPem(pair.privateKey),
      });
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(Buffer.concat(chunks).toString()));
      socket.write(['GET /oauth2/jwks HTTP/1.1', ...hosts, '', ''].join('\r\n'));
    });
    expect(received).toMatch(/^HTTP\/1\.1 400 [^]*\r\n\r\n$/);
  });
});
