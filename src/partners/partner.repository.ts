import type { EntityManager } from 'typeorm';
import type { PartnerCode, StateCode } from '../core/ids.js';
import type {
  Anchor,
  AnchorInForce,
  AnchorRule,
  Credential,
  KeysSince,
  NamingProvider,
  OAuthClient,
  Partner,
} from './partner.js';

/** Rows of the partners' tables, read whole: they are few, and authority is judged in memory. */
export interface PartnerRows {
  readonly partners: readonly Partner[];
  readonly anchors: readonly AnchorInForce[];
  readonly revocations: readonly { readonly anchor: string; readonly serial: string }[];
  readonly credentials: readonly Credential[];
  readonly clients: readonly OAuthClient[];
  readonly officerProviders: readonly NamingProvider[];
  readonly revokedOfficers: readonly { readonly partner: string; readonly officer: string }[];
}

export async function readPartners(manager: EntityManager): Promise<PartnerRows> {
  const partners = await manager.query<
    { code: PartnerCode; name: string; state: StateCode; active: boolean; valid_after: Date }[]
  >('SELECT code, name, state, active, valid_after FROM partner ORDER BY code');
  const anchors = await manager.query<
    {
      id: string;
      certificate: Buffer;
      partner: PartnerCode | null;
      rule_kind: AnchorRule['kind'] | null;
      rule_value: string | null;
      valid_after: Date;
      crl: Buffer | null;
      this_update: Date | null;
      next_update: Date | null;
    }[]
  >(
    `SELECT a.id, a.certificate, a.partner, a.rule_kind, a.rule_value, a.valid_after, c.der AS crl,
       t.this_update, t.next_update
     FROM trust_anchor a LEFT JOIN anchor_crl c ON c.anchor = a.id
       LEFT JOIN crl_taken t ON t.anchor = a.id AND t.from_journal
     WHERE a.active ORDER BY a.id`,
  );
  const entries = await manager.query<{ anchor: string; serials: string[] }[]>(
    'SELECT anchor, array_agg(serial ORDER BY serial) AS serials FROM crl_entry GROUP BY anchor',
  );
  const serialsOf = new Map(entries.map(({ anchor, serials }) => [anchor, serials]));
  const revocations = await manager.query<{ anchor: string; serial: string }[]>(
    'SELECT anchor, serial FROM certificate_revocation ORDER BY anchor, serial',
  );
  const credentials = await manager.query<
    {
      id: string;
      partner: PartnerCode;
      kind: Credential['kind'];
      fingerprint: string;
      active: boolean;
      valid_after: Date;
      not_after: Date | null;
    }[]
  >(
    'SELECT id, partner, kind, fingerprint, active, valid_after, not_after FROM credential ORDER BY id',
  );
  const clients = await manager.query<
    {
      client_id: string;
      partner: PartnerCode;
      jwks: OAuthClient['jwks'];
      tls_subject: string | null;
      active: boolean;
      valid_after: Date;
      keys_since: KeysSince;
    }[]
  >(
    'SELECT client_id, partner, jwks, tls_subject, active, valid_after, keys_since FROM oauth_client ORDER BY client_id',
  );
  const officerProviders = await manager.query<
    {
      partner: PartnerCode;
      issuer: string;
      jwks: NamingProvider['jwks'];
      valid_after: Date;
      keys_since: KeysSince;
    }[]
  >(
    'SELECT partner, issuer, jwks, valid_after, keys_since FROM officer_provider WHERE active ORDER BY partner',
  );
  const revokedOfficers = await manager.query<{ partner: string; officer: string }[]>(
    'SELECT partner, officer FROM officer_revocation ORDER BY partner, officer',
  );
  return {
    revokedOfficers,
    officerProviders: officerProviders.map(({ valid_after, keys_since, ...row }) => ({
      ...row,
      validAfter: valid_after,
      keysSince: keys_since,
    })),
    partners: partners.map(({ valid_after, ...row }) => ({ ...row, validAfter: valid_after })),
    anchors: anchors.map(({ rule_kind, rule_value, valid_after, ...row }) => ({
      id: row.id,
      certificate: row.certificate,
      partner: row.partner,
      crl: row.crl,
      journaled:
        row.this_update === null || row.next_update === null
          ? null
          : {
              thisUpdate: row.this_update,
              nextUpdate: row.next_update,
              serials: serialsOf.get(row.id) ?? [],
            },
      rule:
        rule_kind === null || rule_value === null ? null : { kind: rule_kind, value: rule_value },
      validAfter: valid_after,
    })),
    revocations,
    credentials: credentials.map(({ valid_after, not_after, ...row }) => ({
      ...row,
      ...(not_after === null ? {} : { notAfter: not_after }),
      validAfter: valid_after,
    })),
    clients: clients.map(({ client_id, valid_after, tls_subject, keys_since, ...row }) => ({
      ...row,
      keysSince: keys_since,
      ...(tls_subject === null ? {} : { tlsSubject: tls_subject }),
      clientId: client_id,
      validAfter: valid_after,
    })),
  };
}

export async function insertPartner(manager: EntityManager, partner: Partner): Promise<void> {
  await manager.query(
    'INSERT INTO partner (code, name, state, active, valid_after) VALUES ($1, $2, $3, $4, $5)',
    [partner.code, partner.name, partner.state, partner.active, partner.validAfter],
  );
}

export async function insertAnchor(manager: EntityManager, anchor: Anchor): Promise<void> {
  await manager.query(
    `INSERT INTO trust_anchor (id, certificate, active) VALUES ($1, $2, true)
     ON CONFLICT (certificate) DO NOTHING`,
    [anchor.id, anchor.certificate],
  );
}

export async function insertCredential(
  manager: EntityManager,
  credential: Credential,
): Promise<void> {
  await manager.query(
    `INSERT INTO credential (id, partner, kind, fingerprint, active, valid_after, not_after)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [
      credential.id,
      credential.partner,
      credential.kind,
      credential.fingerprint,
      credential.active,
      credential.validAfter,
      credential.notAfter ?? null,
    ],
  );
}

export async function insertOAuthClient(
  manager: EntityManager,
  client: OAuthClient,
): Promise<void> {
  await manager.query(
    `INSERT INTO oauth_client (client_id, partner, jwks, active, valid_after)
     VALUES ($1, $2, $3, $4, $5)`,
    [
      client.clientId,
      client.partner,
      JSON.stringify(client.jwks),
      client.active,
      client.validAfter,
    ],
  );
}
