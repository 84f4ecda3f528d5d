import { Field, ID, InputType, ObjectType } from '@nestjs/graphql';
import type { SubjectField as FieldName } from '../core/disclosure/catalogue.js';
import type { MistakeKind as Kind } from '../referrals/index.js';
import { MistakeKind, SubjectField } from './enums.js';
import { DateTime } from './scalars.js';
import { Receipt } from './verification.type.js';

@InputType()
export class ReportMistakeInput {
  @Field(() => ID, {
    description:
      'Your name for this message, 1 to 64 of letters, digits, `.`, `_`, `:`, `-`; said again under it, it changes nothing.',
  })
  declare requestId: string;
  @Field(() => ID, { description: 'The id of one of your own verifications that was a MATCH.' })
  declare verificationId: string;
  @Field(() => MistakeKind)
  declare kind: Kind;
  @Field(() => [SubjectField], {
    defaultValue: [],
    description: 'Which fields are wrong, with FIELD_WRONG. Values are not taken.',
  })
  declare fields: FieldName[];
}

@ObjectType()
export class ReportMistakePayload {
  @Field(() => ID, { description: 'Names the report in talks with your liaison officer.' })
  declare id: string;
  @Field(() => DateTime)
  declare recordedAt: Date;
  @Field(() => Receipt)
  declare receipt: Receipt;
}
