import type { DataSource } from 'typeorm';
import { GatewayError } from '../core/errors.js';
import type { PartnerCode } from '../core/ids.js';
import { decideAct } from '../core/staff/acts.js';
import type { StaffCaller } from '../staff/index.js';
import type { AnchorRule } from './partner.js';

/** A partner as staff see it. */
export interface PartnerView {
  readonly code: string;
  readonly name: string;
  readonly state: string;
  readonly active: boolean;
  readonly contacts: readonly string[];
  readonly certificates: readonly {
    readonly fingerprint: string;
    readonly serial: string | null;
    readonly notAfter: Date | null;
    readonly active: boolean;
  }[];
  readonly anchors: readonly AnchorView[];
  readonly clients: readonly {
    readonly clientId: string;
    readonly kids: readonly string[];
    /** JWK Set of its public keys, as JSON; null where it has none. */
    readonly jwks: string | null;
    readonly active: boolean;
  }[];
}

export interface AnchorView {
  readonly id: string;
  readonly rule: AnchorRule | null;
  readonly active: boolean;
  /** Of the revocation list in force; null where there is none. */
  readonly crlNextUpdate: Date | null;
}

/** Partners and what they authenticate by, for staff. */
export class ReadPartners {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws {GatewayError} ERR_ACT_NOT_PERMITTED */
  async list(caller: StaffCaller): Promise<readonly PartnerView[]> {
    permit(caller);
    const [partners, certificates, anchors, clients] = await this.dataSource.transaction(
      'REPEATABLE READ',
      async (manager) => [
        await manager.query<
          { code: string; name: string; state: string; active: boolean; contacts: string[] }[]
        >('SELECT code, name, state, active, contacts FROM partner ORDER BY code'),
        await manager.query<
          {
            partner: string;
            fingerprint: string;
            serial: string | null;
            not_after: Date | null;
            active: boolean;
          }[]
        >('SELECT partner, fingerprint, serial, not_after, active FROM credential ORDER BY id'),
        await readAnchors(manager),
        await manager.query<
          {
            client_id: string;
            partner: string;
            active: boolean;
            kids: string[];
            jwks: string | null;
          }[]
        >(
          `SELECT client_id, partner, active, CASE WHEN tls_subject IS NULL THEN jwks::text END AS jwks,
             ARRAY(SELECT key->>'kid' FROM jsonb_array_elements(jwks->'keys') key) AS kids
           FROM oauth_client ORDER BY client_id`,
        ),
      ],
    );
    return partners.map(({ code, ...partner }) => ({
      code,
      ...partner,
      certificates: certificates
        .filter((row) => row.partner === code)
        .map(({ fingerprint, serial, not_after, active }) => ({
          fingerprint,
          serial,
          notAfter: not_after,
          active,
        })),
      anchors: anchors.filter((row) => row.partner === code),
      clients: clients
        .filter((row) => row.partner === code)
        .map(({ client_id, active, kids, jwks }) => ({ clientId: client_id, active, kids, jwks })),
    }));
  }

  /** The host's own CAs. @throws {GatewayError} ERR_ACT_NOT_PERMITTED */
  async hostAnchors(caller: StaffCaller): Promise<readonly AnchorView[]> {
    permit(caller);
    return (await readAnchors(this.dataSource)).filter(({ partner }) => partner === null);
  }
}

function permit(caller: StaffCaller): void {
  const decision = decideAct('PARTNER_READ', caller);
  if (!decision.allow) throw new GatewayError(decision.code);
}

async function readAnchors(
  database: Pick<DataSource, 'query'>,
): Promise<readonly (AnchorView & { readonly partner: string | null })[]> {
  const rows = await database.query<
    {
      id: string;
      partner: string | null;
      rule_kind: AnchorRule['kind'] | null;
      rule_value: string | null;
      active: boolean;
      next_update: Date | null;
    }[]
  >(
    `SELECT a.id, a.partner, a.rule_kind, a.rule_value, a.active,
       coalesce(t.next_update, c.next_update) AS next_update
     FROM trust_anchor a LEFT JOIN anchor_crl c ON c.anchor = a.id
       LEFT JOIN crl_taken t ON t.anchor = a.id AND t.from_journal ORDER BY a.id`,
  );
  return rows.map(({ id, partner, rule_kind, rule_value, active, next_update }) => ({
    id,
    partner,
    rule: rule_kind === null || rule_value === null ? null : { kind: rule_kind, value: rule_value },
    active,
    crlNextUpdate: next_update,
  }));
}

/** Codes of all partners, suspended ones included: what a person may be kept from. */
export async function readPartnerCodes(
  database: Pick<DataSource, 'query'>,
): Promise<ReadonlySet<PartnerCode>> {
  const rows = await database.query<{ code: PartnerCode }[]>('SELECT code FROM partner');
  return new Set(rows.map(({ code }) => code));
}
