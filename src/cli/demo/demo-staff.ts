import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { DataSource } from 'typeorm';
import type { AccessLog } from '../../access-log/index.js';
import { actHandlers } from '../../wiring/act-handlers.js';
import type { PartnerCode } from '../../core/ids.js';
import type { StaffRole } from '../../core/staff/acts.js';
import type { DemoPki } from '../../platform/pki/index.js';
import { foundStaff, readCertificateText, StaffActs, StaffDirectory } from '../../staff/index.js';
import type { DemoHome } from './demo-home.js';

/** Staff of each role, two where the second is needed to approve. */
export const demoStaff: Readonly<Record<string, StaffRole>> = {
  'ADM-1': 'ADMINISTRATOR',
  'ADM-2': 'ADMINISTRATOR',
  'ADM-3': 'ADMINISTRATOR',
  'LIA-1': 'LIAISON',
  'LIA-2': 'LIAISON',
  'REG-1': 'REGISTRAR',
  'REG-2': 'REGISTRAR',
  'SEC-1': 'SECURITY',
  'OVR-1': 'OVERSIGHT',
  'PRO-1': 'PROTECTION_OFFICER',
};

const roleNames: Readonly<Record<StaffRole, string>> = {
  ADMINISTRATOR: 'administrator',
  LIAISON: 'liaison officer',
  REGISTRAR: 'registrar',
  SECURITY: 'security officer',
  OVERSIGHT: 'oversight',
  PROTECTION_OFFICER: 'protection officer',
};

/**
 * Founds the staff as a host does, by acts of two administrators, with a clock two days behind: their
 * accounts have settled when the demonstration opens.
 *
 * @param certificateOf PEM by reference
 */
export async function foundDemoStaff(
  dataSource: DataSource,
  accessLog: Pick<AccessLog, 'append'>,
  certificateOf: (reference: string) => string,
  now: Date,
): Promise<void> {
  const twoDaysAgo = new Date(now.getTime() - 48 * 3_600_000);
  const clock = () => twoDaysAgo;
  const person = (reference: string, role: StaffRole) => ({
    reference,
    name: `Made-up ${roleNames[role]} ${reference.slice(-1)}`,
    certificate: certificateOf(reference),
  });
  const [one, other, ...others] = Object.entries(demoStaff);
  if (one === undefined || other === undefined) throw new TypeError('two administrators');
  await foundStaff(dataSource, accessLog, [person(...one), person(...other)], twoDaysAgo);
  const directory = new StaffDirectory(dataSource, clock);
  const callerOf = async (reference: string) =>
    directory.establish(readCertificateText(certificateOf(reference), 'certificate').fingerprint);
  const requester = await callerOf(one[0]);
  const approver = await callerOf(other[0]);
  const acts = new StaffActs({
    dataSource,
    accessLog,
    handlers: actHandlers,
    now: clock,
    newId: randomUUID,
  });
  for (const [reference, role] of others) {
    const content = { ...person(reference, role), roles: [role] };
    const { id, digest } = await acts.perform(requester, 'STAFF_ADD', content);
    await acts.approve(approver, id, digest);
  }
}

/** Gives each partner a test grant, as two liaison officers of a host do. */
export async function giveTestGrants(
  dataSource: DataSource,
  accessLog: Pick<AccessLog, 'append'>,
  partners: readonly PartnerCode[],
  certificateOf: (reference: string) => string,
  now: () => Date,
): Promise<void> {
  const directory = new StaffDirectory(dataSource, now);
  const officers = Object.keys(demoStaff).filter((one) => demoStaff[one] === 'LIAISON');
  const [requester, approver] = await Promise.all(
    officers.map(async (reference) =>
      directory.establish(readCertificateText(certificateOf(reference), 'certificate').fingerprint),
    ),
  );
  if (requester === undefined || approver === undefined) throw new TypeError('two officers');
  const acts = new StaffActs({
    dataSource,
    accessLog,
    handlers: actHandlers,
    now,
    newId: randomUUID,
  });
  for (const partner of partners) {
    const { id, digest } = await acts.perform(requester, 'TEST_GRANT_RENEW', { partner });
    await acts.approve(approver, id, digest);
  }
}

/** Writes a staff profile for each (docs/cli.md). */
export function writeStaffProfiles(
  home: DemoHome,
  pki: DemoPki,
  url: string,
): ReadonlyMap<string, string> {
  const directory = join(home.path, 'demo', 'staff');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const from = (path: string) => relative(directory, path);
  const written = new Map<string, string>();
  for (const [reference, files] of pki.staff) {
    const profile = {
      url,
      certificateFile: from(files.certificateFile),
      keyFile: from(files.keyFile),
      caFile: from(pki.serverCa.certificateFile),
    };
    const path = join(directory, `${reference}.json`);
    writeFileSync(path, `${JSON.stringify(profile, null, 2)}\n`, { mode: 0o600 });
    written.set(reference, path);
  }
  return written;
}

/** PEM of a member of the demonstration's staff. */
export function staffCertificate(pki: DemoPki, reference: string): string {
  const files = pki.staff.get(reference);
  if (files === undefined) throw new TypeError(`${reference} has no certificate`);
  return readFileSync(files.certificateFile, 'utf8');
}
