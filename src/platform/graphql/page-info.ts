import { Field, ObjectType } from '@nestjs/graphql';

/** `PageInfo` of the Relay Cursor Connections Specification; one class for every door, for a schema knows one of the name. */
@ObjectType()
export class PageInfo {
  @Field(() => Boolean)
  declare hasNextPage: boolean;
  @Field(() => Boolean, { description: 'Pages lead forwards only.' })
  declare hasPreviousPage: boolean;
  @Field(() => String, { nullable: true })
  declare startCursor: string | null;
  @Field(() => String, { nullable: true })
  declare endCursor: string | null;
}
