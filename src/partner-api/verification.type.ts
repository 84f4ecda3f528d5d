import { createUnionType, Field, ID, ObjectType } from '@nestjs/graphql';
import { fieldCatalogue } from '../core/disclosure/catalogue.js';
import type { DisclosedField } from '../core/disclosure/disclose.js';
import type { Answer } from '../verification/index.js';
import { Agreement, DisclosureLevel, EvidenceElement, HandlingCode, Outcome } from './enums.js';
import { DateTime } from './scalars.js';

@ObjectType({
  description: 'One field of the person, speaking through the member its level names.',
})
export class Disclosed {
  @Field(() => DisclosureLevel)
  declare level: DisclosedField['level'];
  @Field(() => Boolean, { nullable: true, description: 'At PRESENCE.' })
  declare present: boolean | null;
  @Field(() => Agreement, { nullable: true, description: 'At CONFIRM.' })
  declare agreement: DisclosedField['agreement'];
  @Field(() => String, { nullable: true, description: 'At GENERALISED, MASKED and FULL.' })
  declare value: string | null;
}

@ObjectType({ description: 'The person of a MATCH, in the fields selected and granted.' })
export class DisclosedSubject {
  @Field(() => ID, { description: 'This partner’s own name for the person, for this purpose.' })
  declare reference: string;
  @Field(() => Disclosed)
  declare fullName: DisclosedField | undefined;
  @Field(() => Disclosed)
  declare fatherName: DisclosedField | undefined;
  @Field(() => Disclosed)
  declare dateOfBirth: DisclosedField | undefined;
  @Field(() => Disclosed)
  declare sex: DisclosedField | undefined;
  @Field(() => Disclosed)
  declare nationality: DisclosedField | undefined;
  @Field(() => Disclosed)
  declare documentNumber: DisclosedField | undefined;
  @Field(() => Disclosed)
  declare visaReference: DisclosedField | undefined;
  @Field(() => Disclosed)
  declare visaClass: DisclosedField | undefined;
  @Field(() => Disclosed)
  declare visaStatus: DisclosedField | undefined;
  @Field(() => Disclosed)
  declare visaExpires: DisclosedField | undefined;
}

@ObjectType()
export class EvidenceAgreement {
  @Field(() => EvidenceElement)
  declare element: Answer['evidence'][number]['element'];
  @Field(() => Agreement)
  declare agreement: Answer['evidence'][number]['agreement'];
}

@ObjectType({ description: 'Place of the record in a round of the cover tree.' })
export class CoverProof {
  @Field(() => String, { description: 'Leaf of your slot in the round, unpadded base64url.' })
  declare leaf: string;
  @Field(() => [String], {
    description: 'Hashes from the slot’s sibling up to the round’s root, unpadded base64url.',
  })
  declare slotPath: readonly string[];
  @Field(() => String, {
    description: 'C2SP `tlog-proof@v1` of the round in the cover tree, with its cosignatures.',
  })
  declare proof: string;
}

@ObjectType({ description: 'The access record and the signed proof that it was logged.' })
export class Receipt {
  @Field(() => String, { description: 'The record’s exact bytes in unpadded base64url.' })
  declare record: string;
  @Field(() => String, {
    description:
      'Opens the commitment `question` of the record; empty once the key of its month was destroyed.',
  })
  declare salt: string;
  @Field(() => String, { description: 'C2SP `tlog-proof@v1` into your own tree.' })
  declare proof: string;
  @Field(() => CoverProof, {
    nullable: true,
    description: 'Null until a round of the cover tree has been cosigned.',
  })
  declare cover: CoverProof | null;
}

@ObjectType({ description: 'The answer to one question.' })
export class Verification {
  @Field(() => ID)
  declare id: string;
  @Field(() => ID)
  declare requestId: string;
  @Field(() => DateTime)
  declare answeredAt: Date;
  @Field(() => DateTime, { description: 'Ask again rather than rely on the answer after this.' })
  declare relyUntil: Date;
  @Field(() => Outcome)
  declare outcome: Answer['outcome'];
  @Field(() => HandlingCode)
  declare handling: Answer['handling'];
  @Field(() => [EvidenceAgreement], { description: 'Every element, whatever was supplied.' })
  declare evidence: readonly EvidenceAgreement[];
  @Field(() => DisclosedSubject, { nullable: true, description: 'With MATCH only.' })
  declare subject: DisclosedSubject | null;
  @Field(() => Receipt)
  declare receipt: Receipt;
}

@ObjectType({
  description: 'A question of a batch that was refused, with a code of docs/errors.md.',
})
export class VerificationRefusal {
  @Field(() => ID)
  declare requestId: string;
  @Field(() => String)
  declare code: string;
  @Field(() => ID)
  declare reference: string;
  @Field(() => DateTime, { nullable: true })
  declare retryAt: Date | null;
}

export const VerificationResult = createUnionType({
  name: 'VerificationResult',
  types: () => [Verification, VerificationRefusal] as const,
  resolveType: (value: Verification | VerificationRefusal) =>
    'outcome' in value ? Verification : VerificationRefusal,
});

/** The GraphQL shape of an answer. */
export function toVerification(answer: Answer): Verification {
  return Object.assign(new Verification(), {
    ...answer,
    subject: answer.subject === undefined ? null : toSubject(answer.subject),
    receipt: { ...answer.receipt, cover: null },
  });
}

function toSubject(subject: NonNullable<Answer['subject']>): DisclosedSubject {
  const fields = [...subject.fields].map(
    ([field, disclosed]) => [fieldCatalogue[field].name, disclosed] as const,
  );
  return Object.assign(new DisclosedSubject(), Object.fromEntries(fields), {
    reference: subject.reference,
  });
}
