import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PGlite } from '@electric-sql/pglite';
import {
  X509Certificate,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  type KeyObject,
  type webcrypto,
} from 'node:crypto';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import type { PartnerCode } from '../../core/ids.js';
import {
  createClientCa,
  createServerCa,
  issueClientKeyPair,
  issueServerCertificate,
  type IssuedKeyPair,
} from '../../platform/pki/issue.js';
import {
  createGatedHttpsServer,
  type GatedHttpsServer,
} from '../../platform/tls/client-certificate-gate.js';
import { signJwt } from '../../../test/support/jwt.js';
import { mtlsFetch, type MtlsFetch } from '../../../test/support/mtls-fetch.js';
import { createTokenVerifier } from '../caller/index.js';
import {
  certificateCauseOf,
  certificateRefused,
  checkClientCertificate,
  parseTrustAnchor,
} from '../certificate/index.js';
import {
  createTokenEndpoint,
  identityMigrations,
  publicTokenKeys,
  tokenPaths,
  type TokenClient,
  type TokenEndpointOptions,
  type TokenPeer,
} from './index.js';

const now = new Date();
const names = (commonName: string) => ({ organization: 'Test', commonName });
const pem = (der: Buffer): string => new X509Certificate(der).toString();
const keyPem = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString();
const thumbprint = (der: Buffer): string => createHash('sha256').update(der).digest('base64url');

const serverCa = createServerCa(names('Server CA'), now);
const serverPair = issueServerCertificate(serverCa, names('localhost'), ['localhost'], now);
const clientCa = createClientCa(names('Client CA'), now);
const anchors = [parseTrustAnchor('host', clientCa.certificate)];
const north = issueClientKeyPair(clientCa, names('north'), now);
const south = issueClientKeyPair(clientCa, names('south'), now);
const partnerOf = new Map([
  [thumbprint(north.certificate), 'NORTH' as PartnerCode],
  [thumbprint(south.certificate), 'SOUTH' as PartnerCode],
]);

const pairs = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  PS256: generateKeyPairSync('rsa', { modulusLength: 3072 }),
  EdDSA: generateKeyPairSync('ed25519'),
  weak: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};
type KeyName = keyof typeof pairs;
const publicJwk = (name: KeyName) => ({
  ...pairs[name].publicKey.export({ format: 'jwk' }),
  kid: name,
});

const clients = new Map<string, TokenClient>(
  (
    [
      ['north-es', 'NORTH', 'ES256', true],
      ['north-ps', 'NORTH', 'PS256', true],
      ['north-ed', 'NORTH', 'EdDSA', true],
      ['north-off', 'NORTH', 'ES256', false],
      ['north-weak', 'NORTH', 'weak', true],
      ['south-es', 'SOUTH', 'ES256', true],
    ] as const
  ).map(([clientId, partner, key, active]) => [
    clientId,
    { clientId, partner: partner as PartnerCode, jwks: [publicJwk(key)], active },
  ]),
);

const tokenKey = {
  ...generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }),
  kid: 'token-1',
};

const database = new PGlite();
const refused: string[] = [];
const faults: unknown[] = [];
let gated: GatedHttpsServer<TokenPeer>;
let endpoint: ReturnType<typeof createTokenEndpoint> | undefined;
let issuer: string;
let options: TokenEndpointOptions;

