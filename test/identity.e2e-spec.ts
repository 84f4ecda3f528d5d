import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import {
  createClientCa,
  issueClientKeyPair,
  type IssuedKeyPair,
} from '../src/platform/pki/index.js';
import { describeOnEachDatabase } from './support/databases.js';
import { keyPem, startGateway, startReplica, type TestGateway } from './support/gateway.js';
import { signJwt } from './support/jwt.js';
import { mtlsFetch } from './support/mtls-fetch.js';
import type { TestPartner, TestReply } from './support/partner.js';
import { nobodyAsSeen } from './support/people.js';
import { answerOf } from './support/replies.js';

const day = 86_400_000;

describeOnEachDatabase('identity', (kind) => {
  let gateway: TestGateway;
  let alpha: TestPartner;
  let bravo: TestPartner;
  beforeAll(async () => {
    gateway = await startGateway({ kind });
    alpha = gateway.partner('ALPHA-BORDER');
    bravo = gateway.partner('BRAVO-CONSULAR');
  });
  afterAll(async () => gateway.close());

  const sql = (text: string, ...values: unknown[]): Promise<unknown> =>
    gateway.rooms.database.dataSource.query(text, values);

  /** Every byte a TLS client with this certificate gets back for one HTTP request. */
  const bytesFor = (pair: IssuedKeyPair | undefined): Promise<string> =>
    new Promise((resolve) => {
      const { hostname, port } = new URL(gateway.url);
      const received: Buffer[] = [];
      const socket = connect({
        host: hostname,
        port: Number(port),
        servername: 'localhost',
        ca: gateway.serverCaPem,
        ...(pair === undefined
          ? {}
          : {
              cert: new X509Certificate(pair.certificate).toString(),
              key: keyPem(pair.privateKey),
            }),
      });
      socket.on('secureConnect', () =>
        socket.write('GET /oauth2/jwks HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
      );
      socket.on('data', (chunk: Buffer) => received.push(chunk));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(Buffer.concat(received).toString()));
    });

  describe('of a connection', () => {
    const name = { organization: 'ALPHA-BORDER', commonName: 'ALPHA-BORDER' };

    test('with a registered certificate reaches HTTP', async () => {
      expect(await bytesFor(alpha.options.pair)).toMatch(/^HTTP\/1\.1 200 /);
    });

    test('without a certificate ends without a byte of HTTP', async () => {
      expect(await bytesFor(undefined)).toBe('');
    });

    test('with a certificate of another CA, of the same names, ends without a byte', async () => {
      const other = createClientCa({ organization: 'Test', commonName: 'Client CA' }, new Date());
      expect(await bytesFor(issueClientKeyPair(other, name, new Date()))).toBe('');
    });

    test('with a certificate of our CA that is registered for nobody ends without a byte', async () => {
      expect(await bytesFor(issueClientKeyPair(gateway.clientCa, name, new Date()))).toBe('');
    });

    test('with a registered certificate that is over or not yet begun ends without a byte', async () => {
      for (const issuedAt of [Date.now() - 4000 * day, Date.now() + 10 * day]) {
        const pair = issueClientKeyPair(gateway.clientCa, name, new Date(issuedAt));
        await sql(
          `INSERT INTO credential (id, partner, kind, fingerprint, active, valid_after)
           VALUES (gen_random_uuid(), 'ALPHA-BORDER', 'CLIENT_CERTIFICATE', $1, true, '2020-01-01')`,
          Buffer.from(
            new X509Certificate(pair.certificate).fingerprint256.replaceAll(':', ''),
            'hex',
          ).toString('base64url'),
        );
        expect(await bytesFor(pair)).toBe('');
      }
    });
  });

  describe('without a caller', () => {
    const ask = (authorization: string | readonly string[] | undefined, bent: object = {}) =>
      alpha.raw({
        headers: {
          'content-type': 'application/json',
          ...(authorization === undefined
            ? {}
            : { authorization: authorization as string | string[] }),
        },
        body: JSON.stringify({ query: '{ access { officer } }' }),
        ...bent,
      });
    const claimsOf = (of: string) =>
      JSON.parse(Buffer.from(of.split('.')[1] ?? '', 'base64url').toString()) as Record<
        string,
        unknown
      >;
    const resign = (change: object, header: object = {}): string => {
      const { kid, key } = gateway.settings.keys.token;
      const claims = { ...claims0, ...change };
      return signJwt({ alg: 'EdDSA', typ: 'at+jwt', kid, ...header }, claims, key);
    };
    let token: string;
    let claims0: Record<string, unknown>;
    let refused: TestReply;
    beforeAll(async () => {
      token = await alpha.accessToken();
      claims0 = claimsOf(token);
      refused = await ask(undefined);
    });

    test('every request gets one 401, byte for byte', async () => {
      expect((await ask(`Bearer ${token}`)).status).toBe(200);
      expect((await ask(`Bearer ${resign({})}`)).status).toBe(200);
      expect(refused.status).toBe(401);
      expect(refused.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
      const seconds = Math.floor(Date.now() / 1000);
      const other = generateKeyPairSync('ed25519').privateKey;
      const foreign = signJwt(
        { alg: 'EdDSA', typ: 'at+jwt', kid: gateway.settings.keys.token.kid },
        claims0,
        other,
      );
      const [head = '', body = '', signature = ''] = token.split('.');
      const bad: Record<string, string | string[]> = {
        'expired token': `Bearer ${resign({ iat: seconds - 900, exp: seconds - 600 })}`,
        'token to come': `Bearer ${resign({ iat: seconds + 600, exp: seconds + 900 })}`,
        'other audience': `Bearer ${resign({ aud: 'https://other.example' })}`,
        'no audience': `Bearer ${resign({ aud: undefined })}`,
        'other issuer': `Bearer ${resign({ iss: 'https://other.example' })}`,
        'no binding': `Bearer ${resign({ cnf: undefined })}`,
        'other binding': `Bearer ${resign({ cnf: { 'x5t#S256': 'A'.repeat(43) } })}`,
        'unknown client': `Bearer ${resign({ client_id: 'nobody', sub: 'nobody' })}`,
        'client of another partner': `Bearer ${resign({ client_id: 'bravo-consular', sub: 'bravo-consular' })}`,
        'another type': `Bearer ${resign({}, { typ: 'JWT' })}`,
        'another key': `Bearer ${foreign}`,
        'no signature': `Bearer ${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`,
        'tampered payload': `Bearer ${head}.${Buffer.from(JSON.stringify({ ...claims0, sub: 'x' })).toString('base64url')}.${signature}`,
        'padded token': `Bearer ${token}=`,
        'two headers': [`Bearer ${token}`, `Bearer ${token}`],
        'another scheme': `DPoP ${token}`,
        'no token': 'Bearer',
      };
      for (const [what, authorization] of Object.entries(bad)) {
        const reply = await ask(authorization);
        expect([what, reply.status, reply.body.equals(refused.body)]).toEqual([what, 401, true]);
        const { date: _, ...headers } = reply.headers;
        const { date: __, ...headersOfFirst } = refused.headers;
        expect(headers).toEqual(headersOfFirst);
      }
    });

    test('a token stolen by another partner is none on its certificate', async () => {
      const reply = await ask(`Bearer ${token}`, { pair: bravo.options.pair });
      expect(reply.status).toBe(401);
      expect(reply.body.equals(refused.body)).toBe(true);
    });

    test('no header claims a certificate', async () => {
      const pem = encodeURIComponent(
        new X509Certificate(alpha.options.pair.certificate).toString(),
      );
      const reply = await bravo.raw({
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${token}`,
          'x-forwarded-client-cert': pem,
          'x-ssl-client-cert': pem,
          'ssl-client-cert': pem,
          'client-cert': `:${alpha.options.pair.certificate.toString('base64')}:`,
        },
        body: '{}',
      });
      expect(reply.status).toBe(401);
    });
  });

  describe('by a token', () => {
    const fetchOf = (partner: TestPartner) =>
      mtlsFetch({
        ca: gateway.serverCaPem,
        cert: new X509Certificate(partner.options.pair.certificate).toString(),
        key: keyPem(partner.options.pair.privateKey),
      });
    const signingKey = async (partner: TestPartner) =>
      crypto.subtle.importKey(
        'jwk',
        partner.options.signingKey.export({ format: 'jwk' }),
        { name: 'ECDSA', namedCurve: 'P-256' },
        false,
        ['sign'],
      );
    const isAccepted = async (token: string) => {
      const reply = await alpha.raw({
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: '{ access { partner { code } } }' }),
      });
      return reply.json?.data?.['access'];
    };

    test('of openid-client, configured from discovery alone, is accepted', async () => {
      const { clientId, kid } = alpha.options;
      const configuration = await openid.discovery(
        new URL(gateway.url),
        clientId,
        {},
        openid.PrivateKeyJwt({ key: await signingKey(alpha), kid }),
        { algorithm: 'oauth2', [openid.customFetch]: fetchOf(alpha) },
      );
      const response = await openid.clientCredentialsGrant(configuration);
      expect(await isAccepted(response.access_token)).toEqual({
        partner: { code: 'ALPHA-BORDER' },
      });
    });

    test('of oauth4webapi, configured from discovery alone, is accepted', async () => {
      const { clientId, kid } = alpha.options;
      const options = { [oauth.customFetch]: fetchOf(alpha) };
      const issuer = new URL(gateway.url);
      const server = await oauth.processDiscoveryResponse(
        issuer,
        await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options }),
      );
      const client = { client_id: clientId };
      const response = await oauth.clientCredentialsGrantRequest(
        server,
        client,
        oauth.PrivateKeyJwt({ key: await signingKey(alpha), kid }),
        new URLSearchParams(),
        options,
      );
      const answer = await oauth.processClientCredentialsResponse(server, client, response);
      expect(await isAccepted(answer.access_token)).toEqual({ partner: { code: 'ALPHA-BORDER' } });
    });

    test('is not to be had with the client of one partner over the certificate of another', async () => {
      const assertion = await alpha.signAssertion();
      const reply = await alpha.askToken(assertion, { pair: bravo.options.pair });
      expect([reply.status, (reply.json as { error?: string }).error]).toEqual([
        401,
        'invalid_client',
      ]);
    });

    test('is not to be had twice for one assertion', async () => {
      const assertion = await alpha.signAssertion();
      expect((await alpha.askToken(assertion)).status).toBe(200);
      expect((await alpha.askToken(assertion)).status).toBe(401);
    });
  });

  describe('that is withdrawn in the database', () => {
    const isOpen = (partner: TestPartner) =>
      partner.verify(nobodyAsSeen).then(
        (reply) => reply.status,
        () => 'cut' as const,
      );
    test.each([
      ['partner', "UPDATE partner SET active = $1 WHERE code = 'BRAVO-CONSULAR'"],
      ['certificate', "UPDATE credential SET active = $1 WHERE partner = 'BRAVO-CONSULAR'"],
      ['client', "UPDATE oauth_client SET active = $1 WHERE partner = 'BRAVO-CONSULAR'"],
    ])('of a %s is refused at the next request', async (what, statement) => {
      await bravo.accessToken();
      answerOf(await bravo.verify(nobodyAsSeen));
      await sql(statement, false);
      expect(await isOpen(bravo)).toBe(what === 'client' ? 401 : 'cut');
      await expect(bravo.fetchToken().then(() => 'a token')).rejects.toThrow();
      await sql(statement, true);
      answerOf(await bravo.verify(nobodyAsSeen));
    });

    test('cuts connections that are open and idle, of that partner and of no other', async () => {
      const held = (partner: TestPartner) => {
        const { pair } = partner.options;
        const { port } = new URL(gateway.url);
        const socket = connect({
          host: '127.0.0.1',
          port: Number(port),
          servername: 'localhost',
          ca: gateway.serverCaPem,
          cert: new X509Certificate(pair.certificate).toString(),
          key: keyPem(pair.privateKey),
        });
        socket.on('error', () => undefined);
        const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
        const answered = new Promise<void>((resolve) => socket.once('data', () => resolve()));
        socket.write('GET /oauth2/jwks HTTP/1.1\r\nHost: localhost\r\n\r\n');
        return { socket, closed, answered };
      };
      const [ofAlpha, ofBravo] = [held(alpha), held(bravo)];
      await Promise.all([ofAlpha.answered, ofBravo.answered]);
      const statement = "UPDATE partner SET active = $1 WHERE code = 'BRAVO-CONSULAR'";
      await sql(statement, false);
      // Anybody's next request brings the gateway up to date.
      answerOf(await alpha.verify(nobodyAsSeen));
      await ofBravo.closed;
      expect(ofAlpha.socket.destroyed).toBe(false);
      ofAlpha.socket.destroy();
      await sql(statement, true);
    });

    test('of tokens issued before an instant is refused, of those after it is not', async () => {
      const token = await bravo.accessToken();
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
        readonly iat: number;
      };
      const ask = (bearer: string) =>
        bravo.raw({
          headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
          body: JSON.stringify({ query: '{ access { officer } }' }),
        });
      expect((await ask(token)).status).toBe(200);
      await sql(
        `UPDATE oauth_client SET valid_after = to_timestamp($1) WHERE partner = 'BRAVO-CONSULAR'`,
        claims.iat + 1,
      );
      expect((await ask(token)).status).toBe(401);
      const { kid, key } = gateway.settings.keys.token;
      const header = { alg: 'EdDSA', typ: 'at+jwt', kid };
      const younger = signJwt(header, { ...claims, iat: claims.iat + 2 }, key);
      expect((await ask(younger)).status).toBe(200);
    });
  });
});

test('one assertion used forty times at once on two gateways over one PostgreSQL is good once', async () => {
  const gateway = await startGateway({ kind: 'PostgreSQL' });
  const replica = await startReplica(gateway);
  try {
    const alpha = gateway.partner('ALPHA-BORDER');
    const assertion = await alpha.signAssertion();
    const replies = await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        alpha.askToken(assertion, { url: at % 2 === 0 ? gateway.url : replica.url }),
      ),
    );
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 401]));
  } finally {
    gateway.partner('ALPHA-BORDER').close();
    await replica.close();
    await gateway.close();
  }
});
