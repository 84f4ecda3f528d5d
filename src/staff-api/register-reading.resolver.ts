import { Args, Context, ID, Int, Query, Resolver } from '@nestjs/graphql';
import { inputInvalid } from '../core/errors.js';
import { ChangePeople, ReadPeople, type BatchView, type ListedHold } from '../register/index.js';
import { ErasePeopleInput, PersonReferenceInput } from './register.input.js';
import { toErasure, toPlan, toReference } from './register.resolver.js';
import {
  BatchReview,
  ErasedPerson,
  ErasurePlan,
  ImportBatch,
  LegalHold,
  DuplicatePage,
  Person,
  RegisterRequest,
  RegisterStatistics,
  toDuplicatePage,
  toPerson,
  toReview,
  toStatistics,
} from './register.type.js';
import type { StaffContext } from './staff-context.js';

/** Registrars read the register. Each reading is on record before its answer leaves. */
@Resolver()
export class RegisterReadingResolver {
  constructor(
    private readonly people: ReadPeople,
    private readonly change: ChangePeople,
  ) {}

  @Query(() => Person, { description: 'By reference; reading it is on record.' })
  async person(
    @Context() { caller }: StaffContext,
    @Args('reference', { type: () => PersonReferenceInput }) reference: PersonReferenceInput,
  ): Promise<Person> {
    return toPerson(await this.people.person(caller, toReference(reference)));
  }

  @Query(() => [Person], {
    description: 'Everybody of the household of one person, the person included; at most 100.',
  })
  async household(
    @Context() { caller }: StaffContext,
    @Args('reference', { type: () => PersonReferenceInput }) reference: PersonReferenceInput,
  ): Promise<readonly Person[]> {
    return (await this.people.household(caller, toReference(reference))).map(toPerson);
  }

  @Query(() => ErasedPerson, {
    nullable: true,
    description:
      'Whether a reference nobody has was erased; null when no erasure of it is known, or not any more. Reading it is on record.',
  })
  async erasedPerson(
    @Context() { caller }: StaffContext,
    @Args('reference', { type: () => PersonReferenceInput }) reference: PersonReferenceInput,
  ): Promise<ErasedPerson | null> {
    const erased = await this.people.erased(caller, toReference(reference));
    if (erased === undefined) return null;
    const { erasedAt, actId = null, counsel = null, history = null } = erased;
    return { erasedAt, act: actId, counselThumbprint: counsel, history };
  }

  @Query(() => [ImportBatch], { description: 'The latest first, at most 200.' })
  async importBatches(
    @Context() { caller }: StaffContext,
    @Args('waiting', { type: () => Boolean, defaultValue: true }) waiting: boolean,
  ): Promise<readonly BatchView[]> {
    return this.people.batches(caller, waiting ? 'WAITING' : 'ALL');
  }

  @Query(() => BatchReview, {
    description: 'A batch with its counts and likely duplicates: to be read before releasing it.',
  })
  async importBatch(
    @Context() { caller }: StaffContext,
    @Args('id', { type: () => ID }) id: string,
  ): Promise<BatchReview> {
    return toReview(await this.people.batch(caller, id));
  }

  @Query(() => DuplicatePage, {
    description:
      'Among everybody released, or between who waits in a batch and everybody: 2,000 people a time.',
  })
  async likelyDuplicates(
    @Context() { caller }: StaffContext,
    @Args('from', { type: () => Int, defaultValue: 0 }) from: number,
    @Args('batch', { type: () => ID, nullable: true }) batch?: string | null,
  ): Promise<DuplicatePage> {
    if (from < 0) throw inputInvalid('from');
    const which = typeof batch === 'string' ? { from, batchId: batch } : { from };
    return toDuplicatePage(await this.people.duplicates(caller, which));
  }

  @Query(() => [LegalHold], { description: 'In force; whom they protect is not told.' })
  async legalHolds(@Context() { caller }: StaffContext): Promise<readonly ListedHold[]> {
    return this.people.holds(caller);
  }

  @Query(() => RegisterRequest, {
    description: 'What a waiting act of two on the register is about, opened.',
  })
  async registerRequest(
    @Context() { caller }: StaffContext,
    @Args('act', { type: () => ID }) act: string,
  ): Promise<RegisterRequest> {
    const { content, ...request } = await this.people.request(caller, act);
    return { ...request, content: JSON.stringify(content) };
  }

  @Query(() => ErasurePlan, { description: 'The dry run of an erasure: changes nothing.' })
  async erasurePlan(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => ErasePeopleInput }) input: ErasePeopleInput,
  ): Promise<ErasurePlan> {
    return toPlan(await this.change.planErasure(caller, toErasure(input)));
  }

  @Query(() => RegisterStatistics)
  async registerStatistics(@Context() { caller }: StaffContext): Promise<RegisterStatistics> {
    return toStatistics(await this.people.statistics(caller));
  }
}
