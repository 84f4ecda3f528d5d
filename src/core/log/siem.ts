import { isRefusal } from './record.js';
import type { RecordView } from './record-view.js';

/**
 * Records of the access log in the forms a SIEM reads. This file owns the forms.
 *
 * - JSON Lines: {@link ExportedRecord} as it is, one a line.
 * - CSV (RFC 4180, CRLF, UTF-8): {@link csvHeading}; `fields` as `field:LEVEL` parted by spaces. A
 *   cell that a spreadsheet would run begins with an apostrophe.
 * - OCSF 1.3.0: tokens and connections are Authentication (class 3002), everything else API Activity
 *   (class 6003); what OCSF has no member for is in `unmapped`.
 *
 * No person and no case is in any of them; officers by their opaque names.
 */
export type ExportedRecord = Omit<RecordView<string>, 'hasCaseReference' | 'forgotten'>;

const columns = [
  'at',
  'tree',
  'index',
  'id',
  'partner',
  'outcome',
  'purpose',
  'grant',
  'grantVersion',
  'requestId',
  'reference',
  'officer',
  'clientId',
  'certificate',
  'fields',
  'finding',
] as const;

export const csvHeading = `${columns.join(',')}\r\n`;

export function csvLine(record: ExportedRecord): string {
  const cells = columns.map((name) => {
    if (name === 'fields') {
      return cell(record.fields.map(({ field, level }) => `${field}:${level}`).join(' '));
    }
    const value = record[name];
    return value === null ? '' : cell(String(value));
  });
  return `${cells.join(',')}\r\n`;
}

function cell(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

export const ocsfVersion = '1.3.0';

const product = { name: 'Safeconduct', vendor_name: 'Safeconduct' };
/** Of the severities of OCSF. */
const informational = 1;
const low = 2;

/** One OCSF event. */
export function ocsfEvent(record: ExportedRecord): Readonly<Record<string, unknown>> {
  const { outcome } = record;
  const isSignIn = /^EVENT_(?:TOKENS|CONNECTIONS)_/.test(outcome);
  const failed = isRefusal(outcome) || outcome.endsWith('_REFUSED');
  const common = {
    category_uid: isSignIn ? 3 : 6,
    metadata: {
      version: ocsfVersion,
      product,
      uid: record.id,
      log_name: record.tree,
      sequence: record.index,
    },
    severity_id: failed ? low : informational,
    status_id: failed ? 2 : 1,
    status_code: outcome,
    time: Date.parse(record.at),
    unmapped: {
      grant: record.grant,
      grantVersion: record.grantVersion,
      reference: record.reference,
      finding: record.finding,
      fields: record.fields.map(({ field, level }) => `${field}:${level}`),
    },
  };
  const user = { uid: record.officer ?? record.clientId ?? 'unknown' };
  if (isSignIn) {
    return {
      ...common,
      class_uid: 3002,
      activity_id: 1,
      type_uid: 300201,
      user,
      service: { name: 'safeconduct' },
    };
  }
  const activity = /^(?:MATCH|POSSIBLE_MATCH|NOT_CONFIRMED)$/.test(outcome) ? 2 : 99;
  return {
    ...common,
    class_uid: 6003,
    activity_id: activity,
    ...(activity === 99 ? { activity_name: outcome } : {}),
    type_uid: 600300 + activity,
    actor: { user, app_uid: record.clientId },
    api: { operation: record.purpose ?? outcome, request: { uid: record.requestId ?? record.id } },
    src_endpoint: { name: record.partner ?? 'host' },
  };
}
