import { Field, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { countUnits, type CountUnit as Unit } from '../access-log/index.js';
import { PageInfo } from '../platform/graphql/page-info.js';
import { DateTime } from '../platform/graphql/scalars.js';

export const CountUnit = Object.fromEntries(countUnits.map((unit) => [unit, unit])) as Readonly<
  Record<Unit, Unit>
>;
registerEnumType(CountUnit, { name: 'CountUnit', description: 'One line of a timeline, UTC.' });

@ObjectType()
export class LogField {
  @Field(() => String)
  declare field: string;
  @Field(() => String)
  declare level: string;
}

@ObjectType({ description: 'One record of the access log; docs/log.md.' })
export class LogRecord {
  @Field(() => ID)
  declare id: string;
  @Field(() => DateTime)
  declare at: Date;
  @Field(() => ID, { nullable: true, description: 'Null for the host’s own tree.' })
  declare partner: string | null;
  @Field(() => String, { description: 'Origin of its tree.' })
  declare tree: string;
  @Field(() => Int)
  declare index: number;
  @Field(() => String, { nullable: true })
  declare requestId: string | null;
  @Field(() => ID, { nullable: true })
  declare grant: string | null;
  @Field(() => Int, { nullable: true })
  declare grantVersion: number | null;
  @Field(() => String, { nullable: true, description: 'Purpose, or name of the act.' })
  declare purpose: string | null;
  @Field(() => String, {
    description: 'MATCH, POSSIBLE_MATCH, NOT_CONFIRMED; ERR_..., ACT_..., EVENT_...',
  })
  declare outcome: string;
  @Field(() => [LogField], { description: 'What left.' })
  declare fields: readonly LogField[];
  @Field(() => String, { nullable: true, description: 'The partner’s own name for the person.' })
  declare reference: string | null;
  @Field(() => String, { nullable: true, description: 'Opaque name of the officer.' })
  declare officer: string | null;
  @Field(() => String, { nullable: true, description: 'OAuth client, or staff account.' })
  declare clientId: string | null;
  @Field(() => String, { nullable: true, description: 'base64url SHA-256.' })
  declare certificate: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'What was found where the partner was told less; of reading, what was read.',
  })
  declare finding: string | null;
  @Field(() => Boolean, { description: 'See revealCaseReference.' })
  declare hasCaseReference: boolean;
  @Field(() => Boolean, { description: 'What only the host could open was destroyed.' })
  declare forgotten: boolean;
}

@ObjectType()
export class LogRecordEdge {
  @Field(() => String)
  declare cursor: string;
  @Field(() => LogRecord)
  declare node: LogRecord;
}

@ObjectType()
export class LogRecordConnection {
  @Field(() => [LogRecordEdge])
  declare edges: readonly LogRecordEdge[];
  @Field(() => PageInfo)
  declare pageInfo: PageInfo;
}

@ObjectType()
export class LogCount {
  @Field(() => DateTime, { nullable: true })
  declare from: Date | null;
  @Field(() => ID, { nullable: true })
  declare partner: string | null;
  @Field(() => String)
  declare outcome: string;
  @Field(() => Int)
  declare count: number;
}

@ObjectType({ description: 'A count below ten is null, and so is what would tell it.' })
export class LogMonth {
  @Field(() => ID)
  declare partner: string;
  @Field(() => Int, { nullable: true })
  declare answered: number | null;
  @Field(() => Int, { nullable: true })
  declare matches: number | null;
  @Field(() => Int, { nullable: true })
  declare refused: number | null;
  @Field(() => Int, { nullable: true, description: 'Cases put before liaison officers.' })
  declare referrals: number | null;
}

@ObjectType()
export class LogTree {
  @Field(() => ID, { nullable: true })
  declare partner: string | null;
  @Field(() => Int)
  declare size: number;
  @Field(() => String, { description: 'C2SP vkey; its name is the origin.' })
  declare verifierKey: string;
  @Field(() => [String], { description: 'The key in force, then those that give way or are next.' })
  declare verifierKeys: readonly string[];
  @Field(() => Int, { nullable: true })
  declare coverSlot: number | null;
}

