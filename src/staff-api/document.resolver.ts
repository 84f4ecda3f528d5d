import {
  Args,
  Context,
  Field,
  Float,
  ID,
  InputType,
  Mutation,
  ObjectType,
  Query,
  Resolver,
} from '@nestjs/graphql';
import { Kind, parse, visit } from 'graphql';
import { inputInvalid } from '../core/errors.js';
import { DocumentReport, type DocumentsView } from '../partners/index.js';
import { operationLimits } from '../platform/graphql/limits.js';
import { StaffActs } from '../staff/index.js';
import { Act } from './act.type.js';
import { DocumentMode } from './grant.enums.js';
import { performAct } from './perform-act.js';
import type { StaffContext } from './staff-context.js';

@ObjectType()
export class TrustedDocument {
  @Field(() => ID, { description: '`sha256:` and 64 hexadecimal digits, over its UTF-8 bytes.' })
  declare id: string;
  @Field(() => String)
  declare document: string;
}

@ObjectType({ description: 'A document that is not trusted, on one day.' })
export class UntrustedDocument {
  @Field(() => String, { description: 'UTC.' })
  declare day: string;
  @Field(() => String, { description: 'Its id; `others` once there were too many.' })
  declare id: string;
  @Field(() => Boolean, { description: 'Or would have been, were they required.' })
  declare refused: boolean;
  @Field(() => Float)
  declare seen: number;
}

@ObjectType()
export class PartnerDocuments {
  @Field(() => DocumentMode)
  declare mode: keyof typeof DocumentMode;
  @Field(() => [TrustedDocument])
  declare documents: readonly TrustedDocument[];
  @Field(() => [UntrustedDocument], { description: 'Of the last 30 days.' })
  declare report: readonly UntrustedDocument[];
}

@InputType()
export class SetDocumentsInput {
  @Field(() => ID)
  declare partner: string;
  @Field(() => [String], {
    description:
      'All of them from now on, at most 200: GraphQL documents with variables for every value.',
  })
  declare documents: string[];
}

@InputType()
export class DocumentModeInput {
  @Field(() => ID)
  declare partner: string;
  @Field(() => DocumentMode)
  declare mode: keyof typeof DocumentMode;
}

@Resolver()
export class DocumentResolver {
  constructor(
    private readonly acts: StaffActs,
    private readonly report: DocumentReport,
  ) {}

  @Query(() => PartnerDocuments, {
    description: 'Trusted documents of a partner, and what is or would be refused.',
  })
  async partnerDocuments(
    @Context() { caller }: StaffContext,
    @Args('partner', { type: () => ID }) partner: string,
  ): Promise<PartnerDocuments> {
    const view: DocumentsView = await this.report.read(caller, partner);
    return {
      ...view,
      documents: [...view.documents].map(([id, document]) => ({ id, document })),
    };
  }

  @Mutation(() => Act, { nullable: true, description: 'At once; what may be told is the grant’s.' })
  async setDocuments(
    @Context() context: StaffContext,
    @Args('input', { type: () => SetDocumentsInput }) input: SetDocumentsInput,
  ): Promise<Act> {
    input.documents.forEach(checkDocument);
    return performAct(this.acts, context, 'setDocuments', { ...input });
  }

  @Mutation(() => Act, { nullable: true, description: 'At once: DRY_RUN, or REQUIRED.' })
  async requireDocuments(
    @Context() context: StaffContext,
    @Args('input', { type: () => DocumentModeInput }) input: DocumentModeInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'requireDocuments', { ...input });
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'DRY_RUN, or OFF. Waits for a second person.',
  })
  async relaxDocuments(
    @Context() context: StaffContext,
    @Args('input', { type: () => DocumentModeInput }) input: DocumentModeInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'relaxDocuments', { ...input });
  }
}

/** GraphQL, and no text in it that could be a person's: values travel in variables. */
function checkDocument(text: string, at: number): void {
  try {
    visit(parse(text, { maxTokens: operationLimits.tokens, noLocation: true }), {
      [Kind.STRING]: () => {
        throw new TypeError('a text in a document');
      },
    });
  } catch {
    throw inputInvalid(`documents[${at}]`);
  }
}
