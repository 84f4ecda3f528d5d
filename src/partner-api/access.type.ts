import { Field, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { disclosureLevelOf, subjectFields } from '../core/disclosure/catalogue.js';
import { isTestGrant, type Grant as CoreGrant } from '../core/grants/grant.js';
import type { Access as CallerAccess } from '../verification/index.js';
import {
  AssuranceLevel,
  BudgetKind,
  DisclosureLevel,
  EvidenceElement,
  GrantState,
  HandlingCode,
  Purpose,
  SubjectField,
} from './enums.js';
import { DateTime, StateCode } from './scalars.js';
import { Receipt } from './verification.type.js';

@ObjectType()
export class PartnerIdentity {
  @Field(() => ID)
  declare code: string;
  @Field(() => String)
  declare name: string;
  @Field(() => StateCode)
  declare state: string;
}

@ObjectType()
export class FieldScope {
  @Field(() => SubjectField)
  declare field: keyof typeof SubjectField;
  @Field(() => DisclosureLevel)
  declare level: keyof typeof DisclosureLevel;
}

@ObjectType({ description: 'Your own use of a budget.' })
export class BudgetStatus {
  @Field(() => BudgetKind)
  declare kind: keyof typeof BudgetKind;
  @Field(() => Int)
  declare limit: number;
  @Field(() => Int)
  declare used: number;
  @Field(() => DateTime)
  declare resetsAt: Date;
}

@ObjectType({
  description: 'A permission to ask: for one purpose, about some fields, until a day.',
})
export class Grant {
  @Field(() => ID)
  declare id: string;
  @Field(() => Int)
  declare version: number;
  @Field(() => String, { description: 'base64url SHA-256 over the terms of this version.' })
  declare digest: string;
  @Field(() => GrantState)
  declare state: CoreGrant['state'];
  @Field(() => Purpose)
  declare purpose: CoreGrant['purpose'];
  @Field(() => String)
  declare legalBasis: string;
  @Field(() => [FieldScope])
  declare fields: readonly FieldScope[];
  @Field(() => [EvidenceElement], { description: 'What is compared; other evidence is not read.' })
  declare matchOn: CoreGrant['matchOn'];
  @Field(() => AssuranceLevel)
  declare assuranceLevel: CoreGrant['assuranceLevel'];
  @Field(() => Boolean)
  declare requiresNamedOfficer: boolean;
  @Field(() => HandlingCode)
  declare handling: CoreGrant['handling'];
  @Field(() => DateTime)
  declare validFrom: Date;
  @Field(() => DateTime)
  declare validUntil: Date;
  @Field(() => [BudgetStatus])
  declare budgets: readonly BudgetStatus[];
  @Field(() => Boolean, {
    description: 'For rehearsing: twelve made-up people and nobody else, a budget of its own.',
  })
  declare test: boolean;
}

const partnerKinds = [
  'CERTIFICATE',
  'CERTIFICATE_AUTHORITY',
  'REVOCATION_LIST',
  'CLIENT_KEY',
  'OFFICER_KEY',
  'GRANT',
] as const;
const CredentialKind = Object.fromEntries(partnerKinds.map((kind) => [kind, kind])) as Record<
  (typeof partnerKinds)[number],
  (typeof partnerKinds)[number]
>;
registerEnumType(CredentialKind, { name: 'CredentialKind' });

@ObjectType({ description: 'Something of yours that ends; have another in place before it does.' })
export class CredentialStatus {
  @Field(() => CredentialKind)
  declare kind: keyof typeof CredentialKind;
  @Field(() => ID, { description: 'Fingerprint of a certificate, kid of a key, id of the rest.' })
  declare id: string;
  @Field(() => DateTime, {
    description: 'Its end; of a key, which has none, the day a year after it was registered.',
  })
  declare notAfter: Date;
  @Field(() => Int, {
    nullable: true,
    description: '30, 7 or 1 when it ends within so many days; 0 when it is over; null before.',
  })
  declare endsWithinDays: number | null;
}

@ObjectType({ description: 'Who you are to the gateway, and what you may ask.' })
export class Access {
  @Field(() => PartnerIdentity)
  declare partner: PartnerIdentity;
  @Field(() => String, { nullable: true, description: 'The officer the token names, if any.' })
  declare officer: string | null;
  @Field(() => DateTime)
  declare tokenExpiresAt: Date;
  @Field(() => [Grant])
  declare grants: readonly Grant[];
  @Field(() => [CredentialStatus], {
    description:
      'Your certificates, keys, CAs, revocation lists and grants; the next to end first.',
  })
  declare credentials: readonly CredentialStatus[];
}

@InputType()
export class AcceptGrantInput {
  @Field(() => ID)
  declare grantId: string;
  @Field(() => Int)
  declare version: number;
  @Field(() => String, { description: 'The digest on the document you agreed to.' })
  declare digest: string;
  @Field(() => String, {
    nullable: true,
    description:
      'Compact JWS, typ `safeconduct-grant+jws`, over the RFC 8785 bytes of {digest, grant, version}, under a key registered for grants.',
  })
  declare signature?: string | null;
}

@ObjectType()
export class AcceptGrantPayload {
  @Field(() => Grant)
  declare grant: Grant;
  @Field(() => Receipt, {
    description: 'Of the record of this acceptance, with the digest agreed, in your own tree.',
  })
  declare receipt: Receipt;
}

export function toAccess({ caller, grants, credentials }: CallerAccess): Access {
  return {
    partner: { code: caller.partner, name: caller.partnerName, state: caller.state },
    officer: caller.officer ?? null,
    tokenExpiresAt: caller.tokenExpiresAt,
    grants: grants.map(toGrant),
    credentials: credentials.flatMap(({ kind, id, at: notAfter, endsWithinDays }) =>
      isPartnerKind(kind) ? [{ kind, id, notAfter, endsWithinDays }] : [],
    ),
  };
}

const isPartnerKind = (kind: string): kind is keyof typeof CredentialKind =>
  Object.hasOwn(CredentialKind, kind);

export function toGrant({ grant, budgets }: CallerAccess['grants'][number]): Grant {
  return {
    ...grant,
    budgets,
    test: isTestGrant(grant),
    fields: subjectFields.map((field) => ({
      field,
      level: disclosureLevelOf(grant.fields, field),
    })),
  };
}
