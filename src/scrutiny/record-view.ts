import type { ReadRecord } from '../access-log/index.js';

/** A record as a security officer sees it: never the person, the case only once it was revealed. */
export interface RecordView {
  readonly id: string;
  readonly at: Date;
  /** Code of the partner; null for the host's own tree. */
  readonly partner: string | null;
  /** Origin of the tree. */
  readonly tree: string;
  readonly index: number;
  readonly requestId: string | null;
  readonly grant: string | null;
  readonly grantVersion: number | null;
  readonly purpose: string | null;
  readonly outcome: string;
  readonly fields: readonly { readonly field: string; readonly level: string }[];
  /** The partner's own reference for the person. */
  readonly reference: string | null;
  /** Opaque name of the officer; null when a system asked. */
  readonly officer: string | null;
  /** OAuth client; account of a member of staff. */
  readonly clientId: string | null;
  /** base64url SHA-256 of the client certificate. */
  readonly certificate: string | null;
  /** What was found where the partner was told less; of reading, what was read. */
  readonly finding: string | null;
  readonly hasCaseReference: boolean;
  /** The key of the part only the host can open was destroyed. */
  readonly forgotten: boolean;
}

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
