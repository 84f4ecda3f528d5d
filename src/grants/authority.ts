import type { DataSource } from 'typeorm';
import { GatewayError, isGatewayError } from '../core/errors.js';
import type { PartnerCode, StateCode } from '../core/ids.js';
import { isTestGrant, type Grant } from '../core/grants/grant.js';
import {
  parseCrl,
  parseTrustAnchor,
  type CheckedCertificate,
  type RevocationList,
  type TrustAnchor,
} from '../identity/certificate/index.js';
import { readGatewayKeys, type GatewayKey } from '../identity/keys/index.js';
import {
  noDocumentRule,
  readDocumentRules,
  readPartners,
  readStops,
  type AnchorInForce,
  type Credential,
  type DocumentRule,
  type NamingProvider,
  type OAuthClient,
  type Partner,
} from '../partners/index.js';
import { keyDueAt, type End } from './ends.js';
import { readAwaitingAcceptance, readGrants } from './grant.repository.js';

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
  readonly certificate: CertificateNames;
  readonly tokenIssuedAt: Date;
  readonly tokenExpiresAt: Date;
}

/** What a checked certificate is known by. */
export type CertificateNames = Pick<
  CheckedCertificate,
  'anchorId' | 'serial' | 'subject' | 'alternativeNames' | 'fingerprintSha256' | 'notAfter'
>;

/** What certificate and token prove by themselves. */
export interface ProvenIdentity {
  readonly clientId: string;
  readonly officer?: string;
  readonly certificateFingerprint: string;
  readonly certificate: CertificateNames;
  readonly tokenIssuedAt: Date;
  readonly tokenExpiresAt: Date;
}

/** A registered CA, parsed, with its revocation list and whom it speaks for. */
interface KnownAnchor {
  readonly trust: TrustAnchor;
  readonly registered: AnchorInForce;
}

interface Snapshot {
  readonly version: bigint;
  readonly partners: ReadonlyMap<string, Partner>;
  readonly anchors: ReadonlyMap<string, KnownAnchor>;
  /** `anchor serial`. */
  readonly revocations: ReadonlySet<string>;
  readonly credentials: ReadonlyMap<string, Credential>;
  readonly clients: ReadonlyMap<string, OAuthClient>;
  readonly officerProviders: ReadonlyMap<string, NamingProvider>;
  /** `partner officer`. */
  readonly revokedOfficers: ReadonlySet<string>;
  readonly grants: ReadonlyMap<string, Grant>;
  readonly awaiting: readonly Grant[];
  readonly documentRules: ReadonlyMap<string, DocumentRule>;
  /** Partners told nothing for now; `undefined` stands for all. */
  readonly stopped: ReadonlySet<PartnerCode | undefined>;
  readonly gatewayKeys: readonly GatewayKey[];
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
  private readonly revokedTokenListeners: ((partner: PartnerCode | undefined) => void)[] = [];

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

  /** Told each time a token was good in itself, and what it was issued to has been taken away. */
  onRevokedToken(listener: (partner: PartnerCode | undefined) => void): void {
    this.revokedTokenListeners.push(listener);
  }

  /** The CAs registered, each with its revocation list where it has one. */
  get anchors(): readonly TrustAnchor[] {
    return [...this.snapshot.anchors.values()].map(({ trust }) => trust);
  }

  /** The gateway's own signing keys that are or were in force. */
  get gatewayKeys(): readonly GatewayKey[] {
    return this.snapshot.gatewayKeys;
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
    this.snapshot = await load(this.dataSource, this.snapshot.anchors);
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

  /**
   * What a checked certificate stands for now: itself where it is registered, otherwise its CA where
   * the CA's rule fits; nothing once its serial is revoked, by us or by its CA's list.
   */
  credentialFor(certificate: CertificateNames): Credential | undefined {
    const { anchorId, serial } = certificate;
    const anchor = this.snapshot.anchors.get(anchorId);
    if (anchor === undefined) return undefined;
    const isRevoked =
      this.snapshot.revocations.has(`${anchorId} ${serial}`) ||
      anchor.trust.crl?.revokedSerials.has(serial) === true;
    if (isRevoked) return undefined;
    const registered = this.snapshot.credentials.get(certificate.fingerprintSha256.base64url);
    // Once registered it stands for itself, and revoked it is, whatever its CA's rule says.
    if (registered !== undefined) return this.credential(registered.fingerprint);
    return this.#byRule(anchor.registered, certificate);
  }

  #byRule(
    { id, partner, rule, validAfter }: AnchorInForce,
    certificate: CertificateNames,
  ): Credential | undefined {
    if (partner === null || rule === null || !this.isPartnerActive(partner)) return undefined;
    const kind = rule.kind.toLowerCase();
    const fits =
      rule.kind === 'SUBJECT'
        ? certificate.subject === rule.value
        : certificate.alternativeNames.some(
            (name) => name.kind === kind && name.value === rule.value,
          );
    if (!fits) return undefined;
    const fingerprint = certificate.fingerprintSha256.base64url;
    return { id, partner, kind: 'ISSUING_AUTHORITY', fingerprint, active: true, validAfter };
  }

