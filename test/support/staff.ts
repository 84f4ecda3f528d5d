import { randomUUID, X509Certificate } from 'node:crypto';
import { migrations } from '../../src/migrations.js';
import type { Database } from '../../src/platform/database/database.js';
import {
  createClientCa,
  issueClientKeyPair,
  type IssuedKeyPair,
} from '../../src/platform/pki/index.js';
import type { StaffRole } from '../../src/core/staff/acts.js';
import {
  foundStaff,
  StaffActs,
  StaffDirectory,
  type ActPayload,
  type StaffCaller,
} from '../../src/staff/index.js';
import { actHandlers } from '../../src/wiring/act-handlers.js';
import type { AccessLog } from '../../src/access-log/index.js';
import { openTestLog } from './access-log.js';
import { openTestDatabase, temporaryHome, type DatabaseKind } from './databases.js';

export const staffCa = createClientCa({ organization: 'Test', commonName: 'Staff CA' }, new Date());
export const staffPem = ({ certificate }: IssuedKeyPair): string =>
  new X509Certificate(certificate).toString();
export const newStaffPair = (name: string): IssuedKeyPair =>
  issueClientKeyPair(staffCa, { organization: 'Test', commonName: name }, new Date());
const fingerprintOf = ({ certificate }: IssuedKeyPair): string =>
  Buffer.from(new X509Certificate(certificate).fingerprint256.replaceAll(':', ''), 'hex').toString(
    'base64url',
  );

/** The staff room over a fresh database and log, with a clock that is set by hand. */
export interface TestStaff {
  readonly database: Database;
  readonly log: AccessLog;
  readonly acts: StaffActs;
  readonly directory: StaffDirectory;
  readonly pairs: ReadonlyMap<string, IssuedKeyPair>;
  now: Date;
  /** A member by reference, as the door would establish them now. */
  caller(reference: string): Promise<StaffCaller>;
  /** Two administrators add a member, and the days it takes to settle pass. */
  add(reference: string, ...roles: StaffRole[]): Promise<StaffCaller>;
  /** One asks, another approves. */
  byTwo(
    one: string,
    other: string,
    act: Parameters<StaffActs['perform']>[1],
    content: ActPayload,
  ): Promise<void>;
  close(): Promise<void>;
}

export async function openTestStaff(kind: DatabaseKind): Promise<TestStaff> {
  const database = await openTestDatabase(kind, migrations);
  const home = temporaryHome();
  const log = await openTestLog(database.dataSource, home.path);
  const { dataSource } = database;
  const pairs = new Map<string, IssuedKeyPair>();
  const pairOf = (reference: string): IssuedKeyPair => {
    const pair = pairs.get(reference) ?? newStaffPair(reference);
    pairs.set(reference, pair);
    return pair;
  };
  const now = (): Date => staff.now;
  const directory = new StaffDirectory(dataSource, now);
  const acts = new StaffActs({
    dataSource,
    accessLog: log,
    handlers: actHandlers,
    now,
    newId: randomUUID,
  });
  const staff: TestStaff = {
    database,
    log,
    acts,
    directory,
    pairs,
    now: new Date(),
    caller: async (reference) => directory.establish(fingerprintOf(pairOf(reference))),
    add: async (reference, ...roles) => {
      const certificate = staffPem(pairOf(reference));
      const content = { reference, name: `Staff ${reference}`, roles, certificate };
      await staff.byTwo('ADMIN-1', 'ADMIN-2', 'STAFF_ADD', content);
      staff.now = new Date(staff.now.getTime() + 25 * 3_600_000);
      return staff.caller(reference);
    },
    byTwo: async (one, other, act, content) => {
      const { id, digest } = await acts.perform(await staff.caller(one), act, content);
      await acts.approve(await staff.caller(other), id, digest);
    },
    close: async () => {
      await log.close();
      await database.close();
      home.remove();
    },
  };
  const founder = (reference: string) => ({
    reference,
    name: `Staff ${reference}`,
    certificate: staffPem(pairOf(reference)),
  });
  await foundStaff(dataSource, log, [founder('ADMIN-1'), founder('ADMIN-2')], staff.now);
  return staff;
}
