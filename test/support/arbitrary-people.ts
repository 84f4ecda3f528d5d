import fc from 'fast-check';
import type { GrantTerms } from '../../src/core/grants/grant.js';
import { builtInCaseload, type Caseload, type StateCode } from '../../src/core/ids.js';
import type { PersonEvidenceInput } from '../../src/core/matching/index.js';
import type { Sex, Subject, Visa } from '../../src/core/register/subject.js';
import type { StoredPerson } from './in-process-gateway.js';

/** People for non-interference, of small pools, so that they meet often; and what is said of them. */

export const granted = ['AF-2021', 'AF-2022'] as Caseload[];
export const elsewhere = 'AF-2023' as Caseload;

export const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 4 });

const names = [
  'Mohammad Rahim Ahmadi',
  'Zarmina Wardak',
  'Farid Noori',
  'محمد رحیم احمدی',
  'Gul Zadran',
];
const fathers = ['Abdul Karim', 'Sabur', 'Ahmad Khan'];
export const dates = ['1984-03-15', '1984-03', '1984', '1990-07-02', '1984-11-30', '1991'];
const numbers = ['P01234567', 'P01234568', 'O7654321', 'TK99887766', 'P04444567'];

const visa: fc.Arbitrary<Visa> = fc.record(
  {
    reference: oneOf('V-1-00001', 'V-1-00002', 'V-9-77701'),
    class: oneOf('PROTECTION', 'FAMILY'),
    status: oneOf('GRANTED' as const, 'USED' as const, 'CANCELLED' as const),
    expires: oneOf('2026-09-01', '2026-01-31', '2027-05-05'),
  },
  { requiredKeys: [] },
);

export interface Particulars {
  readonly names: readonly string[];
  readonly fatherName: string | undefined;
  readonly grandfatherName: string | undefined;
  readonly dateOfBirth: string | undefined;
  readonly sex: Sex | undefined;
  readonly nationality: string | undefined;
  readonly documents: readonly string[];
  readonly visa: Visa | undefined;
  readonly household: string | undefined;
}

export const particulars: fc.Arbitrary<Particulars> = fc.record({
  names: fc.uniqueArray(oneOf(...names), { minLength: 1, maxLength: 2 }),
  fatherName: maybe(oneOf(...fathers)),
  grandfatherName: maybe(oneOf(...fathers)),
  dateOfBirth: maybe(oneOf(...dates)),
  sex: maybe(oneOf<Sex>('F', 'M')),
  nationality: maybe(oneOf('AFG', 'PAK', 'IRN', 'FRA')),
  documents: fc.uniqueArray(oneOf(...numbers), { maxLength: 2 }),
  visa: maybe(visa),
  household: maybe(oneOf('H-1', 'H-2')),
});

export function subjectOf(
  number: number,
  about: Particulars,
  caseload: Caseload,
  suppressedFor: readonly string[],
  told = true,
): StoredPerson {
  const subject = {
    ...(told ? { sharing: { informedOn: '2026-01-15' } } : {}),
    reference: `R-${number}`,
    caseload,
    names: about.names.map((full) => ({ full })),
    documents: about.documents.map((text) => ({ type: 'PASSPORT' as const, number: text })),
    suppressedFor: suppressedFor as Subject['suppressedFor'],
    ...defined({
      fatherName: about.fatherName,
      grandfatherName: about.grandfatherName,
      dateOfBirth: about.dateOfBirth,
      sex: about.sex,
      nationality: about.nationality as StateCode | undefined,
      visa: about.visa,
      household: about.household,
    }),
  };
  return { number, subject };
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

export function defined<T extends object>(members: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
}

type Hidden = readonly [Caseload, readonly string[], boolean];

/**
 * People no question of the caller's may tell of: of another caseload, kept from the caller, or, where
 * the grant asks for notice, not told that they may be named.
 */
export const hiddenPeople = (from: number, of: GrantTerms): fc.Arbitrary<readonly StoredPerson[]> =>
  fc
    .array(
      fc.tuple(
        particulars,
        oneOf<Hidden>(
          [elsewhere, [], true],
          ['AF-2021' as Caseload, ['ALPHA-BORDER'], true],
          ['AF-2022' as Caseload, ['AUS', 'PAK'], true],
          ...(of.requiresNotice === true
            ? ([['AF-2021' as Caseload, [], false]] satisfies Hidden[])
            : []),
        ),
      ),
      { maxLength: 4 },
    )
    .map((people) =>
      people.map(([about, [caseload, suppressed, told]], at) =>
        subjectOf(from + at, about, caseload, suppressed, told),
      ),
    );

/** From here on people are made up, of the built-in caseload. */
export const firstMadeUp = 2_000;
export const madeUpPeople = fc
  .array(particulars, { minLength: 1, maxLength: 3 })
  .map((people) =>
    people.map((about, at) => subjectOf(firstMadeUp + at, about, builtInCaseload, [])),
  );

export function evidenceOf(subject: Subject): PersonEvidenceInput {
  return {
    names: subject.names.slice(0, 1).map(({ full }) => ({ full })),
    fatherName: subject.fatherName ?? null,
    grandfatherName: subject.grandfatherName ?? null,
    dateOfBirth: subject.dateOfBirth ?? null,
    sex: subject.sex ?? null,
    nationality: subject.nationality ?? null,
    documents: subject.documents,
  };
}
