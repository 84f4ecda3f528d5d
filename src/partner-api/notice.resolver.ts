import { Args, Context, Int, Query, Resolver } from '@nestjs/graphql';
import { ReadNotices } from '../referrals/index.js';
import { NoticeConnection, toConnection } from './notice.type.js';
import type { PartnerContext } from './partner-context.js';

@Resolver()
export class NoticeResolver {
  constructor(private readonly readNotices: ReadNotices) {}

  @Query(() => NoticeConnection, {
    description: 'What you were told and is no longer so, the oldest first. Reading is recorded.',
  })
  async notices(
    @Context() { caller }: PartnerContext,
    @Args('first', { type: () => Int, nullable: true, defaultValue: 50, description: '1 to 50.' })
    first: number | null,
    @Args('after', { type: () => String, nullable: true }) after: string | null,
  ): Promise<NoticeConnection> {
    const from = after ?? undefined;
    return toConnection(await this.readNotices.execute(caller, first ?? 50, from), from);
  }
}
