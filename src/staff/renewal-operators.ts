import type { DataSource, EntityManager } from 'typeorm';
import { GatewayError, inputInvalid } from '../core/errors.js';
import { referenceForm } from './account-acts.js';
import { nameForm } from './act-handler.js';
import type { StaffMember } from './staff-member.js';
import { readStaff } from './staff.repository.js';

/** Somebody who says who they are, by certificate, where no door is open. */
export interface OperatorClaim {
  /** base64url SHA-256 of the certificate. */
  readonly fingerprint: string;
  readonly notAfter: Date;
}

/** A first administrator to be, where the database has no staff. */
export interface OperatorName {
  readonly reference: string;
  readonly name: string;
}

/**
 * References of those who ask for what two administrators do together on a host whose gateway cannot
 * start: different people, each with an account and a certificate in force that is old enough to
 * approve. Where there is no staff at all they are those who would be its first administrators, and
 * say so themselves.
 *
 * @param claims who has signed, in order; one asks, two do
 * @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_APPROVER_IS_REQUESTER, ERR_ACCOUNT_TOO_NEW,
 *   ERR_INPUT_INVALID
 */
export async function renewalOperators(
  database: Pick<DataSource | EntityManager, 'query'>,
  claims: readonly OperatorClaim[],
  founders: readonly OperatorName[],
  now: Date,
): Promise<readonly string[]> {
  const staff = await readStaff(database);
  if (staff.length === 0) return namedFounders(claims, founders, now);
  if (founders.length > 0) {
    throw inputInvalid('administrator', 'there is staff already: nobody is named anew');
  }
  const members = claims.map((claim) => administratorOf(staff, claim, now));
  if (new Set(members.map(({ account }) => account)).size < members.length) throw onePerson();
  return members.map(({ reference }) => reference);
}

function administratorOf(
  staff: readonly StaffMember[],
  { fingerprint }: OperatorClaim,
  now: Date,
): StaffMember {
  const member = staff.find(
    (one) =>
      one.active &&
      one.roles.includes('ADMINISTRATOR') &&
      one.certificates.some(
        (held) => held.fingerprint === fingerprint && held.active && now < held.notAfter,
      ),
  );
  if (member === undefined) {
    throw new GatewayError('ERR_ACT_NOT_PERMITTED', {
      detail: 'a certificate of no administrator who can come in has signed',
    });
  }
  if (now < member.approvesFrom) {
    throw new GatewayError('ERR_ACCOUNT_TOO_NEW', {
      detail: `${member.reference} approves from ${member.approvesFrom.toISOString()}`,
    });
  }
  return member;
}

function namedFounders(
  claims: readonly OperatorClaim[],
  founders: readonly OperatorName[],
  now: Date,
): readonly string[] {
  if (founders.length !== 2) {
    throw inputInvalid(
      'administrator',
      'the database has no staff: name those who sign with --administrator REFERENCE NAME, twice, in the order in which they sign',
    );
  }
  for (const { reference, name } of founders) {
    if (!referenceForm.test(reference)) throw inputInvalid('reference');
    if (!nameForm.test(name)) throw inputInvalid('name');
  }
  const references = founders.map(({ reference }) => reference);
  const isOne = (values: readonly string[]) => new Set(values).size < values.length;
  if (isOne(references) || isOne(claims.map(({ fingerprint }) => fingerprint))) throw onePerson();
  if (claims.some(({ notAfter }) => !(now < notAfter))) {
    throw new GatewayError('ERR_ACT_NOT_PERMITTED', { detail: 'a certificate is over' });
  }
  return references.slice(0, claims.length);
}

const onePerson = () =>
  new GatewayError('ERR_APPROVER_IS_REQUESTER', {
    detail: 'two different people sign, and this is one',
  });
