import { Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { DateTime } from '../platform/graphql/scalars.js';
import { PersonReferenceInput } from './register.input.js';

@InputType()
export class ReleaseHistoryInput {
  @Field(() => PersonReferenceInput)
  declare person: PersonReferenceInput;
  @Field(() => String, { description: 'For the security officer; 10 to 200 characters, sealed.' })
  declare reason: string;
  @Field(() => Boolean, { defaultValue: false, description: 'Case references of partners too.' })
  declare caseReferences: boolean;
  @Field(() => String, {
    nullable: true,
    description: 'Public JWK of counsel, as JSON; without it the document is in the clear.',
  })
  declare recipient?: string | null;
}

@InputType({
  description: 'One of partner, grant, export; with a partner, one officer or certificate.',
})
export class ExposureInput {
  @Field(() => ID, { nullable: true })
  declare partner?: string | null;
  @Field(() => String, { nullable: true, description: 'Opaque name of an officer.' })
  declare officer?: string | null;
  @Field(() => String, { nullable: true, description: 'base64url SHA-256.' })
  declare certificate?: string | null;
  @Field(() => ID, { nullable: true })
  declare grant?: string | null;
  @Field(() => ID, { nullable: true, description: 'Act of a register export; alone.' })
  declare export?: string | null;
  @Field(() => String, { nullable: true, description: 'RFC 3339, UTC.' })
  declare from?: string | null;
  @Field(() => String, { nullable: true, description: 'Before this instant.' })
  declare to?: string | null;
}

@InputType({ description: 'What people write on the page for the authority; kept nowhere.' })
export class BreachWordsInput {
  @Field(() => String, { nullable: true })
  declare nature?: string | null;
  @Field(() => String, { nullable: true })
  declare contact?: string | null;
  @Field(() => String, { nullable: true })
  declare consequences?: string | null;
  @Field(() => String, { nullable: true })
  declare measures?: string | null;
  @Field(() => String, { nullable: true, description: 'RFC 3339, UTC.' })
  declare awareAt?: string | null;
}

@InputType()
export class ReleaseExposureInput {
  @Field(() => ExposureInput)
  declare of: ExposureInput;
  @Field(() => String, { description: '10 to 200 characters, sealed.' })
  declare reason: string;
  @Field(() => String, { description: 'Public JWK of whoever may read the names, as JSON.' })
  declare recipient: string;
}

@ObjectType({ description: 'A file of what was released.' })
export class ReleasedFile {
  @Field(() => String)
  declare name: string;
  @Field(() => String)
  declare text: string;
}

@ObjectType({ description: 'What a release is about, but for the person.' })
export class ReleaseRequest {
  @Field(() => String, { description: 'HISTORY or EXPOSURE.' })
  declare kind: string;
  @Field(() => String, { description: 'Reference of the person of the staff.' })
  declare requestedBy: string;
  @Field(() => DateTime)
  declare requestedAt: Date;
  @Field(() => Int)
  declare people: number;
  @Field(() => String)
  declare reason: string;
  @Field(() => Boolean)
  declare caseReferences: boolean;
  @Field(() => String, { nullable: true, description: 'RFC 7638; null in the clear.' })
  declare recipientThumbprint: string | null;
  @Field(() => String, { nullable: true, description: 'ExposureInput as JSON.' })
  declare of: string | null;
}

@ObjectType()
export class ExposedField {
  @Field(() => String)
  declare field: string;
  @Field(() => String)
  declare level: string;
  @Field(() => Int)
  declare records: number;
  @Field(() => Int)
  declare people: number;
}

@ObjectType()
export class ExposedPartner {
  @Field(() => ID)
  declare partner: string;
  @Field(() => Int)
  declare records: number;
}

@ObjectType({ description: 'How much may have left; nobody is in it.' })
export class Exposure {
  @Field(() => Int)
  declare people: number;
  @Field(() => Int)
  declare records: number;
  @Field(() => Int, { description: 'Of the people, who cannot be named any more.' })
  declare forgotten: number;
  @Field(() => Boolean, { description: 'Whole entries of the register left: an export.' })
  declare wholeRows: boolean;
  @Field(() => [ExposedField])
  declare fields: readonly ExposedField[];
  @Field(() => [ExposedPartner])
  declare partners: readonly ExposedPartner[];
  @Field(() => DateTime, { nullable: true })
  declare firstAt: Date | null;
  @Field(() => DateTime, { nullable: true })
  declare lastAt: Date | null;
  @Field(() => String, { description: 'Markdown for the authority, after GDPR Article 33(3).' })
  declare page: string;
}
