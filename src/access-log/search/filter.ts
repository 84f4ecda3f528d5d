import type { PartnerCode } from '../../core/ids.js';

/** What records are searched by; members that are absent ask nothing. */
export interface LogFilter {
  /** Records of this partner's tree; null for the host's own. */
  readonly partner?: PartnerCode | null;
  /** Opaque `sub` of a named officer; needs `partner`. */
  readonly officer?: string;
  /** OAuth client of `partner`, or the account of a member of staff with `partner: null`. */
  readonly clientId?: string;
  readonly grant?: string;
  readonly grantVersion?: number;
  /** Not those under these grants. */
  readonly exceptGrants?: readonly string[];
  /** A purpose, or the name of an act of staff. */
  readonly purpose?: string;
  /** Any of these: outcomes, refusal codes, acts, events. */
  readonly outcomes?: readonly string[];
  /** Refusals and faults only. */
  readonly refused?: boolean;
  /** Records in which this field left, in contract names. */
  readonly field?: string;
  /** From this instant on... */
  readonly from?: Date;
  /** ...and before this one. */
  readonly to?: Date;
  /** Exact. While the keys of marks last. */
  readonly caseReference?: string;
  /** The partner's reference for a person. */
  readonly reference?: string;
  /** Id of a record: those with the same question. While the keys of marks last. */
  readonly sameQuestionAs?: string;
}

/** Where a page ended: the next begins after it. */
export interface LogPosition {
  readonly at: Date;
  readonly kind: number;
  readonly index: number;
}

/** One row of the side table. */
export interface FoundRow extends LogPosition {
  readonly tree: string;
  readonly partner: PartnerCode | null;
}