beforeAll(async () => {
  for (const Migration of identityMigrations) {
    await new Migration().up({ query: (sql) => database.query(sql) });
  }
  gated = createGatedHttpsServer<TokenPeer>(
    {
      certificate: pem(serverPair.certificate),
      privateKey: keyPem(serverPair.privateKey),
      check: (certificate) => {
        const checked = checkClientCertificate(certificate, anchors, new Date());
        const partner = partnerOf.get(checked.fingerprintSha256.base64url);
        if (partner === undefined) throw certificateRefused('credential-unknown');
        return { partner, certificate };
      },
      causeOf: certificateCauseOf,
      connectionKey: ({ partner }) => partner,
    },
    (request, response) => endpoint?.(request, response),
  );
  await new Promise<void>((resolve) => gated.server.listen(0, 'localhost', resolve));
  issuer = `https://localhost:${(gated.server.address() as AddressInfo).port}`;
  options = {
    issuer,
    signingKeys: [tokenKey],
    clients: { byClientId: async (id) => clients.get(id) },
    database: {
      query: async (sql, parameters) => (await database.query(sql, [...parameters])).rows,
    },
    peerOf: (socket) => gated.identityOf(socket),
    now: () => new Date(),
    onRefused: (error, detail) => refused.push(`${error}: ${detail ?? ''}`),
    onFault: (error) => faults.push(error),
  };
  endpoint = createTokenEndpoint(options);
});

afterAll(async () => {
  gated.server.close();
  gated.server.closeAllConnections();
  await database.close();
});

const tlsOf = (pair: IssuedKeyPair): https.RequestOptions => ({
  servername: 'localhost',
  ca: pem(serverCa.certificate),
  cert: pem(pair.certificate),
  key: keyPem(pair.privateKey),
});
const fetchAs = (pair: IssuedKeyPair): MtlsFetch => mtlsFetch(tlsOf(pair));

const verifier = () =>
  createTokenVerifier({
    issuer,
    audience: issuer,
    keys: publicTokenKeys([tokenKey]),
    now: () => new Date(),
    maxSkewSeconds: 5,
  });

const importAlgorithms = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  EdDSA: { name: 'Ed25519' },
};
const webKey = (name: keyof typeof importAlgorithms): Promise<webcrypto.CryptoKey> =>
  crypto.subtle.importKey(
    'pkcs8',
    new Uint8Array(pairs[name].privateKey.export({ format: 'der', type: 'pkcs8' })),
    importAlgorithms[name],
    false,
    ['sign'],
  );

const seconds = (): number => Math.floor(Date.now() / 1000);
const claims = (bent: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  iss: 'north-es',
  sub: 'north-es',
  aud: issuer,
  jti: randomUUID(),
  iat: seconds(),
  exp: seconds() + 60,
  ...bent,
});
const assertion = (
  bent: Readonly<Record<string, unknown>> = {},
  header: Readonly<Record<string, unknown>> = {},
): string =>
  signJwt({ alg: 'ES256', kid: 'ES256', ...header }, claims(bent), pairs.ES256.privateKey);

const form = (clientAssertion: string, bent: Readonly<Record<string, string>> = {}): string =>
  new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: clientAssertion,
    ...bent,
  }).toString();

async function ask(
  body: string,
  { pair = north, ...init }: RequestInit & { pair?: IssuedKeyPair } = {},
): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> {
  const response = await fetchAs(pair)(`${issuer}${tokenPaths.token}`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body,
    ...init,
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    headers: response.headers,
  };
}

describe('a standard client, configured from discovery, obtains a token', () => {
  test.each(['ES256', 'PS256', 'EdDSA'] as const)('oauth4webapi with %s', async (name) => {
    const fetcher = { [oauth.customFetch]: fetchAs(north) };
    const url = new URL(issuer);
    const server = await oauth.processDiscoveryResponse(
      url,
      await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...fetcher }),
    );
    const client = { client_id: { ES256: 'north-es', PS256: 'north-ps', EdDSA: 'north-ed' }[name] };
    const result = await oauth.processClientCredentialsResponse(
      server,
      client,
      await oauth.clientCredentialsGrantRequest(
        server,
        client,
        oauth.PrivateKeyJwt({ key: await webKey(name), kid: name }),
        new URLSearchParams(),
        fetcher,
      ),
    );
    expect(result.token_type).toBe('bearer');
    expect(result.expires_in).toBe(300);
    const verified = verifier().verify(result.access_token, thumbprint(north.certificate));
    expect(verified.clientId).toBe(client.client_id);
    expect(verified.officer).toBeUndefined();
    expect(verified.expiresAt.getTime() - verified.issuedAt.getTime()).toBe(300_000);
  });

  test('openid-client', async () => {
    const configuration = await openid.discovery(
      new URL(issuer),
      'north-es',
      { token_endpoint_auth_method: 'private_key_jwt' },
      openid.PrivateKeyJwt({ key: await webKey('ES256'), kid: 'ES256' }),
      { algorithm: 'oauth2', [openid.customFetch]: fetchAs(north) },
    );
    const result = await openid.clientCredentialsGrant(configuration, { resource: issuer });
    const verified = verifier().verify(result.access_token, thumbprint(north.certificate));
    expect(verified.clientId).toBe('north-es');
  });
});

