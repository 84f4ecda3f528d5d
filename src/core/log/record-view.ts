/**
 * A record as a security officer sees it, and a SIEM: never the person, the case only once it was
 * revealed. `At` is an instant: a Date, or RFC 3339 text where it was sent.
 */
export interface RecordView<At = Date> {
  readonly id: string;
  readonly at: At;
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
