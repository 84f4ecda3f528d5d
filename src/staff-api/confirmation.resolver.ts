import { Args, Context, Int, Query, Resolver } from '@nestjs/graphql';
import { inputInvalid } from '../core/errors.js';
import { ReadConfirmations, ReadMistakes } from '../referrals/index.js';
import { ReadFindings } from '../screening/index.js';
import {
  ConfirmationAlarm,
  MistakeReport,
  ScreenFinding,
  UnconfirmedMatches,
} from './confirmation.type.js';
import type { StaffContext } from './staff-context.js';

const mostDays = 90;

@Resolver()
export class ConfirmationResolver {
  constructor(
    private readonly confirmations: ReadConfirmations,
    private readonly findings: ReadFindings,
    private readonly mistakes: ReadMistakes,
  ) {}

  @Query(() => [ConfirmationAlarm], {
    description:
      'Alarms about matches nobody arrives after: of the last days (1 to 90) or standing.',
  })
  async confirmationAlarms(
    @Context() { caller }: StaffContext,
    @Args('days', { type: () => Int, defaultValue: 30 }) days: number,
  ): Promise<readonly ConfirmationAlarm[]> {
    return this.confirmations.listAlarms(caller, checkDays(days));
  }

  @Query(() => [UnconfirmedMatches], {
    description: 'Matches outstanding without a crossing, by account; most first, at most 200.',
  })
  async unconfirmedMatches(
    @Context() { caller }: StaffContext,
  ): Promise<readonly UnconfirmedMatches[]> {
    return this.confirmations.counts(caller);
  }

  @Query(() => [ScreenFinding], {
    description:
      'Questions of the last days (1 to 90) for honey people and for people kept from who asked; the latest first. Reading is recorded.',
  })
  async screenFindings(
    @Context() { caller }: StaffContext,
    @Args('days', { type: () => Int, defaultValue: 7 }) days: number,
  ): Promise<readonly ScreenFinding[]> {
    const found = await this.findings.execute(caller, checkDays(days));
    return found.map((one) => ({
      ...one,
      exportId: 'exportId' in one ? one.exportId : null,
      honey: 'honey' in one ? one.honey : null,
    }));
  }

  @Query(() => [MistakeReport], {
    description:
      'What partners said is wrong in what they were told, of the last days (1 to 90); the latest first, at most 200. Reading is recorded.',
  })
  async mistakeReports(
    @Context() { caller }: StaffContext,
    @Args('days', { type: () => Int, defaultValue: 30 }) days: number,
  ): Promise<readonly MistakeReport[]> {
    const reports = await this.mistakes.execute(caller, checkDays(days));
    return reports.map(({ subject: person, ...report }) => ({ ...report, person }));
  }
}

function checkDays(days: number): number {
  if (days < 1 || days > mostDays) throw inputInvalid('days');
  return days;
}
