import { gregorianDate } from '../core/dates/index.js';
import {
  disclosureLevelOf,
  fieldCatalogue,
  isAtLeast,
  subjectFields,
  type DisclosureLevel,
  type SubjectField,
} from '../core/disclosure/catalogue.js';
import { disclose, type DisclosedField } from '../core/disclosure/disclose.js';
import { GatewayError, inputInvalid } from '../core/errors.js';
import type { Grant, GrantTerms } from '../core/grants/grant.js';
import { parseTerms } from '../core/grants/parse-terms.js';
import { stateAt } from '../core/grants/states.js';
import {
  isCaseload,
  type Caseload,
  type GrantId,
  type PartnerCode,
  type StateCode,
} from '../core/ids.js';
import type { EvidenceElement } from '../core/matching/index.js';
import type { Subject } from '../core/register/subject.js';
import { tellableCount } from '../core/small-numbers.js';
import { decideAct, type StaffAct } from '../core/staff/acts.js';
import type { StaffRecords, StaffCaller } from '../staff/index.js';
import type { Authority } from './authority.js';
import { unknownGrant } from './lifecycle.repository.js';
import { countPreview } from './previews-counted.js';
import type { ReadGrants, VersionView } from './read-grants.js';

/** What terms let this partner see. */
export interface GrantPreview {
  /** Field by field, for a match with the person, in all evidence that can agree. */
  readonly fields: readonly {
    readonly field: SubjectField;
    readonly name: string;
    readonly level: DisclosureLevel;
    /** Undefined where nothing is seen. */
    readonly seen: DisclosedField | undefined;
  }[];
  /**
   * People of the caseloads, cut to the ten below, null for fewer than ten; whoever is kept from the
   * partner counts as well, so that the number says nothing about them.
   */
  readonly peopleInScope: number | null;
  /** Live grants of other partners, or for another purpose, that show the same identifier in full. */
  readonly sharedIdentifiers: readonly {
    readonly field: SubjectField;
    readonly grant: GrantId;
    readonly partner: PartnerCode;
  }[];
}

interface Scope {
  readonly caseloads: ReadonlySet<Caseload>;
  readonly partner: PartnerCode;
  readonly state: StateCode;
  readonly requiresNotice?: boolean;
}

/** What a preview needs of the register. */
export interface PreviewedRegister {
  countInScope(scope: Scope): number;
  /** `undefined` for whoever a partner of this scope could not be told of, and for nobody. */
  personInScope(
    person: { readonly caseload: Caseload; readonly reference: string },
    scope: Scope,
  ): Promise<{ readonly id: string; readonly subject: Subject } | undefined>;
}

/** Fields by which two partners could join what they were told about one person. */
export const identifyingFields = [
  'FULL_NAME',
  'DOCUMENT_NUMBER',
  'VISA_REFERENCE',
] as const satisfies readonly SubjectField[];

/** Nobody's details, for a preview without a person. */
export const madeUpPerson: Subject = {
  reference: 'MADE-UP',
  caseload: 'MADE-UP' as Caseload,
  names: [{ full: 'Made Up Person' }],
  fatherName: 'Made Up Father',
  dateOfBirth: '1984-03-15',
  sex: 'X',
  nationality: 'XXX' as StateCode,
  documents: [{ type: 'PASSPORT', number: 'X00000000' }],
  visa: { reference: 'V-00-0', class: 'MADE-UP', status: 'GRANTED', expires: '2030-01-01' },
  suppressedFor: [],
};

export interface PreviewOptions {
  readonly readGrants: Pick<ReadGrants, 'show'>;
  readonly authority: Pick<Authority, 'refresh' | 'grants' | 'stateOf'>;
  readonly register: PreviewedRegister;
  readonly records: Pick<StaffRecords, 'record'>;
  readonly now: () => Date;
}

/** Shows what terms would let out, before anybody approves them. */
export class PreviewGrant {
  constructor(private readonly options: PreviewOptions) {}

  /**
   * With a made-up person: nothing is read of anybody.
   *
   * @param terms JSON, see parseTerms
   * @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_INPUT_INVALID
   */
  async withMadeUp(
    caller: StaffCaller,
    terms: unknown,
    person: Subject = madeUpPerson,
  ): Promise<GrantPreview> {
    permit('GRANT_PREVIEW_READ', caller);
    return this.preview(parseTerms(terms), person);
  }

