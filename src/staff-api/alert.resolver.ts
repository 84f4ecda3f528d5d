import { Args, Context, ID, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import { AlertDesk, type StoredAlert } from '../alerts/index.js';
import { inputInvalid } from '../core/errors.js';
import { Alert, NoteAlertInput } from './alert.type.js';
import type { StaffContext } from './staff-context.js';

@Resolver()
export class AlertResolver {
  constructor(private readonly desk: AlertDesk) {}

  @Query(() => [Alert], { description: 'The latest first; those not closed unless `all`.' })
  async alerts(
    @Context() { caller }: StaffContext,
    @Args('all', { type: () => Boolean, defaultValue: false }) all: boolean,
    @Args('first', { type: () => Int, defaultValue: 50 }) first: number,
    @Args('before', {
      type: () => ID,
      nullable: true,
      description: 'The last alert of the page before.',
    })
    before?: string | null,
  ): Promise<readonly StoredAlert[]> {
    return this.desk.list(caller, { all, first, before });
  }

  @Query(() => Alert)
  async alert(
    @Context() { caller }: StaffContext,
    @Args('id', { type: () => ID }) id: string,
  ): Promise<StoredAlert> {
    return this.desk.find(caller, id);
  }

  @Mutation(() => Alert, {
    nullable: true,
    description: 'Acknowledges or closes an alert, with a note that is recorded.',
  })
  async noteAlert(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => NoteAlertInput }) input: NoteAlertInput,
  ): Promise<StoredAlert> {
    const { id, state, note } = input;
    if (state === 'OPEN') throw inputInvalid('state');
    return this.desk.note(caller, id, state, note);
  }
}
