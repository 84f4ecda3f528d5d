import { Field, ID, ObjectType, registerEnumType } from '@nestjs/graphql';
import { DateTime, StateCode } from '../platform/graphql/scalars.js';
import { anchorRuleKinds, type AnchorRule as Rule } from '../partners/index.js';

export const AnchorRuleKind = Object.fromEntries(
  anchorRuleKinds.map((kind) => [kind, kind]),
) as Record<Rule['kind'], Rule['kind']>;
registerEnumType(AnchorRuleKind, {
  name: 'AnchorRuleKind',
  description: 'What a certificate of the CA is known by: its subject, or an alternative name.',
});

@ObjectType()
export class PartnerCertificate {
  @Field(() => ID, { description: 'base64url SHA-256.' })
  declare fingerprint: string;
  @Field(() => String, { nullable: true })
  declare serial: string | null;
  @Field(() => DateTime, { nullable: true })
  declare notAfter: Date | null;
  @Field(() => Boolean)
  declare active: boolean;
}

@ObjectType()
export class AnchorRule {
  @Field(() => AnchorRuleKind)
  declare kind: Rule['kind'];
  @Field(() => String)
  declare value: string;
}

@ObjectType({ description: 'A CA that issues client certificates.' })
export class PartnerAnchor {
  @Field(() => ID)
  declare id: string;
  @Field(() => AnchorRule, {
    nullable: true,
    description: 'Whom it speaks for; without one only registered certificates are let in.',
  })
  declare rule: Rule | null;
  @Field(() => Boolean)
  declare active: boolean;
  @Field(() => DateTime, { nullable: true, description: 'End of its revocation list.' })
  declare crlNextUpdate: Date | null;
}

@ObjectType({ description: 'A system of the partner at the token endpoint.' })
export class PartnerClient {
  @Field(() => ID)
  declare clientId: string;
  @Field(() => [String])
  declare kids: readonly string[];
  @Field(() => String, {
    nullable: true,
    description: 'JWK Set of its public keys, as JSON; null with tls_client_auth.',
  })
  declare jwks: string | null;
  @Field(() => Boolean)
  declare active: boolean;
}

@ObjectType({ description: 'An organisation on the other end of the partner door.' })
export class Partner {
  @Field(() => ID)
  declare code: string;
  @Field(() => String)
  declare name: string;
  @Field(() => StateCode)
  declare state: string;
  @Field(() => Boolean)
  declare active: boolean;
  @Field(() => [String])
  declare contacts: readonly string[];
  @Field(() => [PartnerCertificate])
  declare certificates: readonly PartnerCertificate[];
  @Field(() => [PartnerAnchor])
  declare anchors: readonly PartnerAnchor[];
  @Field(() => [PartnerClient])
  declare clients: readonly PartnerClient[];
}
