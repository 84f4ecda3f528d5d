import { Args, Context, Mutation, Resolver } from '@nestjs/graphql';
import { AcceptGrant } from '../grants/index.js';
import { ReadAccess } from '../verification/index.js';
import { AcceptGrantInput, AcceptGrantPayload, toGrant } from './access.type.js';
import type { PartnerContext } from './partner-context.js';

@Resolver()
export class GrantResolver {
  constructor(
    private readonly acceptance: AcceptGrant,
    private readonly readAccess: ReadAccess,
  ) {}

  @Mutation(() => AcceptGrantPayload, {
    description:
      'Brings a version of a grant into force that the host has approved, over its digest; the version before it ends.',
  })
  async acceptGrant(
    @Context() { caller }: PartnerContext,
    @Args('input', { type: () => AcceptGrantInput }) input: AcceptGrantInput,
  ): Promise<AcceptGrantPayload> {
    const { grantId, version, digest, signature } = input;
    const accepted = await this.acceptance.execute(caller, {
      grantId,
      version,
      digest,
      ...(signature == null ? {} : { signature }),
    });
    const { grants } = await this.readAccess.execute(caller);
    const own = grants.find(({ grant }) => grant.id === accepted.grant.id);
    return {
      grant: toGrant(own ?? { grant: accepted.grant, budgets: [] }),
      receipt: { ...accepted.receipt, cover: null },
    };
  }
}
