import { Args, Context, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { inputInvalid } from '../core/errors.js';
import { ReadGrantKeys } from '../grants/index.js';
import { ReadBundle } from '../partners/index.js';
import { parseStrictJson, type JsonValue } from '../platform/json/strict-json.js';
import { StaffActs } from '../staff/index.js';
import { Act } from './act.type.js';
import { AddGrantKeyInput, RemoveGrantKeyInput, RenewTestGrantInput } from './onboarding.input.js';
import { GrantKey, PartnerBundle } from './onboarding.type.js';
import { performAct } from './perform-act.js';
import type { StaffContext } from './staff-context.js';

/** What a partner needs to begin: its bundle, its test grant, its keys for grants. */
@Resolver()
export class OnboardingResolver {
  constructor(
    private readonly acts: StaffActs,
    private readonly readBundle: ReadBundle,
    private readonly readGrantKeys: ReadGrantKeys,
  ) {}

  @Query(() => PartnerBundle)
  async partnerBundle(
    @Context() { caller }: StaffContext,
    @Args('code', { type: () => ID }) code: string,
  ): Promise<PartnerBundle> {
    return this.readBundle.read(caller, code);
  }

  @Query(() => [GrantKey])
  async grantKeys(
    @Context() { caller }: StaffContext,
    @Args('partner', { type: () => ID }) partner: string,
  ): Promise<readonly GrantKey[]> {
    const keys = await this.readGrantKeys.list(caller, partner);
    return keys.map(({ kid, active, jwk }) => ({ kid, active, jwk: JSON.stringify(jwk) }));
  }

  @Mutation(() => Act, {
    nullable: true,
    description:
      'A key under which the partner signs acceptances, and nothing else. Waits for a second person.',
  })
  async addGrantKey(
    @Context() context: StaffContext,
    @Args('input', { type: () => AddGrantKeyInput }) input: AddGrantKeyInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'addGrantKey', { ...input, jwk: readJson(input.jwk) });
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'At once: nothing it signs is accepted any more. Its kid is never given again.',
  })
  async removeGrantKey(
    @Context() context: StaffContext,
    @Args('input', { type: () => RemoveGrantKeyInput }) input: RemoveGrantKeyInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'removeGrantKey', { ...input });
  }

  @Mutation(() => Act, {
    nullable: true,
    description:
      'A fresh test grant for a year; the one before is revoked. Waits for a second person.',
  })
  async renewTestGrant(
    @Context() context: StaffContext,
    @Args('input', { type: () => RenewTestGrantInput }) input: RenewTestGrantInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'renewTestGrant', { ...input });
  }
}

function readJson(text: string): JsonValue {
  try {
    return parseStrictJson(Buffer.from(text));
  } catch {
    throw inputInvalid('jwk');
  }
}
