import { Args, Context, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { ExposureReport, HistoryOfPerson, instant } from '../scrutiny/index.js';
import { toRequested } from './register.resolver.js';
import { RegisterChange } from './register.type.js';
import {
  BreachWordsInput,
  Exposure,
  ExposureInput,
  ReleasedFile,
  ReleaseExposureInput,
  ReleaseHistoryInput,
  ReleaseRequest,
} from './release.type.js';
import type { StaffContext } from './staff-context.js';

/** What partners were told: of one person to counsel, of many after something got out. */
@Resolver()
export class ReleaseResolver {
  constructor(
    private readonly history: HistoryOfPerson,
    private readonly exposures: ExposureReport,
  ) {}

  @Mutation(() => RegisterChange, {
    nullable: true,
    description: 'Asks for the history of one person; waits for a security officer.',
  })
  async releaseHistory(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => ReleaseHistoryInput }) input: ReleaseHistoryInput,
  ): Promise<RegisterChange> {
    const { person, reason, caseReferences, recipient } = input;
    const asked = { ...person, reason, caseReferences, recipient: recipient ?? undefined };
    return toRequested(await this.history.request(caller, asked));
  }

  @Query(() => [ReleasedFile], {
    description: 'The history that was released, with its proof. Reading is recorded.',
  })
  async historyDocument(
    @Context() { caller }: StaffContext,
    @Args('act', { type: () => ID }) act: string,
  ): Promise<readonly ReleasedFile[]> {
    return this.history.document(caller, act);
  }

  @Query(() => ReleaseRequest, {
    description:
      'What a release is about, for whoever decides it; never whom. Reading is recorded.',
  })
  async releaseRequest(
    @Context() { caller }: StaffContext,
    @Args('act', { type: () => ID }) act: string,
  ): Promise<ReleaseRequest> {
    const { target, ...request } = await this.exposures.releaseRequest(caller, act);
    return { ...request, of: target === null ? null : JSON.stringify(target) };
  }

  @Query(() => Exposure, {
    description: 'How many people and fields may have left, by the log. Reading is recorded.',
  })
  async exposure(
    @Context() { caller }: StaffContext,
    @Args('of', { type: () => ExposureInput }) of: ExposureInput,
    @Args('words', { type: () => BreachWordsInput, nullable: true })
    words?: BreachWordsInput | null,
  ): Promise<Exposure> {
    const { counts, wholeRows, page } = await this.exposures.counts(
      caller,
      { ...of },
      {
        nature: words?.nature ?? undefined,
        contact: words?.contact ?? undefined,
        consequences: words?.consequences ?? undefined,
        measures: words?.measures ?? undefined,
        awareAt: instant(words?.awareAt, 'words.awareAt'),
      },
    );
    return { ...counts, wholeRows, page };
  }

  @Mutation(() => RegisterChange, {
    nullable: true,
    description: 'Asks for their names; waits for a protection officer.',
  })
  async releaseExposure(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => ReleaseExposureInput }) input: ReleaseExposureInput,
  ): Promise<RegisterChange> {
    const { of, reason, recipient } = input;
    return toRequested(await this.exposures.request(caller, { ...of }, { reason, recipient }));
  }

  @Query(() => [ReleasedFile], {
    description: 'The names that were released, for one key only. Reading is recorded.',
  })
  async exposureNames(
    @Context() { caller }: StaffContext,
    @Args('act', { type: () => ID }) act: string,
  ): Promise<readonly ReleasedFile[]> {
    return this.exposures.names(caller, act);
  }
}
