import type { PartnerCode } from '../core/ids.js';

/** Days before an end at which it shows: on /metrics, to staff, to the partner it is of. */
export const warningDays = [30, 7, 1] as const;

/** After so many days a key without an end of its own is due; it is shown, and nothing refuses it. */
export const keyLifetimeDays = 365;

export const endKinds = [
  'CERTIFICATE',
  'CERTIFICATE_AUTHORITY',
  'REVOCATION_LIST',
  'CLIENT_KEY',
  'OFFICER_KEY',
  'GRANT',
  'STAFF_CERTIFICATE',
  'SERVER_CERTIFICATE',
] as const;
export type EndKind = (typeof endKinds)[number];

/** Something in force that ends, and when. */
export interface End {
  readonly kind: EndKind;
  /** Whose it is; null for the host's. */
  readonly partner: PartnerCode | null;
  /** Fingerprint, id, `kid`, reference of a person of staff, replica: how it is found again. */
  readonly id: string;
  readonly at: Date;
}

const dayMs = 86_400_000;

/**
 * The mark an end is within: 30, 7 or 1 days, 0 when it is over, null when it is further away. A
 * revocation list that is over goes on counting: it is worse than one that ends soon.
 */
export function endsWithinDays({ at }: Pick<End, 'at'>, now: Date): 30 | 7 | 1 | 0 | null {
  const left = at.getTime() - now.getTime();
  if (left <= 0) return 0;
  return [...warningDays].reverse().find((days) => left <= days * dayMs) ?? null;
}

/** When a key of this age is due. */
export const keyDueAt = (since: Date): Date => new Date(since.getTime() + keyLifetimeDays * dayMs);

/** Those that are within so many days, or over; the next first. */
export function endingWithin(ends: readonly End[], days: number, now: Date): readonly End[] {
  const limit = now.getTime() + days * dayMs;
  return ends
    .filter(({ at }) => at.getTime() <= limit)
    .sort((a, b) => a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : 1));
}
