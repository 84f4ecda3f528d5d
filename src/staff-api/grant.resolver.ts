import { Args, Context, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import { isEdtf } from '../core/dates/index.js';
import { inputInvalid } from '../core/errors.js';
import type { Subject } from '../core/register/subject.js';
import {
  madeUpPerson,
  PreviewGrant,
  ReadGrants,
  type GrantEvent,
  type GrantPaper as Paper,
  type GrantPreview as Preview,
} from '../grants/index.js';
import { parseStrictJson, type JsonValue } from '../platform/json/strict-json.js';
import { StaffActs } from '../staff/index.js';
import { Act } from './act.type.js';
import { GrantPaper } from './grant.enums.js';
import {
  AmendGrantInput,
  DraftGrantInput,
  GrantReasonInput,
  GrantVersionInput,
  MadeUpPersonInput,
  PreviewGrantForPersonInput,
  PreviewGrantInput,
  SubmitGrantInput,
} from './grant.input.js';
import {
  GrantFile,
  GrantDocument,
  GrantEventEntry,
  GrantPreview,
  TermsChange,
  toGrantFile,
} from './grant.type.js';
import { performAct } from './perform-act.js';
import type { StaffContext } from './staff-context.js';

@Resolver()
export class GrantResolver {
  constructor(
    private readonly acts: StaffActs,
    private readonly readGrants: ReadGrants,
    private readonly previews: PreviewGrant,
  ) {}

  @Query(() => [GrantFile], { description: 'Every grant, by partner.' })
  async grants(
    @Context() { caller }: StaffContext,
    @Args('partner', { type: () => ID, nullable: true }) partner?: string | null,
  ): Promise<readonly GrantFile[]> {
    const all = await this.readGrants.list(caller);
    return all.filter((grant) => partner == null || grant.partner === partner).map(toGrantFile);
  }

  @Query(() => GrantFile)
  async grant(
    @Context() { caller }: StaffContext,
    @Args('id', { type: () => ID }) id: string,
  ): Promise<GrantFile> {
    return toGrantFile(await this.readGrants.show(caller, id));
  }

  @Query(() => GrantDocument, {
    description: 'On paper, with its digest; of the version in force unless one is named.',
  })
  async grantDocument(
    @Context() { caller }: StaffContext,
    @Args('id', { type: () => ID }) id: string,
    @Args('version', { type: () => Int, nullable: true }) version?: number | null,
    @Args('paper', { type: () => GrantPaper, defaultValue: 'AGREEMENT' })
    paper: Paper = 'AGREEMENT',
  ): Promise<GrantDocument> {
    return this.readGrants.document(caller, id, paper, version ?? undefined);
  }

  @Query(() => [GrantEventEntry], { description: 'Everything that happened, from the draft on.' })
  async grantHistory(
    @Context() { caller }: StaffContext,
    @Args('id', { type: () => ID }) id: string,
  ): Promise<readonly GrantEvent[]> {
    return this.readGrants.history(caller, id);
  }

  @Query(() => [TermsChange], { description: 'What differs between two versions, in words.' })
  async grantDifference(
    @Context() { caller }: StaffContext,
    @Args('id', { type: () => ID }) id: string,
    @Args('from', { type: () => Int }) from: number,
    @Args('to', { type: () => Int }) to: number,
  ): Promise<readonly TermsChange[]> {
    return this.readGrants.difference(caller, id, from, to);
  }

  @Query(() => [TermsChange], {
    description: 'What terms would change of the version in force, in words.',
  })
  async grantWouldChange(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => AmendGrantInput }) input: AmendGrantInput,
  ): Promise<readonly TermsChange[]> {
    return this.readGrants.wouldChange(caller, input.grant, readTerms(input.terms));
  }

  @Query(() => GrantPreview, {
    description: 'What a partner would see of a made-up person under these terms.',
  })
  async grantPreview(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => PreviewGrantInput }) input: PreviewGrantInput,
  ): Promise<GrantPreview> {
    const person = input.person == null ? madeUpPerson : madeUp(input.person);
    return toPreview(await this.previews.withMadeUp(caller, readTerms(input.terms), person));
  }

  @Query(() => GrantPreview, {
    description:
      'What a partner would see of a person of the register under a version two people have agreed (registrars: any version). Each reading is recorded. Whoever the partner could not be told of shows as nothing.',
  })
  async grantPreviewForPerson(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => PreviewGrantForPersonInput }) input: PreviewGrantForPersonInput,
  ): Promise<GrantPreview> {
    return toPreview(await this.previews.withPerson(caller, { ...input }));
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'A new grant, with the id of the act. Nothing is in force by it.',
  })
  async draftGrant(
    @Context() context: StaffContext,
    @Args('input', { type: () => DraftGrantInput }) input: DraftGrantInput,
  ): Promise<Act> {
    const terms = readTerms(input.terms);
    return performAct(this.acts, context, 'draftGrant', {}, { terms });
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'The next version of a grant. Nothing is in force by it; the one before stays.',
  })
  async amendGrant(
    @Context() context: StaffContext,
    @Args('input', { type: () => AmendGrantInput }) input: AmendGrantInput,
  ): Promise<Act> {
    const terms = readTerms(input.terms);
    return performAct(this.acts, context, 'amendGrant', { grant: input.grant }, { terms });
  }

  @Mutation(() => Act, {
    nullable: true,
    description:
      'A version that only takes away, in force at once; ERR_GRANT_WIDENS when it does more.',
  })
  async narrowGrant(
    @Context() context: StaffContext,
    @Args('input', { type: () => AmendGrantInput }) input: AmendGrantInput,
  ): Promise<Act> {
    const terms = readTerms(input.terms);
    return performAct(this.acts, context, 'narrowGrant', { grant: input.grant }, { terms });
  }

  @Mutation(() => Act, {
    nullable: true,
    description:
      'Puts a version before a second person, who is neither you nor who drew it up; then the partner accepts it.',
  })
  async submitGrant(
    @Context() context: StaffContext,
    @Args('input', { type: () => SubmitGrantInput }) input: SubmitGrantInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'submitGrant', { ...input });
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'Takes back a version that is not in force, at once.',
  })
  async withdrawGrant(
    @Context() context: StaffContext,
    @Args('input', { type: () => GrantVersionInput }) input: GrantVersionInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'withdrawGrant', { ...input });
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'At once: the next question under it is refused.',
  })
  async suspendGrant(
    @Context() context: StaffContext,
    @Args('input', { type: () => GrantReasonInput }) input: GrantReasonInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'suspendGrant', { ...input });
  }

  @Mutation(() => Act, { nullable: true, description: 'At once and for good.' })
  async revokeGrant(
    @Context() context: StaffContext,
    @Args('input', { type: () => GrantReasonInput }) input: GrantReasonInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'revokeGrant', { ...input });
  }

  @Mutation(() => Act, { nullable: true, description: 'Waits for a second person.' })
  async resumeGrant(
    @Context() context: StaffContext,
    @Args('input', { type: () => GrantReasonInput }) input: GrantReasonInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'resumeGrant', { ...input });
  }
}

