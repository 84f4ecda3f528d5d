import type { PersonEvidenceInput } from '../core/matching/index.js';

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
];
