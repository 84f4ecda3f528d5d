import type { DisclosureLevel, SubjectField } from '../../src/core/disclosure/catalogue.js';
import type { EvidenceElement } from '../../src/core/matching/index.js';

/**
 * What leaves of a person, by hand: every field at every level it has, of somebody of whom it is on
 * the register and of somebody of whom it is not, by what the evidence says of it. Held to by the core
 * (core/disclosure/disclose.spec.ts) and, in test/disclosure.e2e-spec.ts, by every door a person's
 * fields leave through.
 */

/** The one person of whom everything is on the register. */
export const wholePerson = {
  reference: 'T-WHOLE',
  caseload: 'AF-2021',
  names: [{ full: 'Zarmina Gulab Noori' }],
  fatherName: 'Sher Agha',
  dateOfBirth: '1363-01-12',
  calendar: 'SOLAR_HIJRI',
  sex: 'F',
  nationality: 'AFG',
  documents: [{ type: 'PASSPORT', number: 'P00123457' }],
  visa: { reference: 'V-88-1', class: 'PROTECTION', status: 'GRANTED', expires: '2027-05-01' },
} as const;

/** People of whom the least is on the register that they are found by. */
export const barePeople = {
  /** A name, as everybody has, and a document. */
  withDocument: {
    reference: 'T-BARE-1',
    caseload: 'AF-2021',
    names: [{ full: 'Palwasha Shukria Mohmand' }],
    documents: [{ type: 'PASSPORT', number: 'K55443322' }],
  },
  withoutDocument: {
    reference: 'T-BARE-2',
    caseload: 'AF-2021',
    names: [{ full: 'Torpekai Stanekzai' }],
    fatherName: 'Ghulam Hazrat',
    dateOfBirth: '1971-06-09',
    documents: [],
  },
} as const;

/** What a field says; members that are not named are null. */
export interface Told {
  readonly present?: boolean;
  readonly agreement?: 'AGREES' | 'NOT_CONFIRMED';
  readonly value?: string;
}

export interface LevelRow {
  readonly field: SubjectField;
  readonly level: Exclude<DisclosureLevel, 'WITHHELD'>;
  /** Told of {@link wholePerson}, all the evidence agreeing. */
  readonly registered: Told;
  /** Told of anybody of whom it is not on the register, whatever the evidence. */
  readonly absent: Told;
}

const presence = (field: SubjectField): LevelRow => ({
  field,
  level: 'PRESENCE',
  registered: { present: true },
  absent: { present: false },
});
const confirm = (field: SubjectField): LevelRow => ({
  field,
  level: 'CONFIRM',
  registered: { agreement: 'AGREES' },
  absent: { agreement: 'NOT_CONFIRMED' },
});
const value = (
  field: SubjectField,
  level: 'GENERALISED' | 'MASKED' | 'FULL',
  text: string,
): LevelRow => ({ field, level, registered: { value: text }, absent: {} });

export const levelRows: readonly LevelRow[] = [
  presence('FULL_NAME'),
  confirm('FULL_NAME'),
  value('FULL_NAME', 'GENERALISED', 'Z. G. N.'),
  value('FULL_NAME', 'FULL', 'Zarmina Gulab Noori'),
  presence('FATHER_NAME'),
  confirm('FATHER_NAME'),
  value('FATHER_NAME', 'GENERALISED', 'S. A.'),
  value('FATHER_NAME', 'FULL', 'Sher Agha'),
  presence('DATE_OF_BIRTH'),
  confirm('DATE_OF_BIRTH'),
  value('DATE_OF_BIRTH', 'GENERALISED', '1984'),
  value('DATE_OF_BIRTH', 'FULL', '1984-04-01'),
  presence('SEX'),
  confirm('SEX'),
  value('SEX', 'FULL', 'F'),
  presence('NATIONALITY'),
  confirm('NATIONALITY'),
  value('NATIONALITY', 'GENERALISED', 'Southern Asia'),
  value('NATIONALITY', 'FULL', 'AFG'),
  presence('DOCUMENT_NUMBER'),
  confirm('DOCUMENT_NUMBER'),
  value('DOCUMENT_NUMBER', 'MASKED', '******457'),
  value('DOCUMENT_NUMBER', 'FULL', 'P00123457'),
  presence('VISA_REFERENCE'),
  value('VISA_REFERENCE', 'MASKED', '****-1'),
  value('VISA_REFERENCE', 'FULL', 'V-88-1'),
  presence('VISA_CLASS'),
  value('VISA_CLASS', 'FULL', 'PROTECTION'),
  presence('VISA_STATUS'),
  value('VISA_STATUS', 'FULL', 'GRANTED'),
  presence('VISA_EXPIRES'),
  value('VISA_EXPIRES', 'GENERALISED', '2027'),
  value('VISA_EXPIRES', 'FULL', '2027-05-01'),
];

/** What evidence can be about one element, of a person who has it. */
export type Said = 'AGREES' | 'DIFFERS' | 'NOT SUPPLIED' | 'NOT COMPARED';
export const saids: readonly Said[] = ['AGREES', 'DIFFERS', 'NOT SUPPLIED', 'NOT COMPARED'];

/** Elements a field can confirm, and the one no field speaks of. */
export const elementFields: Readonly<Record<EvidenceElement, SubjectField | undefined>> = {
  NAME: 'FULL_NAME',
  FATHER_NAME: 'FATHER_NAME',
  GRANDFATHER_NAME: undefined,
  DATE_OF_BIRTH: 'DATE_OF_BIRTH',
  SEX: 'SEX',
  NATIONALITY: 'NATIONALITY',
  DOCUMENT: 'DOCUMENT_NUMBER',
};

/** One row of the whole table: told of {@link wholePerson}. */
export function toldWhen({ level, registered }: LevelRow, said: Said): Told {
  // Evidence shows at CONFIRM and nowhere else; what differs, is missing or unread has one face.
  return level === 'CONFIRM' && said !== 'AGREES' ? { agreement: 'NOT_CONFIRMED' } : registered;
}

/** Agreement of an element beside a match, by the level of its field: told from CONFIRM upwards. */
export const agreementRows: readonly {
  readonly level: DisclosureLevel;
  readonly told: 'AGREES' | 'NOT_CONFIRMED';
}[] = [
  { level: 'WITHHELD', told: 'NOT_CONFIRMED' },
  { level: 'PRESENCE', told: 'NOT_CONFIRMED' },
  { level: 'CONFIRM', told: 'AGREES' },
  { level: 'GENERALISED', told: 'AGREES' },
  { level: 'MASKED', told: 'AGREES' },
  { level: 'FULL', told: 'AGREES' },
];

export const toldAgreement = (level: DisclosureLevel, said: Said): 'AGREES' | 'NOT_CONFIRMED' =>
  said === 'AGREES'
    ? (agreementRows.find((row) => row.level === level)?.told ?? 'NOT_CONFIRMED')
    : 'NOT_CONFIRMED';
