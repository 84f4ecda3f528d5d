import { Args, Context, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { StaffActs, StaffDirectory, type StaffMember as Member } from '../staff/index.js';
import { Act, ApproveActInput, RefuseActInput, toAct } from './act.type.js';
import { performAct } from './perform-act.js';
import type { StaffContext } from './staff-context.js';
import {
  AddStaffCertificateInput,
  AddStaffInput,
  Self,
  SetStaffRolesInput,
  StaffAccountInput,
  StaffCertificateInput,
  StaffMember,
} from './staff.type.js';

const pending = 'Waits for a second person.';

@Resolver()
export class StaffResolver {
  constructor(
    private readonly acts: StaffActs,
    private readonly directory: StaffDirectory,
  ) {}

  @Query(() => Self, { description: 'Who am I.' })
  self(@Context() { caller }: StaffContext): Self {
    const { reference, name, roles, approvesFrom, certificateFingerprint } = caller;
    return { reference, name, roles, approvesFrom, certificateFingerprint };
  }

  @Query(() => [Act], {
    name: 'acts',
    description: 'The book of acts, as far as your roles have a part in it; the latest first.',
  })
  async listActs(
    @Context() { caller }: StaffContext,
    @Args('waiting', { type: () => Boolean, defaultValue: true }) waiting: boolean,
  ): Promise<Act[]> {
    return (await this.acts.list(caller, waiting)).map(toAct);
  }

  @Query(() => Act)
  async act(
    @Context() { caller }: StaffContext,
    @Args('id', { type: () => ID }) id: string,
  ): Promise<Act> {
    return toAct(await this.acts.find(caller, id));
  }

  @Query(() => [StaffMember])
  async staff(@Context() { caller }: StaffContext): Promise<readonly Member[]> {
    return this.directory.list(caller);
  }

  @Mutation(() => Act, { nullable: true, description: 'Does a waiting act as its second person.' })
  async approveAct(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => ApproveActInput }) { id, digest }: ApproveActInput,
  ): Promise<Act> {
    return toAct(await this.acts.approve(caller, id, digest));
  }

  @Mutation(() => Act, { nullable: true, description: 'Ends a waiting act without doing it.' })
  async refuseAct(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => RefuseActInput }) { id }: RefuseActInput,
  ): Promise<Act> {
    return toAct(await this.acts.refuse(caller, id));
  }

  @Mutation(() => Act, { nullable: true, description: `A person with an account. ${pending}` })
  async addStaff(
    @Context() context: StaffContext,
    @Args('input', { type: () => AddStaffInput }) input: AddStaffInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'addStaff', { ...input });
  }

  @Mutation(() => Act, { nullable: true, description: pending })
  async setStaffRoles(
    @Context() context: StaffContext,
    @Args('input', { type: () => SetStaffRolesInput }) input: SetStaffRolesInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'setStaffRoles', { ...input });
  }

  @Mutation(() => Act, { nullable: true, description: pending })
  async addStaffCertificate(
    @Context() context: StaffContext,
    @Args('input', { type: () => AddStaffCertificateInput }) input: AddStaffCertificateInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'addStaffCertificate', { ...input });
  }

  @Mutation(() => Act, { nullable: true, description: pending })
  async resumeStaff(
    @Context() context: StaffContext,
    @Args('input', { type: () => StaffAccountInput }) input: StaffAccountInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'resumeStaff', { ...input });
  }

  @Mutation(() => Act, { nullable: true, description: 'At once.' })
  async suspendStaff(
    @Context() context: StaffContext,
    @Args('input', { type: () => StaffAccountInput }) input: StaffAccountInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'suspendStaff', { ...input });
  }

  @Mutation(() => Act, { nullable: true, description: 'At once.' })
  async revokeStaffCertificate(
    @Context() context: StaffContext,
    @Args('input', { type: () => StaffCertificateInput }) input: StaffCertificateInput,
  ): Promise<Act> {
    return performAct(this.acts, context, 'revokeStaffCertificate', { ...input });
  }
}