describe('an access token', () => {
  test('follows RFC 9068 and names the certificate it was obtained with', async () => {
    const { status, body } = await ask(form(assertion()));
    expect([status, body.error_description]).toEqual([200, undefined]);
    const [header, payload] = String(body.access_token)
      .split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()) as object);
    expect(header).toEqual({ alg: 'EdDSA', typ: 'at+jwt', kid: 'token-1' });
    expect(payload).toEqual({
      iss: issuer,
      aud: issuer,
      sub: 'north-es',
      client_id: 'north-es',
      jti: expect.any(String),
      iat: expect.any(Number),
      exp: expect.any(Number),
      cnf: { 'x5t#S256': thumbprint(north.certificate) },
    });
  });

  test('is refused on the certificate of another partner', async () => {
    const { body } = await ask(form(assertion()));
    expect(() =>
      verifier().verify(String(body.access_token), thumbprint(south.certificate)),
    ).toThrow('bound-elsewhere');
  });
});

test('a scope nobody asked for changes nothing (RFC 6749 §3.2)', async () => {
  const { status, body } = await ask(form(assertion(), { scope: 'openid' }));
  expect([status, body.scope, body.id_token]).toEqual([200, undefined, undefined]);
});

test('a certificate hint in an assertion is taken and not followed', async () => {
  const { status } = await ask(form(assertion({}, { 'x5t#S256': thumbprint(south.certificate) })));
  expect(status).toBe(200);
});

