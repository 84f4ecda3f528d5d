import type { DataSource } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import type { PartnerCode, StateCode } from '../core/ids.js';
import type { Grant } from '../core/grants/grant.js';
import {
  readPartners,
  type Anchor,
  type Credential,
  type OAuthClient,
  type Partner,
} from '../partners/index.js';
import { readGrants } from './grant.repository.js';

/** Who asks: proven by certificate and token, and checked against live authority. */
export interface Caller {
  readonly partner: PartnerCode;
  readonly partnerName: string;
  readonly state: StateCode;
  readonly clientId: string;
  /** Opaque name of the officer on whose behalf the token was issued. */
  readonly officer?: string;
  /** base64url SHA-256 of the client certificate. */
  readonly certificateFingerprint: string;
  readonly tokenIssuedAt: Date;
  readonly tokenExpiresAt: Date;
}

/** What certificate and token prove by themselves. */
export interface ProvenIdentity {
  readonly clientId: string;
  readonly officer?: string;
  readonly certificateFingerprint: string;
  readonly tokenIssuedAt: Date;
  readonly tokenExpiresAt: Date;
}

interface Snapshot {
  readonly version: bigint;
  readonly partners: ReadonlyMap<string, Partner>;
  readonly anchors: readonly Anchor[];
  readonly credentials: ReadonlyMap<string, Credential>;
  readonly clients: ReadonlyMap<string, OAuthClient>;
  readonly grants: ReadonlyMap<string, Grant>;
}

/** SQL expression for the live version of authority, for a statement that needs it on its way. */
export const authorityVersionSql = '(SELECT version FROM authority_head)';

/**
 * All authority in force, held in memory at one version of the database: partners, their
 * credentials and clients, grants. Whoever learns of a newer version calls {@link catchUp} before
 * deciding anything, so that what is revoked is revoked at the next request on every replica.
 */
export class Authority {
  private readonly listeners: (() => void)[] = [];

  private constructor(
    private readonly dataSource: DataSource,
    private snapshot: Snapshot,
  ) {}

  static async open(dataSource: DataSource): Promise<Authority> {
    return new Authority(dataSource, await load(dataSource));
  }

  get version(): bigint {
    return this.snapshot.version;
  }

  /** Told after every change that was loaded. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  get anchors(): readonly Anchor[] {
    return this.snapshot.anchors;
  }

  /** Asks the database for the live version and catches up with it. */
  async refresh(): Promise<void> {
    const rows = await this.dataSource.query<{ version: string }[]>(
      `SELECT ${authorityVersionSql} AS version`,
    );
    await this.catchUp(BigInt(rows[0]?.version ?? 0));
  }

  /** Returns whether anything newer was loaded. */
  async catchUp(version: bigint): Promise<boolean> {
    if (version === this.snapshot.version) return false;
    this.snapshot = await load(this.dataSource);
    for (const listener of this.listeners) listener();
    return true;
  }

  client(clientId: string): OAuthClient | undefined {
    const client = this.snapshot.clients.get(clientId);
    return client !== undefined && this.isPartnerActive(client.partner) ? client : undefined;
  }

  /** Active credential of an active partner, by certificate fingerprint. */
  credential(fingerprint: string): Credential | undefined {
    const credential = this.snapshot.credentials.get(fingerprint);
    if (credential === undefined || !credential.active) return undefined;
    return this.isPartnerActive(credential.partner) ? credential : undefined;
  }

  grant(id: string): Grant | undefined {
    return this.snapshot.grants.get(id);
  }

  grantsOf(partner: PartnerCode): readonly Grant[] {
    return [...this.snapshot.grants.values()].filter((grant) => grant.partner === partner);
  }

  /** Grants of every partner of a state. */
  grantsOfState(state: StateCode): readonly Grant[] {
    const ofState = (code: PartnerCode) => this.snapshot.partners.get(code)?.state === state;
    return [...this.snapshot.grants.values()].filter(({ partner }) => ofState(partner));
  }

  partnerCodes(): readonly PartnerCode[] {
    return [...this.snapshot.partners.values()].map((partner) => partner.code);
  }

  /**
   * The caller behind a proven identity, if certificate, client and partner are all in force, belong
   * together, and the token is younger than every `validAfter`.
   *
   * @throws {GatewayError} ERR_TOKEN_REFUSED
   */
  establish(identity: ProvenIdentity): Caller {
    const credential = this.credential(identity.certificateFingerprint);
    const client = this.client(identity.clientId);
    const partner = this.snapshot.partners.get(client?.partner ?? '');
    const inForce =
      credential !== undefined &&
      client?.active === true &&
      partner !== undefined &&
      credential.partner === partner.code &&
      [credential, client, partner].every(
        // A token knows whole seconds only: one of the very second of a revocation is refused.
        ({ validAfter }) => validAfter <= identity.tokenIssuedAt,
      );
    if (!inForce) {
      throw new GatewayError('ERR_TOKEN_REFUSED', { detail: 'no longer in force' });
    }
    return Object.freeze({
      ...identity,
      partner: partner.code,
      partnerName: partner.name,
      state: partner.state,
    });
  }

  private isPartnerActive(code: PartnerCode): boolean {
    return this.snapshot.partners.get(code)?.active === true;
  }
}

async function load(dataSource: DataSource): Promise<Snapshot> {
  return dataSource.transaction('REPEATABLE READ', async (manager) => {
    const heads = await manager.query<{ version: string }[]>(
      `SELECT ${authorityVersionSql} AS version`,
    );
    const { partners, anchors, credentials, clients } = await readPartners(manager);
    const grants = await readGrants(manager);
    return {
      version: BigInt(heads[0]?.version ?? 0),
      partners: new Map(partners.map((partner) => [partner.code, partner])),
      anchors,
      credentials: new Map(credentials.map((credential) => [credential.fingerprint, credential])),
      clients: new Map(clients.map((client) => [client.clientId, client])),
      grants: new Map(grants.map((grant) => [grant.id, grant])),
    };
  });
}
