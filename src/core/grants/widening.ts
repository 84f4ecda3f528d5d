import { disclosureLevelOf, disclosureLevels, subjectFields } from '../disclosure/catalogue.js';
import { budgetLimits } from '../budget/index.js';
import type { GrantTerms } from './grant.js';
import {
  assuranceWords,
  elementWords,
  fieldWords,
  handlingWords,
  levelWords,
  possibleMatchWords,
} from './words.js';

/**
 * Every act by which more may be learnt, by more callers or about more people, and what it opens; and
 * what cannot be taken back.
 * Each takes two people of the host, administrators included, at whichever door it is done:
 * core/staff/acts.ts says who, and a test holds the two tables together.
 */
export const wideningActs = {
  GRANT_APPROVE: 'a first version of a grant, or one that widens it',
  GRANT_RESUME: 'a suspended grant is used again',
  GRANT_KEY_ADD: 'a partner’s key for signing acceptances',
  TEST_GRANT_RENEW: 'a partner rehearses with the made-up people for another year',
  BUDGET_RELEASE_AGAIN: 'a second release of budgets within the day',
  DOCUMENTS_RELAX: 'a partner’s documents need not be trusted ones any more',
  DISCLOSURE_RESUME: 'an emergency stop is lifted',
  STAFF_ADD: 'a person with an account',
  STAFF_ROLES_SET: 'what a member of staff may do',
  STAFF_CERTIFICATE_ADD: 'another certificate of a member of staff',
  STAFF_RESUME: 'a suspended account is used again',
  PARTNER_ADD: 'a partner',
  PARTNER_CONTACTS_SET: 'whom the host calls back and believes',
  PARTNER_RESUME: 'a suspended partner asks again',
  CERTIFICATE_ADD: 'a certificate of a partner',
  ANCHOR_ADD: 'an authority whose certificates are taken',
  CLIENT_KEYS_SET: 'a partner’s keys at the token endpoint',
  CLIENT_TLS_SET: 'a certificate that authenticates at the token endpoint',
  OFFICER_PROVIDER_SET: 'who names a partner’s officers',
  KEY_ROTATE: 'a key the gateway signs with',
  REGISTER_RELEASE: 'imported people can be found',
  REGISTER_LIFT: 'a person is no longer kept from a partner',
  REGISTER_ERASE: 'nothing; what is erased does not come back',
  REGISTER_HOLD: 'people are kept who would have been erased',
  REGISTER_HOLD_LIFT: 'people who were kept may be erased',
  REGISTER_MERGE: 'one person is found by what was said of two',
  CASELOAD_MOVE: 'people come under other grants',
  THRESHOLD_SET: 'less evidence makes a match',
  REGISTER_EXPORT: 'people leave the register in bulk',
  HISTORY_RELEASE: 'what was told of one person is read beyond the limit',
  EXPOSURE_RELEASE: 'whom an exposure reaches is read beyond the limit',
  REFERRAL_CONFIRM_BY_TWO: 'a person is told of whom no comparison found, under high assurance',
  HONEY_RETIRE: 'a trap of the register no longer warns',
} as const;

export type WideningAct = keyof typeof wideningActs;
export const isWideningAct = (act: string): act is WideningAct => Object.hasOwn(wideningActs, act);

/** One difference between two versions, in words. */
export interface TermsChange {
  /** Member of the terms, or field of the subject. */
  readonly about: string;
  readonly before: string;
  readonly after: string;
  readonly widens: boolean;
}

/**
 * What differs between two versions, and what of it widens: a change widens unless it is known to
 * narrow. A first version widens in everything.
 */
