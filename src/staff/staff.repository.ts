import type { DataSource, EntityManager } from 'typeorm';
import type { StaffRole } from '../core/staff/acts.js';
import type { CertificateFacts } from './staff-certificate.js';
import type { StaffCaller, StaffMember } from './staff-member.js';

type Queryable = Pick<DataSource | EntityManager, 'query'>;

interface AccountRow {
  readonly id: string;
  readonly reference: string;
  readonly name: string;
  readonly roles: StaffRole[];
  readonly active: boolean;
  readonly founding: boolean;
  readonly created_at: Date;
  readonly approves_from: Date;
}

const accountColumns =
  'a.id, p.reference, p.name, a.roles, a.active, a.founding, a.created_at, a.approves_from';
const accountTables = 'staff_account a JOIN staff_person p ON p.id = a.person';

export async function readStaff(database: Queryable): Promise<readonly StaffMember[]> {
  const rows = await database.query<AccountRow[]>(
    `SELECT ${accountColumns} FROM ${accountTables} ORDER BY p.reference`,
  );
  const certificates = await database.query<
    { fingerprint: string; account: string; not_after: Date; active: boolean }[]
  >(
    'SELECT fingerprint, account, not_after, active FROM staff_certificate ORDER BY registered_at, fingerprint',
  );
  return rows.map((row) => ({
    account: row.id,
    reference: row.reference,
    name: row.name,
    roles: row.roles,
    active: row.active,
    founding: row.founding,
    createdAt: row.created_at,
    approvesFrom: row.approves_from,
    certificates: certificates
      .filter(({ account }) => account === row.id)
      .map(({ fingerprint, not_after, active }) => ({ fingerprint, notAfter: not_after, active })),
  }));
}

/** The active account a certificate in force stands for. */
export async function findCaller(
  database: Queryable,
  fingerprint: string,
  now: Date,
): Promise<StaffCaller | undefined> {
  const [row] = await database.query<AccountRow[]>(
    `SELECT ${accountColumns}
     FROM staff_certificate c JOIN ${accountTables} ON a.id = c.account
     WHERE c.fingerprint = $1 AND c.active AND c.not_after > $2 AND a.active`,
    [fingerprint, now],
  );
  if (row === undefined) return undefined;
  return Object.freeze({
    account: row.id,
    reference: row.reference,
    name: row.name,
    roles: row.roles,
    active: row.active,
    approvesFrom: row.approves_from,
    certificateFingerprint: fingerprint,
  });
}

/** Fingerprints of every certificate that stands for an active account. */
export async function activeFingerprints(database: Queryable): Promise<ReadonlySet<string>> {
  const rows = await database.query<{ fingerprint: string }[]>(
    `SELECT c.fingerprint FROM staff_certificate c JOIN staff_account a ON a.id = c.account
     WHERE c.active AND a.active`,
  );
  return new Set(rows.map(({ fingerprint }) => fingerprint));
}

/** When each active account can no longer come in, unless it is given another certificate. */
export async function activeCertificates(
  database: Queryable,
  now: Date,
): Promise<readonly { readonly reference: string; readonly notAfter: Date }[]> {
  const rows = await database.query<{ reference: string; not_after: Date }[]>(
    `SELECT p.reference, max(c.not_after) AS not_after
     FROM staff_certificate c JOIN ${accountTables} ON a.id = c.account
     WHERE c.active AND a.active AND c.not_after > $1 GROUP BY p.reference ORDER BY p.reference`,
    [now],
  );
  return rows.map(({ reference, not_after }) => ({ reference, notAfter: not_after }));
}

export interface NewAccount {
  readonly account: string;
  readonly person: string;
  readonly reference: string;
  readonly name: string;
  readonly roles: readonly StaffRole[];
  readonly createdAt: Date;
  readonly approvesFrom: Date;
  /** Entry of the book behind it; null for a founding account. */
  readonly act: string | null;
}

export async function insertAccount(manager: EntityManager, account: NewAccount): Promise<void> {
  await manager.query('INSERT INTO staff_person (id, reference, name) VALUES ($1, $2, $3)', [
    account.person,
    account.reference,
    account.name,
  ]);
  await manager.query(
    `INSERT INTO staff_account (id, person, roles, active, founding, created_at, approves_from, act)
     VALUES ($1, $2, $3, true, $4, $5, $6, $7)`,
    [
      account.account,
      account.person,
      account.roles,
      account.act === null,
      account.createdAt,
      account.approvesFrom,
      account.act,
    ],
  );
}

export async function insertStaffCertificate(
  manager: EntityManager,
  account: string,
  { fingerprint, notAfter }: CertificateFacts,
  { at, act }: { readonly at: Date; readonly act: string | null },
): Promise<void> {
  await manager.query(
    `INSERT INTO staff_certificate (fingerprint, account, not_after, active, registered_at, act)
     VALUES ($1, $2, $3, true, $4, $5)`,
    [fingerprint, account, notAfter, at, act],
  );
}

/** Reference of each person, by account: for books that keep accounts. */
export async function staffReferences(database: Queryable): Promise<ReadonlyMap<string, string>> {
  const rows = await database.query<{ id: string; reference: string }[]>(
    'SELECT a.id, p.reference FROM staff_account a JOIN staff_person p ON p.id = a.person',
  );
  return new Map(rows.map(({ id, reference }) => [id, reference]));
}
