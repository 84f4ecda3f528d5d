import { Field, ID, InputType, Int } from '@nestjs/graphql';

const termsAsJson = 'All the version says, as JSON (docs/grants.md); unknown members are refused.';

@InputType()
export class DraftGrantInput {
  @Field(() => String, { description: termsAsJson })
  declare terms: string;
}

@InputType()
export class AmendGrantInput {
  @Field(() => ID)
  declare grant: string;
  @Field(() => String, { description: termsAsJson })
  declare terms: string;
}

@InputType()
export class GrantVersionInput {
  @Field(() => ID)
  declare grant: string;
  @Field(() => Int)
  declare version: number;
}

@InputType()
export class SubmitGrantInput extends GrantVersionInput {
  @Field(() => String, { description: 'Of the version you have read.' })
  declare digest: string;
}

@InputType()
export class GrantReasonInput {
  @Field(() => ID)
  declare grant: string;
  @Field(() => String, { description: '1 to 500 characters; never a person’s name.' })
  declare reason: string;
}

@InputType()
export class ReviewReleaseInput {
  @Field(() => ID)
  declare release: string;
}

@InputType({ description: 'A person who does not exist; what is left out is made up.' })
export class MadeUpPersonInput {
  @Field(() => String, { nullable: true })
  declare fullName?: string | null;
  @Field(() => String, { nullable: true })
  declare fatherName?: string | null;
  @Field(() => String, { nullable: true, description: 'EDTF.' })
  declare dateOfBirth?: string | null;
  @Field(() => String, { nullable: true })
  declare documentNumber?: string | null;
  @Field(() => String, { nullable: true })
  declare visaReference?: string | null;
}

@InputType()
export class PreviewGrantInput {
  @Field(() => String, { description: termsAsJson })
  declare terms: string;
  @Field(() => MadeUpPersonInput, { nullable: true })
  declare person?: MadeUpPersonInput | null;
}

@InputType({ description: 'A person of the register, by caseload and reference.' })
export class PreviewGrantForPersonInput extends GrantVersionInput {
  @Field(() => String)
  declare caseload: string;
  @Field(() => String)
  declare reference: string;
}
