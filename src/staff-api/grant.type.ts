import { Field, ID, Int, ObjectType } from '@nestjs/graphql';
import { disclosureLevelOf, subjectFields } from '../core/disclosure/catalogue.js';
import type { GrantEvent, GrantView, VersionView } from '../grants/index.js';
import { DateTime } from '../platform/graphql/scalars.js';
import { DisclosureLevel, GrantState, Purpose, SubjectField } from './grant.enums.js';

@ObjectType()
export class GrantedField {
  @Field(() => SubjectField)
  declare field: keyof typeof SubjectField;
  @Field(() => DisclosureLevel)
  declare level: keyof typeof DisclosureLevel;
}

@ObjectType({ description: 'One version of a grant; what it says never changes.' })
export class GrantVersion {
  @Field(() => Int)
  declare version: number;
  @Field(() => GrantState, {
    description: 'EXPIRED also for one that another version has replaced.',
  })
  declare state: keyof typeof GrantState;
  @Field(() => String, { description: 'What approvers and the partner name.' })
  declare digest: string;
  @Field(() => Purpose)
  declare purpose: keyof typeof Purpose;
  @Field(() => [String])
  declare caseloads: readonly string[];
  @Field(() => [GrantedField])
  declare fields: readonly GrantedField[];
  @Field(() => DateTime)
  declare validFrom: Date;
  @Field(() => DateTime)
  declare validUntil: Date;
  @Field(() => String, { description: 'All it says, as JSON (docs/grants.md).' })
  declare terms: string;
  @Field(() => String, { description: 'Reference of the person.' })
  declare requestedBy: string;
  @Field(() => String, {
    nullable: true,
    description: 'Null until approved, and for one that only takes away.',
  })
  declare approvedBy: string | null;
  @Field(() => DateTime, { nullable: true, description: 'By the partner.' })
  declare acceptedAt: Date | null;
}

@ObjectType({ description: 'What a partner may ask, for which purpose, about whom.' })
export class GrantFile {
  @Field(() => ID)
  declare id: string;
  @Field(() => ID)
  declare partner: string;
  @Field(() => String)
  declare partnerName: string;
  @Field(() => GrantState)
  declare state: keyof typeof GrantState;
  @Field(() => GrantVersion, { nullable: true, description: 'Null before any is in force.' })
  declare current: GrantVersion | null;
  @Field(() => GrantVersion, {
    nullable: true,
    description: 'Drawn up, submitted, or approved and waiting for the partner.',
  })
  declare open: GrantVersion | null;
  @Field(() => [GrantVersion], { description: 'The latest first.' })
  declare versions: readonly GrantVersion[];
}

@ObjectType()
export class GrantDocument {
  @Field(() => Int)
  declare version: number;
  @Field(() => String)
  declare digest: string;
  @Field(() => String)
  declare markdown: string;
}

@ObjectType({ description: 'One thing that happened to a grant.' })
export class GrantEventEntry {
  @Field(() => Int)
  declare version: number;
  @Field(() => String, { description: 'DRAFT, AMEND, SUBMIT, APPROVE, ACCEPT, …' })
  declare act: GrantEvent['act'];
  @Field(() => DateTime)
  declare at: Date;
  @Field(() => String, { description: 'Reference of the person, or the partner.' })
  declare by: string;
  @Field(() => String, { nullable: true })
  declare approvedBy: string | null;
  @Field(() => String, { nullable: true })
  declare reason: string | null;
}

@ObjectType({ description: 'One difference between two versions, in words.' })
export class TermsChange {
  @Field(() => String)
  declare about: string;
  @Field(() => String)
  declare before: string;
  @Field(() => String)
  declare after: string;
  @Field(() => Boolean, { description: 'Whether it lets more be learnt.' })
  declare widens: boolean;
}

@ObjectType({ description: 'A field as the partner would be told it.' })
export class PreviewedField {
  @Field(() => SubjectField)
  declare field: keyof typeof SubjectField;
  @Field(() => String, { description: 'Name in the partner’s schema.' })
  declare name: string;
  @Field(() => DisclosureLevel)
  declare level: keyof typeof DisclosureLevel;
  @Field(() => Boolean, { nullable: true })
  declare present: boolean | null;
  @Field(() => String, { nullable: true })
  declare agreement: string | null;
  @Field(() => String, { nullable: true })
  declare value: string | null;
}

@ObjectType({ description: 'Another live grant that shows the same identifier in full.' })
export class SharedIdentifier {
  @Field(() => SubjectField)
  declare field: keyof typeof SubjectField;
  @Field(() => ID)
  declare grant: string;
  @Field(() => ID)
  declare partner: string;
}

@ObjectType()
export class GrantPreview {
  @Field(() => [PreviewedField])
  declare fields: readonly PreviewedField[];
  @Field(() => Int, {
    nullable: true,
    description:
      'People of the caseloads, cut to the ten below, null for fewer than ten; whoever is kept from the partner counts as well.',
  })
  declare peopleInScope: number | null;
  @Field(() => [SharedIdentifier], {
    description: 'Where two partners could join what each is told.',
  })
  declare sharedIdentifiers: readonly SharedIdentifier[];
}

export function toGrantFile(view: GrantView): GrantFile {
  return {
    ...view,
    current: view.current === null ? null : toVersion(view.current),
    open: view.open === null ? null : toVersion(view.open),
    versions: view.versions.map(toVersion),
  };
}

function toVersion(view: VersionView): GrantVersion {
  const { terms } = view;
  return {
    ...view,
    purpose: terms.purpose,
    caseloads: terms.caseloads,
    fields: subjectFields.map((field) => ({
      field,
      level: disclosureLevelOf(terms.fields, field),
    })),
    validFrom: terms.validFrom,
    validUntil: terms.validUntil,
    terms: JSON.stringify(terms),
  };
}
