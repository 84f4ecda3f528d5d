import { describe, expect, test } from '@jest/globals';
import type { Caseload } from '../ids.js';
import type { Subject } from '../register/subject.js';
import { noLongerSo } from './no-longer-so.js';

const before: Omit<Subject, 'suppressedFor'> = {
  reference: 'T-1',
  caseload: 'AF-2021' as Caseload,
  names: [{ full: 'Test Person' }],
  fatherName: 'Test Father',
  dateOfBirth: '1984-03-15',
  documents: [{ type: 'PASSPORT', number: 'P00001234' }],
  visa: { reference: 'V-1', status: 'GRANTED', expires: '2027-05-01' },
};

describe('what was told and is no longer so', () => {
  const rows: readonly (readonly [
    rule: string,
    told: readonly (readonly [string, string])[],
    change: Partial<typeof before>,
    fields: readonly string[],
  ])[] = [
    [
      'another status, told in full',
      [['visaStatus', 'FULL']],
      { visa: { status: 'USED' } },
      ['VISA_STATUS'],
    ],
    ['the same status', [['visaStatus', 'FULL']], { visa: { status: 'GRANTED', class: 'X' } }, []],
    [
      'another day of the year told',
      [['dateOfBirth', 'GENERALISED']],
      { dateOfBirth: '1984-05-01' },
      [],
    ],
    [
      'another year',
      [['dateOfBirth', 'GENERALISED']],
      { dateOfBirth: '1985-03-15' },
      ['DATE_OF_BIRTH'],
    ],
    [
      'another day, agreed to',
      [['dateOfBirth', 'CONFIRM']],
      { dateOfBirth: '1984-03-16' },
      ['DATE_OF_BIRTH'],
    ],
    [
      'another name, of which presence was told',
      [['fullName', 'PRESENCE']],
      { names: [{ full: 'Other' }] },
      [],
    ],
    [
      'a father’s name taken away',
      [['fatherName', 'PRESENCE']],
      { fatherName: undefined as never },
      ['FATHER_NAME'],
    ],
    [
      'the end of a masked number',
      [['documentNumber', 'MASKED']],
      { documents: [{ type: 'PASSPORT', number: 'P00009999' }] },
      ['DOCUMENT_NUMBER'],
    ],
    ['a field that was not told', [['visaStatus', 'FULL']], { names: [{ full: 'Other' }] }, []],
    ['a name of no field', [['household', 'FULL']], { names: [{ full: 'Other' }] }, []],
  ];
  test.each(rows)('%s', (_rule, told, change, fields) => {
    expect(noLongerSo(told, { before, after: { ...before, ...change } })).toEqual(fields);
  });

  test('of somebody erased is everything told', () => {
    const told = [
      ['visaStatus', 'FULL'],
      ['fullName', 'CONFIRM'],
    ] as const;
    expect(noLongerSo(told, undefined)).toEqual(['VISA_STATUS', 'FULL_NAME']);
    expect(noLongerSo([], undefined)).toEqual([]);
  });
});
