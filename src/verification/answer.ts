import type { Agreement, DisclosedField } from '../core/disclosure/disclose.js';
import type { SubjectField } from '../core/disclosure/catalogue.js';
import type { HandlingCode } from '../core/grants/grant.js';
import type { EvidenceElement } from '../core/matching/index.js';

/** The three answers a partner can get; NOT_CONFIRMED is not a finding about a person. */
export type Outcome = 'MATCH' | 'POSSIBLE_MATCH' | 'NOT_CONFIRMED';

export interface Answer {
  /** Random v4 UUID; names the access record too. */
  readonly id: string;
  readonly requestId: string;
  readonly answeredAt: Date;
  readonly relyUntil: Date;
  readonly outcome: Outcome;
  readonly handling: HandlingCode;
  /** Every element, in the order of the contract, whatever was supplied. */
  readonly evidence: readonly {
    readonly element: EvidenceElement;
    readonly agreement: Agreement;
  }[];
  readonly subject: DisclosedSubject | undefined;
  readonly receipt: Receipt;
}

export interface DisclosedSubject {
  readonly reference: string;
  readonly fields: ReadonlyMap<SubjectField, DisclosedField>;
}

/** Record and signed proof that the access was logged (contract, Log). */
export interface Receipt {
  readonly record: string;
  readonly salt: string;
  readonly proof: string;
}
