import { Field, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import {
  confirmationAlarms,
  type ConfirmationAlarm as Kind,
} from '../core/crossings/unconfirmed.js';
import { DateTime } from '../platform/graphql/scalars.js';

const names = <Name extends string>(list: readonly Name[]) =>
  Object.fromEntries(list.map((name) => [name, name])) as Readonly<Record<Name, Name>>;

const ConfirmationAlarmKind = names(confirmationAlarms);
registerEnumType(ConfirmationAlarmKind, {
  name: 'ConfirmationAlarmKind',
  description:
    'NEVER_CONFIRMS: a partner confirms no crossing at all. UNCONFIRMED_RUN: ten people in a row. UNCONFIRMED_SHARE: thirty of the latest forty. OVERDUE: ten or more, and more than half, after 72 hours.',
});
const ScreenFindingKind = names(['HONEY_ASKED_FOR', 'SUPPRESSED_ASKED_FOR'] as const);
registerEnumType(ScreenFindingKind, {
  name: 'ScreenFindingKind',
  description:
    'HONEY_ASKED_FOR: a fictional person of one export, or one that was planted. SUPPRESSED_ASKED_FOR: somebody kept from the partner, who would have been a match.',
});

@ObjectType({ description: 'Somebody is told of people nobody sees arrive. No person is named.' })
export class ConfirmationAlarm {
  @Field(() => ID, { description: '`OFFICER:<partner>:<sub>` or `PARTNER:<partner>`.' })
  declare account: string;
  @Field(() => ConfirmationAlarmKind)
  declare kind: Kind;
  @Field(() => Boolean)
  declare severe: boolean;
  @Field(() => ID)
  declare partner: string;
  @Field(() => Int, { description: 'Matched and not confirmed when it was raised.' })
  declare people: number;
  @Field(() => DateTime)
  declare raisedAt: Date;
  @Field(() => DateTime, { nullable: true, description: 'Null while it stands.' })
  declare clearedAt: Date | null;
}

@ObjectType({
  description: 'Matches of one account in the last 30 days, and the crossings after them.',
})
export class UnconfirmedMatches {
  @Field(() => ID)
  declare partner: string;
  @Field(() => ID)
  declare account: string;
  @Field(() => Int)
  declare matches: number;
  @Field(() => Int, { description: 'Distinct people matched.' })
  declare people: number;
  @Field(() => Int)
  declare confirmed: number;
  @Field(() => Int, { description: 'People without a crossing.' })
  declare outstanding: number;
  @Field(() => Int, { description: 'Of those, the ones matched more than 72 hours ago.' })
  declare overdue: number;
}

@ObjectType({ description: 'A question that gave something away. It changed no answer.' })
export class ScreenFinding {
  @Field(() => ScreenFindingKind)
  declare kind: keyof typeof ScreenFindingKind;
  @Field(() => ID)
  declare verificationId: string;
  @Field(() => ID)
  declare partner: string;
  @Field(() => ID, { nullable: true })
  declare officer: string | null;
  @Field(() => ID, { nullable: true, description: 'The export the honey person stands in.' })
  declare exportId: string | null;
  @Field(() => ID, { nullable: true, description: 'The honey record, of one that was planted.' })
  declare honey: string | null;
  @Field(() => DateTime)
  declare foundAt: Date;
}

@ObjectType({ description: 'A partner says that something it was told is wrong.' })
export class MistakeReport {
  @Field(() => ID)
  declare id: string;
  @Field(() => ID)
  declare partner: string;
  @Field(() => ID, { nullable: true })
  declare officer: string | null;
  @Field(() => ID)
  declare verificationId: string;
  @Field(() => String, { description: '`NOT_THIS_PERSON` or `FIELD_WRONG`.' })
  declare kind: string;
  @Field(() => [String], { description: 'As in the partner schema, e.g. `DATE_OF_BIRTH`.' })
  declare fields: readonly string[];
  @Field(() => DateTime)
  declare recordedAt: Date;
  @Field(() => ID, { description: 'The inside id of the person the match was of.' })
  declare person: string;
}
