import canonicalize from 'canonicalize';
import { encodeBase64Url, encodeParts, sha256 } from '../bytes.js';
import type { DisclosureLevel, SubjectField } from '../disclosure/catalogue.js';
import { builtInCaseload, type Caseload, type GrantId, type PartnerCode } from '../ids.js';
import type { GrantBudgets } from '../budget/index.js';
import type { AssuranceLevel, EvidenceElement } from '../matching/index.js';
import type { Purpose } from './purpose.js';

export const grantStates = [
  'DRAFT',
  'SUBMITTED',
  'APPROVED',
  'ACCEPTED',
  'ACTIVE',
  'SUSPENDED',
  'REVOKED',
  'EXPIRED',
] as const;
export type GrantState = (typeof grantStates)[number];

export const assuranceLevels: readonly AssuranceLevel[] = ['STANDARD', 'HIGH'];

/** May an answer be passed on: no, or only when the host agrees. */
export const handlingCodes = ['NO_ONWARD_TRANSFER', 'ORIGINATOR_CONSENT'] as const;
export type HandlingCode = (typeof handlingCodes)[number];

export type PossibleMatchRule = 'ALLOWED' | 'FOLDED';

/** What one version of a grant says. Immutable: an amendment is a new version. */
export interface GrantTerms {
  readonly partner: PartnerCode;
  readonly purpose: Purpose;
  readonly legalBasis: string;
  readonly caseloads: readonly Caseload[];
  /** Granted fields only; a field that is absent is withheld. */
  readonly fields: Readonly<Partial<Record<SubjectField, DisclosureLevel>>>;
  /** Elements that may be compared; others are not read. */
  readonly matchOn: readonly EvidenceElement[];
  readonly possibleMatch: PossibleMatchRule;
  readonly assuranceLevel: AssuranceLevel;
  /** Elements a question must carry beyond the evidence floor. */
  readonly minimumEvidence: readonly EvidenceElement[];
  readonly requiresNamedOfficer: boolean;
  /** Only people who were told that they may be named (GDPR 13, 14). */
  readonly requiresNotice?: boolean;
  readonly handling: HandlingCode;
  /** Acceptance takes a signature under the partner's key for grants. */
  readonly requiresSignature?: boolean;
  /** Questions in one UTC day. */
  readonly questionsPerDay: number;
  /** Other budgets; what is absent follows from `questionsPerDay` (core/budget/limits.ts). */
  readonly budgets?: GrantBudgets;
  readonly validFrom: Date;
  readonly validUntil: Date;
}

export interface Grant extends GrantTerms {
  readonly id: GrantId;
  readonly version: number;
  readonly digest: string;
  readonly state: GrantState;
}

/** Whether a grant is for rehearsing on the made-up people of the built-in caseload, and on nobody else. */
export const isTestGrant = ({ caseloads }: Pick<GrantTerms, 'caseloads'>): boolean =>
  caseloads.includes(builtInCaseload);

const beyondTerms = new Set(['id', 'version', 'digest', 'state']);

/** What the version says, without where it stands. */
export function termsOf(grant: Grant): GrantTerms {
  const members = Object.entries(grant).filter(([member]) => !beyondTerms.has(member));
  return Object.fromEntries(members) as unknown as GrantTerms;
}

/**
 * Digest a partner accepts and a receipt names: base64url SHA-256 over length-prefixed
 * `safeconduct/grant/v1`, grant id, version, RFC 8785 JSON of the terms (times as RFC 3339 UTC).
 */
export function grantDigest(id: GrantId, version: number, terms: GrantTerms): string {
  const parts = encodeParts('safeconduct/grant/v1', id, String(version), termsText(terms));
  return encodeBase64Url(sha256(parts));
}

/** The terms as the digest covers them: RFC 8785 JSON, times as RFC 3339 in UTC to the millisecond. */
export function termsText(terms: GrantTerms): string {
  const text = canonicalize(JSON.parse(JSON.stringify(terms)));
  if (text === undefined) throw new TypeError('terms have no JSON');
  return text;
}
