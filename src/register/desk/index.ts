export {
  ChangePeople,
  type HoldRangeText,
  type NamedPeople,
  type PersonChanged,
  type RetentionInput,
} from './change-people.js';
export type { DeskOptions, RequestedAct } from './desk.js';
export { ExportPeople } from './export-people.js';
export { HoneyDesk, type HoneyWanted } from './honey-desk.js';
export {
  ImportPeople,
  largestUploadBytes,
  type ImportedPeople,
  type ImportEvent,
  type UploadOptions,
} from './import-people.js';
export { ReadPeople, type BatchForRelease, type OpenedRequest } from './read-people.js';
export { RegisterActs, type RegisterAct } from './register-acts.js';
export { ReleasePeople, type ReleaseRequest } from './release-people.js';
