import { X509Certificate } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import { inputInvalid, isGatewayError } from '../core/errors.js';
import type { PartnerCode } from '../core/ids.js';
import {
  certificateCauseOf,
  checkClientCertificate,
  parseTrustAnchor,
  type TrustAnchor,
} from '../identity/certificate/index.js';
import {
  fingerprintForm,
  textMember,
  uuidForm,
  type ActHandler,
  type ActPayload,
} from '../staff/index.js';
import { anchorRuleKinds, type AnchorRule } from './partner.js';
import { conflict, endOfSecond, lockPartner, notFound, partnerMember } from './partner-acts.js';

/** Acts about certificates and CAs. Certificates are PEM, or base64 of DER. */
export const credentialActs = {
  CERTIFICATE_ADD: (content) => {
    const partner = partnerMember(content, 'partner');
    const der = derMember(content, 'certificate');
    return {
      payload: { partner, certificate: der.toString('base64') },
      apply: async (manager, { at, actId, newId }) => {
        await lockPartner(manager, partner);
        // What the door would refuse is not registered.
        const anchors = await readAnchors(manager);
        const checked = issuedByKnown(() => checkClientCertificate(der, anchors, at));
        const { rows } = await findByFingerprint(manager, checked.fingerprintSha256.base64url);
        if (rows.length > 0) throw conflict('certificate', 'this certificate is registered');
        await manager.query(
          `INSERT INTO credential
             (id, partner, kind, fingerprint, active, valid_after, anchor, serial, not_after, act)
           VALUES ($1, $2, 'CLIENT_CERTIFICATE', $3, true, $4, $5, $6, $7, $8)`,
          [
            newId(),
            partner,
            checked.fingerprintSha256.base64url,
            at,
            checked.anchorId,
            checked.serial,
            checked.notAfter,
            actId,
          ],
        );
      },
    };
  },

  CERTIFICATE_REVOKE: (content) => {
    if (content['fingerprint'] === undefined) return revokeSerial(content);
    const fingerprint = textMember(content, 'fingerprint', fingerprintForm);
    return {
      payload: { fingerprint },
      apply: async (manager, { at }) => {
        const [row] = (await findByFingerprint(manager, fingerprint)).rows;
        if (row === undefined) throw notFound('fingerprint', 'no such certificate');
        if (!row.active) throw conflict('fingerprint', 'it is revoked already');
        await manager.query(
          `UPDATE credential SET active = false, valid_after = greatest(valid_after, $2)
           WHERE fingerprint = $1`,
          [fingerprint, endOfSecond(at)],
        );
        // An ECDSA signature has a second form, which gives the same certificate another fingerprint.
        if (row.anchor !== null && row.serial !== null) {
          await insertRevocation(manager, row.anchor, row.serial, at);
        }
      },
    };
  },

  ANCHOR_ADD: (content) => {
    const isHost = content['partner'] === undefined || content['partner'] === null;
    const partner = isHost ? null : partnerMember(content, 'partner');
    const der = derMember(content, 'certificate');
    const rule = ruleMember(content, partner);
    const certificate = der.toString('base64');
    return {
      payload: { partner, certificate, rule: rule === null ? null : { ...rule } },
      apply: async (manager, { at, actId, newId }) => {
        if (partner !== null) await lockPartner(manager, partner);
        const anchor = accepted('certificate', () => parseTrustAnchor('new', der));
        if (at > anchor.notAfter) throw inputInvalid('certificate', 'it is over');
        const known = await manager.query<unknown[]>(
          'SELECT id FROM trust_anchor WHERE certificate = $1',
          [der],
        );
        if (known.length > 0) throw conflict('certificate', 'this CA is or was registered');
        await manager.query(
          `INSERT INTO trust_anchor
             (id, certificate, active, partner, rule_kind, rule_value, valid_after, act)
           VALUES ($1, $2, true, $3, $4, $5, $6, $7)`,
          [newId(), der, partner, rule?.kind ?? null, rule?.value ?? null, at, actId],
        );
      },
    };
  },

  ANCHOR_REVOKE: (content) => {
    const anchor = textMember(content, 'anchor', uuidForm);
    return {
      payload: { anchor },
      apply: async (manager, { at }) => {
        await lockAnchor(manager, anchor);
        await manager.query(
          `UPDATE trust_anchor SET active = false, valid_after = greatest(valid_after, $2)
           WHERE id = $1`,
          [anchor, endOfSecond(at)],
        );
      },
    };
  },
} as const satisfies Readonly<Record<string, ActHandler>>;

