import https from 'node:https';
import { createPrivateKey, type JsonWebKey } from 'node:crypto';
import * as oauth from 'oauth4webapi';
import { GatewayError } from '../../core/errors.js';
import { readKeyFile } from '../../platform/keys/keys.js';
import type { Profile } from './profile.js';

/** One HTTP answer, whole. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly bytes: Buffer;
}

const largestAnswerBytes = 16 * 1024 * 1024;

/**
 * A partner's connection to the gateway: mutual TLS over one keep-alive agent, access tokens by a
 * standard OAuth client (client_credentials, `private_key_jwt`), GraphQL over POST. Only the public
 * interface is used.
 */
export class PartnerClient {
  private readonly agent: https.Agent;
  private token: { readonly value: string; readonly expiresAt: number } | undefined;
  private requesting: Promise<string> | undefined;

  constructor(private readonly profile: Profile) {
    this.agent = new https.Agent({
      keepAlive: true,
      maxSockets: 8,
      cert: profile.certificate,
      key: profile.key,
      ca: profile.ca,
      minVersion: 'TLSv1.3',
    });
  }

  /** An access token with at least half a minute to live. */
  async accessToken(): Promise<string> {
    if (this.token !== undefined && this.token.expiresAt > Date.now() + 30_000) {
      return this.token.value;
    }
    this.requesting ??= this.requestToken()
      .catch((error: unknown) => {
        throw tokenRefused(error);
      })
      .finally(() => (this.requesting = undefined));
    return this.requesting;
  }

  /** The metadata, the client and a fresh token response, by the library's own rules. */
  async requestToken(): Promise<string> {
    const signing = readSigningKey(this.profile.signingKeyFile);
    const options = { [oauth.customFetch]: this.fetch };
    const issuer = new URL(this.profile.url);
    const server = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options }),
    );
    const client: oauth.Client = { client_id: this.profile.clientId };
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      oauth.PrivateKeyJwt({ key: await signing.importKey(), kid: signing.kid }),
      new URLSearchParams(),
      options,
    );
    const answer = await oauth.processClientCredentialsResponse(server, client, response);
    const expiresAt = Date.now() + (answer.expires_in ?? 0) * 1000;
    this.token = { value: answer.access_token, expiresAt };
    return answer.access_token;
  }

  /** One GET without a token. */
  async get(path: string): Promise<HttpAnswer> {
    return this.request('GET', new URL(path, this.profile.url), { headers: {} });
  }

  /** One POST without a token. */
  async post(path: string, type: string, body: string): Promise<HttpAnswer> {
    return this.request('POST', new URL(path, this.profile.url), {
      headers: { 'content-type': type },
      body,
    });
  }

  /** One GraphQL operation. */
  async graphql(query: string, variables: unknown): Promise<HttpAnswer> {
    return this.request('POST', new URL('/graphql', this.profile.url), {
      headers: {
        authorization: `Bearer ${await this.accessToken()}`,
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
      },
      body: JSON.stringify({ query, variables }),
    });
  }

  /** Uses a token that was obtained elsewhere, whatever it says of itself. */
  useToken(value: string): void {
    this.token = { value, expiresAt: Number.POSITIVE_INFINITY };
  }

  /** Forgets the token, for an answer that says it is no longer good. */
  forgetToken(): void {
    this.token = undefined;
  }

  close(): void {
    this.agent.destroy();
  }

  /** `fetch` for the OAuth library, over this client's certificate. */
  private readonly fetch = async (
    url: string,
    { method, headers, body }: { method: string; headers: Record<string, string>; body?: unknown },
  ): Promise<Response> => {
    const answer = await this.request(method, new URL(url), {
      headers,
      ...(body === undefined || body === null
        ? {}
        : { body: (body as URLSearchParams).toString() }),
    });
    return new Response(answer.text, { status: answer.status, headers: answer.headers });
  };

  private request(
    method: string,
    url: URL,
    { headers, body }: { headers: Record<string, string>; body?: string },
  ): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      const request = https.request(url, { method, headers, agent: this.agent, timeout: 60_000 });
      request.on('timeout', () => request.destroy(new Error('no answer within 60 s')));
      request.on('error', (cause: NodeJS.ErrnoException) => reject(unreachable(url, cause)));
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > largestAnswerBytes) request.destroy(new Error('the answer is too large'));
          else chunks.push(chunk);
        });
        response.on('error', (cause) => reject(unreachable(url, cause)));
        response.on('end', () => {
          const fields = new Headers();
          for (const [name, value] of Object.entries(response.headers)) {
            for (const one of [value ?? []].flat()) fields.append(name, one);
          }
          const bytes = Buffer.concat(chunks);
          resolve({
            status: response.statusCode ?? 0,
            headers: fields,
            text: bytes.toString('utf8'),
            bytes,
          });
        });
      });
      request.end(body);
    });
  }
}

/** A partner's private JWK, as the OAuth library wants it. */
export function readSigningKey(path: string) {
  let jwk: JsonWebKey & { kid?: unknown };
  try {
    jwk = JSON.parse(readKeyFile(path, 'signingKeyFile')) as typeof jwk;
    createPrivateKey({ key: jwk, format: 'jwk' });
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw new GatewayError('ERR_KEY_UNUSABLE', {
      detail: `signingKeyFile: ${path} does not hold a private JWK`,
    });
  }
  const { kid } = jwk;
  if (typeof kid !== 'string') {
    throw new GatewayError('ERR_KEY_UNUSABLE', { detail: `signingKeyFile: ${path} has no "kid"` });
  }
  const algorithm =
    jwk.kty === 'OKP'
      ? { name: 'Ed25519' }
      : jwk.kty === 'EC'
        ? { name: 'ECDSA', namedCurve: jwk.crv ?? '' }
        : { name: 'RSA-PSS', hash: 'SHA-256' };
  return {
    kid,
    jwk,
    importKey: () => crypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign']),
  };
}

/** What an OAuth library throws, as one sentence; its errors hold requests. */
function tokenRefused(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  const code =
    error instanceof Error && 'error' in error && typeof error.error === 'string'
      ? error.error
      : 'the answer is not that of an authorization server';
  return new GatewayError('ERR_CONFIGURATION', {
    detail: `no access token (${code}); safeconduct token --explain finds out why`,
    cause: error,
  });
}

function unreachable(url: URL, cause: NodeJS.ErrnoException): GatewayError {
  return new GatewayError('ERR_BUSY', {
    detail:
      cause.code === 'ECONNRESET' || cause.code === 'EPIPE'
        ? `${url.origin} ended the connection: if it lasts, the certificate is not accepted; see safeconduct token --explain`
        : `${url.origin} cannot be reached (${cause.code ?? cause.message})`,
    cause,
  });
}
