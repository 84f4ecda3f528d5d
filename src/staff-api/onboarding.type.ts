import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { DateTime } from '../platform/graphql/scalars.js';
import { Partner } from './partner.type.js';

@ObjectType({ description: 'The grant under which a partner rehearses, on made-up people only.' })
export class TestGrant {
  @Field(() => ID)
  declare id: string;
  @Field(() => Int)
  declare version: number;
  @Field(() => String)
  declare digest: string;
  @Field(() => String, { description: 'APPROVED until the partner has accepted it.' })
  declare state: string;
  @Field(() => DateTime)
  declare validUntil: Date;
}

@ObjectType({
  description:
    'A log that lost its journal and ended. Its receipts and checkpoints are checked by its own keys.',
})
export class EarlierLog {
  @Field(() => String)
  declare origin: string;
  @Field(() => DateTime)
  declare endedAt: Date;
  @Field(() => [String], { description: 'Of its cover tree (C2SP vkey).' })
  declare verifierKeys: readonly string[];
  @Field(() => String, {
    nullable: true,
    description: 'Its last cosigned checkpoint of the cover tree; null when there was none.',
  })
  declare cosigned: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'The largest checkpoint of its cover tree that was found signed.',
  })
  declare signed: string | null;
}

@ObjectType({ description: 'What a partner’s developers are given; nothing in it is secret.' })
export class PartnerBundle {
  @Field(() => Partner)
  declare partner: Partner;
  @Field(() => String, { description: 'Base of every address; issuer and audience of tokens.' })
  declare issuer: string;
  @Field(() => [String], {
    description: 'PEM. Empty where the host has not named them (SAFECONDUCT_PARTNER_CA_FILE).',
  })
  declare caCertificates: readonly string[];
  @Field(() => String, { description: 'Verifier key of the partner’s own tree (C2SP vkey).' })
  declare logVerifierKey: string;
  @Field(() => String)
  declare coverVerifierKey: string;
  @Field(() => Int, { nullable: true, description: 'Null until the tree is in a round.' })
  declare coverSlot: number | null;
  @Field(() => [EarlierLog], {
    description: 'The latest first; empty as long as the first goes on.',
  })
  declare earlierLogs: readonly EarlierLog[];
  @Field(() => String, { description: 'SDL of the partner door.' })
  declare schema: string;
  @Field(() => String, { description: 'Markdown.' })
  declare errorTable: string;
  @Field(() => TestGrant, { nullable: true })
  declare testGrant: TestGrant | null;
}

@ObjectType({ description: 'A key under which a partner signs acceptances of grants.' })
export class GrantKey {
  @Field(() => ID)
  declare kid: string;
  @Field(() => Boolean)
  declare active: boolean;
  @Field(() => String, { description: 'Public JWK, as JSON.' })
  declare jwk: string;
}