export function compareTerms(before: GrantTerms, after: GrantTerms): readonly TermsChange[] {
  const changes: TermsChange[] = [];
  const add = (about: string, old: string, now: string, widens: boolean) => {
    if (old !== now) changes.push({ about, before: old, after: now, widens });
  };

  add('partner', before.partner, after.partner, true);
  add('purpose', before.purpose, after.purpose, true);
  add('legal basis', before.legalBasis, after.legalBasis, true);
  // Without a namesake who left with a caseload somebody who stays may match: of those two agreed on,
  // and on no less evidence.
  add(
    'people',
    listed(before.caseloads),
    listed(after.caseloads),
    !isWithin(after.caseloads, before.caseloads),
  );
  for (const field of subjectFields) {
    const [old, now] = [
      disclosureLevelOf(before.fields, field),
      disclosureLevelOf(after.fields, field),
    ];
    const rises = disclosureLevels.indexOf(now) > disclosureLevels.indexOf(old);
    add(fieldWords[field], levelWords[old], levelWords[now], rises);
  }
  // More of it confirms more of a person. Less of it lets more people match, since nothing any longer
  // speaks against them: another birth date, another document number; and misses may cost less.
  add(
    'compared',
    listed(before.matchOn.map((element) => elementWords[element])),
    listed(after.matchOn.map((element) => elementWords[element])),
    true,
  );
  add(
    'unclear cases',
    possibleMatchWords[before.possibleMatch],
    possibleMatchWords[after.possibleMatch],
    after.possibleMatch === 'ALLOWED',
  );
  add(
    'assurance',
    assuranceWords[before.assuranceLevel],
    assuranceWords[after.assuranceLevel],
    after.assuranceLevel === 'STANDARD',
  );
  add(
    'least evidence',
    listed(before.minimumEvidence.map((element) => elementWords[element])),
    listed(after.minimumEvidence.map((element) => elementWords[element])),
    !isWithin(before.minimumEvidence, after.minimumEvidence),
  );
  add(
    'named officer',
    before.requiresNamedOfficer ? 'required' : 'not required',
    after.requiresNamedOfficer ? 'required' : 'not required',
    !after.requiresNamedOfficer,
  );
  add(
    'notice to the person',
    before.requiresNotice === true ? 'required' : 'not required',
    after.requiresNotice === true ? 'required' : 'not required',
    after.requiresNotice !== true,
  );
  add(
    'onward transfer',
    handlingWords[before.handling],
    handlingWords[after.handling],
    after.handling !== 'NO_ONWARD_TRANSFER',
  );
  add(
    'signed acceptance',
    before.requiresSignature === true ? 'required' : 'not required',
    after.requiresSignature === true ? 'required' : 'not required',
    after.requiresSignature !== true,
  );
  for (const { about, of } of budgetNumbers) {
    const [old, now] = [of(before), of(after)];
    add(about, String(old), String(now), now > old);
  }
  add(
    'valid from',
    before.validFrom.toISOString(),
    after.validFrom.toISOString(),
    after.validFrom < before.validFrom,
  );
  add(
    'valid until',
    before.validUntil.toISOString(),
    after.validUntil.toISOString(),
    after.validUntil > before.validUntil,
  );
  return changes;
}

/** Whether a version only takes away; such a one acts at once, by one person. */
export function isNarrowing(before: GrantTerms, after: GrantTerms): boolean {
  const changes = compareTerms(before, after);
  return changes.length > 0 && changes.every(({ widens }) => !widens);
}

const limitsOf = (terms: GrantTerms) => budgetLimits([terms], 'GRANT');
const budgetNumbers: readonly {
  readonly about: string;
  readonly of: (terms: GrantTerms) => number;
}[] = [
  { about: 'questions a day', of: (terms) => limitsOf(terms).questions },
  { about: 'people a day', of: (terms) => limitsOf(terms).people },
  { about: 'misses a week', of: (terms) => limitsOf(terms).misses },
  { about: 'values around one person', of: (terms) => limitsOf(terms).values.NARROW },
  { about: 'numbers of one series', of: (terms) => limitsOf(terms).values.TAILS },
  { about: 'values around one name', of: (terms) => limitsOf(terms).values.WIDE },
];

const listed = (values: readonly string[]): string =>
  values.length === 0 ? 'none' : [...values].sort().join(', ');

function isWithin<T>(some: readonly T[], all: readonly T[]): boolean {
  return some.every((one) => all.includes(one));
}
