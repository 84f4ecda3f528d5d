import type { PersonEvidenceInput } from '../core/matching/index.js';
import { builtInCaseload } from '../core/ids.js';

/**
 * The twelve people of the built-in caseload, in the format of the import. Nobody is real: names are
 * put together from common parts, numbers are of no series in use. A change of a person is a new
 * version of that person in every installation, and has to go with its answer in
 * built-in-questions.ts.
 */
export const builtInPeople: readonly Readonly<Record<string, unknown>>[] = [
  {
    reference: 'TEST-01',
    names: [{ full: 'Parwana Testyar' }, { full: 'پروانه تست‌یار', type: 'ALIAS' }],
    fatherName: 'Abdul Karim',
    dateOfBirth: '1984-03-15',
    sex: 'F',
    nationality: 'AFG',
    documents: [
      { type: 'PASSPORT', number: 'T0000101', issuingState: 'AFG', expires: '2031-01-01' },
    ],
    visa: {
      reference: 'V-TEST-01',
      class: 'PROTECTION',
      status: 'GRANTED',
      granted: '2025-09-01',
      expires: '2030-09-01',
    },
  },
  {
    reference: 'TEST-02',
    names: [{ full: 'محمد رحیم آزمونی' }],
    fatherName: 'عبدالکریم',
    dateOfBirth: '1363-12',
    calendar: 'SOLAR_HIJRI',
    sex: 'M',
    nationality: 'AFG',
    documents: [{ type: 'TAZKIRA', number: '1400-0102-00102', issuingState: 'AFG' }],
    visa: { reference: 'V-TEST-02', class: 'PROTECTION', status: 'GRANTED', expires: '2029-06-30' },
  },
  {
    reference: 'TEST-03',
    names: [{ full: 'زرمینه ازموینه' }],
    fatherName: 'ګل محمد',
    dateOfBirth: '۱۳۷۰',
    calendar: 'SOLAR_HIJRI',
    sex: 'F',
    nationality: 'AFG',
    documents: [{ type: 'TAZKIRA', number: '3/103/7103', issuingState: 'AFG' }],
    visa: { reference: 'V-TEST-03', class: 'HUMANITARIAN', status: 'USED', expires: '2027-01-31' },
  },
  {
    reference: 'TEST-04',
    names: [{ full: 'عائشہ آزمائشی' }, { full: 'Ayesha Azmaishi', type: 'ALIAS' }],
    fatherName: 'Ghulam Rasool',
    dateOfBirth: '1990-11-02',
    sex: 'F',
    nationality: 'PAK',
    documents: [{ type: 'NATIONAL_ID', number: '00000-0000104-4', issuingState: 'PAK' }],
    visa: { reference: 'V-TEST-04', class: 'FAMILY', status: 'GRANTED', expires: '2028-04-15' },
  },
  {
    reference: 'TEST-05',
    names: [{ full: 'Golsum' }],
    fatherName: 'Mirza',
    dateOfBirth: '1975~',
    sex: 'F',
    nationality: 'AFG',
    documents: [{ type: 'PASSPORT', number: 'T0000505', issuingState: 'AFG' }],
    visa: { reference: 'V-TEST-05', class: 'PROTECTION', status: 'GRANTED', expires: '2029-02-28' },
  },
  {
    reference: 'TEST-06',
    names: [{ full: 'Najib Doublegan' }],
    fatherName: 'Sher Agha',
    dateOfBirth: '1988',
    sex: 'M',
    nationality: 'AFG',
    documents: [{ type: 'PASSPORT', number: 'T0060606', issuingState: 'AFG' }],
    visa: { reference: 'V-TEST-06', class: 'PROTECTION', status: 'GRANTED', expires: '2030-05-01' },
  },
  {
    reference: 'TEST-07',
    names: [{ full: 'Najib Doublegan' }],
    fatherName: 'Sher Agha',
    dateOfBirth: '1988',
    sex: 'M',
    nationality: 'AFG',
    documents: [{ type: 'PASSPORT', number: 'T0770077', issuingState: 'AFG' }],
    visa: { reference: 'V-TEST-07', class: 'FAMILY', status: 'GRANTED', expires: '2031-05-01' },
  },
  {
    reference: 'TEST-08',
    names: [{ full: 'Haji Mohammad Nader Pastkhana' }],
    fatherName: 'Faiz Mohammad',
    dateOfBirth: '[1960..1965]',
    sex: 'M',
    nationality: 'AFG',
    documents: [{ type: 'PASSPORT', number: 'T0800808', issuingState: 'AFG' }],
    visa: { reference: 'V-TEST-08', class: 'PROTECTION', status: 'EXPIRED', expires: '2023-03-31' },
  },
  {
    reference: 'TEST-09',
    names: [{ full: 'Laila Rooz-e-Aval' }, { full: 'Laila Testmaiden', type: 'MAIDEN' }],
    fatherName: 'Yousuf',
    dateOfBirth: '1992-01-01',
    sex: 'F',
    nationality: 'AFG',
    documents: [{ type: 'PASSPORT', number: 'T0909009', issuingState: 'AFG' }],
    visa: {
      reference: 'V-TEST-09',
      class: 'PROTECTION',
      status: 'CANCELLED',
      expires: '2026-12-31',
    },
  },
  {
    reference: 'TEST-10',
    names: [{ full: 'Anna Maria Testperson' }],
    dateOfBirth: '1974-08-12',
    sex: 'F',
    nationality: 'XXA',
    documents: [{ type: 'TRAVEL_DOCUMENT', number: 'T98902C36', issuingState: 'UNO' }],
    visa: { reference: 'V-TEST-10', class: 'HUMANITARIAN', status: 'GRANTED', expires: '2028-08' },
  },
  {
    reference: 'TEST-11',
    names: [{ full: 'Abdurrahman Bidunwasiqa' }],
    fatherName: 'Muhammad Amin',
    grandfatherName: 'Khair Mohammad',
    dateOfBirth: '1979-05-05',
    sex: 'M',
    nationality: 'AFG',
  },
  {
    reference: 'TEST-12',
    names: [{ full: 'نورية الاختبار' }, { full: 'Umm Testkhalid', type: 'KUNYA' }],
    fatherName: 'خالد',
    dateOfBirth: '1995-07-20',
    sex: 'F',
    nationality: 'IRQ',
    documents: [{ type: 'PASSPORT', number: 'T1212012', issuingState: 'IRQ' }],
    visa: { reference: 'V-TEST-12', class: 'HUMANITARIAN', status: 'GRANTED', expires: '2027-10' },
    household: 'TEST-HOUSEHOLD',
  },
].map((person) => ({ caseload: builtInCaseload, ...person }));

