export type { CandidateScope } from './blind-index.js';
export * from './desk/index.js';
export type { BatchFinding, BatchView } from './batches.js';
export type { PersonView } from './person-view.js';
export { surveyFile, type FileLayout } from './file/people-file.js';
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
export type { LiveChange, OnLiveChange } from './live-change.js';
export type { RegisterOptions, RegisterStore } from './register-store.js';
export {
  importRegister,
  type ImportCommand,
  type ImportFinding,
  type ImportReport,
  type ImportRules,
} from './import-register.js';
export {
  importExitCode,
  importFile,
  summariseImport,
  type FileRefusal,
  type ImportFileCommand,
  type ImportFileResult,
  type ImportSummary,
} from './import-file.js';
export { separators, type Separator } from './file/csv.js';
export { FileFault, type FileFaultCode } from './file/file-fault.js';
export { fileFormats, type FileFormat, type PeopleFile } from './file/people-file.js';
export { rejectedRows, writeRejectedRows } from './file/rejected-rows.js';
export { stageUpload, type StagedUpload } from './file/staged-upload.js';
export { releaseBatch, type ReleaseCommand, type ReleaseReport } from './release-batch.js';
export type { RowFaultCode, RowWarningCode } from './row-reader.js';
export {
  demoCaseloads,
  demoPeopleLines,
  makeDemoPeople,
  type DemoPeopleOptions,
  type DemoPerson,
} from './demo-people.js';
export {
  addPerson,
  changeVisaStatus,
  correctPerson,
  type AddPersonCommand,
  type CorrectPersonCommand,
  type PersonChange,
} from './one-person.js';
export type { RowMembers } from './person-fields.js';
export {
  openAct,
  pendingActs,
  withdrawAct,
  type Approval,
  type PendingAct,
  type TwoPersonAct,
} from './acts.js';
export type { PeopleTarget, PersonReference } from './register-change.js';
export {
  approveLift,
  requestLift,
  suppressPeople,
  type SuppressionCommand,
  type SuppressionReport,
} from './suppression.js';
export {
  approveErasure,
  planErasure,
  requestErasure,
  type ErasurePlan,
  type ErasureReport,
  type ErasureTarget,
  type RetentionRule,
} from './erase.js';
export {
  approveHold,
  approveHoldLift,
  isHeld,
  legalHolds,
  requestHold,
  requestHoldLift,
  type HoldTarget,
  type LegalHold,
  type ListedHold,
} from './legal-hold.js';
export { registerActAppliers } from './restriction-appliers.js';
export {
  askForKeys,
  keyJobs,
  Upkeep,
  upkeepJobs,
  upkeepStatus,
  type KeyJob,
  type UpkeepJob,
  type UpkeepStatus,
} from './upkeep.js';
export { rotateEpochs, type EpochRotationReport } from './epoch-rotation.js';
export { rotateMasterKey, rotatePageKeys, type PageRotation } from './key-rotation.js';
export {
  compareForDuplicates,
  findDuplicates,
  type ComparedPeople,
  type DuplicateSide,
  type LikelyDuplicate,
} from './duplicates.js';
export { approveMerge, keepApart, requestMerge, type MergeTarget } from './merge.js';
export {
  approveExport,
  requestExport,
  type ExportCommand,
  type ExportReport,
} from './export-register.js';
export { seedBuiltInCaseload } from './built-in-caseload.js';
export { builtInAnswers, builtInFields, type BuiltInAnswer } from './built-in-answers.js';
export { builtInPeople } from './built-in-people.js';
export { builtInQuestions, type BuiltInQuestion } from './built-in-questions.js';
export { screenForHoney, type HoneyTrace } from './honey.js';
export type { PlantedHoney } from './planted-honey.js';
export { registerStatistics, type RegisterStatistics } from './statistics.js';
export {
  enteredBefore,
  type ExposureContent,
  type HistoryContent,
  type LeftExport,
  type NamedSubject,
} from './releases.js';
export { readPersonInScope } from './person-in-scope.js';
export { readEpochsForBackup } from './backup.js';
