import { Field, Float, ID, InputType, ObjectType } from '@nestjs/graphql';
import type { CaseCandidate, CaseEntry, OpenCase } from '../referrals/index.js';
import { DateTime } from '../platform/graphql/scalars.js';

@ObjectType({ description: 'An open case: an unclear question a partner put before people.' })
export class ReferralEntry {
  @Field(() => ID)
  declare id: string;
  @Field(() => ID)
  declare partner: string;
  @Field(() => ID, { nullable: true, description: 'Opaque name of the officer who asked.' })
  declare officer: string | null;
  @Field(() => ID)
  declare grant: string;
  @Field(() => String)
  declare purpose: string;
  @Field(() => String, { description: 'As in the partner schema, e.g. `SPELLING_UNSURE`.' })
  declare reason: string;
  @Field(() => DateTime)
  declare requestedAt: Date;
  @Field(() => DateTime, {
    description: 'Undecided by then it is NOT_CONFIRMED to the partner, as a declined one is.',
  })
  declare deadline: Date;
  @Field(() => Boolean, { description: 'A confirmation takes two: confirmReferralByTwo.' })
  declare needsSecond: boolean;
}

@ObjectType({ description: 'How one element of the evidence compares with one person.' })
export class ExplainedElement {
  @Field(() => String)
  declare element: string;
  @Field(() => String)
  declare level: string;
  @Field(() => String, { description: 'One sentence.' })
  declare words: string;
  @Field(() => [String], { description: 'As the partner supplied it.' })
  declare asked: readonly string[];
  @Field(() => [String], { description: 'As the register has it; what the grant compares alone.' })
  declare known: readonly string[];
}

@ObjectType({ description: 'Somebody the partner could be told of who resembles the evidence.' })
export class ReferralCandidate {
  @Field(() => ID, { description: 'Names the person in this case alone.' })
  declare candidate: string;
  @Field(() => ID)
  declare caseload: string;
  @Field(() => ID)
  declare reference: string;
  @Field(() => Float, { description: 'In bits; docs/matching.md.' })
  declare likelihood: number;
  @Field(() => [ExplainedElement])
  declare elements: readonly ExplainedElement[];
}

@ObjectType()
export class ReferralCase {
  @Field(() => ReferralEntry)
  declare entry: ReferralEntry;
  @Field(() => String, {
    description: 'JSON of `PersonEvidenceInput`, as the partner supplied it.',
  })
  declare evidence: string;
  @Field(() => [ReferralCandidate], { description: 'Likeliest first, at most five.' })
  declare candidates: readonly ReferralCandidate[];
  @Field(() => String, {
    nullable: true,
    description: 'That not everybody could be compared or shown; null when all were.',
  })
  declare notAll: string | null;
}

@InputType()
export class DeclineReferralInput {
  @Field(() => ID)
  declare referral: string;
  @Field(() => String, { description: '1 to 500 characters; never a person’s name.' })
  declare reason: string;
}

@InputType()
export class ConfirmReferralInput extends DeclineReferralInput {
  @Field(() => ID, { description: 'Of `referralCase`.' })
  declare candidate: string;
}

export const toEntry = (entry: CaseEntry): ReferralEntry => entry;

export const toCase = ({ evidence, candidates, notAll, ...entry }: OpenCase): ReferralCase => ({
  entry,
  evidence: JSON.stringify(evidence),
  candidates: candidates.map(toCandidate),
  notAll,
});

const toCandidate = ({ elements, ...candidate }: CaseCandidate): ReferralCandidate => ({
  ...candidate,
  elements: elements.map(({ element, level, words, asked, known }) => ({
    element,
    level,
    words,
    asked: asked.map(shown),
    known: known.map(shown),
  })),
});

const shown = ({
  original,
  romanised,
}: CaseCandidate['elements'][number]['asked'][number]): string =>
  romanised === undefined ? original : `${original} (${romanised})`;
