import type { Caseload, PartnerCode, StateCode } from '../ids.js';

/**
 * One person on the register, as sealed in the subject's blob. What is absent is absent (no nulls).
 * Dates are kept as supplied, in EDTF with their calendar: matching reads them as intervals.
 */
export interface Subject {
  /** The host's own reference, unique within the caseload, e.g. `NZ-AF-000123`. */
  readonly reference: string;
  readonly caseload: Caseload;
  /** At least one; the first is the name of record. */
  readonly names: readonly SubjectName[];
  readonly fatherName?: string;
  readonly grandfatherName?: string;
  readonly dateOfBirth?: string;
  /** Calendar `dateOfBirth` is read in; `GREGORIAN` when absent. */
  readonly calendar?: Calendar;
  readonly sex?: Sex;
  readonly nationality?: StateCode;
  readonly documents: readonly SubjectDocument[];
  readonly visa?: Visa;
  readonly household?: string;
  readonly sharing?: Sharing;
  /** Partner or state codes that must never learn of this person. */
  readonly suppressedFor: readonly (PartnerCode | StateCode)[];
}

export type NameType = 'PRIMARY' | 'ALIAS' | 'MAIDEN' | 'FORMER' | 'KUNYA';
export const nameTypes: readonly NameType[] = ['PRIMARY', 'ALIAS', 'MAIDEN', 'FORMER', 'KUNYA'];

export interface SubjectName {
  readonly full: string;
  readonly type?: NameType;
}

export interface SubjectDocument {
  readonly type: DocumentType;
  readonly number: string;
  readonly issuingState?: StateCode;
  readonly expires?: string;
}

export interface Visa {
  readonly reference?: string;
  readonly class?: string;
  readonly status?: VisaStatus;
  readonly granted?: string;
  readonly expires?: string;
}

/** On what ground a person's data is shared, and what the person was told and said. */
export interface Sharing {
  readonly basis?: SharingBasis;
  /** Day on which the person was told (GDPR 13, 14). */
  readonly informedOn?: string;
  /** Partners and states the person will not be named to. */
  readonly refusedFor?: readonly (PartnerCode | StateCode)[];
}

/** GDPR 6(1)(a), (c), (d), (e). */
export type SharingBasis = 'CONSENT' | 'LEGAL_OBLIGATION' | 'VITAL_INTERESTS' | 'PUBLIC_TASK';
export const sharingBases: readonly SharingBasis[] = [
  'CONSENT',
  'LEGAL_OBLIGATION',
  'VITAL_INTERESTS',
  'PUBLIC_TASK',
];

export type Calendar = 'GREGORIAN' | 'SOLAR_HIJRI';
export const calendars: readonly Calendar[] = ['GREGORIAN', 'SOLAR_HIJRI'];
export type Sex = 'F' | 'M' | 'X';
export const sexes: readonly Sex[] = ['F', 'M', 'X'];
export type DocumentType =
  'PASSPORT' | 'TAZKIRA' | 'NATIONAL_ID' | 'TRAVEL_DOCUMENT' | 'VISA' | 'OTHER';
export const documentTypes: readonly DocumentType[] = [
  'PASSPORT',
  'TAZKIRA',
  'NATIONAL_ID',
  'TRAVEL_DOCUMENT',
  'VISA',
  'OTHER',
];
export type VisaStatus = 'GRANTED' | 'USED' | 'EXPIRED' | 'CANCELLED';
export const visaStatuses: readonly VisaStatus[] = ['GRANTED', 'USED', 'EXPIRED', 'CANCELLED'];
