import type { EntityManager } from 'typeorm';
import { GatewayError, inputInvalid } from '../core/errors.js';
import { decideRoles, isStaffRole, settlingHours, type StaffRole } from '../core/staff/acts.js';
import {
  fingerprintForm,
  nameForm,
  textMember,
  uuidForm,
  type ActContext,
  type ActHandler,
  type ActPayload,
} from './act-handler.js';
import { readCertificateText } from './staff-certificate.js';
import { boundToStops, countStops } from './stop-counts.js';
import { insertAccount, insertStaffCertificate } from './staff.repository.js';

export const referenceForm = /^[A-Z0-9][A-Z0-9./-]{0,31}$/;

/** Acts about people and accounts: `reference`, `name`, `roles`, `certificate`, `account`. */
export const accountActs = {
  STAFF_ADD: (content) => {
    const reference = textMember(content, 'reference', referenceForm);
    const name = textMember(content, 'name', nameForm);
    const roles = rolesMember(content);
    const certificate = readCertificateText(
      textMember(content, 'certificate', anyText),
      'certificate',
    );
    return {
      payload: { reference, name, roles, certificate: certificate.der.toString('base64') },
      apply: async (manager, context) => {
        const known = await manager.query<unknown[]>(
          'SELECT id FROM staff_person WHERE reference = $1',
          [reference],
        );
        if (known.length > 0) throw conflict('reference', 'this person has an account');
        const account = context.newId();
        await insertAccount(manager, {
          account,
          person: context.newId(),
          reference,
          name,
          roles,
          createdAt: context.at,
          approvesFrom: settledFrom(context.at),
          act: context.actId,
        });
        await addCertificate(manager, account, certificate, context);
      },
    };
  },

  STAFF_ROLES_SET: (content) => {
    const account = textMember(content, 'account', uuidForm);
    const roles = rolesMember(content);
    return {
      payload: { account, roles },
      concerns: account,
      apply: async (manager, context) => {
        const { roles: present } = await lockAccount(manager, account);
        const gains = roles.some((role) => !present.includes(role));
        if (present.includes('ADMINISTRATOR') && !roles.includes('ADMINISTRATOR')) {
          await keepAdministrators(manager, account);
        }
        await manager.query(
          `UPDATE staff_account SET roles = $2, act = $3,
             approves_from = CASE WHEN $4 THEN greatest(approves_from, $5) ELSE approves_from END
           WHERE id = $1`,
          [account, roles, context.actId, gains, settledFrom(context.at)],
        );
      },
    };
  },

  STAFF_CERTIFICATE_ADD: (content) => {
    const account = textMember(content, 'account', uuidForm);
    const certificate = readCertificateText(
      textMember(content, 'certificate', anyText),
      'certificate',
    );
    return {
      payload: { account, certificate: certificate.der.toString('base64') },
      concerns: account,
      apply: async (manager, context) => {
        await lockAccount(manager, account);
        await addCertificate(manager, account, certificate, context);
        // A new key is a new hand until a day has passed.
        await manager.query(
          'UPDATE staff_account SET act = $2, approves_from = greatest(approves_from, $3) WHERE id = $1',
          [account, context.actId, settledFrom(context.at)],
        );
      },
    };
  },

  STAFF_RESUME: (content) => {
    const account = textMember(content, 'account', uuidForm);
    return boundToStops(
      'STAFF_RESUME',
      { thing: account, argument: 'account' },
      {
        payload: { account },
        concerns: account,
        apply: async (manager, context) => {
          const { active } = await lockAccount(manager, account);
          if (active) throw conflict('account', 'the account is not suspended');
          await manager.query(
            `UPDATE staff_account SET active = true, act = $2, approves_from = greatest(approves_from, $3)
           WHERE id = $1`,
            [account, context.actId, settledFrom(context.at)],
          );
        },
      },
    );
  },

  STAFF_SUSPEND: (content) => {
    const account = textMember(content, 'account', uuidForm);
    return {
      payload: { account },
      concerns: account,
      apply: async (manager) => {
        const { active, roles } = await lockAccount(manager, account);
        await countStops(manager, 'STAFF_RESUME', [account]);
        if (!active) throw conflict('account', 'the account is suspended already');
        if (roles.includes('ADMINISTRATOR')) await keepAdministrators(manager, account);
        await manager.query('UPDATE staff_account SET active = false WHERE id = $1', [account]);
      },
    };
  },

  STAFF_CERTIFICATE_REVOKE: (content) => {
    const fingerprint = textMember(content, 'fingerprint', fingerprintForm);
    return {
      payload: { fingerprint },
      apply: async (manager) => {
        const [row] = await manager.query<{ account: string; active: boolean }[]>(
          'SELECT account, active FROM staff_certificate WHERE fingerprint = $1 FOR UPDATE',
          [fingerprint],
        );
        if (row === undefined) throw notFound('fingerprint', 'no such certificate');
        if (!row.active) throw conflict('fingerprint', 'the certificate is revoked already');
        await manager.query('UPDATE staff_certificate SET active = false WHERE fingerprint = $1', [
          fingerprint,
        ]);
      },
    };
  },
} as const satisfies Readonly<Record<`STAFF_${string}`, ActHandler>>;

