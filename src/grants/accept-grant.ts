import canonicalize from 'canonicalize';
import type { EntityManager } from 'typeorm';
import { doneWithRecord, type AccessLog } from '../access-log/index.js';
import { GatewayError, inputInvalid } from '../core/errors.js';
import type { Receipt } from '../core/log/receipt.js';
import type { Grant } from '../core/grants/grant.js';
import { decideTransition, type StoredState } from '../core/grants/states.js';
import type { GrantId, PartnerCode } from '../core/ids.js';
import { readCompactJws } from '../platform/jws/compact-jws.js';
import {
  isJwsSignatureValid,
  readVerificationKey,
  signatureAlgorithms,
} from '../platform/jws/verification-key.js';
import { uuidForm } from '../staff/index.js';
import type { Authority, Caller } from './authority.js';
import {
  addEvent,
  lockGrant,
  openProposal,
  setProposalState,
  setStanding,
} from './lifecycle.repository.js';

/**
 * A partner's signature over a version, where its legal basis asks for one: a compact JWS (RFC 7515)
 * whose protected header has `alg`, `kid` and `typ` and nothing else, and whose payload is the
 * RFC 8785 bytes of
 *
 * `{"digest":"<digest of the version>","grant":"<id>","version":<number>}`
 *
 * under a key the partner has registered for grants and for nothing else.
 */
export const grantSignatureType = 'safeconduct-grant+jws';
const largestSignature = 8_192;

export interface Acceptance {
  readonly grantId: string;
  readonly version: number;
  readonly digest: string;
  /** Compact JWS; needed where the version asks for one. */
  readonly signature?: string;
}

export interface AcceptedGrant {
  readonly grant: Grant;
  /** Of the record of the acceptance, in the partner's own tree. */
  readonly receipt: Receipt;
}

/**
 * The partner brings a version into force that two people of the host have approved. The acceptance
 * is a record of the partner's tree, made in the same transaction: `purpose` GRANT_ACCEPT, `outcome`
 * ACT_DONE, `question` the commitment to
 * `{"act":"GRANT_ACCEPT","content":{"digest","grant","version"}}`, so that neither side can say later
 * that another text was agreed.
 */
export class AcceptGrant {
  constructor(
    private readonly authority: Authority,
    private readonly accessLog: Pick<AccessLog, 'append'>,
    private readonly now: () => Date,
    private readonly newId: () => string,
  ) {}

  /**
   * @throws {GatewayError} ERR_GRANT_NOT_USABLE for a version that is not there, another's, not
   * approved or not of this digest: one code; ERR_INPUT_INVALID for a missing or bad signature;
   * ERR_LOG_UNAVAILABLE: then nothing is in force that was not
   */
  async execute(asked: Caller, acceptance: Acceptance): Promise<AcceptedGrant> {
    // 1. Authority as it is now.
    await this.authority.refresh();
    const caller = this.authority.establish(asked);
    const at = this.now();
    const { grantId, version, digest } = acceptance;
    if (!uuidForm.test(grantId) || version < 1) throw new GatewayError('ERR_GRANT_NOT_USABLE');

    const id = this.newId();
    let accepted: Grant | undefined;
    const work = async (manager: EntityManager) => {
      // 2. The version, as the host approved it and as the partner names it.
      const proposal = await approvedVersion(manager, caller.partner, acceptance);
      if (proposal === undefined) throw new GatewayError('ERR_GRANT_NOT_USABLE');
      const { grant, standing } = proposal;

      // 3. The signature, where there is one or has to be.
      if (acceptance.signature !== undefined) {
        await checkSignature(manager, caller.partner, grant, acceptance.signature);
      } else if (grant.requiresSignature === true) {
        throw inputInvalid('signature', 'this grant takes a signed acceptance');
      }

      // 4. In force: a grant that is suspended stays so under its new version.
      const decision = decideTransition('ACCEPT', grant.state as StoredState, []);
      if (!decision.allow) throw new GatewayError('ERR_GRANT_NOT_USABLE');
      const state = standing === 'SUSPENDED' ? standing : decision.to;
      await manager.query(
        `INSERT INTO grant_acceptance
           (grant_id, version, digest, accepted_at, client_id, officer, signature)
         VALUES ($1, $2, $3, $4, $5, $6, $7)`,
        [
          grant.id,
          grant.version,
          grant.digest,
          at,
          caller.clientId,
          caller.officer ?? null,
          acceptance.signature ?? null,
        ],
      );
      await setProposalState(manager, grant, 'ACTIVE');
      await setStanding(manager, grant.id, state, grant.version);
      const by = `partner ${caller.partner}`;
      await addEvent(manager, grant.id, { version: grant.version, act: 'ACCEPT', at, by });
      accepted = Object.freeze({ ...grant, state });
    };

    // 5. On record and in force, both or neither.
    const logged = await doneWithRecord(
      async (alongside) =>
        this.accessLog.append(
          {
            tree: { kind: 'partner', partner: caller.partner },
            id,
            requestId: id,
            at,
            grant: grantId,
            grantVersion: version,
            purpose: 'GRANT_ACCEPT',
            person: { act: 'GRANT_ACCEPT', content: { digest, grant: grantId, version } },
            outcome: 'ACT_DONE',
            fields: [],
            reference: null,
            host: {
              clientId: caller.clientId,
              officer: caller.officer ?? null,
              certificate: caller.certificateFingerprint,
              caseReference: null,
              subject: null,
              finding: null,
            },
          },
          { alongside },
        ),
      work,
    );
    await this.authority.refresh();
    if (accepted === undefined) throw new TypeError('recorded and not accepted');
    const { record, salt, proof } = logged;
    return { grant: accepted, receipt: { record, salt, proof } };
  }
}

