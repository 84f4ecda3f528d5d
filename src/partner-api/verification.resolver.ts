import { Args, Context, ID, Info, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { errorMap } from '../platform/graphql/error-map.js';
import { argumentAsSent } from '../platform/graphql/selection.js';
import {
  largestBatch,
  ReadAccess,
  ReadReceipt,
  VerifyIdentities,
  VerifyIdentity,
  type BatchResult,
  type CoveredReceipt,
} from '../verification/index.js';
import { Access, toAccess } from './access.type.js';
import { VerifyIdentitiesInput, VerifyIdentityInput } from './evidence.input.js';
import { noteQuestions } from './operation.js';
import type { PartnerContext } from './partner-context.js';
import { memberSent, selectedSubjectFields } from './selected.js';
import {
  Receipt,
  toVerification,
  Verification,
  VerificationRefusal,
  VerificationResult,
} from './verification.type.js';

@Resolver()
export class VerificationResolver {
  constructor(
    private readonly verifyOne: VerifyIdentity,
    private readonly verifyMany: VerifyIdentities,
    private readonly readAccess: ReadAccess,
    private readonly readReceipt: ReadReceipt,
  ) {}

  @Query(() => Access, { description: 'Who am I, what may I ask, how much of it have I used.' })
  async access(@Context() { caller }: PartnerContext): Promise<Access> {
    return toAccess(await this.readAccess.execute(caller));
  }

  @Query(() => Receipt, {
    nullable: true,
    description: 'The receipt of one of your verifications again, proven against the log of now.',
  })
  async receipt(
    @Context() { caller }: PartnerContext,
    @Args('id', { type: () => ID }) id: string,
  ): Promise<CoveredReceipt | null> {
    return (await this.readReceipt.execute(caller, id)) ?? null;
  }

  @Mutation(() => Verification, {
    nullable: true,
    description:
      'Asks whether the evidence is that of a person the host protects. Null with an error when refused. Spends budget and is recorded: never retry unawares, retry under the same requestId.',
  })
  async verifyIdentity(
    @Context() { caller, variables }: PartnerContext,
    @Info() info: GraphQLResolveInfo,
    @Args('input', { type: () => VerifyIdentityInput }) input: VerifyIdentityInput,
  ): Promise<Verification> {
    const answer = await this.verifyOne.execute(caller, {
      ...input,
      personAsSent: memberSent(argumentAsSent(info, 'input', variables), 'person'),
      fields: selectedSubjectFields(info),
    });
    return toVerification(answer);
  }

  @Mutation(() => [VerificationResult], {
    description:
      'Up to 100 questions in order, each budgeted, recorded and answered or refused alone.',
  })
  async verifyIdentities(
    @Context() { caller, variables, exchange }: PartnerContext,
    @Info() info: GraphQLResolveInfo,
    @Args('input', { type: () => VerifyIdentitiesInput }) input: VerifyIdentitiesInput,
  ): Promise<(Verification | VerificationRefusal)[]> {
    const { questions, ...common } = input;
    noteQuestions(exchange, Math.min(Math.max(1, questions.length), largestBatch));
    const asSent = memberSent(argumentAsSent(info, 'input', variables), 'questions');
    const fields = selectedSubjectFields(info);
    const results = await this.verifyMany.execute(
      caller,
      questions.map((question, at) => ({
        ...common,
        ...question,
        personAsSent: memberSent(Array.isArray(asSent) ? asSent[at] : asSent, 'person'),
        fields,
      })),
    );
    return results.map(toResult);
  }
}

function toResult(result: BatchResult): Verification | VerificationRefusal {
  if (result.answered) return toVerification(result.answer);
  const { refusal, requestId } = result;
  return Object.assign(new VerificationRefusal(), {
    requestId,
    code: errorMap[refusal.code].code,
    reference: refusal.reference ?? '',
    retryAt: refusal.retryAt ?? null,
  });
}
