import { Field, ID, InputType, ObjectType } from '@nestjs/graphql';
import type {
  ReferralReason as ReasonName,
  ReferralState as StateName,
} from '../core/referrals/referral.js';
import { PageInfo } from '../platform/graphql/page-info.js';
import type { OwnReferral, RecordedReferral } from '../referrals/index.js';
import type { Answer, ReferralPage } from '../verification/index.js';
import { ReferralReason, ReferralState } from './enums.js';
import { PersonEvidenceInput } from './evidence.input.js';
import { DateTime } from './scalars.js';
import { Receipt, toVerification, Verification } from './verification.type.js';

const requestId =
  'Your name for this message, 1 to 64 of letters, digits, `.`, `_`, `:`, `-`; it stands in the receipt.';

@InputType()
export class RequestReferralInput {
  @Field(() => ID, { description: requestId })
  declare requestId: string;
  @Field(() => ID, {
    description:
      'The id of one of your own verifications of the last 24 hours that was NOT_CONFIRMED or POSSIBLE_MATCH.',
  })
  declare verificationId: string;
  @Field(() => PersonEvidenceInput, {
    description: 'The same evidence again, member for member as it was sent.',
  })
  declare person: PersonEvidenceInput;
  @Field(() => ReferralReason)
  declare reason: ReasonName;
}

@InputType()
export class WithdrawReferralInput {
  @Field(() => ID, { description: requestId })
  declare requestId: string;
  @Field(() => ID)
  declare referralId: string;
}

@ObjectType({ description: 'An unclear case of yours before people of the host.' })
export class Referral {
  @Field(() => ID)
  declare id: string;
  @Field(() => ID, { description: 'The verification it is about.' })
  declare verificationId: string;
  @Field(() => ID, { description: 'Of the request.' })
  declare requestId: string;
  @Field(() => ID)
  declare grantId: string;
  @Field(() => ReferralReason)
  declare reason: ReasonName;
  @Field(() => ReferralState)
  declare state: StateName;
  @Field(() => DateTime)
  declare requestedAt: Date;
  @Field(() => DateTime, { description: 'When anything but a confirmation is told.' })
  declare deadline: Date;
  @Field(() => DateTime, {
    nullable: true,
    description: 'Asking sooner tells nothing new. Null where nothing more comes.',
  })
  declare checkAgainAt: Date | null;
  @Field(() => Verification, {
    nullable: true,
    description:
      'With CONFIRMED, of `referral` alone: the answer, under the grant as it is now, with a record and an id of its own at each reading; until a day after the deadline. Confirm the crossing under that id.',
  })
  declare verification: Verification | null;
}

@ObjectType()
export class ReferralEdge {
  @Field(() => String)
  declare cursor: string;
  @Field(() => Referral)
  declare node: Referral;
}

@ObjectType({ description: 'Your referrals, the latest first.' })
export class ReferralConnection {
  @Field(() => [ReferralEdge])
  declare edges: readonly ReferralEdge[];
  @Field(() => PageInfo)
  declare pageInfo: PageInfo;
}

@ObjectType()
export class RequestReferralPayload {
  @Field(() => Referral)
  declare referral: Referral;
  @Field(() => Receipt)
  declare receipt: Receipt;
}

@ObjectType()
export class WithdrawReferralPayload {
  @Field(() => Referral)
  declare referral: Referral;
  @Field(() => Receipt)
  declare receipt: Receipt;
}

export const toReferral = (referral: OwnReferral, answer?: Answer): Referral => ({
  ...referral,
  verification: answer === undefined ? null : toVerification(answer),
});

/** The GraphQL shape of either payload. */
export const toPayload = ({ referral, receipt }: RecordedReferral): RequestReferralPayload => ({
  referral: toReferral(referral),
  receipt: { ...receipt, cover: null },
});

export function toReferralConnection(
  { referrals, hasNextPage }: ReferralPage,
  after: string | undefined,
): ReferralConnection {
  return {
    edges: referrals.map(({ referral, cursor }) => ({ cursor, node: toReferral(referral) })),
    pageInfo: {
      hasNextPage,
      hasPreviousPage: after !== undefined,
      startCursor: referrals[0]?.cursor ?? null,
      endCursor: referrals.at(-1)?.cursor ?? null,
    },
  };
}
