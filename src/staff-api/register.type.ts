import { Field, ID, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { visaStatuses, type VisaStatus as Status } from '../core/register/subject.js';
import type {
  BatchForRelease,
  BatchView,
  ComparedPeople,
  PersonView,
  RegisterStatistics as Statistics,
  LikelyDuplicate as Pair,
} from '../register/index.js';
import { DateTime } from '../platform/graphql/scalars.js';
import { Act, toAct } from './act.type.js';

const names = <Name extends string>(list: readonly Name[]) =>
  Object.fromEntries(list.map((name) => [name, name])) as Readonly<Record<Name, Name>>;

export const VisaStatus = names<Status>(visaStatuses);
registerEnumType(VisaStatus, { name: 'VisaStatus' });
const BatchState = names(['WAITING', 'RELEASED', 'DISCARDED']);
registerEnumType(BatchState, { name: 'BatchState' });
const PersonState = names(['LIVE', 'PENDING']);
registerEnumType(PersonState, {
  name: 'PersonState',
  description: 'PENDING: partners are told of an earlier version, or of nobody.',
});

@ObjectType({ description: 'One person of the register, whole. Each reading is on record.' })
export class Person {
  @Field(() => ID, { description: 'Inside id, as records of the access log name them.' })
  declare id: string;
  @Field(() => String)
  declare caseload: string;
  @Field(() => String)
  declare reference: string;
  @Field(() => Int)
  declare version: number;
  @Field(() => PersonState)
  declare state: 'LIVE' | 'PENDING';
  @Field(() => String, { description: 'Members of an import line, as JSON.' })
  declare content: string;
  @Field(() => [String], { description: 'Fields that are not released yet.' })
  declare waiting: readonly string[];
  @Field(() => ID, { nullable: true, description: 'The batch they wait in.' })
  declare batch: string | null;
  @Field(() => [String], { description: 'Codes of partners and states. Itself sensitive.' })
  declare suppressedFor: readonly string[];
  @Field(() => Boolean, { description: 'Under a legal hold.' })
  declare held: boolean;
}

export function toPerson(view: PersonView): Person {
  const { content, subject, version, state, waiting, batchId, suppressedFor, held } = view;
  return {
    id: subject,
    caseload: content.caseload,
    reference: content.reference,
    version,
    state,
    content: JSON.stringify(content),
    waiting,
    batch: batchId ?? null,
    suppressedFor,
    held,
  };
}

@ObjectType({ description: 'How often something was found wrong in a file; never a value.' })
export class ImportFinding {
  @Field(() => String)
  declare column: string;
  @Field(() => String)
  declare code: string;
  @Field(() => Int)
  declare count: number;
}

@ObjectType({ description: 'Who of two people it is; compare them by reading each.' })
export class DuplicateSide {
  @Field(() => String)
  declare caseload: string;
  @Field(() => String)
  declare reference: string;
  @Field(() => PersonState)
  declare state: 'LIVE' | 'PENDING';
  @Field(() => Boolean, {
    description:
      'Kept from a partner or state: if they are one person, the other entry tells of them. Itself sensitive.',
  })
  declare isKept: boolean;
}

@ObjectType({ description: 'Two people who may be one: merge them, or keep them apart.' })
export class LikelyDuplicate {
  @Field(() => DuplicateSide)
  declare one: DuplicateSide;
  @Field(() => DuplicateSide)
  declare other: DuplicateSide;
  @Field(() => String, { description: 'MATCH or POSSIBLE_MATCH.' })
  declare likelihood: string;
  @Field(() => [String], { description: 'What speaks for it, such as NAME.' })
  declare agreeing: readonly string[];
  @Field(() => Boolean, { description: 'Members of one household resemble each other.' })
  declare sameHousehold: boolean;
}

function toDuplicate(pair: Pair): LikelyDuplicate {
  const { one, other, likelihood, elements, sameHousehold } = pair;
  const agreeing = elements.flatMap(({ element, bits }) => (bits > 0 ? [element] : []));
  return { one, other, likelihood, agreeing, sameHousehold };
}

@ObjectType({ description: 'A comparison of some people with all others.' })
export class DuplicatePage {
  @Field(() => [LikelyDuplicate], { description: 'The likeliest first, at most 1,000.' })
  declare pairs: readonly LikelyDuplicate[];
  @Field(() => Int, { description: 'People compared; the next page is from so many further on.' })
  declare compared: number;
  @Field(() => Int, { description: 'People to compare in all.' })
  declare total: number;
}

@ObjectType({ description: 'What one import, addition or correction left waiting.' })
export class ImportBatch {
  @Field(() => ID)
  declare id: string;
  @Field(() => BatchState)
  declare state: 'WAITING' | 'RELEASED' | 'DISCARDED';
  @Field(() => String, { description: 'Reference of the person.' })
  declare requestedBy: string;
  @Field(() => [String], {
    description:
      'References of those whose work is in it as well, because what they left waiting was corrected: none of them releases it.',
  })
  declare alsoBy: readonly string[];
  @Field(() => DateTime)
  declare requestedAt: Date;
  @Field(() => Int, { description: 'How many people wait in it: the number to release.' })
  declare people: number;
  @Field(() => Int)
  declare added: number;
  @Field(() => Int)
  declare changed: number;
  @Field(() => Int, {
    nullable: true,
    description: 'Rows of the file; null without one, or when the import was cut off.',
  })
  declare rows: number | null;
  @Field(() => Int, { nullable: true })
  declare unchanged: number | null;
  @Field(() => Int, { nullable: true })
  declare rejected: number | null;
  @Field(() => [ImportFinding])
  declare findings: readonly ImportFinding[];
  @Field(() => String, { nullable: true })
  declare decidedBy: string | null;
  @Field(() => DateTime, { nullable: true })
  declare decidedAt: Date | null;
}

@ObjectType({ description: 'Grants name caseloads: it says which partners will be told.' })
export class BatchCaseload {
  @Field(() => String)
  declare caseload: string;
  @Field(() => Int)
  declare people: number;
  @Field(() => Boolean, { description: 'Nobody of it is released yet: new, or mistyped.' })
  declare isNew: boolean;
}

@ObjectType({ description: 'A batch as the person reads it who is asked to release it.' })
export class BatchReview {
  @Field(() => ImportBatch)
  declare batch: BatchView;
  @Field(() => [BatchCaseload], { description: 'Of who waits in it, the largest first.' })
  declare caseloads: readonly BatchCaseload[];
  @Field(() => DuplicatePage, {
    description: 'Of the first 2,000 people in it; the others by likelyDuplicates.',
  })
  declare duplicates: DuplicatePage;
  @Field(() => Act, { nullable: true, description: 'The request that waits for a second person.' })
  declare release: Act | null;
}

export function toDuplicatePage({ pairs, compared, total }: ComparedPeople): DuplicatePage {
  return { pairs: pairs.map(toDuplicate), compared, total };
}

export function toReview(batch: BatchForRelease): BatchReview {
  return {
    batch,
    caseloads: batch.caseloads,
    duplicates: toDuplicatePage(batch.duplicates),
    release: batch.release === undefined ? null : toAct(batch.release),
  };
}

@ObjectType({ description: 'What a hold keeps of the access log, with whoever it can be about.' })
export class LegalHoldRange {
  @Field(() => String, { nullable: true })
  declare partner?: string | undefined;
  @Field(() => String, { nullable: true })
  declare caseload?: string | undefined;
  @Field(() => String, { nullable: true, description: 'Instants in UTC; `to` is not in it.' })
  declare from?: string | undefined;
  @Field(() => String, { nullable: true })
  declare to?: string | undefined;
}

@ObjectType()
export class LegalHold {
  @Field(() => ID)
  declare id: string;
  @Field(() => DateTime)
  declare endsAt: Date;
  @Field(() => Int, { description: 'Whom it protected when it was asked for.' })
  declare people: number;
  @Field(() => String, { description: 'Reference of who asked for it.' })
  declare setBy: string;
  @Field(() => LegalHoldRange, { nullable: true, description: 'Null for people by name.' })
  declare range: LegalHoldRange | null;
}

@ObjectType({
  description: 'A history that was sealed for counsel before an erasure, and is still there.',
})
export class SealedHistory {
  @Field(() => Int)
  declare records: number;
  @Field(() => DateTime, {
    nullable: true,
    description: 'First time it was fetched; it goes seven days later.',
  })
  declare fetchedAt: Date | null;
}

@ObjectType({
  description: 'An erasure, as far as it is told of a reference: nothing of the person.',
})
export class ErasedPerson {
  @Field(() => DateTime)
  declare erasedAt: Date;
  @Field(() => ID, {
    nullable: true,
    description: 'The erasure in the book of acts: by it counsel’s copy is fetched.',
  })
  declare act: string | null;
  @Field(() => String, {
    nullable: true,
    description:
      'RFC 7638 thumbprint of the key a history was sealed for; null where none was asked for.',
  })
  declare counselThumbprint: string | null;
  @Field(() => SealedHistory, { nullable: true })
  declare history: SealedHistory | null;
}

@ObjectType({ description: 'What an erasure would do.' })
export class ErasurePlan {
  @Field(() => Int)
  declare people: number;
  @Field(() => Int, { description: 'Meant, and kept by a legal hold.' })
  declare held: number;
  @Field(() => DateTime, {
    nullable: true,
    description: 'From when backups hold nothing of them that can be read.',
  })
  declare backupsCoveredBy: Date | null;
}

@ObjectType({ description: 'An act on the register, and how many people it is about.' })
export class RegisterChange {
  @Field(() => Act, { nullable: true, description: 'Null where nothing would have changed.' })
  declare act: Act | null;
  @Field(() => Int, { description: 'The true number.' })
  declare people: number;
  @Field(() => [String], { description: 'Names of the fields that change.' })
  declare fields: readonly string[];
  @Field(() => ID, { nullable: true, description: 'The batch in which the change waits.' })
  declare batch: string | null;
  @Field(() => Act, { nullable: true, description: 'The request to release it.' })
  declare release: Act | null;
  @Field(() => ErasurePlan, { nullable: true, description: 'Of an erasure.' })
  declare plan: ErasurePlan | null;
}

@ObjectType({ description: 'What a waiting act of two is about, opened.' })
export class RegisterRequest {
  @Field(() => String)
  declare kind: string;
  @Field(() => String)
  declare requestedBy: string;
  @Field(() => DateTime)
  declare requestedAt: Date;
  @Field(() => Int)
  declare people: number;
  @Field(() => String, { description: 'Whom and what, as JSON.' })
  declare content: string;
}

@ObjectType()
export class CaseloadCount {
  @Field(() => String)
  declare caseload: string;
  @Field(() => Int, { nullable: true, description: 'In steps of ten; null when fewer.' })
  declare people: number | null;
}

@ObjectType({ description: 'Counts without people; small ones and what would tell them withheld.' })
export class RegisterStatistics {
  @Field(() => Int, { nullable: true })
  declare people: number | null;
  @Field(() => [CaseloadCount])
  declare caseloads: readonly CaseloadCount[];
}

export function toStatistics({ people, caseloads }: Statistics): RegisterStatistics {
  return {
    people: people ?? null,
    caseloads: caseloads.map((one) => ({ caseload: one.caseload, people: one.people ?? null })),
  };
}
