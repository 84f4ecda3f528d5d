import { Args, Context, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { CountUnit as Unit, RecordCount } from '../access-log/index.js';
import { ExportLog, ReadSummary, SearchLog, type MonthSummary } from '../scrutiny/index.js';
import {
  CaseReferenceRevealed,
  CountUnit,
  LogCount,
  LogExportInput,
  LogFilterInput,
  LogMonth,
  LogRecordConnection,
  LogTail,
  LogTrees,
  LogWitness,
  RevealCaseReferenceInput,
} from './log.type.js';
import type { StaffContext } from './staff-context.js';

const recorded = 'Reading is recorded.';

@Resolver()
export class LogResolver {
  constructor(
    private readonly searchLog: SearchLog,
    private readonly readSummary: ReadSummary,
    private readonly exportLog: ExportLog,
  ) {}

  @Query(() => LogRecordConnection, {
    description: `Records that fit, the latest first; at most 100 a page. ${recorded}`,
  })
  async logRecords(
    @Context() { caller }: StaffContext,
    @Args('filter', { type: () => LogFilterInput }) filter: LogFilterInput,
    @Args('first', { type: () => Int, defaultValue: 50 }) first: number,
    @Args('after', { type: () => String, nullable: true }) after?: string | null,
  ): Promise<LogRecordConnection> {
    return this.searchLog.find(caller, filter, { first, after });
  }

  @Query(() => [LogCount], {
    description: `How many records fit, by partner and outcome; with a unit, a timeline. ${recorded}`,
  })
  async logCounts(
    @Context() { caller }: StaffContext,
    @Args('filter', { type: () => LogFilterInput }) filter: LogFilterInput,
    @Args('unit', { type: () => CountUnit, nullable: true }) unit?: Unit | null,
  ): Promise<readonly RecordCount[]> {
    return this.searchLog.count(caller, filter, unit ?? undefined);
  }

  @Query(() => [LogMonth], { description: 'A month that is over, such as `2026-03`; counts only.' })
  async logSummary(
    @Context() { caller }: StaffContext,
    @Args('month', { type: () => String }) month: string,
  ): Promise<readonly MonthSummary[]> {
    return this.readSummary.execute(caller, month);
  }

  @Query(() => LogTrees, { description: 'Trees, their sizes, and what verifies them.' })
  async logTrees(@Context() { caller }: StaffContext): Promise<LogTrees> {
    return this.exportLog.trees(caller);
  }

  @Query(() => String, { description: 'Signed checkpoint of one tree (C2SP tlog-checkpoint).' })
  async logCheckpoint(
    @Context() { caller }: StaffContext,
    @Args('partner', { type: () => ID, nullable: true }) partner?: string | null,
  ): Promise<string> {
    return this.exportLog.checkpoint(caller, partner ?? null);
  }

  @Query(() => [String], {
    description: `Records of one tree with their proof: lines for \`log verify\`. ${recorded}`,
  })
  async logExport(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => LogExportInput }) input: LogExportInput,
  ): Promise<readonly string[]> {
    const { from, to, indexes } = input;
    const partner = input.partner ?? null;
    return this.exportLog.export(
      caller,
      indexes === null || indexes === undefined
        ? { partner, from: from ?? 0, to: to ?? 0 }
        : { partner, indexes },
    );
  }

  @Query(() => LogTail, {
    description: `Every record in the order of its tree, for a copy of the log. ${recorded}`,
  })
  async logTail(
    @Context() { caller }: StaffContext,
    @Args('first', { type: () => Int, defaultValue: 500 }) first: number,
    @Args('after', { type: () => String, nullable: true }) after?: string | null,
  ): Promise<LogTail> {
    return this.exportLog.tail(caller, after ?? null, first);
  }

  @Query(() => [LogWitness], { description: 'Who cosigned what, and when.' })
  async witnesses(@Context() { caller }: StaffContext): Promise<readonly LogWitness[]> {
    const witnesses = await this.searchLog.witnesses(caller);
    return witnesses.map(({ vkey, ...witness }) => ({ ...witness, verifierKey: vkey }));
  }

  @Mutation(() => CaseReferenceRevealed, {
    nullable: true,
    description: 'The case of one record, for a reason that is recorded.',
  })
  async revealCaseReference(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => RevealCaseReferenceInput }) input: RevealCaseReferenceInput,
  ): Promise<CaseReferenceRevealed> {
    const { record, reason } = input;
    return { caseReference: await this.searchLog.revealCaseReference(caller, record, reason) };
  }
}
