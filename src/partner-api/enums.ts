import { registerEnumType } from '@nestjs/graphql';
import { disclosureLevels, subjectFields } from '../core/disclosure/catalogue.js';
import { assuranceLevels, grantStates, handlingCodes } from '../core/grants/grant.js';
import { purposeDefinitions, purposes } from '../core/grants/purpose.js';
import { evidenceElements } from '../core/matching/index.js';
import { calendars, documentTypes, sexes } from '../core/register/subject.js';

/** An enum whose names are its values, registered with the schema. */
function enumeration<Name extends string>(
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

export const Outcome = enumeration(
  'Outcome',
  'NOT_CONFIRMED is not a finding about the person and must not ground refusal of entry, detention or return.',
  ['MATCH', 'POSSIBLE_MATCH', 'NOT_CONFIRMED'],
  {
    MATCH: 'The evidence is that of one person in the scope of the grant.',
    POSSIBLE_MATCH: 'Unclear; told only under grants that allow it.',
    NOT_CONFIRMED:
      'Nothing can be said. It follows from a typing error, an expired visa or a stopped grant as well.',
  },
);

export const Agreement = enumeration(
  'Agreement',
  'NOT_CONFIRMED is one face for differs, not on the register, not supplied and not compared.',
  ['AGREES', 'NOT_CONFIRMED'],
);

export const EvidenceElement = enumeration(
  'EvidenceElement',
  'What of the evidence may be compared.',
  evidenceElements,
);

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
export const AssuranceLevel = enumeration(
  'AssuranceLevel',
  'How much evidence a MATCH takes.',
  assuranceLevels,
);
export const HandlingCode = enumeration(
  'HandlingCode',
  'May the answer be passed on: no, or only when the host agrees.',
  handlingCodes,
);
export const BudgetKind = enumeration('BudgetKind', 'What a budget counts.', [
  'QUESTIONS',
  'PEOPLE',
  'MISSES',
  'VALUES',
]);
export const Calendar = enumeration('Calendar', 'The calendar a date is read in.', calendars);
export const Sex = enumeration('Sex', 'As in ICAO Doc 9303.', sexes);
export const DocumentType = enumeration('DocumentType', 'The kind of a document.', documentTypes);
