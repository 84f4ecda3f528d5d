import { Field, ID, InputType, ObjectType, registerEnumType } from '@nestjs/graphql';
import { staffRoles, type StaffRole as Role } from '../core/staff/acts.js';
import { DateTime } from '../platform/graphql/scalars.js';

const StaffRole = Object.fromEntries(staffRoles.map((role) => [role, role])) as Record<Role, Role>;
registerEnumType(StaffRole, {
  name: 'StaffRole',
  description:
    'Nobody is LIAISON and SECURITY at once; an ADMINISTRATOR has accounts and nothing else.',
});

@ObjectType({ description: 'Who you are to the staff door.' })
export class Self {
  @Field(() => ID)
  declare reference: string;
  @Field(() => String)
  declare name: string;
  @Field(() => [StaffRole])
  declare roles: readonly Role[];
  @Field(() => DateTime, { description: 'Before this instant you approve nothing.' })
  declare approvesFrom: Date;
  @Field(() => String, { description: 'base64url SHA-256 of your certificate.' })
  declare certificateFingerprint: string;
}

@ObjectType()
export class StaffCertificate {
  @Field(() => ID, { description: 'base64url SHA-256.' })
  declare fingerprint: string;
  @Field(() => DateTime)
  declare notAfter: Date;
  @Field(() => Boolean)
  declare active: boolean;
}

@ObjectType()
export class StaffMember {
  @Field(() => ID)
  declare account: string;
  @Field(() => String, { description: 'Number of the person among the host’s staff.' })
  declare reference: string;
  @Field(() => String)
  declare name: string;
  @Field(() => [StaffRole])
  declare roles: readonly Role[];
  @Field(() => Boolean)
  declare active: boolean;
  @Field(() => Boolean, { description: 'One of the two that `safeconduct init` named.' })
  declare founding: boolean;
  @Field(() => DateTime)
  declare createdAt: Date;
  @Field(() => DateTime)
  declare approvesFrom: Date;
  @Field(() => [StaffCertificate])
  declare certificates: readonly StaffCertificate[];
}

@InputType()
export class AddStaffInput {
  @Field(() => String, { description: '`^[A-Z0-9][A-Z0-9./-]{0,31}$`; one account a person.' })
  declare reference: string;
  @Field(() => String)
  declare name: string;
  @Field(() => [StaffRole])
  declare roles: Role[];
  @Field(() => String, { description: 'PEM.' })
  declare certificate: string;
}

@InputType()
export class SetStaffRolesInput {
  @Field(() => ID)
  declare account: string;
  @Field(() => [StaffRole])
  declare roles: Role[];
}

@InputType()
export class AddStaffCertificateInput {
  @Field(() => ID)
  declare account: string;
  @Field(() => String, { description: 'PEM.' })
  declare certificate: string;
}

@InputType()
export class StaffAccountInput {
  @Field(() => ID)
  declare account: string;
}

@InputType()
export class StaffCertificateInput {
  @Field(() => ID)
  declare fingerprint: string;
}
