import { Args, Context, Mutation, Resolver } from '@nestjs/graphql';
import { inputInvalid } from '../core/errors.js';
import type { Caseload } from '../core/ids.js';
import {
  ChangePeople,
  ExportPeople,
  ImportPeople,
  type HoldRangeText,
  type NamedPeople,
  type PersonChanged,
  type RequestedAct,
  type RetentionInput,
} from '../register/index.js';
import type { BookedAct } from '../staff/index.js';
import { Act, toAct } from './act.type.js';
import {
  AddPersonInput,
  BatchInput,
  ChangeVisaStatusInput,
  CorrectPersonInput,
  ErasePeopleInput,
  ExportPeopleInput,
  KeepApartInput,
  LiftLegalHoldInput,
  MergePeopleInput,
  PeopleInput,
  PersonReferenceInput,
  SetLegalHoldInput,
  SuppressPeopleInput,
} from './register.input.js';
import { RegisterChange, type ErasurePlan } from './register.type.js';
import type { StaffContext } from './staff-context.js';

const pending = 'Waits for a second person.';

/** Registrars change people; what may be one person's act and what may not is docs/register.md. */
@Resolver()
export class RegisterResolver {
  constructor(
    private readonly change: ChangePeople,
    private readonly imports: ImportPeople,
    private readonly exports: ExportPeople,
  ) {}

  @Mutation(() => RegisterChange, {
    nullable: true,
    description: 'One person, who waits for the release by another registrar.',
  })
  async addPerson(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => AddPersonInput }) { person }: AddPersonInput,
  ): Promise<RegisterChange> {
    return toChange(await this.change.add(caller, person));
  }

  @Mutation(() => RegisterChange, {
    nullable: true,
    description:
      'Visa and household at once; who somebody is, from the release by another registrar.',
  })
  async correctPerson(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => CorrectPersonInput }) input: CorrectPersonInput,
  ): Promise<RegisterChange> {
    const { reference, correction, version } = input;
    const changed = await this.change.correct(
      caller,
      toReference(reference),
      correction,
      version ?? undefined,
    );
    return toChange(changed);
  }

  @Mutation(() => RegisterChange, { nullable: true, description: 'At once.' })
  async changeVisaStatus(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => ChangeVisaStatusInput }) input: ChangeVisaStatusInput,
  ): Promise<RegisterChange> {
    const { reference, status } = input;
    return toChange(await this.change.changeVisaStatus(caller, toReference(reference), status));
  }

  @Mutation(() => RegisterChange, {
    nullable: true,
    description: 'Keeps people from partners and states, at once.',
  })
  async suppressPeople(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => SuppressPeopleInput }) input: SuppressPeopleInput,
  ): Promise<RegisterChange> {
    return toRequested(await this.change.suppress(caller, toPeople(input.people), input.codes));
  }

  @Mutation(() => RegisterChange, { nullable: true, description: pending })
  async liftSuppressions(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => SuppressPeopleInput }) input: SuppressPeopleInput,
  ): Promise<RegisterChange> {
    return toRequested(await this.change.lift(caller, toPeople(input.people), input.codes));
  }

  @Mutation(() => RegisterChange, {
    nullable: true,
    description: `Forgets people: their keys are destroyed. ${pending}`,
  })
  async erasePeople(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => ErasePeopleInput }) input: ErasePeopleInput,
  ): Promise<RegisterChange> {
    const requested = await this.change.erase(caller, toErasure(input), input.counsel ?? undefined);
    return { ...toRequested(requested), plan: toPlan(requested.plan) };
  }

  @Mutation(() => RegisterChange, {
    nullable: true,
    description: `Nobody it protects is erased until it ends. ${pending}`,
  })
  async setLegalHold(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => SetLegalHoldInput }) input: SetLegalHoldInput,
  ): Promise<RegisterChange> {
    return toRequested(await this.change.hold(caller, toHeld(input), input.endsAt));
  }

  @Mutation(() => RegisterChange, { nullable: true, description: pending })
  async liftLegalHold(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => LiftLegalHoldInput }) input: LiftLegalHoldInput,
  ): Promise<RegisterChange> {
    return toRequested(await this.change.liftHold(caller, input.hold));
  }

  @Mutation(() => RegisterChange, { nullable: true, description: pending })
  async mergePeople(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => MergePeopleInput }) { into, from }: MergePeopleInput,
  ): Promise<RegisterChange> {
    const pair = { into: toReference(into), from: toReference(from) };
    return toRequested(await this.change.merge(caller, pair));
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'Two people are two, whatever they have in common: not listed again. At once.',
  })
  async keepPeopleApart(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => KeepApartInput }) { one, other }: KeepApartInput,
  ): Promise<Act> {
    return toAct(await this.change.keepApart(caller, [toReference(one), toReference(other)]));
  }

  @Mutation(() => RegisterChange, {
    nullable: true,
    description: 'Asks for a batch to be released, where no request waits any more.',
  })
  async requestRelease(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => BatchInput }) { batch }: BatchInput,
  ): Promise<RegisterChange> {
    return toRequested(await this.imports.release(caller, batch));
  }

  @Mutation(() => Act, {
    nullable: true,
    description: 'Gives a batch up: what waits in it is destroyed. At once.',
  })
  async discardBatch(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => BatchInput }) { batch }: BatchInput,
  ): Promise<Act> {
    return toAct(await this.imports.discard(caller, batch));
  }

  @Mutation(() => RegisterChange, {
    nullable: true,
    description: `A caseload, encrypted for the data controller; fetched once it is approved. ${pending}`,
  })
  async exportPeople(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => ExportPeopleInput }) input: ExportPeopleInput,
  ): Promise<RegisterChange> {
    return toRequested(await this.exports.request(caller, input.caseload, input.recipient));
  }
}

