import { X509Certificate, createPrivateKey, sign, type JsonWebKey } from 'node:crypto';
import { IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Provider, errors, type ProviderContext, type ResourceServerInfo } from 'oidc-provider';
import { GatewayError } from '../../core/errors.js';
import type { PartnerCode } from '../../core/ids.js';
import {
  isJwsSignatureValid,
  readVerificationKey,
  signatureAlgorithms,
} from '../../platform/jws/verification-key.js';
import { assertionFault, clockToleranceSeconds } from './check-assertion.js';
import type { ClientDirectory } from './client-directory.js';
import { readOfficerAssertion, type OfficerProvider } from './officer-assertion.js';
import { createProviderAdapter, ReplayAdapter } from './provider-adapter.js';
import type { Queryable } from './queryable.js';

/** Who is at the other end of a connection, as the certificate gate established it. */
export interface TokenPeer {
  readonly partner: PartnerCode;
  /** The certificate the connection was made with, DER. */
  readonly certificate: Buffer;
  /** Its subject, RFC 4514. */
  readonly subject?: string;
}

export interface TokenEndpointOptions {
  /** PUBLIC_URL: an https origin without path or trailing slash; issuer and audience of tokens. */
  readonly issuer: string;
  /** Private JWKs with `kid`, P-256 or Ed25519; the first signs, all are published. */
  readonly signingKeys: readonly Readonly<Record<string, unknown>>[];
  /** Asked before each request for the keys of then; another array is other keys. */
  readonly currentKeys?: () => Promise<readonly Readonly<Record<string, unknown>>[]>;
  readonly clients: ClientDirectory;
  readonly database: Queryable;
  /**
   * The identity provider that names a partner's officers; without this no token is issued for one.
   */
  readonly officers?: (partner: PartnerCode) => Promise<OfficerProvider | undefined>;
  /** From the gate; never from a header. */
  readonly peerOf: (socket: Socket) => TokenPeer | undefined;
  readonly now: () => Date;
  /** Told of each refused request by its OAuth error code and our detail; no personal data. */
  readonly onRefused?: (error: string, detail: string | undefined) => void;
  /** Told of each token issued, by the client it went to. */
  readonly onIssued?: (clientId: string) => void;
  /** Told of each fault of ours. */
  readonly onFault?: (error: unknown) => void;
}

export const tokenPaths = {
  token: '/oauth2/token',
  jwks: '/oauth2/jwks',
  discovery: '/.well-known/oauth-authorization-server',
} as const;

export const accessTokenLifetimeSeconds = 300;
const maxBodyBytes = 16_384;

/** What of the provider's metadata (RFC 8414 §2) is true of the three routes we serve. */
const publishedMetadata = [
  'issuer',
  'token_endpoint',
  'jwks_uri',
  'grant_types_supported',
  'response_types_supported',
  'token_endpoint_auth_methods_supported',
  'token_endpoint_auth_signing_alg_values_supported',
  'tls_client_certificate_bound_access_tokens',
  'mtls_endpoint_aliases',
] as const;

/**
 * The OAuth 2.0 token endpoint of the partner door, on oidc-provider: client_credentials with
 * `private_key_jwt` over mutual TLS, answered with a JWT access token (RFC 9068) bound to the
 * certificate of the connection (RFC 8705 §3). Three routes; everything else is 404.
 *
 * @returns a handler that answers every request it is given and never throws
 * @throws {GatewayError} ERR_CONFIGURATION or ERR_KEY_UNUSABLE
 */
