import { Field, ID, InputType, ObjectType } from '@nestjs/graphql';
import { DateTime } from '../platform/graphql/scalars.js';
import type { PlantedHoney } from '../register/index.js';
import { Act } from './act.type.js';

@ObjectType({
  description: 'A fictional person whose only job is to be asked for. On no register and no list.',
})
export class HoneyRecord {
  @Field(() => ID)
  declare id: string;
  @Field(() => String)
  declare caseload: string;
  @Field(() => String)
  declare reference: string;
  @Field(() => String, { description: 'One line of the register import, to be put somewhere.' })
  declare person: string;
  @Field(() => String, { description: 'Where it was put.' })
  declare place: string;
  @Field(() => String, { description: 'Reference of the officer who planted it.' })
  declare plantedBy: string;
  @Field(() => DateTime)
  declare plantedAt: Date;
}

@ObjectType()
export class PlantedHoneyRecord {
  @Field(() => Act)
  declare act: Act;
  @Field(() => HoneyRecord)
  declare honey: HoneyRecord;
}

@InputType({ description: 'Either a caseload to look like, or a person.' })
export class PlantHoneyInput {
  @Field(() => String, { nullable: true, description: 'Somebody who looks like its people.' })
  declare caseload?: string | null;
  @Field(() => String, {
    nullable: true,
    description: 'One line of the register import, as JSON: somebody who does not exist.',
  })
  declare person?: string | null;
  @Field(() => String, { description: 'Where it is put, 1 to 200 characters; kept sealed.' })
  declare place: string;
}

@InputType()
export class RetireHoneyInput {
  @Field(() => ID)
  declare honey: string;
}

export function toHoneyRecord({ id, person, place, by, at }: PlantedHoney): HoneyRecord {
  const { caseload, reference } = person;
  return {
    id,
    caseload,
    reference,
    person: JSON.stringify(person),
    place,
    plantedBy: by,
    plantedAt: at,
  };
}
