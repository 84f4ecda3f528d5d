import { describe, expect, test } from '@jest/globals';
import {
  agreementRows,
  barePeople,
  elementFields,
  levelRows,
  saids,
  toldAgreement,
  toldWhen,
  wholePerson,
} from '../../../test/truth/disclosure.js';
import { gregorianDate } from '../dates/index.js';
import type { PartnerCode } from '../ids.js';
import { evidenceElements, type EvidenceElement } from '../matching/evidence.js';
import type { Subject } from '../register/subject.js';
import {
  fieldCatalogue,
  subjectFieldByName,
  subjectFields,
  type DisclosureLevel,
  type SubjectField,
} from './catalogue.js';
import { disclose, discloseAgreement, initials, mask, type DisclosedField } from './disclose.js';
import { pairwiseReference } from './pseudonym.js';
import { regionOf } from './regions.js';

const subjectOf = (person: object): Subject => ({ suppressedFor: [], ...person }) as never;
const whole = subjectOf(wholePerson);
/** Of whom nothing is on the register: not even a name, which an import would refuse. */
const nobody = subjectOf({ reference: 'T-0', caseload: 'AF-2021', names: [], documents: [] });

const tell = (
  field: SubjectField,
  level: DisclosureLevel,
  of: Subject,
  agreeing: readonly EvidenceElement[],
): DisclosedField | undefined =>
  disclose({ [field]: level }, [field], {
    subject: of,
    dateOfBirth: gregorianDate(of.dateOfBirth, of.calendar),
    agreeing: new Set(agreeing),
  }).get(field);

const silent = { present: null, agreement: null, value: null };
const elementOf = (field: SubjectField): EvidenceElement | undefined =>
  evidenceElements.find((element) => elementFields[element] === field);

describe('what is told', () => {
  test.each(levelRows.flatMap((row) => saids.map((said) => ({ ...row, said }))))(
    'of $field at $level when the evidence is $said',
    (row) => {
      const element = elementOf(row.field);
      const agreeing = evidenceElements.filter((one) => one !== element || row.said === 'AGREES');
      const { field, level } = row;
      expect(tell(field, level, whole, agreeing)).toEqual({
        ...silent,
        level,
        ...toldWhen(row, row.said),
      });
    },
  );

  test.each(levelRows)(
    'of $field at $level of somebody who has none',
    ({ field, level, absent }) => {
      const element = elementOf(field);
      const others = evidenceElements.filter((one) => one !== element);
      expect(tell(field, level, nobody, others)).toEqual({ ...silent, level, ...absent });
      for (const bare of Object.values(barePeople).map(subjectOf)) {
        if (field === 'FULL_NAME' || (field === 'DOCUMENT_NUMBER') === bare.documents.length > 0)
          continue;
        if (['FATHER_NAME', 'DATE_OF_BIRTH'].includes(field) && bare.fatherName !== undefined)
          continue;
        expect(tell(field, level, bare, others)).toEqual({ ...silent, level, ...absent });
      }
    },
  );

  test.each(subjectFields)('of %s is nothing when it is withheld or not named', (field) => {
    expect(() => tell(field, 'WITHHELD', whole, [])).toThrow(TypeError);
    expect(() =>
      disclose({}, [field], { subject: whole, dateOfBirth: undefined, agreeing: new Set() }),
    ).toThrow(TypeError);
  });

  test.each(subjectFields)('of %s is nothing at a level it does not have', (field) => {
    const { levels } = fieldCatalogue[field];
    for (const level of ['CONFIRM', 'GENERALISED'] as const) {
      if (!levels.includes(level)) expect(() => tell(field, level, whole, [])).toThrow(TypeError);
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
  const rows = evidenceElements.flatMap((element) =>
    agreementRows.flatMap(({ level }) => saids.map((said) => ({ element, level, said }))),
  );
  test.each(rows)('$element, its field at $level and the evidence $said', (row) => {
    const { element, level, said } = row;
    const field = elementFields[element];
    const scope = field === undefined ? {} : { [field]: level };
    const agreeing = new Set(said === 'AGREES' ? [element] : []);
    expect(discloseAgreement(scope, element, agreeing)).toBe(
      field === undefined ? 'NOT_CONFIRMED' : toldAgreement(level, said),
    );
  });
  test('of which no field speaks is never told', () => {
    const everything = Object.fromEntries(subjectFields.map((field) => [field, 'FULL'] as const));
    const agreeing = new Set(evidenceElements);
    expect(discloseAgreement(everything, 'GRANDFATHER_NAME', agreeing)).toBe('NOT_CONFIRMED');
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
