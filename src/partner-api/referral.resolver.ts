import { Args, Context, ID, Info, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import type { ReferralState as StateName } from '../core/referrals/referral.js';
import { argumentAsSent } from '../platform/graphql/selection.js';
import { WithdrawReferral } from '../referrals/index.js';
import { ReadReferrals, RequestReferral } from '../verification/index.js';
import { ReferralState } from './enums.js';
import type { PartnerContext } from './partner-context.js';
import {
  Referral,
  ReferralConnection,
  RequestReferralInput,
  RequestReferralPayload,
  toPayload,
  toReferral,
  toReferralConnection,
  WithdrawReferralInput,
  WithdrawReferralPayload,
} from './referral.type.js';
import { memberSent, selectedSubjectFields } from './selected.js';

@Resolver()
export class ReferralResolver {
  constructor(
    private readonly requests: RequestReferral,
    private readonly withdrawals: WithdrawReferral,
    private readonly readings: ReadReferrals,
  ) {}

  @Mutation(() => RequestReferralPayload, {
    nullable: true,
    description:
      'Puts an unclear case before people of the host. It is charged as a question and as a miss that nothing gives back, and has a quota of its own. A verification has one referral; requested again it is the same and costs nothing.',
  })
  async requestReferral(
    @Context() { caller, variables }: PartnerContext,
    @Info() info: GraphQLResolveInfo,
    @Args('input', { type: () => RequestReferralInput }) input: RequestReferralInput,
  ): Promise<RequestReferralPayload> {
    const personAsSent = memberSent(argumentAsSent(info, 'input', variables), 'person');
    return toPayload(await this.requests.execute(caller, { ...input, personAsSent }));
  }

  @Mutation(() => WithdrawReferralPayload, {
    nullable: true,
    description: 'Takes back a referral that is OPEN. Nothing of it is told any more.',
  })
  async withdrawReferral(
    @Context() { caller }: PartnerContext,
    @Args('input', { type: () => WithdrawReferralInput }) input: WithdrawReferralInput,
  ): Promise<WithdrawReferralPayload> {
    return toPayload(await this.withdrawals.execute(caller, input));
  }

  @Query(() => Referral, {
    nullable: true,
    description:
      'One referral of yours; null for any other. Ask again at `checkAgainAt`. Each reading is recorded, and a confirmation is a MATCH on record whatever of it is selected.',
  })
  async referral(
    @Context() { caller }: PartnerContext,
    @Info() info: GraphQLResolveInfo,
    @Args('id', { type: () => ID }) id: string,
  ): Promise<Referral | null> {
    const fields = selectedSubjectFields(info, 'verification');
    const read = await this.readings.one(caller, id, fields);
    if (read === undefined) return null;
    const { answer, ...referral } = read;
    return toReferral(referral, answer);
  }

  @Query(() => ReferralConnection, {
    description:
      'Your referrals, the latest first. Reading is recorded; a confirmation not told yet is told by it, with a MATCH on record.',
  })
  async referrals(
    @Context() { caller }: PartnerContext,
    @Args('first', { type: () => Int, nullable: true, defaultValue: 20, description: '1 to 50.' })
    first: number | null,
    @Args('after', { type: () => String, nullable: true }) after: string | null,
    @Args('state', { type: () => ReferralState, nullable: true }) state: StateName | null,
  ): Promise<ReferralConnection> {
    const from = after ?? undefined;
    const wanted = { first: first ?? 20, after: from, state: state ?? undefined };
    return toReferralConnection(await this.readings.list(caller, wanted), from);
  }
}
