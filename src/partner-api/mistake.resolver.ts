import { Args, Context, Mutation, Resolver } from '@nestjs/graphql';
import { Mistakes } from '../referrals/index.js';
import { ReportMistakeInput, ReportMistakePayload } from './mistake.type.js';
import type { PartnerContext } from './partner-context.js';

@Resolver()
export class MistakeResolver {
  constructor(private readonly mistakes: Mistakes) {}

  @Mutation(() => ReportMistakePayload, {
    nullable: true,
    description:
      'Says that something you were told is wrong. It is on record and goes before a liaison officer; nothing is told in return.',
  })
  async reportMistake(
    @Context() { caller }: PartnerContext,
    @Args('input', { type: () => ReportMistakeInput }) input: ReportMistakeInput,
  ): Promise<ReportMistakePayload> {
    const { id, recordedAt, receipt } = await this.mistakes.report(caller, input);
    return { id, recordedAt, receipt: { ...receipt, cover: null } };
  }
}
