import type { Calendar, DocumentType, Sex } from '../register/subject.js';

/** What a partner supplies about the person in front of it (contract `PersonEvidenceInput`). */
export interface PersonEvidenceInput {
  readonly names?: readonly { readonly full: string }[] | null;
  readonly fatherName?: string | null;
  readonly grandfatherName?: string | null;
  readonly dateOfBirth?: string | null;
  readonly calendar?: Calendar | null;
  readonly sex?: Sex | null;
  readonly nationality?: string | null;
  readonly documents?:
    | readonly {
        readonly type: DocumentType;
        readonly number: string;
        readonly issuingState?: string | null;
      }[]
    | null;
  readonly machineReadableZone?: readonly string[] | null;
}

/** What of the evidence may be compared (contract `EvidenceElement`). */
export const evidenceElements = [
  'NAME',
  'FATHER_NAME',
  'GRANDFATHER_NAME',
  'DATE_OF_BIRTH',
  'SEX',
  'NATIONALITY',
  'DOCUMENT',
] as const;
export type EvidenceElement = (typeof evidenceElements)[number];
