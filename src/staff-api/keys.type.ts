import { Field, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import {
  keyStates,
  keyUses,
  type KeyState as State,
  type KeyUse as Use,
} from '../identity/keys/index.js';
import { endKinds, type EndKind as Kind } from '../grants/index.js';
import {
  keyJobs,
  upkeepJobs,
  type KeyJob as Job,
  type UpkeepStatus as Upkeep,
} from '../register/index.js';
import { DateTime } from '../platform/graphql/scalars.js';

const names = <Name extends string>(list: readonly Name[]) =>
  Object.fromEntries(list.map((name) => [name, name])) as Readonly<Record<Name, Name>>;

const KeyUse = names(keyUses);
registerEnumType(KeyUse, { name: 'KeyUse', description: 'What a key of the gateway signs.' });
const KeyState = names(keyStates);
registerEnumType(KeyState, {
  name: 'KeyState',
  description:
    'NEXT is in the files and signs nothing yet; ENDING: another is in force, what it signed still counts.',
});
const Door = names(['PARTNER', 'STAFF'] as const);
registerEnumType(Door, { name: 'Door' });

@ObjectType({ description: 'A signing key of the gateway itself; docs/identity.md.' })
export class GatewayKey {
  @Field(() => KeyUse)
  declare use: Use;
  @Field(() => ID, { description: 'RFC 7638, base64url SHA-256.' })
  declare thumbprint: string;
  @Field(() => String)
  declare kid: string;
  @Field(() => KeyState)
  declare state: State;
  @Field(() => DateTime, { nullable: true })
  declare inForceFrom: Date | null;
  @Field(() => DateTime, { nullable: true })
  declare endedAt: Date | null;
  @Field(() => [String], { description: 'Replicas whose files hold it.' })
  declare heldBy: readonly string[];
  @Field(() => [String], {
    description: 'Running replicas without it; it comes in force when there are none.',
  })
  declare missingAt: readonly string[];
}

@ObjectType({ description: 'A server certificate a replica serves now.' })
export class ListenerCertificate {
  @Field(() => Door)
  declare door: keyof typeof Door;
  @Field(() => String)
  declare replica: string;
  @Field(() => ID, { description: 'base64url SHA-256.' })
  declare fingerprint: string;
  @Field(() => DateTime, { nullable: true })
  declare notAfter: Date | null;
}

const EndKind = names(endKinds);
registerEnumType(EndKind, { name: 'EndKind' });

@ObjectType({ description: 'Something in force that ends.' })
export class End {
  @Field(() => EndKind)
  declare kind: Kind;
  @Field(() => ID, { nullable: true, description: 'Null for what is the host’s own.' })
  declare partner: string | null;
  @Field(() => ID, {
    description: 'Fingerprint, kid, id, reference of a person of staff, or door and replica.',
  })
  declare id: string;
  @Field(() => DateTime, {
    description: 'Of a key, which has no end of its own, a year after it was registered.',
  })
  declare at: Date;
}

const KeyJob = names(keyJobs);
registerEnumType(KeyJob, {
  name: 'RegisterKeyJob',
  description:
    'MASTER wraps under the present master key what is under the previous one; EPOCH moves everything to the key of this week; PAGE writes every page anew.',
});
const UpkeepJob = names(upkeepJobs);
registerEnumType(UpkeepJob, { name: 'UpkeepJob' });
const UpkeepState = names(['ASKED', 'RUNNING', 'DONE', 'FAILED'] as const);
registerEnumType(UpkeepState, {
  name: 'UpkeepState',
  description: 'RUNNING may also be one that was interrupted: it goes on within a minute.',
});

@ObjectType({ description: 'Work on the keys of the register, beside everything else.' })
export class UpkeepStatus {
  @Field(() => UpkeepJob)
  declare job: Upkeep['job'];
  @Field(() => UpkeepState)
  declare state: Upkeep['state'];
  @Field(() => Int, { description: 'Keys or pages moved; of RETENTION, people who are due.' })
  declare done: number;
  @Field(() => DateTime, { nullable: true })
  declare startedAt: Date | null;
  @Field(() => DateTime, { nullable: true })
  declare endedAt: Date | null;
  @Field(() => String, { nullable: true, description: 'Why it failed.' })
  declare code: string | null;
}

@InputType()
export class RotateRegisterKeysInput {
  @Field(() => KeyJob)
  declare job: Job;
}

@InputType()
export class GatewayKeyInput {
  @Field(() => KeyUse)
  declare use: Use;
  @Field(() => ID)
  declare thumbprint: string;
}

@InputType()
export class RevokeGatewayKeyInput {
  @Field(() => KeyUse)
  declare use: Use;
  @Field(() => ID)
  declare thumbprint: string;
  @Field(() => ID, {
    nullable: true,
    description: 'Thumbprint of the one that comes in force; needed when the revoked one is.',
  })
  declare next?: string | null;
}
