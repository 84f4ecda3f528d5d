import { Field, ID, ObjectType } from '@nestjs/graphql';
import type { SubjectField as FieldName } from '../core/disclosure/catalogue.js';
import { PageInfo } from '../platform/graphql/page-info.js';
import type { NoticePage } from '../referrals/index.js';
import { SubjectField } from './enums.js';
import { DateTime } from './scalars.js';

@ObjectType({
  description:
    'Something you were told of a person is no longer so. What it is now is not said: ask again where you need it. None is ever given because somebody is kept from you, or no longer.',
})
export class Notice {
  @Field(() => ID)
  declare id: string;
  @Field(() => ID, {
    description: 'Your own name for the person, as in the answer you were given.',
  })
  declare reference: string;
  @Field(() => [SubjectField], {
    description:
      'What you were told and is another now; none when only the person is no longer there.',
  })
  declare fields: readonly FieldName[];
  @Field(() => DateTime)
  declare since: Date;
}

@ObjectType()
export class NoticeEdge {
  @Field(() => String)
  declare cursor: string;
  @Field(() => Notice)
  declare node: Notice;
}

@ObjectType({ description: 'Your notices, the oldest first.' })
export class NoticeConnection {
  @Field(() => [NoticeEdge])
  declare edges: readonly NoticeEdge[];
  @Field(() => PageInfo)
  declare pageInfo: PageInfo;
}

export function toConnection(
  { notices, hasNextPage }: NoticePage,
  after: string | undefined,
): NoticeConnection {
  return {
    edges: notices.map(({ notice, cursor }) => ({ cursor, node: { ...notice } })),
    pageInfo: {
      hasNextPage,
      hasPreviousPage: after !== undefined,
      startCursor: notices[0]?.cursor ?? null,
      endCursor: notices.at(-1)?.cursor ?? null,
    },
  };
}