async function approvedVersion(
  manager: EntityManager,
  partner: PartnerCode,
  acceptance: Acceptance,
): Promise<{ readonly grant: Grant; readonly standing: StoredState } | undefined> {
  const [own] = await manager.query<unknown[]>(
    'SELECT 1 FROM access_grant WHERE id::text = $1 AND partner = $2',
    [acceptance.grantId, partner],
  );
  if (own === undefined) return undefined;
  const standing = await lockGrant(manager, acceptance.grantId as GrantId);
  const proposal = await openProposal(manager, standing.id);
  const named =
    proposal !== undefined &&
    standing.state !== 'REVOKED' &&
    proposal.grant.state === 'APPROVED' &&
    proposal.grant.version === acceptance.version &&
    proposal.grant.digest === acceptance.digest;
  return named ? { grant: proposal.grant, standing: standing.state } : undefined;
}

/** The bytes a partner signs. */
export function grantSignaturePayload({
  id,
  version,
  digest,
}: Pick<Grant, 'id' | 'version' | 'digest'>): string {
  const text = canonicalize({ digest, grant: id, version });
  if (text === undefined) throw new TypeError('a version has JSON');
  return text;
}

async function checkSignature(
  manager: EntityManager,
  partner: PartnerCode,
  grant: Grant,
  signature: string,
): Promise<void> {
  const refused = (detail: string) => inputInvalid('signature', detail);
  const reading = readCompactJws(signature, largestSignature);
  if (!reading.ok) throw refused(reading.fault);
  const { header, signingInput } = reading.jws;
  const { alg, kid, typ, ...others } = header;
  if (typ !== grantSignatureType || Object.keys(others).length > 0) throw refused('header');
  const payload = Buffer.from(grantSignaturePayload(grant), 'utf8').toString('base64url');
  if (signature.split('.')[1] !== payload) throw refused('payload');
  const algorithm = signatureAlgorithms.find((known) => known === alg);
  if (algorithm === undefined || typeof kid !== 'string') throw refused('header');
  const [row] = await manager.query<{ jwk: unknown }[]>(
    'SELECT jwk FROM grant_key WHERE partner = $1 AND kid = $2 AND active',
    [partner, kid],
  );
  if (row === undefined) throw refused('key');
  const key = readVerificationKey(row.jwk);
  if (!isJwsSignatureValid(key, algorithm, signingInput, reading.jws.signature)) {
    throw refused('signature');
  }
}

/**
 * Registers a partner's key for acceptances; widening, so two people.
 *
 * @throws {GatewayError} ERR_APPROVER_IS_REQUESTER; ERR_INPUT_INVALID for a key that is not public,
 * too weak or of no accepted algorithm
 */
export async function addGrantKey(
  manager: EntityManager,
  people: {
    readonly requestedBy: { readonly account: string };
    readonly approvedBy: { readonly account: string };
  },
  { partner, jwk }: { readonly partner: PartnerCode; readonly jwk: unknown },
): Promise<void> {
  const { requestedBy, approvedBy } = people;
  if (requestedBy.account === approvedBy.account) {
    throw new GatewayError('ERR_APPROVER_IS_REQUESTER');
  }
  let kid: string;
  try {
    ({ kid } = readVerificationKey(jwk));
  } catch {
    throw inputInvalid('jwk');
  }
  await manager.query(
    `INSERT INTO grant_key (partner, kid, jwk, active, requested_by, approved_by)
     VALUES ($1, $2, $3, true, $4, $5)`,
    [partner, kid, JSON.stringify(jwk), requestedBy.account, approvedBy.account],
  );
}
