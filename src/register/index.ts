export type { CandidateScope } from './blind-index.js';
export { registerMigrations } from './migrations.js';
export {
  openRegister,
  registerVersionSql,
  type Candidate,
  type OpenedSubject,
  Register,
  type RegisterReader,
  type WeightedTerm,
} from './register.js';
export type { RegisterOptions, RegisterStore } from './register-store.js';
export {
  importRegister,
  type ImportCommand,
  type ImportFinding,
  type ImportReport,
} from './import-register.js';
export { releaseBatch, type ReleaseCommand, type ReleaseReport } from './release-batch.js';
export type { RowFaultCode, RowWarningCode } from './row-reader.js';
export {
  demoCaseloads,
  demoPeopleLines,
  makeDemoPeople,
  type DemoPeopleOptions,
  type DemoPerson,
} from './demo-people.js';
