import fc from 'fast-check';
import type { GrantBudgets } from '../../src/core/budget/index.js';
import {
  disclosureLevelOf,
  fieldCatalogue,
  subjectFields,
  type DisclosureLevel,
  type SubjectField,
} from '../../src/core/disclosure/catalogue.js';
import { initials, mask } from '../../src/core/disclosure/disclose.js';
import { grantDigest, type Grant, type GrantTerms } from '../../src/core/grants/grant.js';
import { makeTestTerms } from '../../src/core/grants/test-terms.js';
import {
  builtInCaseload,
  type Caseload,
  type GrantId,
  type PartnerCode,
  type StateCode,
} from '../../src/core/ids.js';
import { evidenceElements, type PersonEvidenceInput } from '../../src/core/matching/index.js';
import type { Sex, Subject, Visa } from '../../src/core/register/subject.js';
import type { Caller } from '../../src/grants/index.js';
import { mistakeKinds, type MistakeKind } from '../../src/referrals/index.js';
import type { Question } from '../../src/verification/index.js';
import type { StoredPerson, World } from './in-process-gateway.js';

/** Worlds for non-interference: small pools, so that people, questions and grants meet often. */

export const caller: Caller = {
  partner: 'ALPHA-BORDER' as PartnerCode,
  partnerName: 'Alpha',
  state: 'AUS' as StateCode,
  clientId: 'alpha',
  certificateFingerprint: 'x',
  certificate: {
    anchorId: 'anchor',
    serial: '01',
    subject: '',
    alternativeNames: [],
    notAfter: new Date('2100-01-01T00:00:00Z'),
    fingerprintSha256: { base64url: 'x', hex: '' },
  },
  tokenIssuedAt: new Date('2026-03-04T09:59:00Z'),
  tokenExpiresAt: new Date('2026-03-04T10:04:00Z'),
};

const granted = ['AF-2021', 'AF-2022'] as Caseload[];
const elsewhere = 'AF-2023' as Caseload;

const oneOf = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 4 });

const names = [
  'Mohammad Rahim Ahmadi',
  'Zarmina Wardak',
  'Farid Noori',
  'محمد رحیم احمدی',
  'Gul Zadran',
];
const fathers = ['Abdul Karim', 'Sabur', 'Ahmad Khan'];
const dates = ['1984-03-15', '1984-03', '1984', '1990-07-02', '1984-11-30', '1991'];
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