const anyText = /^[\s\S]{1,16384}$/;

const settledFrom = (at: Date): Date => new Date(at.getTime() + settlingHours * 3_600_000);

function rolesMember(content: ActPayload): readonly StaffRole[] {
  const value = content['roles'];
  const names: readonly unknown[] = Array.isArray(value) ? value : [];
  const roles = names.filter(
    (name): name is StaffRole => typeof name === 'string' && isStaffRole(name),
  );
  if (roles.length === 0 || roles.length !== names.length) throw inputInvalid('roles');
  const decision = decideRoles(roles);
  if (!decision.allow) throw new GatewayError(decision.code, { argument: 'roles' });
  return [...roles].sort();
}

async function addCertificate(
  manager: EntityManager,
  account: string,
  certificate: ReturnType<typeof readCertificateText>,
  { at, actId }: ActContext,
): Promise<void> {
  if (!(at < certificate.notAfter)) throw inputInvalid('certificate', 'it is over');
  const known = await manager.query<unknown[]>(
    'SELECT fingerprint FROM staff_certificate WHERE fingerprint = $1',
    [certificate.fingerprint],
  );
  if (known.length > 0) throw conflict('certificate', 'this certificate is registered');
  await insertStaffCertificate(manager, account, certificate, { at, act: actId });
}

async function lockAccount(
  manager: EntityManager,
  account: string,
): Promise<{ readonly roles: readonly StaffRole[]; readonly active: boolean }> {
  const [row] = await manager.query<{ roles: StaffRole[]; active: boolean }[]>(
    'SELECT roles, active FROM staff_account WHERE id = $1 FOR UPDATE',
    [account],
  );
  if (row === undefined) throw notFound('account', 'no such account');
  return row;
}

/**
 * The last active administrator stays: nobody could be given an account again. All administrators
 * are held, so that two who suspend each other at once cannot both succeed.
 */
async function keepAdministrators(manager: EntityManager, but: string): Promise<void> {
  const rows = await manager.query<{ id: string }[]>(
    `SELECT id FROM staff_account WHERE active AND 'ADMINISTRATOR' = ANY (roles)
     ORDER BY id FOR UPDATE`,
  );
  if (rows.every(({ id }) => id === but)) {
    throw conflict('account', 'this is the last administrator');
  }
}

const conflict = (argument: string, detail: string) =>
  new GatewayError('ERR_CONFLICT', { argument, detail });
const notFound = (argument: string, detail: string) =>
  new GatewayError('ERR_NOT_FOUND', { argument, detail });
