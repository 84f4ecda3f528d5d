import { assuranceLevels, handlingCodes } from '../core/grants/grant.js';
import { evidenceElements } from '../core/matching/index.js';
import { referralReasons, referralStates } from '../core/referrals/referral.js';
import { mistakeKinds } from '../referrals/index.js';
import { calendars, documentTypes, sexes } from '../core/register/subject.js';
import { enumeration } from '../platform/graphql/enums.js';

export {
  BudgetKind,
  DisclosureLevel,
  GrantState,
  Purpose,
  SubjectField,
} from '../platform/graphql/enums.js';

export const Outcome = enumeration(
  'Outcome',
  'NOT_CONFIRMED is not a finding about the person and must not ground refusal of entry, detention or return.',
  ['MATCH', 'POSSIBLE_MATCH', 'NOT_CONFIRMED'],
  {
    MATCH: 'The evidence is that of one person in the scope of the grant.',
    POSSIBLE_MATCH: 'Unclear; told only under grants that allow it.',
    NOT_CONFIRMED:
      'Nothing can be said. It follows from a typing error, an expired visa or a stopped grant as well.',
  },
);

export const Agreement = enumeration(
  'Agreement',
  'NOT_CONFIRMED is one face for differs, not on the register, not supplied and not compared.',
  ['AGREES', 'NOT_CONFIRMED'],
);

export const EvidenceElement = enumeration(
  'EvidenceElement',
  'What of the evidence may be compared.',
  evidenceElements,
);

export const AssuranceLevel = enumeration(
  'AssuranceLevel',
  'How much evidence a MATCH takes.',
  assuranceLevels,
);
export const HandlingCode = enumeration(
  'HandlingCode',
  'May the answer be passed on: no, or only when the host agrees.',
  handlingCodes,
  {
    NO_ONWARD_TRANSFER: 'It may not be passed on.',
    ORIGINATOR_CONSENT: 'It may be passed on only when the host agrees, case by case.',
  },
);
export const MistakeKind = enumeration('MistakeKind', 'What is wrong.', mistakeKinds, {
  NOT_THIS_PERSON: 'The MATCH is of somebody else.',
  FIELD_WRONG: 'What was told of the fields named is not so.',
});
export const ReferralState = enumeration(
  'ReferralState',
  'Where a referral stands. NOT_CONFIRMED is not a finding about the person and must not ground refusal of entry, detention or return.',
  referralStates,
  {
    OPEN: 'Before people of the host, until the deadline.',
    CONFIRMED: 'A liaison officer confirmed the person; told at once.',
    NOT_CONFIRMED:
      'The deadline has passed and nothing can be said; told then and not before, whatever came of it.',
    EXPIRED: 'A day after the deadline: nothing more is told of it.',
    WITHDRAWN: 'You took it back.',
  },
);
export const ReferralReason = enumeration(
  'ReferralReason',
  'Why the case is unclear to the officer in front of the person.',
  referralReasons,
  {
    SPELLING_UNSURE: 'How the name is spelt.',
    DATE_UNSURE: 'When the person was born.',
    DOCUMENT_DAMAGED: 'What the document says.',
    NO_DOCUMENT: 'There is no document.',
    OTHER: 'Something else.',
  },
);
export const Calendar = enumeration('Calendar', 'The calendar a date is read in.', calendars);
export const Sex = enumeration('Sex', 'As in ICAO Doc 9303.', sexes);
export const DocumentType = enumeration('DocumentType', 'The kind of a document.', documentTypes);