function readTerms(text: string): JsonValue {
  try {
    return parseStrictJson(Buffer.from(text));
  } catch {
    throw inputInvalid('terms');
  }
}

const longestMadeUp = 200;

function madeUp(input: MadeUpPersonInput): Subject {
  const { fullName, fatherName, dateOfBirth, documentNumber, visaReference } = input;
  for (const [name, value] of Object.entries(input)) {
    if (typeof value === 'string' && (value === '' || value.length > longestMadeUp)) {
      throw inputInvalid(`person.${name}`);
    }
  }
  if (dateOfBirth != null && !isEdtf(dateOfBirth)) throw inputInvalid('person.dateOfBirth');
  return {
    ...madeUpPerson,
    ...(fullName == null ? {} : { names: [{ full: fullName }] }),
    ...(fatherName == null ? {} : { fatherName }),
    ...(dateOfBirth == null ? {} : { dateOfBirth }),
    ...(documentNumber == null
      ? {}
      : { documents: [{ type: 'PASSPORT' as const, number: documentNumber }] }),
    ...(visaReference == null ? {} : { visa: { ...madeUpPerson.visa, reference: visaReference } }),
  };
}

function toPreview({ fields, ...preview }: Preview): GrantPreview {
  return {
    ...preview,
    fields: fields.map(({ seen, ...field }) => ({
      ...field,
      present: seen?.present ?? null,
      agreement: seen?.agreement ?? null,
      value: seen?.value ?? null,
    })),
  };
}
