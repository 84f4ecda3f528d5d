import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { AccessLog } from '../access-log/index.js';
import { GatewayError, inputInvalid } from '../core/errors.js';
import { settlingHours } from '../core/staff/acts.js';
import { referenceForm } from './account-acts.js';
import { nameForm } from './act-handler.js';
import type { Founder } from './found-staff.js';
import { readCertificateText } from './staff-certificate.js';
import { insertAccount, insertStaffCertificate, readStaff } from './staff.repository.js';

/** With so many administrators who can come in, two of them help the others over the staff door. */
const enoughAdministrators = 3;

export interface Recovered {
  /** Whether the person had an account. */
  readonly had: boolean;
  readonly approvesFrom: Date;
}

/**
 * Lets one administrator in again where fewer than three can: a person whose certificate is lost or
 * over, or another in the place of one who has left. Their earlier certificates are revoked; they
 * approve nothing for 24 hours, in which everybody else sees the record and may suspend them. Done on
 * the host, while the gateway is down; a record of the access log, or nothing.
 *
 * @throws {GatewayError} ERR_CONFLICT where there are enough, where there was never any, for an account
 *   with another role; ERR_INPUT_INVALID
 */
export async function recoverStaff(
  accessLog: Pick<AccessLog, 'append'>,
  { reference, name, certificate: text }: Founder,
  now: Date,
): Promise<Recovered> {
  if (!referenceForm.test(reference)) throw inputInvalid('reference');
  if (!nameForm.test(name)) throw inputInvalid('name');
  const certificate = readCertificateText(text, 'certificate');
  if (!(now < certificate.notAfter)) throw inputInvalid('certificate', 'it is over');
  const recovery = randomUUID();
  const approvesFrom = new Date(now.getTime() + settlingHours * 3_600_000);
  let had = false;
  let thrown: unknown;

  const recover = async (manager: EntityManager): Promise<void> => {
    await manager.query('LOCK TABLE staff_account IN EXCLUSIVE MODE');
    const staff = await readStaff(manager);
    if (staff.length === 0) throw conflict('there was never any staff: name the first two instead');
    const canComeIn = staff.filter(
      (member) =>
        member.active &&
        member.roles.includes('ADMINISTRATOR') &&
        member.reference !== reference &&
        member.certificates.some(({ active, notAfter }) => active && now < notAfter),
    );
    if (canComeIn.length >= enoughAdministrators) {
      throw conflict(
        `${canComeIn.length} other administrators can come in: two of them do it over the staff door`,
      );
    }
    const known = staff.find((member) => member.reference === reference);
    if (known !== undefined && !known.roles.includes('ADMINISTRATOR')) {
      throw conflict('this person has an account that is no administrator’s, and keeps it');
    }
    const isTaken = staff.some((member) =>
      member.certificates.some(({ fingerprint }) => fingerprint === certificate.fingerprint),
    );
    if (isTaken) throw inputInvalid('certificate', 'it is or was registered; make another');
    had = known !== undefined;
    const account = known?.account ?? randomUUID();
    await manager.query('INSERT INTO staff_recovery (id, account, at) VALUES ($1, $2, $3)', [
      recovery,
      account,
      now,
    ]);
    if (known === undefined) {
      await insertAccount(manager, {
        account,
        person: randomUUID(),
        reference,
        name,
        roles: ['ADMINISTRATOR'],
        createdAt: now,
        approvesFrom,
        act: recovery,
      });
    } else {
      await manager.query(
        `UPDATE staff_account SET active = true, act = $2, approves_from = greatest(approves_from, $3)
         WHERE id = $1`,
        [account, recovery, approvesFrom],
      );
      await manager.query('UPDATE staff_certificate SET active = false WHERE account = $1', [
        account,
      ]);
    }
    await insertStaffCertificate(manager, account, certificate, { at: now, act: recovery });
    await manager.query('SET CONSTRAINTS ALL IMMEDIATE');
  };

  const content = { reference, certificate: certificate.fingerprint };
  const recording = accessLog.append(
    {
      tree: { kind: 'host' },
      id: randomUUID(),
      requestId: recovery,
      at: now,
      grant: null,
      grantVersion: null,
      purpose: 'STAFF_RECOVER',
      person: { act: 'STAFF_RECOVER', content },
      outcome: 'ACT_DONE',
      fields: [],
      reference: null,
      host: {
        clientId: 'host',
        officer: null,
        certificate: certificate.fingerprint,
        caseReference: null,
        subject: null,
        finding: null,
      },
    },
    {
      alongside: async (manager) => {
        try {
          await recover(manager);
        } catch (error) {
          thrown = error;
          throw error;
        }
      },
    },
  );
  await recording.catch((error: unknown) => {
    throw thrown instanceof GatewayError ? thrown : error;
  });
  return { had, approvesFrom };
}

const conflict = (detail: string) => new GatewayError('ERR_CONFLICT', { detail });