/** Of a certificate that only its CA's rule lets in. */
function revokeSerial(content: ActPayload): ReturnType<ActHandler> {
  const anchor = textMember(content, 'anchor', uuidForm);
  const serial = textMember(content, 'serial', /^([0-9a-f]{2}){1,20}$/);
  return {
    payload: { anchor, serial },
    apply: async (manager, { at }) => {
      await lockAnchor(manager, anchor);
      await manager.query(
        `UPDATE credential SET active = false, valid_after = greatest(valid_after, $3)
         WHERE anchor = $1 AND serial = $2`,
        [anchor, serial, endOfSecond(at)],
      );
      await insertRevocation(manager, anchor, serial, at);
    },
  };
}

async function findByFingerprint(manager: EntityManager, fingerprint: string) {
  const rows = await manager.query<
    { active: boolean; anchor: string | null; serial: string | null }[]
  >('SELECT active, anchor, serial FROM credential WHERE fingerprint = $1 FOR UPDATE', [
    fingerprint,
  ]);
  return { rows };
}

async function insertRevocation(
  manager: EntityManager,
  anchor: string,
  serial: string,
  at: Date,
): Promise<void> {
  await manager.query(
    `INSERT INTO certificate_revocation (anchor, serial, revoked_at) VALUES ($1, $2, $3)
     ON CONFLICT DO NOTHING`,
    [anchor, serial, at],
  );
}

async function lockAnchor(manager: EntityManager, id: string): Promise<void> {
  const [row] = await manager.query<{ active: boolean }[]>(
    'SELECT active FROM trust_anchor WHERE id = $1 FOR UPDATE',
    [id],
  );
  if (row?.active !== true) throw notFound('anchor', 'no such CA is in force');
}

/** The CAs in force. */
export async function readAnchors(manager: EntityManager): Promise<readonly TrustAnchor[]> {
  const rows = await manager.query<{ id: string; certificate: Buffer }[]>(
    'SELECT id, certificate FROM trust_anchor WHERE active ORDER BY id',
  );
  return rows.map(({ id, certificate }) => parseTrustAnchor(id, certificate));
}

/** A certificate whose CA is not registered is one thing, and mended by registering the CA. */
function issuedByKnown<Value>(judge: () => Value): Value {
  return accepted('certificate', () => {
    try {
      return judge();
    } catch (error) {
      if (certificateCauseOf(error) !== 'issuer-unknown') throw error;
      throw notFound('certificate.issuer', 'no registered CA issued it');
    }
  });
}

/** A refusal of the certificate room is one of this argument; its cause is for the operator. */
function accepted<Value>(argument: string, judge: () => Value): Value {
  try {
    return judge();
  } catch (error) {
    if (isGatewayError(error, 'ERR_CERTIFICATE_REFUSED')) {
      throw inputInvalid(argument, certificateCauseOf(error));
    }
    throw error;
  }
}

function derMember(content: ActPayload, name: string): Buffer {
  const text = textMember(content, name, /^[\s\S]{1,16384}$/);
  try {
    if (!text.includes('-----BEGIN')) return new X509Certificate(Buffer.from(text, 'base64')).raw;
    if (text.split('-----BEGIN').length !== 2) throw new TypeError('several');
    return new X509Certificate(text).raw;
  } catch {
    throw inputInvalid(name, 'one certificate in PEM is asked for');
  }
}

function ruleMember(content: ActPayload, partner: PartnerCode | null): AnchorRule | null {
  const rule = content['rule'];
  if (rule === undefined || rule === null) return null;
  // A CA of the host's own issues to many partners: no rule of it can mean one.
  if (partner === null || typeof rule !== 'object' || Array.isArray(rule)) {
    throw inputInvalid('rule');
  }
  const { kind, value, ...others } = rule as ActPayload;
  const known = anchorRuleKinds.find((name) => name === kind);
  const isText = typeof value === 'string' && /^[^\p{Cc}\p{Cs}]{1,500}$/u.test(value);
  if (known === undefined || !isText || Object.keys(others).length > 0) throw inputInvalid('rule');
  return { kind: known, value };
}
