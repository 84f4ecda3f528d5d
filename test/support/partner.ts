import { X509Certificate, type KeyObject } from 'node:crypto';
import https from 'node:https';
import { SignJWT } from 'jose';
import type { IssuedKeyPair } from '../../src/platform/pki/index.js';

export interface TestPartnerOptions {
  readonly code: string;
  readonly url: string;
  readonly clientId: string;
  readonly grantId: string;
  readonly serverCaPem: string;
  readonly pair: IssuedKeyPair;
  readonly signingKey: KeyObject;
  readonly kid: string;
}

export interface TestReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** Parsed; `undefined` when it is not JSON. */
  readonly json: TestJson | undefined;
}

export interface TestJson {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions: Readonly<Record<string, unknown>>;
  }[];
}

export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
  /** Another gateway than the partner's own. */
  readonly url?: string;
  /** Another certificate, or none. */
  readonly pair?: IssuedKeyPair | null;
}

export const verifyDocument = `mutation Verify($input: VerifyIdentityInput!) {
  verifyIdentity(input: $input) {
    id requestId answeredAt relyUntil outcome handling
    evidence { element agreement }
    subject { reference fullName { ...d } dateOfBirth { ...d } documentNumber { ...d } visaReference { ...d } visaStatus { ...d } }
    receipt { record salt proof cover { leaf } }
  }
}
fragment d on Disclosed { level present agreement value }`;

let requests = 0;

/** A partner's system in a test: its certificate, its keys, and raw access to the door. */
export class TestPartner {
  readonly grantId: string;
  private readonly agent: https.Agent;
  private token: string | undefined;

  constructor(readonly options: TestPartnerOptions) {
    this.grantId = options.grantId;
    this.agent = this.agentFor(options.pair);
  }

  /** One verifyIdentity with the standard selection; members of `input` can be bent. */
  async verify(person: object, bent: Readonly<Record<string, unknown>> = {}): Promise<TestReply> {
    requests += 1;
    const input = {
      requestId: `r-${process.pid}-${requests}`,
      grantId: this.grantId,
      purpose: 'BORDER_VERIFICATION',
      caseReference: 'CASE-1',
      person,
      ...bent,
    };
    return this.graphql(verifyDocument, { input });
  }

  async graphql(query: string, variables: object = {}): Promise<TestReply> {
    return this.post(JSON.stringify({ query, variables }));
  }

  async accessToken(): Promise<string> {
    this.token ??= await this.fetchToken();
    return this.token;
  }

  /** Uses a token that was obtained elsewhere. */
  withToken(token: string): this {
    this.token = token;
    return this;
  }

  forgetToken(): void {
    this.token = undefined;
  }

  async fetchToken(): Promise<string> {
    return this.requestToken({
      grant_type: 'client_credentials',
      ...(await this.clientAssertion()),
    });
  }

  /** One request to the token endpoint. */
  async requestToken(parameters: Readonly<Record<string, string>>): Promise<string> {
    const reply = await this.raw({
      path: '/oauth2/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ client_id: this.options.clientId, ...parameters }).toString(),
    });
    const { access_token: token } = (reply.json ?? {}) as { access_token?: string };
    if (token === undefined) throw new Error(`no token: ${reply.status}`);
    return token;
  }

  /** `private_key_jwt` (RFC 7523 §2.2). */
  async clientAssertion(): Promise<Readonly<Record<string, string>>> {
    return {
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await this.signAssertion(),
    };
  }

  /** A client assertion (RFC 7523) of this partner's system. */
  signAssertion(): Promise<string> {
    const { clientId, signingKey, kid, url } = this.options;
    return new SignJWT()
      .setProtectedHeader({ alg: 'ES256', kid })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(url)
      .setJti(crypto.randomUUID())
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(signingKey);
  }

  askToken(assertion: string, bent: Omit<RawRequest, 'body' | 'path'> = {}): Promise<TestReply> {
    return this.raw({
      path: '/oauth2/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: this.options.clientId,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: assertion,
      }).toString(),
      ...bent,
    });
  }

  /** A POST to /graphql with the token: the body as it is, headers bent. */
  async post(
    body: string | Buffer,
    headers: Readonly<Record<string, string>> = {},
    bent: Omit<RawRequest, 'body' | 'headers'> = {},
  ): Promise<TestReply> {
    return this.raw({
      body,
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${await this.accessToken()}`,
        ...headers,
      },
      ...bent,
    });
  }

  raw(request: RawRequest): Promise<TestReply> {
    const { method = 'POST', path = '/graphql', headers = {}, body, pair } = request;
    const { url = this.options.url } = request;
    const agent = pair === undefined ? this.agent : this.agentFor(pair);
    return new Promise((resolve, reject) => {
      const sent = https.request(new URL(path, url), { method, headers, agent });
      sent.on('error', reject);
      sent.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const whole = Buffer.concat(chunks);
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: whole,
            json: parse(whole),
          });
          if (pair !== undefined) agent.destroy();
        });
      });
      sent.end(body);
    });
  }

  close(): void {
    this.agent.destroy();
  }

  private agentFor(pair: IssuedKeyPair | null): https.Agent {
    return new https.Agent({
      keepAlive: true,
      maxSockets: 16,
      ca: this.options.serverCaPem,
      ...(pair === null
        ? {}
        : {
            cert: new X509Certificate(pair.certificate).toString(),
            key: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
          }),
    });
  }
}

function parse(body: Buffer): TestJson | undefined {
  try {
    return JSON.parse(body.toString('utf8')) as TestJson;
  } catch {
    return undefined;
  }
}
