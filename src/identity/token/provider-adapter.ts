import { errors, type Adapter } from 'oidc-provider';
import { readVerificationKey } from '../../platform/jws/verification-key.js';
import type { ClientDirectory, TokenClient } from './client-directory.js';
import type { Queryable } from './queryable.js';

/** Another replica's clock may be behind: a used assertion is kept this much longer. */
const keptAfterExpirySeconds = 120;
const cleanIntervalMs = 60_000;
const maxKeys = 8;

/**
 * Where oidc-provider keeps its things. Access tokens are JWTs and kept nowhere; clients are the
 * host's records; what is stored is each client assertion used. Any other model is a feature we do
 * not offer, and asking for it fails.
 */
export function createProviderAdapter(
  directory: ClientDirectory,
  database: Queryable,
  now: () => Date,
  grantTypes: readonly string[],
): (model: string) => Adapter {
  return (model) => {
    if (model === 'Client') return new ClientAdapter(directory, grantTypes);
    if (model === 'ReplayDetection') return new ReplayAdapter(database, now);
    // A JWT access token is kept nowhere; the provider asks for its adapter all the same.
    if (model === 'AccessToken') return new NoAdapter();
    throw new TypeError(`the token endpoint keeps no ${model}`);
  };
}

/** Refuses every use; each adapter allows its own. */
class NoAdapter implements Adapter {
  async upsert(
    _id: string,
    _payload: Readonly<Record<string, unknown>>,
    _expiresIn: number,
  ): Promise<void> {
    throw new TypeError('not kept');
  }
  async find(_id: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    throw new TypeError('not kept');
  }
  async findByUserCode(): Promise<undefined> {
    throw new TypeError('not kept');
  }
  async findByUid(): Promise<undefined> {
    throw new TypeError('not kept');
  }
  async destroy(): Promise<void> {
    throw new TypeError('not kept');
  }
  async revokeByGrantId(): Promise<void> {
    throw new TypeError('not kept');
  }
  async consume(): Promise<void> {
    throw new TypeError('not kept');
  }
}

class ClientAdapter extends NoAdapter {
  readonly #directory: ClientDirectory;

  readonly #grantTypes: readonly string[];

  constructor(directory: ClientDirectory, grantTypes: readonly string[]) {
    super();
    this.#directory = directory;
    this.#grantTypes = grantTypes;
  }

  override async find(id: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    if (!/^[\x21-\x7e]{1,128}$/.test(id)) return undefined;
    const client = await this.#directory.byClientId(id);
    if (client?.active !== true || client.clientId !== id) return undefined;
    return clientMetadata(client, this.#grantTypes);
  }
}

/** @throws {TypeError} for a key that is too weak or of another kind: registered by mistake */
function clientMetadata(client: TokenClient, grantTypes: readonly string[]) {
  const common = {
    client_id: client.clientId,
    partner: client.partner,
    grant_types: grantTypes,
    response_types: [],
    redirect_uris: [],
    tls_client_certificate_bound_access_tokens: true,
  };
  if (client.tlsSubject !== undefined) {
    return {
      ...common,
      token_endpoint_auth_method: 'tls_client_auth',
      tls_client_auth_subject_dn: client.tlsSubject,
    };
  }
  if (client.jwks.length === 0 || client.jwks.length > maxKeys) throw new TypeError('jwks');
  const keys = client.jwks.map((jwk) => {
    const { kid } = readVerificationKey(jwk);
    const { kty, crv, n, e, x, y, alg } = jwk;
    return { kid, kty, crv, n, e, x, y, alg, use: 'sig' };
  });
  return { ...common, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys } };
}

/**
 * A plain INSERT decides who used an assertion first; look before you leap would let two replicas
 * both see nothing.
 */
export class ReplayAdapter extends NoAdapter {
  readonly #database: Queryable;
  readonly #now: () => Date;
  #cleanedMs = 0;

  constructor(database: Queryable, now: () => Date) {
    super();
    this.#database = database;
    this.#now = now;
  }

  override async find(): Promise<undefined> {
    return undefined;
  }

  override async upsert(
    id: string,
    _payload: Readonly<Record<string, unknown>>,
    expiresIn: number,
  ): Promise<void> {
    const nowMs = this.#now().getTime();
    const expiresAt = new Date(nowMs + (expiresIn + keptAfterExpirySeconds) * 1000);
    try {
      await this.#database.query(
        'INSERT INTO identity_assertion_replay (id, expires_at) VALUES ($1, $2)',
        [id, expiresAt.toISOString()],
      );
    } catch (error) {
      if (isUniqueViolation(error)) throw new errors.InvalidClientAuth('assertion used before');
      throw error;
    }
    if (nowMs - this.#cleanedMs < cleanIntervalMs) return;
    this.#cleanedMs = nowMs;
    await this.#database.query('DELETE FROM identity_assertion_replay WHERE expires_at < $1', [
      new Date(nowMs).toISOString(),
    ]);
  }
}

/** SQLSTATE 23505; TypeORM keeps the driver's error inside its own. */
function isUniqueViolation(error: unknown): boolean {
  if (error === null || typeof error !== 'object') return false;
  const { code, driverError } = error as {
    readonly code?: unknown;
    readonly driverError?: unknown;
  };
  return code === '23505' || (driverError !== error && isUniqueViolation(driverError));
}
