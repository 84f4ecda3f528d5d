/** Branded identifiers, so that two of them cannot be swapped. */

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Code of a partner organisation, e.g. `AUS-BORDER`; `^[A-Z0-9][A-Z0-9-]{1,31}$`. */
export type PartnerCode = Branded<'PartnerCode'>;
export type GrantId = Branded<'GrantId'>;
/** UUIDv7 of a subject inside the gateway; never leaves it. */
export type SubjectId = Branded<'SubjectId'>;
/** Named group on the register, e.g. `AF-2021`; `^[A-Z0-9][A-Z0-9-]{0,31}$`. */
export type Caseload = Branded<'Caseload'>;
/** ICAO Doc 9303-3 code of a state or organisation, e.g. `AFG`, `D`, `XXA`. */
export type StateCode = Branded<'StateCode'>;
/** Random v4 UUID a partner sees as the id of one verification. */
export type VerificationId = Branded<'VerificationId'>;

/**
 * The caseload of every installation: twelve made-up people a partner's developers ask for. Nothing
 * else is in it, and no grant but a test grant names it.
 */
export const builtInCaseload = 'TEST' as Caseload;

export const isPartnerCode = (text: string): text is PartnerCode =>
  /^[A-Z0-9][A-Z0-9-]{1,31}$/.test(text);
export const isCaseload = (text: string): text is Caseload =>
  /^[A-Z0-9][A-Z0-9-]{0,31}$/.test(text);
