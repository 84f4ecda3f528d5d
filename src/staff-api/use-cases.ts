import { AlertDesk } from '../alerts/index.js';
import { AlertResolver } from './alert.resolver.js';
import { PreviewGrant, ReadBudgets, ReadEnds, ReadGrantKeys, ReadGrants } from '../grants/index.js';
import { ReadGatewayKeys } from '../identity/keys/index.js';
import { ReadConfirmations, ReadMistakes, ReferralDesk } from '../referrals/index.js';
import { DocumentReport, ReadBundle, ReadPartners, ReadStops } from '../partners/index.js';
import {
  ChangePeople,
  ExportPeople,
  HoneyDesk,
  ImportPeople,
  ReadPeople,
} from '../register/index.js';
import { ReadFindings } from '../screening/index.js';
import {
  ExportLog,
  ExposureReport,
  HistoryOfPerson,
  ReadSummary,
  SearchLog,
} from '../scrutiny/index.js';
import { StaffActs, StaffDirectory } from '../staff/index.js';
import { ConfirmationResolver } from './confirmation.resolver.js';
import { BudgetResolver } from './budget.resolver.js';
import { DocumentResolver } from './document.resolver.js';
import { GrantResolver } from './grant.resolver.js';
import { HoneyResolver } from './honey.resolver.js';
import { KeysResolver } from './keys.resolver.js';
import { LogResolver } from './log.resolver.js';
import { OnboardingResolver } from './onboarding.resolver.js';
import { PartnerResolver } from './partner.resolver.js';
import { ReferralResolver } from './referral.resolver.js';
import { RegisterReadingResolver } from './register-reading.resolver.js';
import { RegisterResolver } from './register.resolver.js';
import { ReleaseResolver } from './release.resolver.js';
import { StaffResolver } from './staff.resolver.js';
import { StopResolver } from './stop.resolver.js';

/** What the staff door is handed of the rooms, and nothing else. */
export const staffUseCases = [
  AlertDesk,
  StaffActs,
  StaffDirectory,
  ReadPartners,
  ReadBundle,
  ReadGrantKeys,
  ReadGatewayKeys,
  ReadEnds,
  ReadGrants,
  ReadBudgets,
  PreviewGrant,
  DocumentReport,
  ReadStops,
  ChangePeople,
  ImportPeople,
  ExportPeople,
  ReadPeople,
  HoneyDesk,
  SearchLog,
  ReadSummary,
  ExportLog,
  HistoryOfPerson,
  ExposureReport,
  ReadConfirmations,
  ReadMistakes,
  ReferralDesk,
  ReadFindings,
] as const;

/** What speaks for them in its schema. */
export const staffResolvers = [
  AlertResolver,
  StaffResolver,
  PartnerResolver,
  OnboardingResolver,
  KeysResolver,
  GrantResolver,
  BudgetResolver,
  DocumentResolver,
  StopResolver,
  RegisterResolver,
  RegisterReadingResolver,
  HoneyResolver,
  LogResolver,
  ReleaseResolver,
  ConfirmationResolver,
  ReferralResolver,
] as const;
