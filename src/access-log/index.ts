export {
  openAccessLog,
  type AccessLog,
  type AccessLogLogger,
  type AccessLogOptions,
  type ReconciliationReport,
} from './access-log.js';
export type { AccessEntry, ActOutcome, LoggedAccess, Outcome } from './access-entry.js';
export { accessLogMigrations } from './access-log.migration.js';
export type { Alongside } from './group-commit.js';
export type { HostPart } from './sealed-part.js';
export type { TreeName } from './trees.js';
