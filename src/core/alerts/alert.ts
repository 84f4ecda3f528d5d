/**
 * Alerts: what the gateway tells security officers of by itself. A rule is a plain function from facts
 * to alerts; an alert is told once by its key, however often the rule finds it.
 */
export const alertKinds = [
  'PROBING',
  'BUDGET_NEAR',
  'HONEY_ASKED',
  'SUPPRESSED_ASKED',
  'REFUSALS_IN_A_ROW',
  'UNUSUAL_HOUR',
  'UNUSUAL_VOLUME',
  'REVOKED_CREDENTIAL_USED',
  'MATCHES_UNCONFIRMED',
  'REFERRALS_DECLINED',
  'REVOCATION_LIST_STALE',
  'ENDS_SOON',
  'COSIGNATURE_MISSING',
  'RECONCILIATION',
  'LATE_RELEASES',
  'CLOCK_JUMP',
] as const;
export type AlertKind = (typeof alertKinds)[number];

export const severities = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;
export type Severity = (typeof severities)[number];

/** What a rule found. */
export interface FoundAlert {
  readonly kind: AlertKind;
  readonly severity: Severity;
  /** The same for the same finding; `kind` and what it is about, and the day for what goes on. */
  readonly key: string;
  /** In words, for people; no personal data: partners and systems are named, officers are not. */
  readonly reason: string;
  /** Partner it is about, if it is about one. */
  readonly partner: string | null;
  /** Ids of the records behind it, at most 20. */
  readonly records: readonly string[];
}

export const mostRecordsBehind = 20;

/** Day of an instant, UTC: what goes on is told again on another day. */
export const alertDay = (at: Date): string => at.toISOString().slice(0, 10);

export const alertStates = ['OPEN', 'ACKNOWLEDGED', 'CLOSED'] as const;
export type AlertState = (typeof alertStates)[number];

/** Whether an alert in one state may be put into another: never back. */
export function mayBecome(from: AlertState, to: AlertState): boolean {
  return alertStates.indexOf(to) > alertStates.indexOf(from);
}
