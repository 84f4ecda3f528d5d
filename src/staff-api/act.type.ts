import { Field, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import {
  actStates,
  staffActs,
  type ActState as State,
  type StaffAct as Act_,
} from '../core/staff/acts.js';
import { DateTime } from '../platform/graphql/scalars.js';
import { canonicalJson } from '../core/log/record.js';
import type { BookedAct } from '../staff/index.js';

const names = <Name extends string>(list: readonly Name[]) =>
  Object.fromEntries(list.map((name) => [name, name])) as Readonly<Record<Name, Name>>;

const StaffAct = names(Object.keys(staffActs) as Act_[]);
registerEnumType(StaffAct, { name: 'StaffAct', description: 'What staff do; docs/staff.md.' });
const ActState = names(actStates);
registerEnumType(ActState, {
  name: 'ActState',
  description: 'PENDING waits for a second person until expiresAt.',
});

@ObjectType({ description: 'One entry of the book of acts.' })
export class Act {
  @Field(() => ID)
  declare id: string;
  @Field(() => StaffAct)
  declare act: Act_;
  @Field(() => ActState)
  declare state: State;
  @Field(() => String, { description: 'What is done, as RFC 8785 JSON.' })
  declare content: string;
  @Field(() => String, {
    description: 'base64url SHA-256 over id, act and content; what an approver names.',
  })
  declare digest: string;
  @Field(() => Boolean)
  declare needsSecond: boolean;
  @Field(() => String, { description: 'Reference of the person.' })
  declare requestedBy: string;
  @Field(() => DateTime)
  declare requestedAt: Date;
  @Field(() => DateTime)
  declare expiresAt: Date;
  @Field(() => String, {
    nullable: true,
    description:
      'Null, of one that was refused, where it ended because nothing was left to decide.',
  })
  declare decidedBy: string | null;
  @Field(() => DateTime, { nullable: true })
  declare decidedAt: Date | null;
  @Field(() => Int, {
    nullable: true,
    description:
      'Milliseconds from the act until the last running replica judged by it; null until then.',
  })
  declare enforcedMs: number | null;
}

@InputType()
export class ApproveActInput {
  @Field(() => ID)
  declare id: string;
  @Field(() => String, { description: 'Of the content you have read.' })
  declare digest: string;
}

@InputType()
export class RefuseActInput {
  @Field(() => ID)
  declare id: string;
}

export function toAct(booked: BookedAct): Act {
  const { id, act, state, payload, digest, needsSecond, requestedAt, expiresAt } = booked;
  return {
    id,
    act,
    state,
    content: canonicalJson(payload),
    digest,
    needsSecond,
    requestedBy: booked.requesterReference,
    requestedAt,
    expiresAt,
    decidedBy: booked.deciderReference,
    decidedAt: booked.decidedAt,
    enforcedMs: booked.enforcedMs,
  };
}
