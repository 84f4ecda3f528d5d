import { generateKeyPairSync, X509Certificate, type webcrypto } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import { issueClientKeyPair, type IssuedKeyPair } from '../src/platform/pki/index.js';
import { keyPem, startGateway, type TestGateway } from './support/gateway.js';
import { mtlsFetch } from './support/mtls-fetch.js';
import type { TestPartner } from './support/partner.js';

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const code = 'ALPHA-BORDER';
const idp = 'https://idp.alpha.example';

/** How a system of the partner shows who it is. */
interface System {
  readonly clientId: string;
  readonly pair: IssuedKeyPair;
  /** Undefined: by its certificate. */
  readonly key?: { readonly key: webcrypto.CryptoKey; readonly kid: string };
}

interface Library {
  readonly name: string;
  /** An access token; `assertion` names an officer. */
  token(url: string, system: System, assertion?: string): Promise<string>;
}

/** Configured from discovery alone, and used as each library's own pages say. */
describe('a stock OAuth client', () => {
  let gateway: TestGateway;
  let alpha: TestPartner;
  let byKey: System;
  let byCertificate: System;
  const provider = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  const fetchAs = ({ pair }: System) =>
    mtlsFetch({
      ca: gateway.serverCaPem,
      cert: new X509Certificate(pair.certificate).toString(),
      key: keyPem(pair.privateKey),
    });
  const libraries: readonly Library[] = [
    {
      name: 'oauth4webapi',
      token: async (url, system, assertion) => {
        const options = { [oauth.customFetch]: fetchAs(system) };
        const issuer = new URL(url);
        const server = await oauth.processDiscoveryResponse(
          issuer,
          await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options }),
        );
        const client: oauth.Client = {
          client_id: system.clientId,
          ...(system.key === undefined ? { use_mtls_endpoint_aliases: true } : {}),
        };
        const authentication =
          system.key === undefined ? oauth.TlsClientAuth() : oauth.PrivateKeyJwt(system.key);
        const response =
          assertion === undefined
            ? await oauth.clientCredentialsGrantRequest(
                server,
                client,
                authentication,
                new URLSearchParams(),
                options,
              )
            : await oauth.genericTokenEndpointRequest(
                server,
                client,
                authentication,
                jwtBearer,
                { assertion },
                options,
              );
        const answer = await (assertion === undefined
          ? oauth.processClientCredentialsResponse(server, client, response)
          : oauth.processGenericTokenEndpointResponse(server, client, response));
        return answer.access_token;
      },
    },
    {
      name: 'openid-client',
      token: async (url, system, assertion) => {
        const configuration = await openid.discovery(
          new URL(url),
          system.clientId,
          system.key === undefined ? { use_mtls_endpoint_aliases: true } : {},
          system.key === undefined ? openid.TlsClientAuth() : openid.PrivateKeyJwt(system.key),
          { algorithm: 'oauth2', [openid.customFetch]: fetchAs(system) },
        );
        const answer = await (assertion === undefined
          ? openid.clientCredentialsGrant(configuration)
          : openid.genericGrantRequest(configuration, jwtBearer, { assertion }));
        return answer.access_token;
      },
    },
  ];

  const byTwo = async (mutation: string, input: object): Promise<void> => {
    const asked = await gateway.staff('LIA-1').act(mutation, input);
    expect((await gateway.staff('LIA-2').approve(asked)).value).toMatchObject({ state: 'DONE' });
  };
  const named = (bent: { readonly kid?: string; readonly audience?: string } = {}) =>
    new SignJWT()
      .setProtectedHeader({ alg: 'ES256', kid: bent.kid ?? 'idp-1' })
      .setIssuer(idp)
      .setSubject('officer-1')
      .setAudience(bent.audience ?? gateway.url)
      .setJti(crypto.randomUUID())
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(provider.privateKey);
  /** Who the gateway takes the caller for, over the certificate of the system. */
  const officerOf = async (token: string, { pair }: System): Promise<unknown> => {
    const reply = await alpha.raw({
      pair,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{ access { officer partner { code } } }' }),
    });
    return reply.json?.data?.['access'] ?? reply.status;
  };

  beforeAll(async () => {
    gateway = await startGateway({ kind: 'PGlite', staff: true });
    alpha = gateway.partner(code);
    const { clientId, pair, kid, signingKey } = alpha.options;
    const key = await crypto.subtle.importKey(
      'jwk',
      signingKey.export({ format: 'jwk' }),
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign'],
    );
    byKey = { clientId, pair, key: { key, kid } };
    const names = { organization: code, commonName: 'stock' };
    const own = issueClientKeyPair(gateway.clientCa, names, new Date());
    byCertificate = { clientId: 'alpha-stock', pair: own };
    const certificate = new X509Certificate(own.certificate).toString();
    await byTwo('addCertificate', { partner: code, certificate });
    await byTwo('setClientTlsSubject', {
      partner: code,
      clientId: 'alpha-stock',
      subject: `CN=stock,O=${code}`,
    });
    const jwks = { keys: [{ ...provider.publicKey.export({ format: 'jwk' }), kid: 'idp-1' }] };
    await byTwo('setOfficerProvider', { partner: code, issuer: idp, jwks: JSON.stringify(jwks) });
  });
  afterAll(async () => gateway?.close());

  describe.each(libraries)('$name', (library) => {
    describe.each(['private_key_jwt', 'tls_client_auth'] as const)('with %s', (method) => {
      const right = (): System => (method === 'private_key_jwt' ? byKey : byCertificate);
      /** The same, on the certificate of another system of the partner; on that of another partner. */
      const others = (): readonly System[] => {
        const foreign = gateway.partner('BRAVO-CONSULAR').options.pair;
        return method === 'private_key_jwt'
          ? [{ ...byKey, pair: foreign }]
          : [
              { ...byCertificate, pair: byKey.pair },
              { ...byCertificate, pair: foreign },
            ];
      };

      test('obtains a token for the system (client_credentials)', async () => {
        const token = await library.token(gateway.url, right());
        expect(await officerOf(token, right())).toEqual({ officer: null, partner: { code } });
      });

      test('obtains none on another certificate', async () => {
        for (const system of others()) {
          await expect(library.token(gateway.url, system)).rejects.toMatchObject({
            error: 'invalid_client',
          });
        }
      });

      test('obtains a token for a named officer (jwt-bearer)', async () => {
        const token = await library.token(gateway.url, right(), await named());
        expect(await officerOf(token, right())).toEqual({
          officer: 'officer-1',
          partner: { code },
        });
      });

      test('obtains none for an officer on another certificate, or not rightly named', async () => {
        for (const system of others()) {
          await expect(library.token(gateway.url, system, await named())).rejects.toMatchObject({
            error: 'invalid_client',
          });
        }
        for (const bent of [{ kid: 'idp-2' }, { audience: `${gateway.url}/oauth2/token` }]) {
          await expect(
            library.token(gateway.url, right(), await named(bent)),
          ).rejects.toMatchObject({ error: 'invalid_grant' });
        }
      });
    });
  });
});