export const toReference = ({ caseload, reference }: PersonReferenceInput) => ({
  caseload: caseload as Caseload,
  reference,
});

function toPeople({ caseload, references }: PeopleInput): NamedPeople {
  return references === null || references === undefined ? { caseload } : { caseload, references };
}

/** @throws {GatewayError} ERR_INPUT_INVALID */
export function toErasure(input: ErasePeopleInput): NamedPeople | RetentionInput {
  const { people, visaEndedBefore, caseload } = input;
  const isRule = typeof visaEndedBefore === 'string';
  if (isRule === (people !== null && people !== undefined)) throw inputInvalid('people');
  if (people !== null && people !== undefined) return toPeople(people);
  return {
    visaEndedBefore: visaEndedBefore ?? '',
    ...(typeof caseload === 'string' ? { caseload } : {}),
  };
}

/** @throws {GatewayError} ERR_INPUT_INVALID */
function toHeld({ people, range }: SetLegalHoldInput): NamedPeople | HoldRangeText {
  const isRange = range !== null && range !== undefined;
  if (isRange === (people !== null && people !== undefined)) throw inputInvalid('people');
  if (people !== null && people !== undefined) return toPeople(people);
  const given = Object.entries(range ?? {}).filter(([, value]) => typeof value === 'string');
  return { range: Object.fromEntries(given) };
}

export function toPlan(plan: {
  readonly people: number;
  readonly held: number;
  readonly backupsCoveredBy: Date | undefined;
}): ErasurePlan {
  return { ...plan, backupsCoveredBy: plan.backupsCoveredBy ?? null };
}

const actOrNull = (act: BookedAct | undefined): Act | null =>
  act === undefined ? null : toAct(act);

function toChange({ act, fields, batchId, release }: PersonChanged): RegisterChange {
  return {
    act: actOrNull(act),
    people: act === undefined ? 0 : 1,
    fields,
    batch: batchId ?? null,
    release: actOrNull(release),
    plan: null,
  };
}

export function toRequested({ act, people }: RequestedAct): RegisterChange {
  return { act: toAct(act), people, fields: [], batch: null, release: null, plan: null };
}
