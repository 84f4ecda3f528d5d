import { Args, Context, Mutation, Query, Resolver } from '@nestjs/graphql';
import { inputInvalid } from '../core/errors.js';
import { HoneyDesk } from '../register/index.js';
import { Act, toAct } from './act.type.js';
import {
  HoneyRecord,
  PlantedHoneyRecord,
  PlantHoneyInput,
  RetireHoneyInput,
  toHoneyRecord,
} from './honey.type.js';
import type { StaffContext } from './staff-context.js';

/** Security officers plant fictional people; who asks for one is in `screenFindings`. */
@Resolver()
export class HoneyResolver {
  constructor(private readonly desk: HoneyDesk) {}

  @Query(() => [HoneyRecord], {
    description: 'Those that were planted, the latest first. Reading is recorded.',
  })
  async honeyRecords(@Context() { caller }: StaffContext): Promise<readonly HoneyRecord[]> {
    return (await this.desk.list(caller)).map(toHoneyRecord);
  }

  @Mutation(() => PlantedHoneyRecord, {
    nullable: true,
    description: 'At once; from the next round of the screen on, who asks for it is found.',
  })
  async plantHoney(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => PlantHoneyInput }) input: PlantHoneyInput,
  ): Promise<PlantedHoneyRecord> {
    const { caseload, person, place } = input;
    if (typeof caseload === 'string' && typeof person === 'string') throw inputInvalid('caseload');
    const planted = await this.desk.plant(caller, {
      caseload: caseload ?? undefined,
      person: person ?? undefined,
      place,
    });
    return { act: toAct(planted.act), honey: toHoneyRecord(planted.honey) };
  }

  @Mutation(() => Act, { nullable: true, description: 'Waits for a second person.' })
  async retireHoney(
    @Context() { caller }: StaffContext,
    @Args('input', { type: () => RetireHoneyInput }) { honey }: RetireHoneyInput,
  ): Promise<Act> {
    return toAct(await this.desk.retire(caller, honey));
  }
}
