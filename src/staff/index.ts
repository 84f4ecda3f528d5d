import { Enforcement1768000000003 } from './enforcement.migration.js';
import { HoneyActs1770000000311 } from './honey-acts.migration.js';
import { StaffRecovery1769000004004 } from './recovery.migration.js';
import { ReplicaKeys1769000004001 } from './replica-keys.migration.js';
import { RegisterActs1769100000002 } from './register-acts.migration.js';
import { RegisterKeysAct1770000000501 } from './register-keys-act.migration.js';
import { Staff1768000000001 } from './staff.migration.js';
import { StopCounts1772000000603 } from './stop-counts.migration.js';

export {
  fingerprintForm,
  nameForm,
  secondPersonOf,
  textMember,
  uuidForm,
  type ActContext,
  type ActHandler,
  type ActPayload,
  type PreparedAct,
} from './act-handler.js';
export { endWaitingActs, type BookedAct } from './act-book.js';
export { accountActs } from './account-acts.js';
export { allowActsOfOne } from './acts-of-one.js';
export { foundStaff, type Founder } from './found-staff.js';
export { renewalOperators, type OperatorClaim } from './renewal-operators.js';
export { recoverStaff, type Recovered } from './recover-staff.js';
export { StaffActs, type ChangingAct } from './staff-acts.js';
export {
  authorityChannel,
  readHeldKeys,
  ReplicaClock,
  replicasHolding,
  runningReplicas,
  type HeldKey,
} from './replica-clock.js';
export { readCertificateText } from './staff-certificate.js';
export { StaffRecords, type ReadContent, type RecordedOnly } from './staff-records.js';
export { StaffDirectory } from './staff-directory.js';
export type { StaffCaller, StaffCertificate, StaffMember } from './staff-member.js';
export const staffMigrations = [
  Staff1768000000001,
  Enforcement1768000000003,
  ReplicaKeys1769000004001,
  StaffRecovery1769000004004,
  RegisterActs1769100000002,
  HoneyActs1770000000311,
  RegisterKeysAct1770000000501,
  StopCounts1772000000603,
];
export { restrictingActOf, staffActAppliers } from './restricting-acts.js';
export { boundToStops, countStops } from './stop-counts.js';
export { staffReferences } from './staff.repository.js';
