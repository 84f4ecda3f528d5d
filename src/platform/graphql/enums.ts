import { registerEnumType } from '@nestjs/graphql';
import { budgetKinds } from '../../core/budget/index.js';
import { disclosureLevels, subjectFields } from '../../core/disclosure/catalogue.js';
import { grantStates } from '../../core/grants/grant.js';
import { purposeDefinitions, purposes } from '../../core/grants/purpose.js';

/** Enums of both doors: two of one name would not make a schema, whichever door they are of. */

/** An enum whose names are its values, registered with the schema. */
export function enumeration<Name extends string>(
  name: string,
  description: string,
  values: readonly Name[],
  descriptions: Readonly<Record<string, string>> = {},
): Readonly<Record<Name, Name>> {
  const enumeration = Object.fromEntries(values.map((value) => [value, value])) as Record<
    Name,
    Name
  >;
  registerEnumType(enumeration, {
    name,
    description,
    valuesMap: Object.fromEntries(
      Object.entries(descriptions).map(([value, description]) => [value, { description }]),
    ) as Record<Name, { description: string }>,
  });
  return enumeration;
}

export const SubjectField = enumeration(
  'SubjectField',
  'A field of the person a grant may let out.',
  subjectFields,
);

export const DisclosureLevel = enumeration(
  'DisclosureLevel',
  'How much of a field a grant lets out, in rising order.',
  disclosureLevels,
  {
    WITHHELD:
      'Not at all; selecting the field is refused, and the level never appears in an answer.',
    PRESENCE: '`present` says whether the register holds a value.',
    CONFIRM: '`agreement` says whether the value supplied agrees.',
    GENERALISED: '`value` holds a coarser form: a year, initials, a region.',
    MASKED: '`value` shows at most the last third of the characters.',
    FULL: '`value` holds what the register holds.',
  },
);

export const Purpose = enumeration(
  'Purpose',
  'Why a question is asked.',
  purposes,
  purposeDefinitions,
);

export const GrantState = enumeration('GrantState', 'Where a grant stands.', grantStates);

export const BudgetKind = enumeration('BudgetKind', 'What a budget counts.', budgetKinds);
