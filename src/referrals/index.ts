import type { Migration } from '../platform/database/database.js';
import { Crossings1769100000100 } from './crossings.migration.js';
import { Mistakes1769100000150 } from './mistakes.migration.js';
import { Referrals1774000001001 } from './referrals.migration.js';
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
export { closedReferrals, referralActAppliers } from './close-again.js';
export { comparePeople, isCandidate, type ReferralRegister } from './compare-people.js';
export { OwnCursors } from './own-cursors.js';
export { ownReferral, type OwnReferral } from './own-referral.js';
export { ReferralActs, type ReferralAct } from './referral-acts.js';
export {
  ReferralDesk,
  takesTwo,
  type CaseCandidate,
  type CaseEntry,
  type OpenCase,
} from './referral-desk.js';
export { fitsEvidence, ReferralStore, type Referral } from './referral-store.js';
export {
  WithdrawReferral,
  type RecordedReferral,
  type WithdrawReferralCommand,
} from './withdraw-referral.js';
export { accountOf, ToldFacts, type ToldMatch } from './told-facts.js';
export { ToldKeys, type EpochWrapping, type WrappingKey } from './told-keys.js';

export const referralMigrations: readonly Migration[] = [
  Crossings1769100000100,
  Mistakes1769100000150,
  ToldEpochs1772000000402,
  Referrals1774000001001,
];
export { refuseToldKeysOfNoEpoch } from './backup.js';