interface Particulars {
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

const particulars: fc.Arbitrary<Particulars> = fc.record({
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

function subjectOf(
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

function defined<T extends object>(members: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
}

type Hidden = readonly [Caseload, readonly string[], boolean];

/**
 * People no question of the caller's may tell of: of another caseload, kept from the caller, or, where
 * the grant asks for notice, not told that they may be named.
 */
const hiddenPeople = (from: number, of: GrantTerms): fc.Arbitrary<readonly StoredPerson[]> =>
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

const terms: fc.Arbitrary<GrantTerms> = fc
  .record({
    fields: fc.tuple(
      ...subjectFields.map((field) =>
        oneOf<DisclosureLevel>('WITHHELD', ...fieldCatalogue[field].levels),
      ),
    ),
    matchOn: fc.oneof(
      oneOf([...evidenceElements]),
      fc.subarray([...evidenceElements], { minLength: 3 }),
    ),
    possibleMatch: oneOf('ALLOWED' as const, 'FOLDED' as const),
    assuranceLevel: oneOf('STANDARD' as const, 'HIGH' as const),
    minimumEvidence: fc.subarray(['NAME', 'DATE_OF_BIRTH'] as const, { maxLength: 1 }),
    requiresNotice: fc.boolean(),
    questionsPerDay: oneOf(3, 1_000),
    budgets: oneOf<GrantBudgets>(
      {},
      { peoplePerDay: 2 },
      { missesPerWeek: 1 },
      { missesPerWeek: 3 },
      { valuesPerPerson: 2 },
    ),
  })
  .map(({ fields, ...rest }) => ({
    ...rest,
    partner: caller.partner,
    purpose: 'BORDER_VERIFICATION',
    legalBasis: 'A memorandum',
    caseloads: granted,
    fields: Object.fromEntries(subjectFields.map((field, at) => [field, fields[at]])),
    requiresNamedOfficer: false,
    handling: 'NO_ONWARD_TRANSFER',
    validFrom: new Date('2026-01-01T00:00:00Z'),
    validUntil: new Date('2027-01-01T00:00:00Z'),
  }));

const grantId = '0b7c3c2e-5d0f-4a57-9f25-0e0d5f6f1c11' as GrantId;
const grantOf = (of: GrantTerms): Grant => ({
  ...of,
  id: grantId,
  version: 1,
  digest: grantDigest(grantId, 1, of),
  state: 'ACTIVE',
});

/** A question about somebody of the pools, often about one of the people given. */
function questionAbout(people: readonly StoredPerson[]): fc.Arbitrary<PersonEvidenceInput> {
  const known = people.map(({ subject }) => evidenceOf(subject));
  const anybody = particulars.map((about): PersonEvidenceInput =>
    evidenceOf(subjectOf(1, about, elsewhere, []).subject),
  );
  const person = known.length === 0 ? anybody : fc.oneof(oneOf(...known), anybody);
  const climbing = oneOf(...dates).map((dateOfBirth): PersonEvidenceInput => {
    return { names: [{ full: 'Farid Noori' }], fatherName: 'Sabur', dateOfBirth };
  });
  const dropping = fc
    .tuple(person, fc.subarray(['fatherName', 'sex', 'nationality', 'documents'] as const))
    .map(([about, dropped]) => ({
      ...about,
      ...Object.fromEntries(dropped.map((element) => [element, null])),
    }));
  return fc.oneof({ weight: 2, arbitrary: dropping }, { weight: 1, arbitrary: climbing });
}

function evidenceOf(subject: Subject): PersonEvidenceInput {
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

/** One thing a partner does; `of` counts back, round and round, from the latest it has had. */
export type Step =
  | { readonly does: 'ASK'; readonly question: Question }
  | { readonly does: 'CONFIRM'; readonly of: number; readonly crossing: AnyCrossing }
  | {
      readonly does: 'CORRECT';
      readonly of: number;
      /** Taken back where there is none. */
      readonly crossing: AnyCrossing | undefined;
    }
  | {
      readonly does: 'REPORT';
      readonly of: number;
      readonly kind: MistakeKind;
      readonly fields: readonly SubjectField[];
      readonly request: number;
    }
  | { readonly does: 'READ NOTICES' };

export interface AnyCrossing {
  readonly state: string;
  readonly borderPoint: string;
  /** Before the confirmation. */
  readonly minutesAgo: number;
}

export interface TwoWorlds {
  readonly one: World;
  readonly other: World;
  readonly steps: readonly Step[];
}

/** EARNEST: under the real grant alone. REHEARSAL: under the test grant alone. */
type Mode = 'EARNEST' | 'REHEARSAL' | 'BOTH';

/** From here on people are made up, of the built-in caseload. */
export const firstMadeUp = 2_000;
/** Of the test grant of every world. */
export const testGrantId = '5f1d1c8a-41c7-4d0e-8a53-0d7f5b0a9e22' as GrantId;
const testTerms = makeTestTerms(caller.partner, new Date('2026-01-01T00:00:00Z'));
const testGrant: Grant = {
  ...testTerms,
  id: testGrantId,
  version: 1,
  digest: grantDigest(testGrantId, 1, testTerms),
  state: 'ACTIVE',
};
const madeUpPeople = fc
  .array(particulars, { minLength: 1, maxLength: 3 })
  .map((people) =>
    people.map((about, at) => subjectOf(firstMadeUp + at, about, builtInCaseload, [])),
  );

/**
 * Two worlds that differ only where nothing may depend on it: people out of scope or kept from the
 * caller, and, of people in scope, what the grant neither compares nor discloses. Where nothing is
 * asked in rehearsal the made-up people differ as well; where nothing is asked in earnest everybody
 * else does.
 */
export const twoWorlds: fc.Arbitrary<TwoWorlds> = worldsOf('EARNEST', 'REHEARSAL', 'BOTH', 'BOTH');

/** The same, with as much as possible asked in earnest. */
export const earnestWorlds: fc.Arbitrary<TwoWorlds> = worldsOf('EARNEST', 'BOTH');

function worldsOf(...modes: readonly Mode[]): fc.Arbitrary<TwoWorlds> {
  return fc
    .record({
      mode: oneOf(...modes),
      terms,
      base: fc.array(fc.tuple(particulars, particulars, oneOf(...granted), oneOf(...granted)), {
        maxLength: 4,
      }),
      madeUp: madeUpPeople,
      madeUpElse: madeUpPeople,
    })
    .chain((made) =>
      fc.record({
        made: fc.constant(made),
        hiddenHere: hiddenPeople(100, made.terms),
        hiddenThere: hiddenPeople(100, made.terms),
      }),
    )
    .chain(({ made, hiddenHere, hiddenThere }) => {
      const { mode, terms: of, base, madeUp, madeUpElse } = made;
      const grants = [grantOf(of), testGrant];
      const here = base.map(([about, , caseload], at) =>
        subjectOf(at + 1, about, caseload, ['IRN']),
      );
      const there = base.map(([about, instead, , caseload], at) => {
        const changed = mode === 'REHEARSAL' ? instead : changeUndeclared(about, instead, of);
        return subjectOf(at + 1, changed, caseload, ['PAK']);
      });
      const elsewhere = mode === 'EARNEST' ? madeUpElse : madeUp;
      const real = [...here, ...hiddenHere, ...hiddenThere];
      return fc.record({
        one: fc.constant({ caller, grants, people: [...hiddenHere, ...here, ...madeUp] }),
        other: fc.constant({ caller, grants, people: [...elsewhere, ...there, ...hiddenThere] }),
        steps: stepsAbout(mode, of, real, [...madeUp, ...madeUpElse]),
      });
    });
}

function stepsAbout(
  mode: Mode,
  of: GrantTerms,
  real: readonly StoredPerson[],
  madeUp: readonly StoredPerson[],
): fc.Arbitrary<readonly Step[]> {
  const everybody = [...real, ...madeUp];
  const inEarnest = questionUnder(grantId, of, everybody);
  const inRehearsal = questionUnder(testGrantId, testTerms, [...madeUp, ...everybody]);
  const asked = {
    EARNEST: inEarnest,
    REHEARSAL: inRehearsal,
    BOTH: fc.oneof({ weight: 2, arbitrary: inEarnest }, { weight: 1, arbitrary: inRehearsal }),
  }[mode];
  const place = fc.nat({ max: 9 });
  const crossing: fc.Arbitrary<AnyCrossing> = fc.record({
    state: oneOf('PAK', 'IRN'),
    borderPoint: oneOf('PKTRM', 'IRDGN'),
    minutesAgo: oneOf(0, 5, 60, 60 * 24 * 40),
  });
  const step = fc.oneof(
    { weight: 6, arbitrary: asked.map((question): Step => ({ does: 'ASK', question })) },
    {
      weight: 3,
      arbitrary: fc.record({ does: fc.constant('CONFIRM' as const), of: place, crossing }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        does: fc.constant('CORRECT' as const),
        of: place,
        crossing: fc.option(crossing, { nil: undefined, freq: 3 }),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        does: fc.constant('REPORT' as const),
        of: place,
        kind: oneOf(...mistakeKinds),
        fields: fc.oneof(fc.constant([]), fc.subarray([...subjectFields], { minLength: 1 })),
        request: fc.integer({ min: 1, max: 4 }),
      }),
    },
    { weight: 1, arbitrary: fc.constant<Step>({ does: 'READ NOTICES' }) },
  );
  // What follows a match, and what climbs, would else come too seldom to say anything.
  const story = fc
    .record({ question: asked, first: crossing, second: crossing, third: crossing })
    .map(({ question, first, second, third }): readonly Step[] => [
      { does: 'ASK', question },
      { does: 'CONFIRM', of: 0, crossing: first },
      { does: 'CONFIRM', of: 0, crossing: second },
      { does: 'CORRECT', of: 0, crossing: third },
      { does: 'REPORT', of: 0, kind: 'NOT_THIS_PERSON', fields: [], request: 9 },
      { does: 'READ NOTICES' },
    ]);
  const climb = fc.array(asked, { minLength: 4, maxLength: 4 }).map((questions) =>
    questions.map((question, at): Step => {
      const person = {
        names: [{ full: 'Farid Noori' }],
        fatherName: 'Sabur',
        dateOfBirth: dates[at] ?? '1984',
        documents: [{ type: 'PASSPORT' as const, number: 'P04444567' }],
      };
      const requestId = `climb-${at}`;
      return { does: 'ASK', question: { ...question, requestId, person, personAsSent: person } };
    }),
  );
  const part = fc.oneof(
    { weight: 6, arbitrary: step.map((one): readonly Step[] => [one]) },
    { weight: 3, arbitrary: story },
    { weight: 1, arbitrary: climb },
  );
  return fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.flat());
}

function questionUnder(
  under: GrantId,
  of: GrantTerms,
  people: readonly StoredPerson[],
): fc.Arbitrary<Question> {
  const open = subjectFields.filter((field) => disclosureLevelOf(of.fields, field) !== 'WITHHELD');
  return fc
    .record({
      request: fc.integer({ min: 1, max: 12 }),
      person: questionAbout(people),
      fields: fc.oneof(
        { weight: 9, arbitrary: fc.subarray([...open]) },
        { weight: 1, arbitrary: fc.subarray([...subjectFields]) },
      ),
    })
    .map(({ request, person, fields }) => ({
      requestId: `r-${request}`,
      grantId: under,
      purpose: 'BORDER_VERIFICATION' as const,
      caseReference: 'CASE/1',
      person,
      personAsSent: person,
      fields,
    }));
}

/** The person with everything replaced that the grant neither compares nor lets out. */
function changeUndeclared(about: Particulars, instead: Particulars, of: GrantTerms): Particulars {
  const compared = new Set<string>(of.matchOn);
  const level = (field: SubjectField) => disclosureLevelOf(of.fields, field);
  const free = <T>(
    element: string | undefined,
    field: SubjectField,
    before: T | undefined,
    after: T | undefined,
    faces: Readonly<Partial<Record<DisclosureLevel, (value: T) => string | undefined>>>,
  ): T | undefined => {
    if (element !== undefined && compared.has(element)) return before;
    const shown = level(field);
    if (shown === 'WITHHELD' || shown === 'CONFIRM') return after;
    if (shown === 'FULL') return before;
    if (before === undefined || after === undefined) return before;
    const face = shown === 'PRESENCE' ? () => 'present' : faces[shown];
    return face?.(before) === face?.(after) ? after : before;
  };
  const year = (text: string) => text.slice(0, 4);
  const visaMember = <K extends keyof Visa>(
    member: K,
    field: SubjectField,
    faces: Parameters<typeof free<string>>[4] = {},
  ) => free<string>(undefined, field, about.visa?.[member], instead.visa?.[member], faces);
  const newVisa = defined({
    reference: visaMember('reference', 'VISA_REFERENCE', { MASKED: mask }),
    class: visaMember('class', 'VISA_CLASS'),
    status: visaMember('status', 'VISA_STATUS'),
    expires: visaMember('expires', 'VISA_EXPIRES', { GENERALISED: year }),
    granted: '2021-09-01',
  }) as Visa;
  const first = <T>(list: readonly T[]) => list[0];
  const newName = free('NAME', 'FULL_NAME', first(about.names), first(instead.names), {
    GENERALISED: initials,
  });
  const newNumber = free(
    'DOCUMENT',
    'DOCUMENT_NUMBER',
    first(about.documents),
    first(instead.documents),
    { MASKED: mask },
  );
  return {
    names: compared.has('NAME')
      ? about.names
      : [newName ?? first(about.names) ?? '', ...instead.names.slice(1)],
    fatherName: free('FATHER_NAME', 'FATHER_NAME', about.fatherName, instead.fatherName, {
      GENERALISED: initials,
    }),
    grandfatherName: compared.has('GRANDFATHER_NAME')
      ? about.grandfatherName
      : instead.grandfatherName,
    dateOfBirth: free('DATE_OF_BIRTH', 'DATE_OF_BIRTH', about.dateOfBirth, instead.dateOfBirth, {
      GENERALISED: year,
    }),
    sex: free<Sex>('SEX', 'SEX', about.sex, instead.sex, {}),
    nationality: free('NATIONALITY', 'NATIONALITY', about.nationality, instead.nationality, {
      GENERALISED: (code) => (code === 'FRA' ? 'Western Europe' : 'Southern Asia'),
    }),
    documents: compared.has('DOCUMENT')
      ? about.documents
      : newNumber === undefined
        ? []
        : [newNumber, ...instead.documents.slice(1)],
    visa: newVisa,
    household: instead.household,
  };
}
