import type { Migration } from '../platform/database/database.js';
import { Crossings1769100000100 } from './crossings.migration.js';
import { Mistakes1769100000150 } from './mistakes.migration.js';
import { ToldEpochs1772000000402 } from './told-epochs.migration.js';

export {
  ConfirmationAlarms,
  type ConfirmationAlarmRow,
  type ConfirmationCounts,
} from './confirmation-alarms.js';
export {
  isBorderPoint,
  type ConfirmCrossingCommand,
  type CorrectCrossingCommand,
  type Crossing,
  type CrossingClaim,
} from './crossing.js';
export { Crossings, type RecordedCrossing } from './crossings.js';
export {
  mistakeKinds,
  Mistakes,
  type MistakeKind,
  type RecordedMistake,
  type ReportMistakeCommand,
} from './mistakes.js';
export { mostNotices, NoteChanges, ReadNotices, type Notice, type NoticePage } from './notices.js';
export { PartnerRecord } from './partner-record.js';
export { ReadMistakes, type MistakeReport } from './read-mistakes.js';
export { ReadConfirmations } from './read-confirmations.js';
export { noteRestored } from './note-restored.js';
export { ToldFacts, type ToldMatch } from './told-facts.js';
export { ToldKeys, type EpochWrapping, type WrappingKey } from './told-keys.js';

export const referralMigrations: readonly Migration[] = [
  Crossings1769100000100,
  Mistakes1769100000150,
  ToldEpochs1772000000402,
];
export { refuseToldKeysOfNoEpoch } from './backup.js';
