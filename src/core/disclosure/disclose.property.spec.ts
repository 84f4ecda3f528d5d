import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { gregorianDate } from '../dates/index.js';
import type { Caseload, StateCode } from '../ids.js';
import { evidenceElements } from '../matching/evidence.js';
import type { Subject } from '../register/subject.js';
import {
  fieldCatalogue,
  subjectFields,
  type DisclosureLevel,
  type SubjectField,
} from './catalogue.js';
import { disclose, mask, type DisclosureInputs, type FieldScope } from './disclose.js';

const text = fc.string({ minLength: 1, maxLength: 300, unit: 'grapheme' });
const subjects: fc.Arbitrary<Subject> = fc
  .record(
    {
      names: fc.array(fc.record({ full: text }), { maxLength: 2 }),
      documents: fc.array(fc.record({ type: fc.constant('PASSPORT' as const), number: text }), {
        maxLength: 2,
      }),
      fatherName: text,
      dateOfBirth: fc.constantFrom('1984', '1984-03', '1984-03-15', '1984~', '[1980..1985]'),
      sex: fc.constantFrom('F' as const, 'M' as const, 'X' as const),
      nationality: fc.constantFrom('AFG', 'PAK', 'XXA', 'D') as fc.Arbitrary<StateCode>,
      visa: fc.record(
        {
          reference: text,
          class: text,
          status: fc.constant('USED' as const),
          expires: fc.constant('2026-01-02'),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ['names', 'documents'] },
  )
  .map((made) => ({ ...made, reference: 'T', caseload: 'C' as Caseload, suppressedFor: [] }));

const scopes: fc.Arbitrary<FieldScope> = fc
  .tuple(
    ...subjectFields.map((field) =>
      fc.constantFrom<DisclosureLevel>('WITHHELD', ...fieldCatalogue[field].levels),
    ),
  )
  .map((levels) =>
    Object.fromEntries(subjectFields.map((field, at) => [field, levels[at] ?? 'WITHHELD'])),
  );

const agreements = fc.subarray([...evidenceElements]).map((elements) => new Set(elements));
const inputsOf = (subject: Subject, agreeing: DisclosureInputs['agreeing']): DisclosureInputs => ({
  subject,
  dateOfBirth: gregorianDate(subject.dateOfBirth, subject.calendar),
  agreeing,
});
const grantedOf = (scope: FieldScope): SubjectField[] =>
  subjectFields.filter((field) => scope[field] !== 'WITHHELD');

test('redaction never adds a field, and tells each at its level through one member', () => {
  fc.assert(
    fc.property(subjects, scopes, agreements, fc.nat(), (subject, scope, agreeing, pick) => {
      const fields = grantedOf(scope).filter((_, at) => ((pick >> at) & 1) === 1);
      const told = disclose(scope, fields, inputsOf(subject, agreeing));
      expect([...told.keys()]).toEqual(fields);
      for (const [field, { level, present, agreement, value }] of told) {
        expect(level).toBe(scope[field]);
        const speaking = [present, agreement, value].filter((member) => member !== null).length;
        expect(speaking).toBeLessThanOrEqual(1);
        expect(present !== null).toBe(level === 'PRESENCE');
        expect(agreement !== null).toBe(level === 'CONFIRM');
        expect((value ?? '').length).toBeLessThanOrEqual(fieldCatalogue[field].maxLength);
        expect((value ?? '').isWellFormed()).toBe(true);
      }
    }),
  );
});

test('what is told of a field depends on no other field of the person', () => {
  fc.assert(
    fc.property(subjects, subjects, scopes, agreements, (one, other, scope, agreeing) => {
      for (const field of grantedOf(scope)) {
        const mixed = mixedIn(field, one, other);
        const told = disclose(scope, [field], inputsOf(one, agreeing));
        expect(disclose(scope, [field], inputsOf(mixed, agreeing))).toEqual(told);
      }
    }),
  );
});

test('no value is told below the levels that speak in one, whoever the person is', () => {
  fc.assert(
    fc.property(subjects, subjects, agreements, (one, other, agreeing) => {
      for (const field of subjectFields.filter((name) =>
        fieldCatalogue[name].levels.includes('CONFIRM'),
      )) {
        const scope = { [field]: 'CONFIRM' } as FieldScope;
        expect(disclose(scope, [field], inputsOf(one, agreeing))).toEqual(
          disclose(scope, [field], inputsOf(other, agreeing)),
        );
      }
    }),
  );
});

test('a mask keeps the length, and shows at most a third and at most four characters', () => {
  fc.assert(
    fc.property(text, (value) => {
      const [before, after] = [[...value], [...mask(value)]];
      expect(after).toHaveLength(before.length);
      const shown = after.length - mask(value).search(/[^*]|$/);
      expect(shown).toBeLessThanOrEqual(Math.min(4, Math.floor(before.length / 3)));
    }),
  );
});

/** `other` in everything but what `field` speaks of. */
function mixedIn(field: SubjectField, one: Subject, other: Subject): Subject {
  const { visa: ofOther = {}, ...rest } = other;
  const ofOne = one.visa ?? {};
  const put = (name: keyof Subject): Subject => {
    const without = Object.fromEntries(Object.entries(other).filter(([known]) => known !== name));
    const taken = one[name] === undefined ? {} : { [name]: one[name] };
    return { ...without, ...taken } as unknown as Subject;
  };
  const putVisa = (name: keyof typeof ofOne): Subject => {
    const { [name]: _, ...without } = ofOther;
    const visa = { ...without, ...(ofOne[name] === undefined ? {} : { [name]: ofOne[name] }) };
    return { ...rest, visa };
  };
  switch (field) {
    case 'FULL_NAME':
      return put('names');
    case 'FATHER_NAME':
      return put('fatherName');
    case 'DATE_OF_BIRTH':
      return put('dateOfBirth');
    case 'SEX':
      return put('sex');
    case 'NATIONALITY':
      return put('nationality');
    case 'DOCUMENT_NUMBER':
      return put('documents');
    case 'VISA_REFERENCE':
      return putVisa('reference');
    case 'VISA_CLASS':
      return putVisa('class');
    case 'VISA_STATUS':
      return putVisa('status');
    case 'VISA_EXPIRES':
      return putVisa('expires');
  }
}