  /**
   * With a person of the register. A registrar may take any version that is drawn up; a liaison
   * officer only one that two people have agreed, or one alone could write terms that show
   * everything. What is shown is what the partner would be told, and is a record of the host's tree
   * first; whoever the partner could not be told of shows as nothing at all. Who is no registrar does so
   * a few times a day; a further time is refused, on record, and told to security.
   *
   * @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_NOT_FOUND, ERR_INPUT_INVALID, ERR_BUDGET_SPENT;
   *   ERR_LOG_UNAVAILABLE
   */
  async withPerson(
    caller: StaffCaller,
    named: {
      readonly grant: string;
      readonly version: number;
      readonly caseload: string;
      readonly reference: string;
    },
  ): Promise<GrantPreview> {
    const { records, readGrants, register, now } = this.options;
    permit('GRANT_PREVIEW_PERSON_READ', caller);
    const { caseload, reference } = named;
    if (!isCaseload(caseload)) throw inputInvalid('caseload');
    const { versions } = await readGrants.show(caller, named.grant, 'GRANT_PREVIEW_PERSON_READ');
    const version = versions.find((one) => one.version === named.version);
    if (version === undefined) throw unknownGrant();
    const isRegistrar = caller.roles.includes('REGISTRAR');
    if (!isRegistrar && !isAgreed(version)) {
      throw new GatewayError('ERR_ACT_NOT_PERMITTED');
    }
    const scope = await this.scopeOf(version.terms);
    const found = await register.personInScope({ caseload, reference }, scope);
    await records.record(
      caller,
      'GRANT_PREVIEW_PERSON_READ',
      {
        content: { grant: named.grant, version: named.version },
        about: { caseload, reference },
        ...(found === undefined ? {} : { subject: found.id }),
      },
      async (manager) => {
        if (!isRegistrar) await countPreview(manager, caller.account, now());
      },
    );
    return this.preview(version.terms, found?.subject);
  }

  private async preview(terms: GrantTerms, person: Subject | undefined): Promise<GrantPreview> {
    const { register, authority, now } = this.options;
    const scope = await this.scopeOf(terms);
    const granted = subjectFields.filter(
      (field) => disclosureLevelOf(terms.fields, field) !== 'WITHHELD',
    );
    const seen =
      person === undefined
        ? new Map<SubjectField, DisclosedField>()
        : disclose(terms.fields, granted, {
            subject: person,
            dateOfBirth: gregorianDate(person.dateOfBirth, person.calendar),
            agreeing: agreeingWith(person, terms.matchOn),
          });
    const nobody = { partner: '' as PartnerCode, state: '' as StateCode };
    return {
      fields: subjectFields.map((field) => ({
        field,
        name: fieldCatalogue[field].name,
        level: disclosureLevelOf(terms.fields, field),
        seen: seen.get(field),
      })),
      peopleInScope: tellableCount(
        register.countInScope({ caseloads: scope.caseloads, ...nobody }),
      ),
      sharedIdentifiers: sharedIdentifiers(terms, authority.grants(), now()),
    };
  }

  private async scopeOf(terms: GrantTerms): Promise<Scope> {
    const { authority } = this.options;
    await authority.refresh();
    const state = authority.stateOf(terms.partner);
    if (state === undefined) throw inputInvalid('terms.partner');
    return {
      caseloads: new Set(terms.caseloads),
      partner: terms.partner,
      state,
      ...(terms.requiresNotice === true ? { requiresNotice: true } : {}),
    };
  }
}

/**
 * Other live grants about the same people that show the same identifier in full: of other partners, and
 * of this one for another purpose, whose references cannot be joined otherwise.
 */
export function sharedIdentifiers(
  terms: GrantTerms,
  grants: readonly Grant[],
  now: Date,
): GrantPreview['sharedIdentifiers'] {
  const full = identifyingFields.filter((field) =>
    isAtLeast(disclosureLevelOf(terms.fields, field), 'FULL'),
  );
  const others = grants.filter(
    (grant) =>
      (grant.partner !== terms.partner || grant.purpose !== terms.purpose) &&
      ['ACTIVE', 'ACCEPTED', 'SUSPENDED'].includes(stateAt(grant, now)) &&
      grant.caseloads.some((caseload) => terms.caseloads.includes(caseload)),
  );
  return full.flatMap((field) =>
    others
      .filter((grant) => disclosureLevelOf(grant.fields, field) === 'FULL')
      .map((grant) => ({ field, grant: grant.id, partner: grant.partner })),
  );
}

/** What the best evidence there can be agrees in: what is compared, and is there to agree with. */
function agreeingWith(
  person: Subject,
  matchOn: readonly EvidenceElement[],
): ReadonlySet<EvidenceElement> {
  const registered: Readonly<Record<EvidenceElement, boolean>> = {
    NAME: person.names.length > 0,
    FATHER_NAME: person.fatherName !== undefined,
    GRANDFATHER_NAME: person.grandfatherName !== undefined,
    DATE_OF_BIRTH: person.dateOfBirth !== undefined,
    SEX: person.sex !== undefined,
    NATIONALITY: person.nationality !== undefined,
    DOCUMENT: person.documents.length > 0,
  };
  return new Set(matchOn.filter((element) => registered[element]));
}

const isAgreed = ({ state, approvedBy, acceptedAt }: VersionView): boolean =>
  state !== 'REVOKED' && (approvedBy !== null || acceptedAt !== null || state === 'ACTIVE');

function permit(act: StaffAct, caller: StaffCaller): void {
  const decision = decideAct(act, caller);
  if (!decision.allow) throw new GatewayError(decision.code);
}
