import { Field, ID, InputType, Int } from '@nestjs/graphql';
import type { VisaStatus as Status } from '../core/register/subject.js';
import { VisaStatus } from './register.type.js';

@InputType({ description: 'One person, by the host’s own reference.' })
export class PersonReferenceInput {
  @Field(() => String)
  declare caseload: string;
  @Field(() => String)
  declare reference: string;
}

@InputType({
  description: 'People of one caseload: those named, at most 10,000, or all of it when none is.',
})
export class PeopleInput {
  @Field(() => String)
  declare caseload: string;
  @Field(() => [String], { nullable: true })
  declare references?: string[] | null;
}

@InputType({ description: 'Either people, or a retention rule.' })
export class ErasePeopleInput {
  @Field(() => PeopleInput, { nullable: true })
  declare people?: PeopleInput | null;
  @Field(() => String, {
    nullable: true,
    description: 'A day, such as 2021-12-31: everybody whose visa ended before it.',
  })
  declare visaEndedBefore?: string | null;
  @Field(() => String, { nullable: true, description: 'Of the retention rule; all when absent.' })
  declare caseload?: string | null;
  @Field(() => String, {
    nullable: true,
    description:
      'Public JWK (RFC 7517) of counsel: what partners were told of them is sealed for it before the keys go, at most 10,000 people at once.',
  })
  declare counsel?: string | null;
}

@InputType()
export class AddPersonInput {
  @Field(() => String, { description: 'One line of the register import, as JSON.' })
  declare person: string;
}

@InputType()
export class CorrectPersonInput {
  @Field(() => PersonReferenceInput)
  declare reference: PersonReferenceInput;
  @Field(() => String, {
    description:
      'Members of an import line as they shall be, as JSON: null takes one away, an absent one stays; of visa and sharing each member by itself.',
  })
  declare correction: string;
  @Field(() => Int, {
    nullable: true,
    description: 'Version the correction was written against; another by now, and it is refused.',
  })
  declare version?: number | null;
}

@InputType()
export class ChangeVisaStatusInput {
  @Field(() => PersonReferenceInput)
  declare reference: PersonReferenceInput;
  @Field(() => VisaStatus)
  declare status: Status;
}

@InputType()
export class SuppressPeopleInput {
  @Field(() => PeopleInput)
  declare people: PeopleInput;
  @Field(() => [String], { description: 'Codes of partners and states.' })
  declare codes: string[];
}

@InputType({
  description:
    'Records of the access log, of a partner or a time or both, and whoever of the register they can be about.',
})
export class HoldRangeInput {
  @Field(() => ID, { nullable: true })
  declare partner?: string | null;
  @Field(() => String, { nullable: true })
  declare caseload?: string | null;
  @Field(() => String, { nullable: true, description: 'A day or an instant in UTC.' })
  declare from?: string | null;
  @Field(() => String, { nullable: true })
  declare to?: string | null;
}

@InputType({ description: 'Either people, or a range.' })
export class SetLegalHoldInput {
  @Field(() => PeopleInput, { nullable: true })
  declare people?: PeopleInput | null;
  @Field(() => HoldRangeInput, { nullable: true })
  declare range?: HoldRangeInput | null;
  @Field(() => String, {
    description: 'The day it ends, such as 2027-01-31, or an instant in UTC; in the future.',
  })
  declare endsAt: string;
}

@InputType()
export class LiftLegalHoldInput {
  @Field(() => ID)
  declare hold: string;
}

@InputType({ description: '`into` stays, with what only `from` had; `from` is erased.' })
export class MergePeopleInput {
  @Field(() => PersonReferenceInput)
  declare into: PersonReferenceInput;
  @Field(() => PersonReferenceInput)
  declare from: PersonReferenceInput;
}

@InputType()
export class KeepApartInput {
  @Field(() => PersonReferenceInput)
  declare one: PersonReferenceInput;
  @Field(() => PersonReferenceInput)
  declare other: PersonReferenceInput;
}

@InputType()
export class BatchInput {
  @Field(() => ID)
  declare batch: string;
}

@InputType()
export class ExportPeopleInput {
  @Field(() => String)
  declare caseload: string;
  @Field(() => String, {
    description:
      'Public JWK (RFC 7517) of the data controller: P-256, P-384, or RSA from 3,072 bits.',
  })
  declare recipient: string;
}
