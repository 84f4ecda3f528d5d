import { gregorianDate } from '../core/dates/index.js';
import {
  disclosureLevelOf,
  fieldCatalogue,
  isAtLeast,
  subjectFields,
  type SubjectField,
} from '../core/disclosure/catalogue.js';
import { disclose, type DisclosedField } from '../core/disclosure/disclose.js';
import type { Grant, GrantTerms } from '../core/grants/grant.js';
import { stateAt } from '../core/grants/states.js';
import type { Caseload, GrantId, PartnerCode, StateCode } from '../core/ids.js';
import type { Subject } from '../core/register/subject.js';

/** What a draft would let this partner see. */
export interface GrantPreview {
  /** Field by field, for a match with the person given, all compared evidence agreeing. */
  readonly fields: readonly {
    readonly field: SubjectField;
    readonly name: string;
    /** Undefined where the field is withheld. */
    readonly seen: DisclosedField | undefined;
  }[];
  /** People the partner could be told of. */
  readonly peopleInScope: number;
  /** Live grants of other partners that show the same identifier in full. */
  readonly sharedIdentifiers: readonly {
    readonly field: SubjectField;
    readonly grant: GrantId;
    readonly partner: PartnerCode;
  }[];
}

/** Counts people of the register; nothing else is read of them. */
export interface ScopeCounter {
  countInScope(scope: {
    readonly caseloads: ReadonlySet<Caseload>;
    readonly partner: PartnerCode;
    readonly state: StateCode;
  }): number;
}

/** Fields by which two partners could join what they were told about one person. */
export const identifyingFields = [
  'FULL_NAME',
  'DOCUMENT_NUMBER',
  'VISA_REFERENCE',
] as const satisfies readonly SubjectField[];

/**
 * Shows what terms would let out, before anybody approves them. The person is made up or chosen by
 * the one who looks; the register is only counted.
 */
export function previewGrant(
  terms: GrantTerms,
  state: StateCode,
  person: Subject,
  world: { readonly register: ScopeCounter; readonly liveGrants: readonly Grant[] },
  now: Date,
): GrantPreview {
  const inputs = {
    subject: person,
    dateOfBirth: gregorianDate(person.dateOfBirth, person.calendar),
    agreeing: new Set(terms.matchOn),
  };
  const granted = subjectFields.filter(
    (field) => disclosureLevelOf(terms.fields, field) !== 'WITHHELD',
  );
  const seen = disclose(terms.fields, granted, inputs);
  const full = identifyingFields.filter((field) =>
    isAtLeast(disclosureLevelOf(terms.fields, field), 'FULL'),
  );
  const others = world.liveGrants.filter(
    (grant) =>
      grant.partner !== terms.partner &&
      ['ACTIVE', 'ACCEPTED', 'SUSPENDED'].includes(stateAt(grant, now)) &&
      grant.caseloads.some((caseload) => terms.caseloads.includes(caseload)),
  );
  return {
    fields: subjectFields.map((field) => ({
      field,
      name: fieldCatalogue[field].name,
      seen: seen.get(field),
    })),
    peopleInScope: world.register.countInScope({
      caseloads: new Set(terms.caseloads),
      partner: terms.partner,
      state,
    }),
    sharedIdentifiers: full.flatMap((field) =>
      others
        .filter((grant) => disclosureLevelOf(grant.fields, field) === 'FULL')
        .map((grant) => ({ field, grant: grant.id, partner: grant.partner })),
    ),
  };
}