describe('a token request is refused', () => {
  const oneBody = { error: 'invalid_client', error_description: 'client authentication failed' };

  test('when the client is another partner’s than the certificate', async () => {
    const { status, body } = await ask(form(assertion()), { pair: south });
    expect([status, body]).toEqual([401, oneBody]);
    expect(refused.at(-1)).toMatch(/certificate of another partner/);
  });

  const now0 = seconds();
  const bad: [string, () => string][] = [
    ['to another audience', () => assertion({ aud: 'https://other.example' })],
    [
      'to the token endpoint rather than the issuer',
      () => assertion({ aud: `${issuer}/oauth2/token` }),
    ],
    ['to the issuer in a list', () => assertion({ aud: [issuer] })],
    ['to the issuer among others', () => assertion({ aud: [issuer, 'https://other.example'] })],
    ['without audience', () => assertion({ aud: undefined })],
    ['of another issuer', () => assertion({ iss: 'south-es' })],
    ['about an unknown client', () => assertion({ iss: 'nobody', sub: 'nobody' })],
    ['about an inactive client', () => assertion({ iss: 'north-off', sub: 'north-off' })],
    ['that is over', () => assertion({ iat: now0 - 400, exp: now0 - 120 })],
    ['that lives longer than five minutes', () => assertion({ exp: seconds() + 301 })],
    ['that lives for ever', () => assertion({ iat: undefined, exp: 4_102_444_800 })],
    ['without end', () => assertion({ exp: undefined })],
    ['whose end is not a whole number', () => assertion({ exp: seconds() + 60.5 })],
    ['from the future', () => assertion({ iat: seconds() + 120, exp: seconds() + 180 })],
    ['not valid yet', () => assertion({ nbf: seconds() + 120, exp: seconds() + 180 })],
    ['without jti', () => assertion({ jti: undefined })],
    ['with a very long jti', () => assertion({ jti: 'x'.repeat(129) })],
    ['with a jti that is a number', () => assertion({ jti: 7 })],
    ['with an access token’s type', () => assertion({}, { typ: 'at+jwt' })],
    ['with a key set address in its header', () => assertion({}, { jku: 'https://other.example' })],
    ['with a key in its header', () => assertion({}, { jwk: publicJwk('ES256') })],
    ['with a critical header', () => assertion({}, { crit: ['exp'], exp: 1 })],
    ['with an unknown kid', () => assertion({}, { kid: 'other' })],
    ['with another algorithm than its key', () => assertion({}, { alg: 'PS256' })],
    ['with RS256', () => assertion({}, { alg: 'RS256' })],
    ['with HS256', () => assertion({}, { alg: 'HS256' })],
    ['with no algorithm', () => assertion({}, { alg: 'none' })],
    [
      'signed by another key',
      () =>
        signJwt(
          { alg: 'ES256' },
          claims(),
          generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
        ),
    ],
    ['with padding', () => `${assertion()}==`],
    [
      'with a changed payload',
      () =>
        assertion().replace(
          /\.[^.]+\./,
          `.${Buffer.from(JSON.stringify(claims())).toString('base64url')}.`,
        ),
    ],
    [
      'with a duplicate member',
      () =>
        signJwt(
          { alg: 'ES256', kid: 'ES256' },
          JSON.stringify(claims()).replace('{', `{"aud":"https://other.example",`),
          pairs.ES256.privateKey,
        ),
    ],
  ];
  test.each(bad)('with an assertion %s', async (_what, make) => {
    const { status, body } = await ask(form(make()));
    expect([status, body]).toEqual([401, oneBody]);
  });

  test('with an assertion used before, by whoever comes second', async () => {
    const body = form(assertion());
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(body)));
    const won = answers.filter(({ status }) => status === 200);
    const lost = answers.filter(({ status }) => status === 401);
    expect([won.length, lost.length]).toEqual([1, 7]);
    for (const answer of lost) expect(answer.body).toEqual(oneBody);
  });

  test('with an assertion used before on another gateway over the same database', async () => {
    const used = form(assertion());
    expect((await ask(used)).status).toBe(200);
    const first = endpoint;
    endpoint = createTokenEndpoint(options);
    expect((await ask(used)).status).toBe(401);
    endpoint = first;
  });

  test('with a client whose registered key is weak, as a fault of ours', async () => {
    const weak = signJwt(
      { alg: 'PS256', kid: 'weak' },
      claims({ iss: 'north-weak', sub: 'north-weak' }),
      pairs.weak.privateKey,
    );
    const { status, body } = await ask(form(weak));
    expect([status, body.error]).toEqual([500, 'server_error']);
    expect(faults.splice(0)).toHaveLength(1);
  });

  test('when the store of used assertions cannot be written', async () => {
    await database.query('ALTER TABLE identity_assertion_replay RENAME TO elsewhere');
    const { status, body } = await ask(form(assertion()));
    await database.query('ALTER TABLE elsewhere RENAME TO identity_assertion_replay');
    expect([status, body.error, body.access_token]).toEqual([500, 'server_error', undefined]);
    expect(faults.splice(0)).toHaveLength(1);
  });

  test.each([
    ['another grant type', { grant_type: 'password' }, 400],
    ['the refresh grant', { grant_type: 'refresh_token', refresh_token: 'x' }, 400],
    ['another resource', { resource: 'https://other.example' }, 400],
    ['the issuer with a slash as resource', { resource: 'ISSUER/' }, 400],
    ['a scope that is no scope', { scope: 'a"b' }, 400],
    ['credentials in a header as well', {}, 400],
  ])('with %s', async (_what, bent, expected) => {
    const resource =
      'resource' in bent ? { resource: bent.resource.replace('ISSUER', issuer) } : {};
    const { status, body } = await ask(form(assertion(), { ...bent, ...resource }), {
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(Object.keys(bent).length === 0 ? { authorization: 'Basic eDp5' } : {}),
      },
    });
    expect([status, body.access_token]).toEqual([expected, undefined]);
  });

  test.each([
    ['beside an assertion', () => form(assertion(), { client_secret: 'x' })],
    ['that is empty', () => `${form(assertion())}&client_secret=`],
    ['alone', () => 'grant_type=client_credentials&client_id=north-es&client_secret=x'],
  ])('with a client secret %s: one method a request (RFC 6749 §2.3)', async (_what, make) => {
    const { status, body } = await ask(make());
    expect([status, body]).toEqual([
      400,
      { error: 'invalid_request', error_description: 'client_secret is not taken' },
    ]);
  });

  test('without an assertion, though the certificate is good', async () => {
    const { status } = await ask('grant_type=client_credentials&client_id=north-es');
    expect(status).toBe(401);
  });

  test('with two assertions', async () => {
    const { status } = await ask(`${form(assertion())}&client_assertion=${assertion()}`);
    expect(status).toBe(400);
  });

  test('with a certificate in a header', async () => {
    const { status } = await ask(form(assertion()), {
      pair: south,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-forwarded-client-cert': north.certificate.toString('base64'),
        'ssl-client-cert': encodeURIComponent(pem(north.certificate)),
      },
    });
    expect(status).toBe(401);
  });
});

