import type { AlertKind, Severity } from './alert.js';

/** What leaves of an alert: no personal data. */
export interface AlertMessage {
  readonly id: string;
  readonly kind: AlertKind;
  readonly severity: Severity;
  readonly reason: string;
  readonly partner: string | null;
  readonly raisedAt: Date;
}

/** Facility 13, log audit (RFC 5424 §6.2.1). */
const facility = 13;
/** Numerical severities of RFC 5424 §6.2.1: notice, warning, critical, alert. */
const severities: Readonly<Record<Severity, number>> = { LOW: 5, MEDIUM: 4, HIGH: 2, CRITICAL: 1 };

/**
 * One syslog message (RFC 5424 §6) in the octet-counted frame of RFC 5425 §4.3:
 * `MSG-LEN SP <PRI>1 TIMESTAMP HOSTNAME safeconduct - KIND - BOM {json}`.
 *
 * There is no structured data: an SD-ID of one's own takes a private enterprise number. The message is
 * JSON with `id`, `kind`, `severity`, `reason`, `partner`.
 *
 * @param hostname printable US-ASCII; anything else becomes the nil value
 */
export function syslogFrame(alert: AlertMessage, hostname: string): Buffer {
  const { id, kind, severity, reason, partner, raisedAt } = alert;
  const priority = facility * 8 + severities[severity];
  const host = /^[\x21-\x7e]{1,255}$/.test(hostname) ? hostname : '-';
  const message = JSON.stringify({ id, kind, severity, reason, partner });
  const text = `<${priority}>1 ${raisedAt.toISOString()} ${host} safeconduct - ${kind} - \uFEFF${message}`;
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([Buffer.from(`${bytes.length} `), bytes]);
}