export function createTokenEndpoint(
  options: TokenEndpointOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { issuer } = options;
  if (URL.parse(issuer)?.origin !== issuer || !issuer.startsWith('https://')) {
    throw new GatewayError('ERR_CONFIGURATION', { detail: 'PUBLIC_URL must be an https origin' });
  }
  const handleWith = (keys: TokenEndpointOptions['signingKeys']) => ({
    keys,
    handle: createProvider({ ...options, signingKeys: keys }).callback(),
  });
  // The provider keeps its keys: with others it is made anew, and what is under way ends on the old.
  let made = handleWith(options.signingKeys);
  const current = async () => {
    const keys = (await options.currentKeys?.()) ?? made.keys;
    if (keys !== made.keys) made = handleWith(keys);
    return made.handle;
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    response.setHeader('Cache-Control', 'no-store');
    const isToken = request.url === tokenPaths.token;
    const isRead = request.url === tokenPaths.jwks || request.url === tokenPaths.discovery;
    if (!isToken && !isRead) return end(response, 404);
    const method = isToken ? 'POST' : 'GET';
    if (request.method !== method) {
      response.setHeader('Allow', method);
      return end(response, 405);
    }
    if (isRead) return (await current())(replay(request, issuer), response);

    if (!isForm(request)) return end(response, 415);
    const body = await readBody(request);
    if (body === undefined) {
      // What is still coming is not read; the connection ends with the answer.
      response.setHeader('Connection', 'close');
      return end(response, 413);
    }
    // One method a request (RFC 6749 §2.3): a secret beside an assertion or certificate is another.
    if (new URLSearchParams(body.toString('utf8')).has('client_secret')) {
      options.onRefused?.('invalid_request', 'a client secret');
      return endInvalid(response, 'client_secret is not taken');
    }
    return (await current())(replay(request, issuer, body), response);
  };

  return (request, response) => {
    answer(request, response).catch((error: unknown) => {
      options.onFault?.(error);
      if (response.headersSent) response.destroy();
      else end(response, 500);
    });
  };
}

function createProvider(options: TokenEndpointOptions): Provider {
  const { issuer, clients, database, now } = options;
  const [signing, ...others] = options.signingKeys.map(readSigningKey);
  if (signing === undefined) throw new GatewayError('ERR_KEY_UNUSABLE', { detail: 'no token key' });

  const grantTypes = ['client_credentials', ...(options.officers === undefined ? [] : [jwtBearer])];
  const resourceServer: ResourceServerInfo = {
    scope: '',
    audience: issuer,
    accessTokenFormat: 'jwt',
    accessTokenTTL: accessTokenLifetimeSeconds,
    jwt: { sign: { alg: signing.alg, kid: signing.kid } },
  };
  const provider = new Provider(issuer, {
    adapter: createProviderAdapter(clients, database, now, grantTypes),
    jwks: { keys: [signing.jwk, ...others.map(({ jwk }) => jwk)] },
    clockTolerance: clockToleranceSeconds,
    responseTypes: [],
    scopes: [],
    claims: {},
    clientAuthMethods: ['private_key_jwt', 'tls_client_auth'],
    // No ID token is ever made; the provider wants every client to name an algorithm it has.
    clientDefaults: { id_token_signed_response_alg: signing.alg },
    enabledJWA: { clientAuthSigningAlgValues: [...signatureAlgorithms] },
    extraClientMetadata: { properties: ['partner'] },
    routes: { token: tokenPaths.token, jwks: tokenPaths.jwks },
    ttl: {
      ClientCredentials: accessTokenLifetimeSeconds,
      AccessToken: accessTokenLifetimeSeconds,
    },
    async assertJwtClientAuthClaimsAndHeader(ctx, _claims, _header, client) {
      // A certificate of one partner with a client of another is two partners' secrets in one hand.
      if (options.peerOf(ctx.req.socket)?.partner !== client.partner) {
        throw new errors.InvalidClientAuth('certificate of another partner');
      }
      const assertion = ctx.oidc.params?.client_assertion;
      const fault = assertionFault(assertion, issuer, client.clientId, now());
      if (fault !== undefined) throw new errors.InvalidClientAuth(`assertion ${fault}`);
    },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      pushedAuthorizationRequests: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        tlsClientAuth: true,
        // The gate has checked the certificate; here it is only asked whose it is.
        certificateAuthorized: (ctx) =>
          options.peerOf(ctx.req.socket)?.partner === ctx.oidc.client?.partner,
        certificateSubjectMatches: (ctx, property, expected) =>
          property === 'tls_client_auth_subject_dn' &&
          options.peerOf(ctx.req.socket)?.subject === expected,
        getCertificate: (ctx) => {
          const peer = options.peerOf(ctx.req.socket);
          return peer === undefined ? undefined : new X509Certificate(peer.certificate);
        },
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => issuer,
        getResourceServerInfo: (_ctx, resource) => {
          if (resource !== issuer) throw new errors.InvalidTarget();
          return resourceServer;
        },
      },
    },
  });
  if (options.officers !== undefined) {
    registerOfficerGrant(provider, options, resourceServer);
  }
  provider.use((ctx, next) => publishOnlyWhatExists(ctx, next, issuer));
  provider.on('grant.success', (ctx) => {
    const { client } = ctx.oidc;
    if (client !== undefined) options.onIssued?.(client.clientId);
  });
  provider.on('grant.error', (_ctx, error) => {
    if (error instanceof errors.OIDCProviderError) {
      options.onRefused?.(error.error, error.error_detail);
    }
  });
  // Without a listener Koa prints the whole error.
  provider.on('error', (error) => options.onFault?.(error));
  provider.on('server_error', (_ctx, error) => options.onFault?.(error));
  return provider;
}

