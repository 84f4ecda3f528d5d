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
import type { GrantId, PartnerCode, StateCode } from '../../src/core/ids.js';
import { evidenceElements } from '../../src/core/matching/index.js';
import type { Sex, Visa } from '../../src/core/register/subject.js';
import type { Caller } from '../../src/grants/index.js';
import type { Question } from '../../src/verification/index.js';
import {
  defined,
  granted,
  hiddenPeople,
  madeUpPeople,
  oneOf,
  particulars,
  subjectOf,
  type Particulars,
} from './arbitrary-people.js';
import { questionUnder, stepsAbout, type Step } from './arbitrary-steps.js';
import type { StoredPerson, World } from './in-process-gateway.js';

/** Worlds for non-interference. */

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

/** One of them: everything is compared, and the status of a visa told. */
export const earnestGrant: Grant = grantOf({
  partner: caller.partner,
  purpose: 'BORDER_VERIFICATION',
  legalBasis: 'A memorandum',
  caseloads: granted,
  fields: { VISA_STATUS: 'FULL' },
  matchOn: [...evidenceElements],
  possibleMatch: 'FOLDED',
  assuranceLevel: 'STANDARD',
  minimumEvidence: [],
  requiresNamedOfficer: false,
  handling: 'NO_ONWARD_TRANSFER',
  questionsPerDay: 1_000,
  validFrom: new Date('2026-01-01T00:00:00Z'),
  validUntil: new Date('2027-01-01T00:00:00Z'),
});

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
export interface TwoWorlds {
  readonly one: World;
  readonly other: World;
  readonly steps: readonly Step[];
}

/** EARNEST: under the real grant alone. REHEARSAL: under the test grant alone. */
type Mode = 'EARNEST' | 'REHEARSAL' | 'BOTH';

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
        steps: stepsAbout(questionsIn(mode, of, real, [...madeUp, ...madeUpElse])),
      });
    });
}

function questionsIn(
  mode: Mode,
  of: GrantTerms,
  real: readonly StoredPerson[],
  madeUp: readonly StoredPerson[],
): fc.Arbitrary<Question> {
  const everybody = [...real, ...madeUp];
  const inEarnest = questionUnder(grantId, of, everybody);
  const inRehearsal = questionUnder(testGrantId, testTerms, [...madeUp, ...everybody]);
  return {
    EARNEST: inEarnest,
    REHEARSAL: inRehearsal,
    BOTH: fc.oneof({ weight: 2, arbitrary: inEarnest }, { weight: 1, arbitrary: inRehearsal }),
  }[mode];
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