  /** The identity provider in force that names a partner's officers. */
  officerProvider(partner: PartnerCode): NamingProvider | undefined {
    return this.isPartnerActive(partner) ? this.snapshot.officerProviders.get(partner) : undefined;
  }

  /** A token of an officer counts while the provider that named them does, and they do. */
  #isOfficerInForce(partner: PartnerCode, { officer, tokenIssuedAt }: ProvenIdentity): boolean {
    if (officer === undefined) return true;
    const provider = this.officerProvider(partner);
    return (
      provider !== undefined &&
      provider.validAfter.getTime() < tokenIssuedAt.getTime() + 1000 &&
      !this.snapshot.revokedOfficers.has(`${partner} ${officer}`)
    );
  }

  grant(id: string): Grant | undefined {
    return this.snapshot.grants.get(id);
  }

  /** Every grant in its current version. */
  grants(): readonly Grant[] {
    return [...this.snapshot.grants.values()];
  }

  /** State of a partner; undefined for none. */
  stateOf(partner: PartnerCode): StateCode | undefined {
    return this.snapshot.partners.get(partner)?.state;
  }

  /** Whether an emergency stop keeps everything from a partner. */
  isStopped(partner: PartnerCode): boolean {
    return this.snapshot.stopped.has(undefined) || this.snapshot.stopped.has(partner);
  }

  /** How many emergency stops are in force, of everybody and of partners. */
  get stops(): { readonly everybody: number; readonly partners: number } {
    const everybody = this.snapshot.stopped.has(undefined) ? 1 : 0;
    return { everybody, partners: this.snapshot.stopped.size - everybody };
  }

  /** What a partner's documents are held to. */
  documentRule(partner: PartnerCode): DocumentRule {
    return this.snapshot.documentRules.get(partner) ?? noDocumentRule;
  }

  grantsOf(partner: PartnerCode): readonly Grant[] {
    return [...this.snapshot.grants.values()].filter((grant) => grant.partner === partner);
  }

  /** Versions the host has approved and the partner has not accepted yet; nothing can be asked under them. */
  awaitingAcceptance(partner: PartnerCode): readonly Grant[] {
    return this.snapshot.awaiting.filter((grant) => grant.partner === partner);
  }

  /** The one test grant of a partner that is not revoked, as it stands or as it waits to be accepted. */
  testGrantOf(partner: PartnerCode): Grant | undefined {
    return [...this.awaitingAcceptance(partner), ...this.grantsOf(partner)].find(
      (grant) => isTestGrant(grant) && grant.state !== 'REVOKED',
    );
  }

  /** Grants of every partner of a state. */
  grantsOfState(state: StateCode): readonly Grant[] {
    const ofState = (code: PartnerCode) => this.snapshot.partners.get(code)?.state === state;
    return [...this.snapshot.grants.values()].filter(({ partner }) => ofState(partner));
  }

  /** Everything in force of partners and CAs that ends, and when; nothing is left out. */
  ends(): readonly End[] {
    const { snapshot } = this;
    const isActive = ({ partner }: { readonly partner: PartnerCode }) =>
      this.isPartnerActive(partner);
    const keys = (
      kind: 'CLIENT_KEY' | 'OFFICER_KEY',
      { partner, jwks, keysSince = {}, validAfter }: OAuthClient | NamingProvider,
    ): readonly End[] =>
      jwks.keys.map((jwk) => {
        const id = String(jwk['kid']);
        const since = keysSince[id];
        return {
          kind,
          partner,
          id,
          at: keyDueAt(since === undefined ? validAfter : new Date(since)),
        };
      });
    return [
      ...[...snapshot.credentials.values()]
        .filter((credential) => credential.active && isActive(credential))
        .flatMap(({ partner, fingerprint: id, notAfter: at }) =>
          at === undefined ? [] : [{ kind: 'CERTIFICATE' as const, partner, id, at }],
        ),
      ...[...snapshot.anchors.values()].flatMap(({ trust, registered: { partner, id } }) => [
        { kind: 'CERTIFICATE_AUTHORITY' as const, partner, id, at: trust.notAfter },
        ...(trust.crl === undefined
          ? []
          : [{ kind: 'REVOCATION_LIST' as const, partner, id, at: trust.crl.nextUpdate }]),
      ]),
      ...[...snapshot.clients.values()]
        .filter((client) => client.active && isActive(client))
        .flatMap((client) => keys('CLIENT_KEY', client)),
      ...[...snapshot.officerProviders.values()]
        .filter(isActive)
        .flatMap((provider) => keys('OFFICER_KEY', provider)),
      ...[...snapshot.grants.values()]
        .filter((grant) => grant.state === 'ACTIVE' && isActive(grant))
        .map(({ partner, id, validUntil: at }) => ({ kind: 'GRANT' as const, partner, id, at })),
    ];
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
    const credential = this.credentialFor(identity.certificate);
    const client = this.client(identity.clientId);
    const partner = this.snapshot.partners.get(client?.partner ?? '');
    const inForce =
      credential !== undefined &&
      client?.active === true &&
      partner !== undefined &&
      credential.partner === partner.code &&
      this.#isOfficerInForce(partner.code, identity) &&
      [credential, client, partner].every(
        // A token knows whole seconds only. What takes away names the end of its second.
        ({ validAfter }) =>
          Math.floor(validAfter.getTime() / 1000) <= identity.tokenIssuedAt.getTime() / 1000,
      );
    if (!inForce) {
      const { partner: code } = this.snapshot.clients.get(identity.clientId) ?? {};
      for (const listener of this.revokedTokenListeners) listener(code);
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

async function load(
  dataSource: DataSource,
  before: ReadonlyMap<string, KnownAnchor> = new Map(),
): Promise<Snapshot> {
  return dataSource.transaction('REPEATABLE READ', async (manager) => {
    const heads = await manager.query<{ version: string }[]>(
      `SELECT ${authorityVersionSql} AS version`,
    );
    const {
      partners,
      anchors,
      revocations,
      credentials,
      clients,
      officerProviders,
      revokedOfficers,
    } = await readPartners(manager);
    const grants = await readGrants(manager);
    const awaiting = await readAwaitingAcceptance(manager);
    const documentRules = await readDocumentRules(manager);
    const stops = await readStops(manager);
    const gatewayKeys = await readGatewayKeys(manager);
    return {
      version: BigInt(heads[0]?.version ?? 0),
      partners: new Map(partners.map((partner) => [partner.code, partner])),
      anchors: new Map(anchors.flatMap((anchor) => knownAnchor(anchor, before.get(anchor.id)))),
      revocations: new Set(revocations.map(({ anchor, serial }) => `${anchor} ${serial}`)),
      credentials: new Map(credentials.map((credential) => [credential.fingerprint, credential])),
      clients: new Map(clients.map((client) => [client.clientId, client])),
      officerProviders: new Map(officerProviders.map((one) => [one.partner, one])),
      revokedOfficers: new Set(revokedOfficers.map((one) => `${one.partner} ${one.officer}`)),
      grants: new Map(grants.map((grant) => [grant.id, grant])),
      awaiting,
      documentRules,
      stopped: new Set(stops.map(({ partner }) => partner ?? undefined)),
      gatewayKeys,
    };
  });
}

/** One that cannot be read lets nobody in; neither does one whose revocation list cannot be. */
function knownAnchor(
  registered: AnchorInForce,
  before: KnownAnchor | undefined,
): [string, KnownAnchor][] {
  // A list of megabytes takes long to read, and a change of something else must not wait for it.
  if (before !== undefined && isSameCa(registered, before.registered)) {
    return [[registered.id, { registered, trust: before.trust }]];
  }
  try {
    const trust = parseTrustAnchor(registered.id, registered.certificate);
    const crl = listInForce(registered, trust);
    return [[registered.id, { registered, trust: crl === undefined ? trust : { ...trust, crl } }]];
  } catch (error) {
    if (isGatewayError(error, 'ERR_CERTIFICATE_REFUSED')) return [];
    throw error;
  }
}

/** The CA's list; where the database has forgotten a later one, what the journal knows of that as well. */
function listInForce(
  { crl, journaled }: AnchorInForce,
  trust: TrustAnchor,
): RevocationList | undefined {
  const list = crl === null ? undefined : parseCrl(crl, trust);
  if (journaled === null) return list;
  const { thisUpdate, nextUpdate, serials } = journaled;
  const revokedSerials = new Set([...(list?.revokedSerials ?? []), ...serials]);
  return { anchorId: trust.id, thisUpdate, nextUpdate, revokedSerials };
}

function isSameCa(one: AnchorInForce, other: AnchorInForce): boolean {
  const isSame = (a: Buffer | null, b: Buffer | null) =>
    a === b || (a !== null && b !== null && a.equals(b));
  return (
    isSame(one.certificate, other.certificate) &&
    isSame(one.crl, other.crl) &&
    one.journaled?.thisUpdate.getTime() === other.journaled?.thisUpdate.getTime() &&
    one.journaled?.serials.length === other.journaled?.serials.length
  );
}
