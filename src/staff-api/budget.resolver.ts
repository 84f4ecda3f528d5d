import {
  Args,
  Context,
  Field,
  ID,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
} from '@nestjs/graphql';
import {
  ReadBudgets,
  type BudgetAlarm as Alarm,
  type BudgetRelease as Release,
  type BudgetUse as Use,
  type UseCounter,
} from '../grants/index.js';
import { DateTime } from '../platform/graphql/scalars.js';
import { StaffActs } from '../staff/index.js';
import { Act } from './act.type.js';
import { AlarmStage, BudgetKind, CounterKind } from './grant.enums.js';
import { GrantReasonInput, ReviewReleaseInput } from './grant.input.js';
import { performAct } from './perform-act.js';
import type { StaffContext } from './staff-context.js';

@ObjectType()
export class BudgetUse {
  @Field(() => BudgetKind)
  declare kind: keyof typeof BudgetKind;
  @Field(() => Int)
  declare limit: number;
  @Field(() => Int)
  declare used: number;
  @Field(() => DateTime)
  declare resetsAt: Date;
}

@ObjectType({ description: 'A budget near its end, spent, or released; of an account, no person.' })
export class BudgetAlarm {
  @Field(() => String, { description: 'GRANT:…, OFFICER:…, PARTNER:… or STATE:….' })
  declare account: string;
  @Field(() => String)
  declare kind: string;
  @Field(() => AlarmStage)
  declare stage: keyof typeof AlarmStage;
  @Field(() => DateTime)
  declare raisedAt: Date;
  @Field(() => ID)
  declare partner: string;
}

@ObjectType({ description: 'Five questions a duty officer let through a spent budget.' })
export class BudgetRelease {
  @Field(() => ID)
  declare id: string;
  @Field(() => ID)
  declare grant: string;
  @Field(() => String)
  declare releasedBy: string;
  @Field(() => String, { nullable: true, description: 'Of a further release within a day.' })
  declare approvedBy: string | null;
  @Field(() => DateTime)
  declare releasedAt: Date;
  @Field(() => DateTime)
  declare until: Date;
  @Field(() => Int)
  declare leftOver: number;
  @Field(() => String)
  declare reason: string;
  @Field(() => String, { nullable: true })
  declare reviewedBy: string | null;
  @Field(() => DateTime, { nullable: true })
  declare reviewedAt: Date | null;
}

@ObjectType({
  description:
    'Use under one grant on one UTC day that is over, with ten questions or more, and releases.',
})
export class Counter {
  @Field(() => ID)
  declare grant: string;
  @Field(() => ID)
  declare partner: string;
  @Field(() => CounterKind)
  declare kind: keyof typeof CounterKind;
  @Field(() => DateTime)
  declare endedAt: Date;
  @Field(() => Int, {
    nullable: true,
    description:
      'Cut to the ten below; null for fewer than ten, none included. RELEASES as they are.',
  })
  declare used: number | null;
}

@Resolver()
export class BudgetResolver {
  constructor(
    private readonly acts: StaffActs,
    private readonly readBudgets: ReadBudgets,
  ) {}

  @Query(() => [BudgetUse], { description: 'Use of a grant’s own budgets now.' })
  async budgetUse(
    @Context() { caller }: StaffContext,
    @Args('grant', { type: () => ID }) grant: string,
  ): Promise<readonly Use[]> {
    return this.readBudgets.use(caller, grant);
  }

  @Query(() => [BudgetAlarm], { description: 'The latest first, at most 200.' })
  async budgetAlarms(
    @Context() { caller }: StaffContext,
    @Args('since', { type: () => DateTime }) since: Date,
  ): Promise<readonly Alarm[]> {
    return this.readBudgets.alarms(caller, since);
  }

  @Query(() => [BudgetRelease], { description: 'The latest first, at most 200.' })
  async budgetReleases(
    @Context() { caller }: StaffContext,
    @Args('unreviewed', { type: () => Boolean, defaultValue: true }) unreviewed: boolean,
  ): Promise<readonly Release[]> {
    return this.readBudgets.releases(caller, unreviewed);
  }

  @Query(() => [Counter], {
    description: 'Use of grants over time, without small numbers, for those who watch.',
  })
  async counters(
    @Context() { caller }: StaffContext,
    @Args('from', { type: () => DateTime }) from: Date,
    @Args('until', { type: () => DateTime }) until: Date,
  ): Promise<readonly UseCounter[]> {
    return this.readBudgets.counters(caller, { from, until });
  }

  @Mutation(() => Act, {
    nullable: true,
    description:
      'Break-glass: five further questions under one grant within an hour, once a day. Alerts at once, and waits for a review.',
  })
  async releaseBudget(
    @Context() context: StaffContext,
    @Args('input', { type: () => GrantReasonInput }) input: GrantReasonInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'releaseBudget', { ...input });
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'A further release within a day. Waits for a second person.',
  })
  async releaseBudgetAgain(
    @Context() context: StaffContext,
    @Args('input', { type: () => GrantReasonInput }) input: GrantReasonInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'releaseBudgetAgain', { ...input });
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'Says that a release was looked at, by another person than who released.',
  })
  async reviewBudgetRelease(
    @Context() context: StaffContext,
    @Args('input', { type: () => ReviewReleaseInput }) input: ReviewReleaseInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'reviewBudgetRelease', { ...input });
  }
}