/** A line of the questions file, without its id. */
export interface BuiltInQuestion {
  readonly id: string;
  readonly about: string;
  readonly person: Omit<PersonEvidenceInput, 'machineReadableZone'> & {
    readonly machineReadableZone?: readonly string[];
  };
}

/** What is asked of them: one question for each, and some that are answered otherwise. */
export const builtInQuestions: readonly BuiltInQuestion[] = [
  {
    id: 'T01',
    about: 'the name written another way round, a full date, a passport',
    person: {
      names: [{ full: 'TESTYAR, Parwana' }],
      dateOfBirth: '1984-03-15',
      documents: [{ type: 'PASSPORT', number: 'T0000101', issuingState: 'AFG' }],
    },
  },
  {
    id: 'T02',
    about: 'Latin letters for a name registered in Dari; a solar month for the birth',
    person: {
      names: [{ full: 'Mohammad Rahim Azmuni' }],
      fatherName: 'Abdul Karim',
      dateOfBirth: '1363-12',
      calendar: 'SOLAR_HIJRI',
    },
  },
  {
    id: 'T03',
    about: 'a tazkira number alone, written with Persian digits',
    person: { documents: [{ type: 'TAZKIRA', number: '۳/۱۰۳/۷۱۰۳' }] },
  },
  {
    id: 'T04',
    about: 'the Latin alias of a name in Urdu, with father’s name and a full date',
    person: {
      names: [{ full: 'Aisha Azmaishi' }],
      fatherName: 'Ghulam Rasul',
      dateOfBirth: '1990-11-02',
      nationality: 'PAK',
    },
  },
  {
    id: 'T05',
    about: 'somebody with one name only, and a passport',
    person: {
      names: [{ full: 'Golsum' }],
      fatherName: 'Mirza',
      dateOfBirth: '1975',
      documents: [{ type: 'PASSPORT', number: 'T0000505' }],
    },
  },
  {
    id: 'T06',
    about: 'one of two namesakes, told apart by the passport',
    person: {
      names: [{ full: 'Najib Doublegan' }],
      fatherName: 'Sher Agha',
      dateOfBirth: '1988',
      documents: [{ type: 'PASSPORT', number: 'T0060606', issuingState: 'AFG' }],
    },
  },
  {
    id: 'T07',
    about: 'the two namesakes, and nothing that tells them apart: a possible match',
    person: {
      names: [{ full: 'Najib Doublegan' }],
      fatherName: 'Sher Agha',
      dateOfBirth: '1988',
    },
  },
  {
    id: 'T08',
    about: 'a title left out, a year out of a range; the visa has expired',
    person: {
      names: [{ full: 'Mohammad Nadir Pastkhana' }],
      fatherName: 'Faiz Mohammad',
      dateOfBirth: '1962',
      documents: [{ type: 'PASSPORT', number: 'T0800808' }],
    },
  },
  {
    id: 'T09',
    about: 'a maiden name; the visa was cancelled',
    person: {
      names: [{ full: 'Laila Testmaiden' }],
      fatherName: 'Yusuf',
      dateOfBirth: '1992-01-01',
      documents: [{ type: 'PASSPORT', number: 'T0909009', issuingState: 'AFG' }],
    },
  },
  {
    id: 'T10',
    about: 'a machine readable zone (ICAO Doc 9303) and nothing else',
    person: {
      machineReadableZone: [
        'P<UNOTESTPERSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<',
        'T98902C362XXA7408122F3104150<<<<<<<<<<<<<<<2',
      ],
    },
  },
  {
    id: 'T11',
    about: 'somebody without any document, and without a visa',
    person: {
      names: [{ full: 'Abdul Rahman Bidunwasiqa' }],
      fatherName: 'Mohammad Amin',
      grandfatherName: 'Khair Muhammad',
      dateOfBirth: '1979-05-05',
      sex: 'M',
    },
  },
  {
    id: 'T12',
    about: 'a name in Arabic letters',
    person: {
      names: [{ full: 'نورية الاختبار' }],
      fatherName: 'Khalid',
      dateOfBirth: '1995-07',
      nationality: 'IRQ',
    },
  },
  {
    id: 'T13',
    about: 'nobody: not confirmed, which says nothing about the person',
    person: {
      names: [{ full: 'Nobody Ofthisname' }],
      fatherName: 'Unregistered',
      dateOfBirth: '1970-01-02',
    },
  },
  {
    id: 'T14',
    about: 'a passport number with two digits exchanged: not confirmed',
    person: { documents: [{ type: 'PASSPORT', number: 'T0000110', issuingState: 'AFG' }] },
  },
  {
    id: 'T15',
    about: 'too little evidence: refused before anything is looked up',
    person: { names: [{ full: 'Parwana Testyar' }] },
  },
];
