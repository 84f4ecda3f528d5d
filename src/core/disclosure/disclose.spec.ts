import { describe, expect, test } from '@jest/globals';
import { gregorianDate } from '../dates/index.js';
import type { Caseload, PartnerCode, StateCode } from '../ids.js';
import type { Subject } from '../register/subject.js';
import {
  fieldCatalogue,
  subjectFieldByName,
  subjectFields,
  type SubjectField,
} from './catalogue.js';
import { disclose, discloseAgreement, initials, mask, type DisclosedField } from './disclose.js';
import { pairwiseReference } from './pseudonym.js';
import { regionOf } from './regions.js';

const subject: Subject = {
  reference: 'T-1',
  caseload: 'AF-2021' as Caseload,
  names: [{ full: 'Zarmina Gulab Noori' }, { full: 'Other Name' }],
  fatherName: 'Sher Agha',
  dateOfBirth: '1363-01-12',
  calendar: 'SOLAR_HIJRI',
  sex: 'F',
  nationality: 'AFG' as StateCode,
  documents: [{ type: 'PASSPORT', number: 'P00123457' }],
  visa: { reference: 'V-88-1', class: 'PROTECTION', status: 'GRANTED', expires: '2027-05-01' },
  suppressedFor: [],
};
const bare: Subject = { ...subject, names: [], documents: [], suppressedFor: [] };
const absent: Subject = (({ reference, caseload }) => ({
  reference,
  caseload,
  names: [],
  documents: [],
  suppressedFor: [],
}))(bare);

const dateOf = ({ dateOfBirth, calendar }: Subject) => gregorianDate(dateOfBirth, calendar);
const tell = (
  field: SubjectField,
  level: string,
  of: Subject = subject,
  agreeing: string[] = [],
): DisclosedField | undefined =>
  disclose({ [field]: level }, [field], {
    subject: of,
    dateOfBirth: dateOf(of),
    agreeing: new Set(agreeing) as never,
  }).get(field);

/** What each field says at each level that speaks in `value`. */
const values: Readonly<Record<SubjectField, Readonly<Record<string, string>>>> = {
  FULL_NAME: { GENERALISED: 'Z. G. N.', FULL: 'Zarmina Gulab Noori' },
  FATHER_NAME: { GENERALISED: 'S. A.', FULL: 'Sher Agha' },
  DATE_OF_BIRTH: { GENERALISED: '1984', FULL: '1984-04-01' },
  SEX: { FULL: 'F' },
  NATIONALITY: { GENERALISED: 'Southern Asia', FULL: 'AFG' },
  DOCUMENT_NUMBER: { MASKED: '******457', FULL: 'P00123457' },
  VISA_REFERENCE: { MASKED: '****-1', FULL: 'V-88-1' },
  VISA_CLASS: { FULL: 'PROTECTION' },
  VISA_STATUS: { FULL: 'GRANTED' },
  VISA_EXPIRES: { GENERALISED: '2027', FULL: '2027-05-01' },
};

describe.each(subjectFields)('%s', (field) => {
  const silent = { present: null, agreement: null, value: null };
  test.each(fieldCatalogue[field].levels)('speaks through one member at %s', (level) => {
    const told = tell(field, level);
    if (level === 'PRESENCE') expect(told).toEqual({ ...silent, level, present: true });
    else if (level === 'CONFIRM') {
      expect(told).toEqual({ ...silent, level, agreement: 'NOT_CONFIRMED' });
    } else expect(told).toEqual({ ...silent, level, value: values[field][level] });
  });

  test.each(fieldCatalogue[field].levels)(
    'looks the same at %s for everybody who has none',
    (level) => {
      const told = tell(field, level, absent);
      const none =
        level === 'PRESENCE'
          ? { present: false }
          : level === 'CONFIRM'
            ? { agreement: 'NOT_CONFIRMED' }
            : {};
      expect(told).toEqual({ ...silent, level, ...none });
    },
  );

  test('is never told when it is withheld or not named: it must have been refused', () => {
    expect(() => tell(field, 'WITHHELD')).toThrow(TypeError);
    expect(() =>
      disclose({}, [field], { subject, dateOfBirth: undefined, agreeing: new Set() }),
    ).toThrow(TypeError);
  });

  test('says no more at a level it does not have than at none', () => {
    const { levels } = fieldCatalogue[field];
    for (const level of ['CONFIRM', 'GENERALISED'] as const) {
      if (!levels.includes(level)) expect(() => tell(field, level)).toThrow(TypeError);
    }
  });
});

test('each field has one name, and the other way round', () => {
  expect(subjectFieldByName.size).toBe(subjectFields.length);
  for (const field of subjectFields) {
    expect(subjectFieldByName.get(fieldCatalogue[field].name)).toBe(field);
  }
});

describe('the agreement of an element', () => {
  const agreeing = new Set(['NAME', 'GRANDFATHER_NAME'] as const);
  test.each([
    ['CONFIRM', 'AGREES'],
    ['GENERALISED', 'AGREES'],
    ['FULL', 'AGREES'],
    ['PRESENCE', 'NOT_CONFIRMED'],
    ['WITHHELD', 'NOT_CONFIRMED'],
  ] as const)('at %s of its field is %s', (level, told) => {
    expect(discloseAgreement({ FULL_NAME: level }, 'NAME', agreeing)).toBe(told);
  });
  test('of which no field speaks is never told', () => {
    const everything = Object.fromEntries(subjectFields.map((field) => [field, 'FULL'] as const));
    expect(discloseAgreement(everything, 'GRANDFATHER_NAME', agreeing)).toBe('NOT_CONFIRMED');
  });
  test('that differs is not confirmed at any level', () => {
    expect(discloseAgreement({ SEX: 'FULL' }, 'SEX', agreeing)).toBe('NOT_CONFIRMED');
  });
});

test.each([
  ['Zarmina', 'Z.'],
  ['  Zarmina   al-Noori ', 'Z. a. N.'],
  ['زرمینه نوری', 'ز. ن.'],
  ['', ''],
])('initials of %j are %j', (name, told) => expect(initials(name)).toBe(told));

test.each([
  ['', ''],
  ['1', '*'],
  ['12', '**'],
  ['123', '**3'],
  ['123456789', '******789'],
  ['1234567890123456789', '***************6789'],
])('the mask of %j is %j', (value, told) => expect(mask(value)).toBe(told));

test('a state without a region is not told as itself', () => {
  expect(regionOf('AFG')).toBe('Southern Asia');
  for (const code of ['XXA', 'UNO', 'QQQ']) expect(regionOf(code)).not.toBe(code);
});

test('a reference is one per secret, partner and purpose', () => {
  const [one, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const [alpha, bravo] = ['ALPHA', 'BRAVO'] as PartnerCode[];
  const references = [
    pairwiseReference(one, alpha as PartnerCode, 'ONWARD_TRAVEL'),
    pairwiseReference(other, alpha as PartnerCode, 'ONWARD_TRAVEL'),
    pairwiseReference(one, bravo as PartnerCode, 'ONWARD_TRAVEL'),
    pairwiseReference(one, alpha as PartnerCode, 'BORDER_VERIFICATION'),
  ];
  expect(new Set(references).size).toBe(4);
  expect(pairwiseReference(one, alpha as PartnerCode, 'ONWARD_TRAVEL')).toBe(references[0]);
  for (const reference of references) expect(reference).toMatch(/^[\w-]{22}$/);
});
