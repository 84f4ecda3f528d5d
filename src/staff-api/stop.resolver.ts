import {
  Args,
  Context,
  Field,
  ID,
  InputType,
  Mutation,
  ObjectType,
  Query,
  Resolver,
} from '@nestjs/graphql';
import { ReadStops, type Stop as StopInForce } from '../partners/index.js';
import { DateTime } from '../platform/graphql/scalars.js';
import { StaffActs } from '../staff/index.js';
import { Act } from './act.type.js';
import { performAct } from './perform-act.js';
import type { StaffContext } from './staff-context.js';

@ObjectType({ description: 'An emergency stop in force.' })
export class Stop {
  @Field(() => ID, { nullable: true, description: 'Null: every partner.' })
  declare partner: string | null;
  @Field(() => DateTime)
  declare since: Date;
  @Field(() => ID, { description: 'The act that stopped it.' })
  declare act: string;
}

@InputType()
export class DisclosureInput {
  @Field(() => ID, { nullable: true, description: 'Nobody named: every partner.' })
  declare partner?: string | null;
}

@Resolver()
export class StopResolver {
  constructor(
    private readonly acts: StaffActs,
    private readonly readStops: ReadStops,
  ) {}

  @Query(() => [Stop], { description: 'Emergency stops in force, the widest first.' })
  async stops(@Context() { caller }: StaffContext): Promise<readonly StopInForce[]> {
    return this.readStops.list(caller);
  }

  @Mutation(() => Act, {
    nullable: true,
    description:
      'At once, on every replica: whoever is stopped is answered `ERR_STOPPED` and nothing else. Their certificates, tokens and grants stay.',
  })
  async stopDisclosure(
    @Context() context: StaffContext,
    @Args('input', { type: () => DisclosureInput }) input: DisclosureInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'stopDisclosure', { ...input });
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'Lifts the one stop of the partner, or of everybody. Waits for a second person.',
  })
  async resumeDisclosure(
    @Context() context: StaffContext,
    @Args('input', { type: () => DisclosureInput }) input: DisclosureInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'resumeDisclosure', { ...input });
  }
}
