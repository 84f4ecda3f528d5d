import { Field, ID, InputType } from '@nestjs/graphql';

@InputType()
export class AddGrantKeyInput {
  @Field(() => ID)
  declare partner: string;
  @Field(() => String, { description: 'Public JWK (RFC 7517 §4) with `kid`, as JSON.' })
  declare jwk: string;
}

@InputType()
export class RemoveGrantKeyInput {
  @Field(() => ID)
  declare partner: string;
  @Field(() => String)
  declare kid: string;
}

@InputType()
export class RenewTestGrantInput {
  @Field(() => ID)
  declare partner: string;
}
