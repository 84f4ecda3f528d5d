import type { DisclosureLevel, SubjectField } from '../disclosure/catalogue.js';
import type { EvidenceElement } from '../matching/index.js';
import type { AssuranceLevel } from '../matching/index.js';
import type { HandlingCode, PossibleMatchRule } from './grant.js';

/** What a lawyer reads for each code of a grant. */

export const fieldWords: Readonly<Record<SubjectField, string>> = {
  FULL_NAME: 'full name',
  FATHER_NAME: 'father’s name',
  DATE_OF_BIRTH: 'date of birth',
  SEX: 'sex',
  NATIONALITY: 'nationality',
  DOCUMENT_NUMBER: 'document number',
  VISA_REFERENCE: 'visa reference',
  VISA_CLASS: 'visa class',
  VISA_STATUS: 'visa status',
  VISA_EXPIRES: 'end of the visa',
};

export const levelWords: Readonly<Record<DisclosureLevel, string>> = {
  WITHHELD: 'not told',
  PRESENCE: 'only whether the register has one',
  CONFIRM: 'only whether the one supplied agrees',
  GENERALISED: 'in a coarser form',
  MASKED: 'masked',
  FULL: 'told in full',
};

export const elementWords: Readonly<Record<EvidenceElement, string>> = {
  NAME: 'name',
  FATHER_NAME: 'father’s name',
  GRANDFATHER_NAME: 'grandfather’s name',
  DATE_OF_BIRTH: 'date of birth',
  SEX: 'sex',
  NATIONALITY: 'nationality',
  DOCUMENT: 'document',
};

export const assuranceWords: Readonly<Record<AssuranceLevel, string>> = {
  STANDARD: 'a stranger’s particulars match by chance at most about once in 8,000',
  HIGH: 'a stranger’s particulars match by chance at most about once in 260,000',
};

export const possibleMatchWords: Readonly<Record<PossibleMatchRule, string>> = {
  ALLOWED: 'told as a possible match',
  FOLDED: 'answered as not confirmed',
};

export const handlingWords: Readonly<Record<HandlingCode, string>> = {
  NO_ONWARD_TRANSFER: 'may not be passed on',
  ORIGINATOR_CONSENT: 'may be passed on only when the host agrees, case by case',
};
