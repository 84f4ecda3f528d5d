/** The part of oidc-provider 9 this room uses; the package comes without types. */
declare module 'oidc-provider' {
  import type { X509Certificate } from 'node:crypto';
  import type { IncomingMessage, ServerResponse } from 'node:http';

  export interface ProviderClient {
    readonly clientId: string;
    readonly [metadata: string]: unknown;
  }

  /** Koa's context with the provider's. */
  export interface ProviderContext {
    readonly req: IncomingMessage;
    readonly oidc: {
      readonly route?: string;
      readonly params?: Readonly<Record<string, unknown>>;
      readonly client?: ProviderClient;
    };
    readonly response: { readonly headers: Readonly<Record<string, unknown>> };
    body: unknown;
    set(header: string, value: string): void;
    remove(header: string): void;
  }

  export interface Adapter {
    upsert(
      id: string,
      payload: Readonly<Record<string, unknown>>,
      expiresIn: number,
    ): Promise<void>;
    find(id: string): Promise<Readonly<Record<string, unknown>> | undefined>;
    findByUserCode(userCode: string): Promise<undefined>;
    findByUid(uid: string): Promise<undefined>;
    destroy(id: string): Promise<void>;
    revokeByGrantId(grantId: string): Promise<void>;
    consume(id: string): Promise<void>;
  }

  export interface ResourceServerInfo {
    readonly scope: string;
    readonly audience: string;
    readonly accessTokenFormat: 'jwt';
    readonly accessTokenTTL: number;
    readonly jwt: { readonly sign: { readonly alg: string; readonly kid: string } };
  }

  interface Toggle {
    readonly enabled: boolean;
  }

  export interface Configuration {
    readonly adapter: (model: string) => Adapter;
    readonly jwks: { readonly keys: readonly object[] };
    readonly clockTolerance: number;
    readonly responseTypes: readonly string[];
    readonly scopes: readonly string[];
    readonly claims: Readonly<Record<string, unknown>>;
    readonly clientAuthMethods: readonly string[];
    readonly clientDefaults: { readonly id_token_signed_response_alg: string };
    readonly enabledJWA: { readonly clientAuthSigningAlgValues: readonly string[] };
    readonly extraClientMetadata: { readonly properties: readonly string[] };
    readonly routes: { readonly token: string; readonly jwks: string };
    readonly ttl: { readonly ClientCredentials: number; readonly AccessToken: number };
    readonly assertJwtClientAuthClaimsAndHeader: (
      ctx: ProviderContext,
      claims: Readonly<Record<string, unknown>>,
      header: Readonly<Record<string, unknown>>,
      client: ProviderClient,
    ) => Promise<void>;
    readonly features: {
      readonly clientCredentials: Toggle;
      readonly devInteractions: Toggle;
      readonly dPoP: Toggle;
      readonly pushedAuthorizationRequests: Toggle;
      readonly rpInitiatedLogout: Toggle;
      readonly userinfo: Toggle;
      readonly mTLS: Toggle & {
        readonly certificateBoundAccessTokens: boolean;
        readonly tlsClientAuth: boolean;
        readonly certificateAuthorized: (ctx: ProviderContext) => boolean;
        readonly certificateSubjectMatches: (
          ctx: ProviderContext,
          property: string,
          expected: string,
        ) => boolean;
        readonly getCertificate: (ctx: ProviderContext) => X509Certificate | undefined;
      };
      readonly resourceIndicators: Toggle & {
        readonly defaultResource: (ctx: ProviderContext) => string;
        readonly getResourceServerInfo: (
          ctx: ProviderContext,
          resource: string,
        ) => ResourceServerInfo;
      };
    };
  }

  export interface IssuedToken {
    resourceServer: object;
    readonly expiration: number;
    setThumbprint(kind: 'x5t', certificate: X509Certificate): void;
    save(): Promise<string>;
  }

  export class Provider {
    constructor(issuer: string, configuration: Configuration);
    readonly ResourceServer: new (identifier: string, info: ResourceServerInfo) => object;
    readonly AccessToken: new (members: {
      readonly client: ProviderClient;
      readonly accountId: string;
    }) => IssuedToken;
    registerGrantType(
      name: string,
      handler: (ctx: ProviderContext) => Promise<void>,
      parameters: readonly string[],
      repeatable: readonly string[],
    ): void;
    callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>;
    use(middleware: (ctx: ProviderContext, next: () => Promise<void>) => Promise<void>): this;
    on(event: 'grant.success', listener: (ctx: ProviderContext) => void): this;
    on(
      event: 'grant.error' | 'server_error',
      listener: (ctx: ProviderContext, error: Error) => void,
    ): this;
    on(event: 'error', listener: (error: Error) => void): this;
  }

  export namespace errors {
    class OIDCProviderError extends Error {
      readonly error: string;
      readonly error_detail?: string;
    }
    class InvalidClientAuth extends OIDCProviderError {
      constructor(detail?: string);
    }
    class InvalidGrant extends OIDCProviderError {
      constructor(detail?: string);
    }
    class InvalidTarget extends OIDCProviderError {
      constructor(description?: string);
    }
  }
}