const jwtBearer = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/**
 * A token on behalf of an officer (RFC 7523 §2.1): the system authenticates as for any token, and the
 * partner's identity provider names the officer. `sub` is the officer, `client_id` the system.
 */
function registerOfficerGrant(
  provider: Provider,
  { issuer, officers, database, peerOf, now }: TokenEndpointOptions,
  info: ResourceServerInfo,
): void {
  const replay = new ReplayAdapter(database, now);
  const resourceServer = new provider.ResourceServer(issuer, info);
  const handle = async (ctx: ProviderContext): Promise<void> => {
    const { client, params } = ctx.oidc;
    const peer = peerOf(ctx.req.socket);
    if (client === undefined || peer === undefined || peer.partner !== client.partner) {
      throw new errors.InvalidGrant('certificate of another partner');
    }
    if (params?.resource !== undefined && params.resource !== issuer) {
      throw new errors.InvalidTarget();
    }
    const named = await officers?.(peer.partner);
    if (named === undefined) throw new errors.InvalidGrant('no identity provider for officers');
    const { clientId } = client;
    const context = { issuer, clientId, now: now() };
    const reading = readOfficerAssertion(params?.assertion, named, context);
    if (!reading.ok) throw new errors.InvalidGrant(reading.fault);
    const leftSeconds = Math.ceil(reading.expiresAtSeconds - context.now.getTime() / 1000);
    await replay.upsert(reading.replayId, {}, leftSeconds);
    const token = new provider.AccessToken({ client, accountId: reading.officer });
    token.resourceServer = resourceServer;
    token.setThumbprint('x5t', new X509Certificate(peer.certificate));
    ctx.body = {
      access_token: await token.save(),
      expires_in: token.expiration,
      token_type: 'Bearer',
    };
  };
  provider.registerGrantType(jwtBearer, handle, ['assertion', 'resource'], []);
}

/** Takes off the cross-origin headers: no web page has business here. Cuts the metadata. */
async function publishOnlyWhatExists(
  ctx: ProviderContext,
  next: () => Promise<void>,
  issuer: string,
): Promise<void> {
  await next();
  for (const name of Object.keys(ctx.response.headers)) {
    if (/^(access-control-|vary$)/i.test(name)) ctx.remove(name);
  }
  ctx.set('Cache-Control', 'no-store');
  if (ctx.req.url !== tokenPaths.discovery) return;
  const told: Readonly<Record<string, unknown>> = {
    ...(ctx.body as Readonly<Record<string, unknown>>),
    token_endpoint: `${issuer}${tokenPaths.token}`,
    jwks_uri: `${issuer}${tokenPaths.jwks}`,
    // Every address takes a certificate; a client that looks for aliases finds the same one.
    mtls_endpoint_aliases: { token_endpoint: `${issuer}${tokenPaths.token}` },
  };
  ctx.body = Object.fromEntries(publishedMetadata.map((name) => [name, told[name]]));
}

