import { Field, ID, InputType } from '@nestjs/graphql';
import type {
  Calendar as CalendarName,
  DocumentType as DocumentTypeName,
  Sex as SexName,
} from '../core/register/subject.js';
import type { Purpose as PurposeName } from '../core/grants/purpose.js';
import { Calendar, DocumentType, Purpose, Sex } from './enums.js';
import { CaseReference, EdtfDate, StateCode } from './scalars.js';

@InputType({ description: 'One name the person goes by.' })
export class NameInput {
  @Field(() => String, { description: 'As written, in any script; at most 300 characters.' })
  declare full: string;
}

@InputType({ description: 'One document, or what is legible of it.' })
export class DocumentInput {
  @Field(() => DocumentType)
  declare type: DocumentTypeName;
  @Field(() => String)
  declare number: string;
  @Field(() => StateCode, { nullable: true })
  declare issuingState?: string | null;
}

@InputType({
  description:
    'What is known of the person in front of you. At least a document number, or a name with a birth year and one of father’s name, birth month, issuing state of a document.',
})
export class PersonEvidenceInput {
  @Field(() => [NameInput], { nullable: true })
  declare names?: NameInput[] | null;
  @Field(() => String, { nullable: true })
  declare fatherName?: string | null;
  @Field(() => String, { nullable: true })
  declare grandfatherName?: string | null;
  @Field(() => EdtfDate, { nullable: true })
  declare dateOfBirth?: string | null;
  @Field(() => Calendar, {
    nullable: true,
    defaultValue: 'GREGORIAN',
    description: 'The calendar `dateOfBirth` is written in.',
  })
  declare calendar?: CalendarName | null;
  @Field(() => Sex, { nullable: true })
  declare sex?: SexName | null;
  @Field(() => StateCode, { nullable: true })
  declare nationality?: string | null;
  @Field(() => [DocumentInput], { nullable: true })
  declare documents?: DocumentInput[] | null;
  @Field(() => [String], {
    nullable: true,
    description: 'The lines of a machine readable zone, top to bottom (ICAO Doc 9303).',
  })
  declare machineReadableZone?: string[] | null;
}

const requestIdDescription =
  'Your name for this question, 1 to 64 of letters, digits, `.`, `_`, `:`, `-`. Asked again under it within ten minutes, the same question costs nothing, up to ten times.';

@InputType()
export class VerifyIdentityInput {
  @Field(() => ID, { description: requestIdDescription })
  declare requestId: string;
  @Field(() => ID)
  declare grantId: string;
  @Field(() => Purpose)
  declare purpose: PurposeName;
  @Field(() => CaseReference)
  declare caseReference: string;
  @Field(() => PersonEvidenceInput)
  declare person: PersonEvidenceInput;
}

@InputType()
export class QuestionInput {
  @Field(() => ID, { description: requestIdDescription })
  declare requestId: string;
  @Field(() => CaseReference)
  declare caseReference: string;
  @Field(() => PersonEvidenceInput)
  declare person: PersonEvidenceInput;
}

@InputType()
export class VerifyIdentitiesInput {
  @Field(() => ID)
  declare grantId: string;
  @Field(() => Purpose)
  declare purpose: PurposeName;
  @Field(() => [QuestionInput], { description: '1 to 100.' })
  declare questions: QuestionInput[];
}
