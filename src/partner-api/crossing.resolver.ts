import { Args, Context, Mutation, Resolver } from '@nestjs/graphql';
import { inputInvalid } from '../core/errors.js';
import { Crossings } from '../referrals/index.js';
import {
  ConfirmCrossingInput,
  ConfirmCrossingPayload,
  CorrectCrossingInput,
  CorrectCrossingPayload,
  toPayload,
} from './crossing.type.js';
import type { PartnerContext } from './partner-context.js';

@Resolver()
export class CrossingResolver {
  constructor(private readonly crossings: Crossings) {}

  @Mutation(() => ConfirmCrossingPayload, {
    nullable: true,
    description:
      'Says where the person of one of your own MATCHes crossed. Said again it changes nothing. Matches nobody arrives after are counted and looked at by the host.',
  })
  async confirmCrossing(
    @Context() { caller }: PartnerContext,
    @Args('input', { type: () => ConfirmCrossingInput }) input: ConfirmCrossingInput,
  ): Promise<ConfirmCrossingPayload> {
    return toPayload(await this.crossings.confirm(caller, input));
  }

  @Mutation(() => CorrectCrossingPayload, {
    nullable: true,
    description: 'Corrects a confirmation of yours, or takes it back; both stay on record.',
  })
  async correctCrossing(
    @Context() { caller }: PartnerContext,
    @Args('input', { type: () => CorrectCrossingInput }) input: CorrectCrossingInput,
  ): Promise<CorrectCrossingPayload> {
    const { requestId, confirmationId, crossing, withdrawn } = input;
    if ((crossing == null) !== withdrawn) throw inputInvalid('crossing');
    return toPayload(
      await this.crossings.correct(caller, {
        requestId,
        confirmationId,
        crossing: crossing ?? undefined,
      }),
    );
  }
}