/**
 * The request as the provider may see it: the body already bounded, and only the headers it needs.
 * `Host` is ours, so that no address in an answer is the client's word.
 */
function replay(request: IncomingMessage, issuer: string, body?: Buffer): IncomingMessage {
  const copy = new IncomingMessage(request.socket);
  copy.method = request.method ?? '';
  copy.url = request.url ?? '';
  copy.httpVersion = request.httpVersion;
  copy.headers = {
    host: new URL(issuer).host,
    accept: 'application/json',
    ...(request.headers.authorization === undefined
      ? {}
      : { authorization: request.headers.authorization }),
    ...(body === undefined
      ? {}
      : {
          'content-type': 'application/x-www-form-urlencoded',
          'content-length': String(body.length),
        }),
  };
  if (body !== undefined && body.length > 0) copy.push(body);
  copy.push(null);
  copy.complete = true;
  return copy;
}

function isForm({ headers }: IncomingMessage): boolean {
  return (
    headers['content-encoding'] === undefined &&
    /^application\/x-www-form-urlencoded(?:; ?charset=utf-8)?$/i.test(headers['content-type'] ?? '')
  );
}

/** The whole body, or `undefined` when it is longer than we take. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > maxBodyBytes) return undefined;
  }
  return Buffer.concat(chunks);
}

/** RFC 6749 §5.2. */
function endInvalid(response: ServerResponse, description: string): void {
  const body = JSON.stringify({ error: 'invalid_request', error_description: description });
  response.statusCode = 400;
  response.setHeader('Content-Type', 'application/json; charset=utf-8');
  response.setHeader('Content-Length', String(body.length));
  response.end(body);
}

function end(response: ServerResponse, status: number): void {
  response.statusCode = status;
  response.setHeader('Content-Length', '0');
  response.end();
}

/** @throws {GatewayError} ERR_KEY_UNUSABLE */
function readSigningKey(jwk: Readonly<Record<string, unknown>>): {
  readonly jwk: object;
  readonly kid: string;
  readonly alg: 'ES256' | 'EdDSA';
} {
  try {
    const { d, ...publicMembers } = jwk;
    const { kid, algorithms, key } = readVerificationKey(publicMembers);
    const alg = algorithms.includes('ES256') ? 'ES256' : 'EdDSA';
    if (!algorithms.includes(alg)) throw new TypeError('an RSA token key');
    // A private part that belongs to another public key would sign tokens nobody can verify.
    const { kty, crv, x, y } = jwk;
    const privateJwk = { kty, crv, x, y, d };
    const privateKey = createPrivateKey({ key: privateJwk as JsonWebKey, format: 'jwk' });
    const probe = Buffer.from('safeconduct/token-key-probe/v1');
    const signature =
      alg === 'ES256'
        ? sign('sha256', probe, { key: privateKey, dsaEncoding: 'ieee-p1363' })
        : sign(null, probe, privateKey);
    if (!isJwsSignatureValid({ kid, algorithms, key }, alg, probe, signature)) {
      throw new TypeError('private and public part differ');
    }
    return { jwk: { ...privateJwk, kid, alg, use: 'sig' }, kid, alg };
  } catch (cause) {
    throw new GatewayError('ERR_KEY_UNUSABLE', { detail: 'token key', cause });
  }
}

/** The public half of the signing keys, for the verifier of access tokens. */
export function publicTokenKeys(
  signingKeys: readonly Readonly<Record<string, unknown>>[],
): readonly Readonly<Record<string, unknown>>[] {
  return signingKeys.map(({ kty, crv, x, y, kid }) => ({ kty, crv, x, y, kid }));
}
