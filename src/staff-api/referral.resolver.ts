import { Args, Context, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { ReferralDesk } from '../referrals/index.js';
import { StaffActs } from '../staff/index.js';
import { Act } from './act.type.js';
import { performAct } from './perform-act.js';
import {
  ConfirmReferralInput,
  DeclineReferralInput,
  ReferralCase,
  ReferralEntry,
  toCase,
  toEntry,
} from './referral.type.js';
import type { StaffContext } from './staff-context.js';

@Resolver()
export class ReferralResolver {
  constructor(
    private readonly desk: ReferralDesk,
    private readonly acts: StaffActs,
  ) {}

  @Query(() => [ReferralEntry], {
    description: 'Cases nobody has decided, the first deadline first, at most 200. No people.',
  })
  async referralCases(@Context() { caller }: StaffContext): Promise<readonly ReferralEntry[]> {
    return (await this.desk.list(caller)).map(toEntry);
  }

  @Query(() => ReferralCase, {
    description:
      'One open case with its evidence, and only the people its partner could be told of. Each time is recorded and counts; 40 a day.',
  })
  async referralCase(
    @Context() { caller }: StaffContext,
    @Args('id', { type: () => ID }) id: string,
  ): Promise<ReferralCase> {
    return toCase(await this.desk.show(caller, id));
  }

  @Mutation(() => Act, {
    nullable: true,
    description:
      'Confirms that a case is about one of its candidates. The partner is told when it asks, what its grant lets out then.',
  })
  async confirmReferral(
    @Context() context: StaffContext,
    @Args('input', { type: () => ConfirmReferralInput }) input: ConfirmReferralInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'confirmReferral', { ...input });
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'The same under a grant of high assurance. Waits for a second person.',
  })
  async confirmReferralByTwo(
    @Context() context: StaffContext,
    @Args('input', { type: () => ConfirmReferralInput }) input: ConfirmReferralInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'confirmReferralByTwo', { ...input });
  }

  @Mutation(() => Act, {
    nullable: true,
    description:
      'Declines a case, or takes back a confirmation its partner has not been told. The partner is told NOT_CONFIRMED at the deadline, as if nobody had decided.',
  })
  async declineReferral(
    @Context() context: StaffContext,
    @Args('input', { type: () => DeclineReferralInput }) input: DeclineReferralInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'declineReferral', { ...input });
  }
}
