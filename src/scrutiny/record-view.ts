import type { ReadRecord } from '../access-log/index.js';
import type { RecordView } from '../core/log/record-view.js';

/** What is shown of a record that was read. */
export function viewOf(read: Omit<ReadRecord, 'position'>): RecordView {
  const { record, host, partner, origin, index } = read;
  return {
    id: record.id,
    at: new Date(record.at),
    partner,
    tree: origin,
    index,
    requestId: record.requestId,
    grant: record.grant,
    grantVersion: record.grantVersion,
    purpose: record.purpose,
    outcome: record.outcome,
    fields: record.fields.map(([field, level]) => ({ field, level })),
    reference: record.reference,
    officer: host?.officer ?? null,
    clientId: host?.clientId ?? null,
    certificate: host?.certificate ?? null,
    finding: host?.finding ?? null,
    hasCaseReference: (host?.caseReference ?? null) !== null,
    forgotten: host === null,
  };
}
