import { Args, Context, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import { inputInvalid } from '../core/errors.js';
import { ReadEnds, type End as Ending } from '../grants/index.js';
import { ReadGatewayKeys, type GatewayKeyView, type ListenerView } from '../identity/keys/index.js';
import { ReadPeople, type UpkeepStatus as Upkeep } from '../register/index.js';
import { StaffActs } from '../staff/index.js';
import { Act } from './act.type.js';
import {
  End,
  GatewayKey,
  GatewayKeyInput,
  ListenerCertificate,
  RevokeGatewayKeyInput,
  RotateRegisterKeysInput,
  UpkeepStatus,
} from './keys.type.js';
import { performAct } from './perform-act.js';
import type { StaffContext } from './staff-context.js';

@Resolver()
export class KeysResolver {
  constructor(
    private readonly acts: StaffActs,
    private readonly readKeys: ReadGatewayKeys,
    private readonly readEnds: ReadEnds,
    private readonly readPeople: ReadPeople,
  ) {}

  @Query(() => [GatewayKey], { description: 'Signing keys of the gateway itself.' })
  async gatewayKeys(@Context() { caller }: StaffContext): Promise<readonly GatewayKeyView[]> {
    return this.readKeys.keys(caller);
  }

  @Query(() => [ListenerCertificate], { description: 'Server certificates, by replica.' })
  async listenerCertificates(
    @Context() { caller }: StaffContext,
  ): Promise<readonly ListenerView[]> {
    return this.readKeys.listeners(caller);
  }

  @Query(() => [UpkeepStatus], {
    description: 'How each work on the keys of the register stands; one never begun is not there.',
  })
  async registerUpkeep(@Context() { caller }: StaffContext): Promise<readonly Upkeep[]> {
    return this.readPeople.upkeep(caller);
  }

  @Mutation(() => Act, {
    nullable: true,
    description:
      'Asks for keys of the register to be moved, at once; a gateway begins within a minute and goes on where it was stopped.',
  })
  async rotateRegisterKeys(
    @Context() context: StaffContext,
    @Args('input', { type: () => RotateRegisterKeysInput }) input: RotateRegisterKeysInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'rotateRegisterKeys', { ...input });
  }

  @Query(() => [End], {
    description:
      'What ends within so many days (1 to 400) or is over, of what your roles may read; the next first.',
  })
  async ends(
    @Context() { caller }: StaffContext,
    @Args('withinDays', { type: () => Int, defaultValue: 30 }) withinDays: number,
  ): Promise<readonly Ending[]> {
    if (withinDays < 1 || withinDays > 400) throw inputInvalid('withinDays');
    return this.readEnds.within(caller, withinDays);
  }

  @Mutation(() => Act, {
    nullable: true,
    description:
      'Puts the next key in force on every replica; what the one before signed still counts. Waits for a second person.',
  })
  async rotateGatewayKey(
    @Context() context: StaffContext,
    @Args('input', { type: () => GatewayKeyInput }) input: GatewayKeyInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'rotateGatewayKey', { ...input });
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'At once: a key that gave way to another counts for nothing any more.',
  })
  async removeGatewayKey(
    @Context() context: StaffContext,
    @Args('input', { type: () => GatewayKeyInput }) input: GatewayKeyInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'removeGatewayKey', { ...input });
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'At once and for good: what a key signed counts for nothing any more.',
  })
  async revokeGatewayKey(
    @Context() context: StaffContext,
    @Args('input', { type: () => RevokeGatewayKeyInput }) input: RevokeGatewayKeyInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'revokeGatewayKey', { ...input });
  }
}