describe('over HTTP', () => {
  const get = (path: string, init: RequestInit = {}) => fetchAs(north)(`${issuer}${path}`, init);

  test('discovery says what there is and nothing else', async () => {
    const response = await get(tokenPaths.discovery, { headers: { host: 'other.example' } });
    expect(await response.json()).toEqual({
      issuer,
      token_endpoint: `${issuer}/oauth2/token`,
      jwks_uri: `${issuer}/oauth2/jwks`,
      grant_types_supported: ['client_credentials'],
      response_types_supported: [],
      token_endpoint_auth_methods_supported: ['private_key_jwt', 'tls_client_auth'],
      token_endpoint_auth_signing_alg_values_supported: ['PS256', 'ES256', 'EdDSA', 'Ed25519'],
      tls_client_certificate_bound_access_tokens: true,
      mtls_endpoint_aliases: { token_endpoint: `${issuer}/oauth2/token` },
    });
  });

  test('the key set holds the public key alone', async () => {
    const response = await get(tokenPaths.jwks);
    const { keys } = (await response.json()) as { keys: Record<string, unknown>[] };
    expect(keys).toHaveLength(1);
    const { kty, crv, x, kid } = tokenKey as Record<string, unknown>;
    expect(keys[0]).toEqual({ kty, crv, x, kid, alg: 'EdDSA', use: 'sig' });
    expect(createPublicKey({ key: keys[0]!, format: 'jwk' }).type).toBe('public');
  });

  test.each([
    ['GET', '/oauth2/token', 405],
    ['OPTIONS', '/oauth2/token', 405],
    ['POST', '/oauth2/jwks', 405],
    ['OPTIONS', '/oauth2/jwks', 405],
    ['GET', '/.well-known/openid-configuration', 404],
    ['GET', '/auth', 404],
    ['GET', '/me', 404],
    ['POST', '/token/introspection', 404],
    ['POST', '/token/revocation', 404],
    ['POST', '/reg', 404],
    ['POST', '/request', 404],
    ['GET', '/session/end', 404],
    ['GET', '/oauth2/jwks/', 404],
    ['GET', '/oauth2/jwks?x=1', 404],
    ['GET', '/oauth2/../oauth2/token', 405],
    ['POST', '/oauth2//token', 404],
  ])('%s %s is answered %i without a body', async (method, path, status) => {
    const response = await get(path, { method });
    expect([response.status, await response.text()]).toEqual([status, '']);
  });

  test('no answer may be kept or read by a web page', async () => {
    const origin = { origin: 'https://page.example' };
    const answers = [
      await get(tokenPaths.jwks, { headers: origin }),
      await get(tokenPaths.discovery, { headers: origin }),
      await get('/nowhere', { headers: origin }),
      (await ask(form(assertion()), {
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...origin },
      })) as { headers: Headers },
    ];
    for (const { headers } of answers) {
      expect(headers.get('cache-control')).toBe('no-store');
      expect(
        [...headers.keys()].filter((name) => /^access-control|^set-cookie/.test(name)),
      ).toEqual([]);
    }
  });

  test('a body over 16 KiB is refused, declared or not', async () => {
    const long = form(assertion(), { padding: 'x'.repeat(16_384) });
    expect((await ask(long)).status).toBe(413);
    const status = await new Promise((resolve, reject) => {
      const request = https.request(`${issuer}${tokenPaths.token}`, {
        ...tlsOf(north),
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'transfer-encoding': 'chunked',
        },
      });
      request.on('response', (response) => resolve(response.resume().statusCode));
      request.on('error', reject);
      request.write(long);
    });
    expect(status).toBe(413);
  });

  test.each([
    'application/json',
    'text/plain',
    'application/x-www-form-urlencoded; charset=utf-16',
  ])('a body of type %s is refused', async (type) => {
    const { status } = await ask(form(assertion()), { headers: { 'content-type': type } });
    expect(status).toBe(415);
  });

  test('one connection serves many requests', async () => {
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    const statuses: (number | undefined)[] = [];
    const ports = new Set<number | undefined>();
    for (const path of [tokenPaths.token, tokenPaths.jwks, '/nowhere', tokenPaths.token]) {
      const method = path === tokenPaths.token ? 'POST' : 'GET';
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      await new Promise<void>((resolve, reject) => {
        const request = https.request(`${issuer}${path}`, {
          ...tlsOf(north),
          agent,
          method,
          headers,
        });
        request.on('error', reject);
        request.on('response', (response) => {
          statuses.push(response.statusCode);
          ports.add(response.socket.localPort);
          response.resume().on('end', resolve);
        });
        request.end(method === 'POST' ? form(assertion()) : undefined);
      });
    }
    agent.destroy();
    expect([statuses, ports.size]).toEqual([[200, 200, 404, 200], 1]);
  });

  test('an error is JSON even for one who prefers pages', async () => {
    const { status, headers } = await ask(form(assertion({ aud: 'x' })), {
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' },
    });
    expect(status).toBe(401);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
  });
});

describe('start is refused', () => {
  test.each([
    'http://gateway.example',
    'https://gateway.example/',
    'https://gateway.example/a',
    'x',
  ])('with the issuer %s', (bad) => {
    expect(() => createTokenEndpoint({ ...options, issuer: bad })).toThrow('ERR_CONFIGURATION');
  });
  const { d, ...publicPart } = tokenKey as Record<string, unknown>;
  const other = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  test.each([
    ['no key', []],
    ['a public key', [publicPart]],
    ['a key without kid', [{ ...tokenKey, kid: undefined }]],
    ['a private part of another key', [{ ...tokenKey, d: other.d }]],
    ['an RSA key', [{ ...pairs.PS256.privateKey.export({ format: 'jwk' }), kid: 'rsa' }]],
  ])('with %s', (_what, signingKeys) => {
    expect(d).toBeDefined();
    expect(() => createTokenEndpoint({ ...options, signingKeys })).toThrow('ERR_KEY_UNUSABLE');
  });
});

test('no fault of ours was seen on the way', () => {
  expect(faults).toEqual([]);
});
