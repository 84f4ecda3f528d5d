import { Field, ID, InputType, ObjectType, registerEnumType } from '@nestjs/graphql';
import {
  alertKinds,
  alertStates,
  severities,
  type AlertKind as Kind,
  type AlertState as State,
  type Severity as Severe,
} from '../core/alerts/alert.js';
import { DateTime } from '../platform/graphql/scalars.js';

const names = <Name extends string>(list: readonly Name[]) =>
  Object.fromEntries(list.map((name) => [name, name])) as Readonly<Record<Name, Name>>;

const AlertKind = names(alertKinds);
registerEnumType(AlertKind, { name: 'AlertKind', description: 'What it is about; docs/log.md.' });
const AlertState = names(alertStates);
registerEnumType(AlertState, { name: 'AlertState', description: 'Goes on, never back.' });
const Severity = names(severities);
registerEnumType(Severity, { name: 'Severity' });

@ObjectType()
export class AlertNote {
  @Field(() => DateTime)
  declare at: Date;
  @Field(() => String, { nullable: true, description: 'Reference of the person.' })
  declare by: string | null;
  @Field(() => AlertState)
  declare state: State;
  @Field(() => String)
  declare note: string;
}

@ObjectType({ description: 'Something security officers should look at.' })
export class Alert {
  @Field(() => ID)
  declare id: string;
  @Field(() => AlertKind)
  declare kind: Kind;
  @Field(() => Severity)
  declare severity: Severe;
  @Field(() => String)
  declare reason: string;
  @Field(() => ID, { nullable: true })
  declare partner: string | null;
  @Field(() => [ID], { description: 'Records behind it, at most 20.' })
  declare records: readonly string[];
  @Field(() => AlertState)
  declare state: State;
  @Field(() => DateTime)
  declare raisedAt: Date;
  @Field(() => DateTime, { description: 'When it was found last.' })
  declare lastAt: Date;
  @Field(() => [AlertNote])
  declare notes: readonly AlertNote[];
}

@InputType()
export class NoteAlertInput {
  @Field(() => ID)
  declare id: string;
  @Field(() => AlertState, { description: 'ACKNOWLEDGED or CLOSED.' })
  declare state: State;
  @Field(() => String, { description: '1 to 500 characters; what was made of it.' })
  declare note: string;
}
