import fc from 'fast-check';
import {
  disclosureLevelOf,
  subjectFields,
  type SubjectField,
} from '../../src/core/disclosure/catalogue.js';
import type { GrantTerms } from '../../src/core/grants/grant.js';
import type { GrantId } from '../../src/core/ids.js';
import type { PersonEvidenceInput } from '../../src/core/matching/index.js';
import {
  referralReasons,
  referralStates,
  type ReferralReason,
  type ReferralState,
} from '../../src/core/referrals/referral.js';
import { mistakeKinds, type MistakeKind } from '../../src/referrals/index.js';
import type { Question } from '../../src/verification/index.js';
import { dates, elsewhere, evidenceOf, oneOf, particulars, subjectOf } from './arbitrary-people.js';
import type { StoredPerson } from './in-process-gateway.js';

/** What a partner does in a world for non-interference. */

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
  | { readonly does: 'READ NOTICES' }
  | { readonly does: 'REFER'; readonly of: number; readonly reason: ReferralReason }
  | {
      readonly does: 'READ REFERRAL';
      readonly of: number;
      readonly fields: readonly SubjectField[];
    }
  | { readonly does: 'LIST REFERRALS'; readonly state: ReferralState | undefined }
  | { readonly does: 'WITHDRAW'; readonly of: number }
  /** What a liaison officer does behind the partner's back: confirms the likeliest, or declines. */
  | { readonly does: 'DECIDE'; readonly of: number; readonly confirms: boolean }
  | { readonly does: 'WAIT'; readonly hours: number };

export interface AnyCrossing {
  readonly state: string;
  readonly borderPoint: string;
  /** Before the confirmation. */
  readonly minutesAgo: number;
}

/** Steps among which the questions given are asked. */
export function stepsAbout(asked: fc.Arbitrary<Question>): fc.Arbitrary<readonly Step[]> {
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
    { weight: 2, arbitrary: referralStep(place) },
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
  const reused = asked.map((question): readonly Step[] => [
    { does: 'ASK', question },
    { does: 'ASK', question: { ...question, caseReference: 'CASE/2' } },
  ]);
  const referred = fc
    .record({
      question: asked,
      reason: oneOf(...referralReasons),
      decided: fc.array(oneOf(true, true, false), { maxLength: 2 }),
      between: fc.array(referralStep(fc.constant(0)), { maxLength: 2 }),
      hours: oneOf(0, 25, 49),
      later: oneOf(0, 25),
      fields: fc.subarray([...subjectFields], { maxLength: 2 }),
    })
    .map(({ question, reason, decided, between, hours, later, fields }): readonly Step[] => [
      { does: 'ASK', question: unclearly(question) },
      { does: 'REFER', of: 0, reason },
      ...decided.map((confirms): Step => ({ does: 'DECIDE', of: 0, confirms })),
      ...between,
      { does: 'WAIT', hours },
      { does: 'READ REFERRAL', of: 0, fields },
      { does: 'CONFIRM', of: 0, crossing: { state: 'PAK', borderPoint: 'PKTRM', minutesAgo: 5 } },
      { does: 'WAIT', hours: later },
      { does: 'LIST REFERRALS', state: undefined },
    ]);
  const part = fc.oneof(
    { weight: 6, arbitrary: step.map((one): readonly Step[] => [one]) },
    { weight: 3, arbitrary: story },
    { weight: 3, arbitrary: referred },
    { weight: 1, arbitrary: reused },
    { weight: 1, arbitrary: climb },
  );
  return fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.flat());
}

/** What is done about referrals, by the partner and behind its back. */
function referralStep(place: fc.Arbitrary<number>): fc.Arbitrary<Step> {
  return fc.oneof(
    fc.record({
      does: fc.constant('REFER' as const),
      of: place,
      reason: oneOf(...referralReasons),
    }),
    fc.record({ does: fc.constant('DECIDE' as const), of: place, confirms: fc.boolean() }),
    fc.record({ does: fc.constant('WITHDRAW' as const), of: place }),
    fc.record({
      does: fc.constant('READ REFERRAL' as const),
      of: place,
      fields: fc.subarray([...subjectFields], { maxLength: 1 }),
    }),
    fc.record({
      does: fc.constant('LIST REFERRALS' as const),
      state: fc.option(oneOf(...referralStates), { nil: undefined }),
    }),
    fc.record({ does: fc.constant('WAIT' as const), hours: oneOf(1, 25, 48) }),
  );
}

/** The question without what would make a match of it: the name and another year of birth. */
function unclearly(question: Question): Question {
  const { names, fatherName } = question.person;
  const person = {
    names: names ?? [{ full: 'Farid Noori' }],
    dateOfBirth: '1970',
    fatherName: fatherName ?? 'Sabur',
  };
  return { ...question, requestId: `u-${question.requestId}`, person, personAsSent: person };
}

/** Questions under a grant about somebody of the pools, often about one of the people given. */
export function questionUnder(
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