@ObjectType({
  description:
    'How far this gateway has come in holding the whole log against what was signed; docs/log.md.',
})
export class LogCheckProgress {
  @Field(() => DateTime, { nullable: true, description: 'End of the last whole check.' })
  declare endedAt: Date | null;
  @Field(() => DateTime, { nullable: true, description: 'Beginning of the one under way.' })
  declare startedAt: Date | null;
  @Field(() => Int, { description: 'Records and rounds it has walked...' })
  declare checked: number;
  @Field(() => Int, { description: '...of how many there were.' })
  declare total: number;
  @Field(() => Int, {
    description:
      'Records whose rows of search were changed or gone and were made again, since the start.',
  })
  declare relisted: number;
}

@ObjectType()
export class LogTrees {
  @Field(() => [LogTree])
  declare trees: readonly LogTree[];
  @Field(() => String)
  declare coverVerifierKey: string;
  @Field(() => [String])
  declare coverVerifierKeys: readonly string[];
  @Field(() => [String], { description: 'Of the witnesses that may cosign now.' })
  declare witnessVerifierKeys: readonly string[];
  @Field(() => Int, { description: 'How many of them make a round count.' })
  declare witnessQuorum: number;
  @Field(() => LogCheckProgress)
  declare check: LogCheckProgress;
}

@ObjectType({ description: 'Records of all trees, each in its order; a cursor to go on from.' })
export class LogTail {
  @Field(() => [LogRecord])
  declare records: readonly LogRecord[];
  @Field(() => String)
  declare cursor: string;
  @Field(() => Boolean)
  declare atEnd: boolean;
}

@ObjectType()
export class CaseReferenceRevealed {
  @Field(() => String, { nullable: true })
  declare caseReference: string | null;
}

@ObjectType({ description: 'A witness, and the largest cover tree it has cosigned.' })
export class LogWitness {
  @Field(() => String)
  declare verifierKey: string;
  @Field(() => ID)
  declare partner: string;
  @Field(() => DateTime)
  declare registeredAt: Date;
  @Field(() => Int, { nullable: true })
  declare size: number | null;
  @Field(() => DateTime, { nullable: true })
  declare cosignedAt: Date | null;
}

@InputType({ description: 'All that is given has to fit. Times are RFC 3339 in UTC.' })
export class LogFilterInput {
  @Field(() => ID, { nullable: true })
  declare partner?: string | null;
  @Field(() => Boolean, { nullable: true, description: 'The host’s own tree only.' })
  declare host?: boolean | null;
  @Field(() => String, { nullable: true, description: 'With `partner`.' })
  declare officer?: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'OAuth client with `partner`; staff account with `host`.',
  })
  declare clientId?: string | null;
  @Field(() => ID, { nullable: true })
  declare grant?: string | null;
  @Field(() => Int, { nullable: true })
  declare grantVersion?: number | null;
  @Field(() => String, { nullable: true, description: 'Or name of an act.' })
  declare purpose?: string | null;
  @Field(() => [String], { nullable: true, description: 'Any of them.' })
  declare outcomes?: string[] | null;
  @Field(() => Boolean, { nullable: true, description: 'Refusals and faults only.' })
  declare refused?: boolean | null;
  @Field(() => String, { nullable: true, description: 'That left, such as `dateOfBirth`.' })
  declare field?: string | null;
  @Field(() => String, { nullable: true })
  declare from?: string | null;
  @Field(() => String, { nullable: true, description: 'Before this instant.' })
  declare to?: string | null;
  @Field(() => String, { nullable: true, description: 'Exact; the last 45 to 90 days.' })
  declare caseReference?: string | null;
  @Field(() => String, { nullable: true, description: 'A partner’s own name for a person.' })
  declare reference?: string | null;
  @Field(() => ID, {
    nullable: true,
    description: 'Records with the question of this one; the last 45 to 90 days.',
  })
  declare sameQuestionAs?: string | null;
}

@InputType()
export class RevealCaseReferenceInput {
  @Field(() => ID)
  declare record: string;
  @Field(() => String, { description: '10 to 200 characters; recorded.' })
  declare reason: string;
}

@InputType({ description: 'A range, or picked records in order; at most 1,000.' })
export class LogExportInput {
  @Field(() => ID, { nullable: true, description: 'Null for the host’s own tree.' })
  declare partner?: string | null;
  @Field(() => Int, { nullable: true })
  declare from?: number | null;
  @Field(() => Int, { nullable: true, description: 'One past the last.' })
  declare to?: number | null;
  @Field(() => [Int], { nullable: true })
  declare indexes?: number[] | null;
}
