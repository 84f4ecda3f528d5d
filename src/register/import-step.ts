import type { Caseload, PartnerCode, StateCode } from '../core/ids.js';
import type { KnownPeople } from './reference-directory.js';

/** A row that was read, keyed, and is ready to be sealed. */
export interface AcceptedRow {
  readonly referenceKey: Buffer;
  readonly caseload: Caseload;
  readonly json: Buffer;
  readonly contentKey: Buffer;
  readonly terms: Buffer;
  readonly refusedFor: readonly (PartnerCode | StateCode)[];
  readonly informed: boolean;
  /** False: what is known of sharing stays as it is. */
  readonly sharingGiven: boolean;
  readonly suppressedFor: readonly (PartnerCode | StateCode)[];
}

export interface BatchOutcome {
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
}

/** What happens to one row, given what is known of its reference. */
export type Step =
  | { readonly kind: 'UNCHANGED' }
  | { readonly kind: 'ADD' }
  | {
      readonly kind: 'CHANGE';
      readonly pageNumber: number;
      /** Whether somebody who was there is kept from more partners by it, at once. */
      readonly restricts: boolean;
    };

export function decideStep(row: AcceptedRow, people: KnownPeople): Step {
  const known = people.find(row.referenceKey);
  if (known === undefined) return { kind: 'ADD' };
  const content = !known.contentKey.equals(row.contentKey);
  const suppression = row.suppressedFor.some((code) => !known.suppressedFor.includes(code));
  if (!content && !suppression) return { kind: 'UNCHANGED' };
  const { told, pageNumber } = known;
  const refusal =
    told !== undefined &&
    row.sharingGiven &&
    (row.refusedFor.some((code) => !told.refusedFor.includes(code)) ||
      (told.informed && !row.informed));
  return { kind: 'CHANGE', pageNumber, restricts: suppression || (content && refusal) };
}
