import { Field, ID, InputType } from '@nestjs/graphql';
import type { AnchorRule } from '../partners/index.js';
import { StateCode } from '../platform/graphql/scalars.js';
import { AnchorRuleKind } from './partner.type.js';

const pem = 'PEM, or base64 of DER.';

@InputType()
export class AddPartnerInput {
  @Field(() => ID, { description: '`^[A-Z0-9][A-Z0-9-]{1,31}$`' })
  declare code: string;
  @Field(() => String)
  declare name: string;
  @Field(() => StateCode)
  declare state: string;
  @Field(() => [String], { nullable: true, description: 'Whom to call; at most 10.' })
  declare contacts?: string[] | null;
}

@InputType()
export class SetPartnerContactsInput {
  @Field(() => ID)
  declare code: string;
  @Field(() => [String])
  declare contacts: string[];
}

@InputType()
export class PartnerInput {
  @Field(() => ID)
  declare code: string;
}

@InputType()
export class SuspendStateInput {
  @Field(() => StateCode)
  declare state: string;
}

@InputType()
export class AddCertificateInput {
  @Field(() => ID)
  declare partner: string;
  @Field(() => String, { description: pem })
  declare certificate: string;
}

@InputType({
  description: 'By fingerprint; or, of a certificate let in by a rule, by CA and serial.',
})
export class RevokeCertificateInput {
  @Field(() => String, { nullable: true })
  declare fingerprint?: string | null;
  @Field(() => ID, { nullable: true })
  declare anchor?: string | null;
  @Field(() => String, { nullable: true, description: 'Lower-case hex.' })
  declare serial?: string | null;
}

@InputType()
export class AnchorRuleInput {
  @Field(() => AnchorRuleKind)
  declare kind: AnchorRule['kind'];
  @Field(() => String)
  declare value: string;
}

@InputType()
export class AddAnchorInput {
  @Field(() => ID, { nullable: true, description: 'Null for a CA of the host.' })
  declare partner?: string | null;
  @Field(() => String, { description: pem })
  declare certificate: string;
  @Field(() => AnchorRuleInput, { nullable: true })
  declare rule?: AnchorRuleInput | null;
}

@InputType()
export class RevokeAnchorInput {
  @Field(() => ID)
  declare anchor: string;
}

@InputType()
export class ImportCrlInput {
  @Field(() => String, { description: pem })
  declare crl: string;
}

@InputType()
export class SetClientKeysInput {
  @Field(() => ID)
  declare partner: string;
  @Field(() => ID, { description: '`^[a-z0-9][a-z0-9._-]{1,63}$`' })
  declare clientId: string;
  @Field(() => String, { description: 'JWK Set (RFC 7517 §5) of public keys, as JSON.' })
  declare jwks: string;
}

@InputType()
export class RemoveClientKeyInput {
  @Field(() => ID)
  declare clientId: string;
  @Field(() => String)
  declare kid: string;
}

@InputType()
export class ClientInput {
  @Field(() => ID)
  declare clientId: string;
}

@InputType({ description: 'The client authenticates by its certificate (RFC 8705 §2.1).' })
export class SetClientTlsSubjectInput {
  @Field(() => ID)
  declare partner: string;
  @Field(() => ID)
  declare clientId: string;
  @Field(() => String, { description: 'RFC 4514, exactly as the gateway writes it.' })
  declare subject: string;
}

@InputType()
export class SetOfficerProviderInput {
  @Field(() => ID)
  declare partner: string;
  @Field(() => String, { description: '`iss` of its assertions.' })
  declare issuer: string;
  @Field(() => String, { description: 'JWK Set (RFC 7517 §5) of public keys, as JSON.' })
  declare jwks: string;
}

@InputType()
export class RemoveOfficerProviderInput {
  @Field(() => ID)
  declare partner: string;
}

@InputType()
export class RevokeOfficerInput {
  @Field(() => ID)
  declare partner: string;
  @Field(() => String, { description: '`sub` of the assertions that named them.' })
  declare officer: string;
}
