export { openAccessLog } from './open-access-log.js';
export type { AccessLog } from './access-log.js';
export type { AccessLogLogger, AccessLogOptions, ReconciliationReport } from './log-options.js';
export type { AccessEntry, ActOutcome, LoggedAccess, Outcome } from './access-entry.js';
export { accessLogMigrations } from './access-log.migration.js';
export type { ActApplier, ActAppliers, RestrictingAct } from './acts.js';
export type { WitnessState } from './cover/cosignature.repository.js';
export type { CosignatureAnswer, Witnesses } from './cover/witnesses.js';
export type { PublishedLog } from './published-log.js';
export type { Alongside } from './group-commit.js';
export type { CountWanted, CountFilter, CountUnit, RecordCount } from './search/count-rows.js';
export { countUnits } from './search/count-rows.js';
export type { LogFilter, LogPosition } from './search/filter.js';
export type { KnownPerson } from './search/disclosures.js';
export {
  mostFound,
  type LogSearch,
  type PartnerTold,
  type PersonDisclosure,
  type ReadRecord,
} from './search/log-search.js';
export { EventRecorder, type CountedEvent } from './event-recorder.js';
export type { HeldKind, HeldRange, RetentionReport, RetentionRule } from './retention.js';
export type { HostPart } from './sealed-part.js';
export type { CheckProgress, RelistedRows } from './check/log-check.js';
export { doneWithRecord } from './done-with-record.js';
export type { CheckpointKeys, TreeName } from './trees.js';
export type { RestoredRecord, RestoredRecords } from './restored-records.js';
export { findLostLog, setAsidePath, type LostLog } from './renewal/find-lost-log.js';
export { endEarlierLog, readEarlierLogs, type EarlierLog } from './renewal/renewals.js';
export { findJournal, logKeysStayHere, missingLogKeys, readLogForBackup } from './backup.js';
