import type { DataSource } from 'typeorm';
import { randomUUID } from 'node:crypto';
import type { AccessLog } from '../access-log/index.js';
import { GatewayError, inputInvalid } from '../core/errors.js';
import { encodeBase64Url, sha256 } from '../core/bytes.js';
import { nameForm } from './act-handler.js';
import { referenceForm } from './account-acts.js';
import { readCertificateText } from './staff-certificate.js';
import { insertAccount, insertStaffCertificate, readStaff } from './staff.repository.js';

/** One of the first two administrators. */
export interface Founder {
  readonly reference: string;
  readonly name: string;
  /** PEM. */
  readonly certificate: string;
}

/**
 * Names the first two administrators: where there is no staff at all, and never again. They approve
 * from the start, because there is nothing yet that a day's wait would protect; whoever they add
 * waits.
 *
 * @throws {GatewayError} ERR_CONFLICT where there is staff; ERR_INPUT_INVALID
 */
export async function foundStaff(
  dataSource: DataSource,
  accessLog: Pick<AccessLog, 'append'>,
  founders: readonly [Founder, Founder],
  now: Date,
): Promise<void> {
  const read = founders.map(({ reference, name, certificate }) => {
    if (!referenceForm.test(reference)) throw inputInvalid('reference');
    if (!nameForm.test(name)) throw inputInvalid('name');
    return { reference, name, certificate: readCertificateText(certificate, 'certificate') };
  });
  const [one, other] = read;
  if (one === undefined || other === undefined) throw new TypeError('two founders');
  if (one.reference === other.reference)
    throw inputInvalid('reference', 'two people are asked for');
  if (one.certificate.fingerprint === other.certificate.fingerprint) {
    throw inputInvalid('certificate', 'each of the two has a certificate of their own');
  }
  if ((await readStaff(dataSource)).length > 0) throw thereIsStaff();
  const id = randomUUID();
  let refusal: GatewayError | undefined;
  const content = read.map(({ reference, name, certificate }) => ({
    reference,
    name,
    certificate: certificate.fingerprint,
  }));
  const founding = accessLog.append(
    {
      tree: { kind: 'host' },
      id: randomUUID(),
      requestId: id,
      at: now,
      grant: null,
      grantVersion: null,
      purpose: 'STAFF_FOUND',
      person: { act: 'STAFF_FOUND', content },
      outcome: 'ACT_DONE',
      fields: [],
      reference: null,
      host: {
        clientId: 'host',
        officer: null,
        certificate: encodeBase64Url(sha256(one.certificate.der, other.certificate.der)),
        caseReference: null,
        subject: null,
        finding: null,
      },
    },
    {
      alongside: async (manager) => {
        await manager.query('LOCK TABLE staff_account IN EXCLUSIVE MODE');
        if ((await readStaff(manager)).length > 0) {
          refusal = thereIsStaff();
          throw refusal;
        }
        for (const founder of read) {
          const account = randomUUID();
          await insertAccount(manager, {
            account,
            person: randomUUID(),
            reference: founder.reference,
            name: founder.name,
            roles: ['ADMINISTRATOR'],
            createdAt: now,
            approvesFrom: now,
            act: null,
          });
          const certificate = founder.certificate;
          await insertStaffCertificate(manager, account, certificate, { at: now, act: null });
        }
        await manager.query('SET CONSTRAINTS ALL IMMEDIATE');
      },
    },
  );
  await founding.catch((error: unknown) => {
    throw refusal ?? error;
  });
}

const thereIsStaff = () =>
  new GatewayError('ERR_CONFLICT', {
    detail: 'there is staff already; two administrators add more over the staff door',
  });
