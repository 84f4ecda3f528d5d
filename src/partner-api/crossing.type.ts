import { Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import type { RecordedCrossing } from '../referrals/index.js';
import { BorderPoint, DateTime, StateCode } from './scalars.js';
import { Receipt } from './verification.type.js';

const requestId =
  'Your name for this message, 1 to 64 of letters, digits, `.`, `_`, `:`, `-`; it stands in the receipt.';

@InputType({ description: 'Where and when the person was at the border.' })
export class CrossingInput {
  @Field(() => StateCode, { description: 'The state whose border point it is.' })
  declare state: string;
  @Field(() => BorderPoint)
  declare borderPoint: string;
  @Field(() => DateTime, { description: 'Within 30 days of the match, and not to come.' })
  declare crossedAt: Date;
}

@InputType()
export class ConfirmCrossingInput {
  @Field(() => ID, { description: requestId })
  declare requestId: string;
  @Field(() => ID, { description: 'The id of one of your own verifications that was a MATCH.' })
  declare verificationId: string;
  @Field(() => StateCode, { description: 'The state whose border point it is.' })
  declare state: string;
  @Field(() => BorderPoint)
  declare borderPoint: string;
  @Field(() => DateTime, { description: 'Within 30 days of the match, and not to come.' })
  declare crossedAt: Date;
}

@InputType()
export class CorrectCrossingInput {
  @Field(() => ID, { description: requestId })
  declare requestId: string;
  @Field(() => ID)
  declare confirmationId: string;
  @Field(() => CrossingInput, {
    nullable: true,
    description: 'As it was in truth; not with `withdrawn`.',
  })
  declare crossing?: CrossingInput | null;
  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Takes the confirmation back: the person was not there.',
  })
  declare withdrawn: boolean;
}

@ObjectType({ description: 'Where and when the person was at the border, as you said.' })
export class Crossing {
  @Field(() => StateCode)
  declare state: string;
  @Field(() => BorderPoint)
  declare borderPoint: string;
  @Field(() => DateTime)
  declare crossedAt: Date;
}

@ObjectType({ description: 'Your word that the person of a MATCH stood at a border point.' })
export class CrossingConfirmation {
  @Field(() => ID)
  declare id: string;
  @Field(() => ID)
  declare verificationId: string;
  @Field(() => Int, { description: 'Counted from 1; another with every correction.' })
  declare revision: number;
  @Field(() => Crossing, { nullable: true, description: 'Null when it was taken back.' })
  declare crossing: Crossing | null;
  @Field(() => DateTime)
  declare recordedAt: Date;
}

@ObjectType()
export class ConfirmCrossingPayload {
  @Field(() => CrossingConfirmation)
  declare confirmation: CrossingConfirmation;
  @Field(() => Receipt)
  declare receipt: Receipt;
}

@ObjectType()
export class CorrectCrossingPayload {
  @Field(() => CrossingConfirmation)
  declare confirmation: CrossingConfirmation;
  @Field(() => Receipt)
  declare receipt: Receipt;
}

/** The GraphQL shape of a confirmation, of either payload. */
export function toPayload({ confirmation, receipt }: RecordedCrossing): ConfirmCrossingPayload {
  return {
    confirmation: { ...confirmation, crossing: confirmation.crossing ?? null },
    receipt: { ...receipt, cover: null },
  };
}
