import type { PartnerCode, StateCode } from '../core/ids.js';

export interface Partner {
  readonly code: PartnerCode;
  readonly name: string;
  readonly state: StateCode;
  readonly active: boolean;
  /** Nothing issued before this instant is valid any more. */
  readonly validAfter: Date;
}

/** A certificate registered for one partner: of a client (pinned) or of a directly issuing CA. */
export interface Credential {
  readonly id: string;
  readonly partner: PartnerCode;
  readonly kind: 'CLIENT_CERTIFICATE' | 'ISSUING_AUTHORITY';
  /** base64url SHA-256 of the certificate's DER (`x5t#S256`, RFC 8705 §3.1). */
  readonly fingerprint: string;
  readonly active: boolean;
  readonly validAfter: Date;
  /** End of the certificate; absent where only its fingerprint is known. */
  readonly notAfter?: Date;
}

/** Certificate of a CA whose client certificates this gateway judges. */
export interface Anchor {
  readonly id: string;
  readonly certificate: Buffer;
}

export const anchorRuleKinds = ['SUBJECT', 'DNS', 'EMAIL', 'URI'] as const;

/**
 * Which certificates of a partner's own CA stand for the partner: those of exactly this subject (RFC
 * 4514), or with exactly this alternative name.
 */
export interface AnchorRule {
  readonly kind: (typeof anchorRuleKinds)[number];
  readonly value: string;
}

/** An anchor as it is in force. */
export interface AnchorInForce extends Anchor {
  /** Null for the host's own CA. */
  readonly partner: PartnerCode | null;
  /** Without one only certificates registered by their fingerprint are let in. */
  readonly rule: AnchorRule | null;
  readonly validAfter: Date;
  /** The CA's revocation list in DER; null where none was imported. */
  readonly crl: Buffer | null;
  /** What the journal knows of a later list than `crl`; null where `crl` is the latest. */
  readonly journaled: JournaledList | null;
}

/**
 * A revocation list that was in force and that a restored database has forgotten, as the journal keeps
 * it: without the CA's signature, which was checked when it was taken.
 */
export interface JournaledList {
  readonly thisUpdate: Date;
  readonly nextUpdate: Date;
  /** Beyond those of the list in the database; lower-case hex. */
  readonly serials: readonly string[];
}

/** A partner's system at the token endpoint (OAuth client, RFC 7591 names). */
export interface OAuthClient {
  readonly clientId: string;
  readonly partner: PartnerCode;
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  /** RFC 4514 subject, for one that authenticates by `tls_client_auth`. */
  readonly tlsSubject?: string;
  readonly active: boolean;
  readonly validAfter: Date;
  /** When a key was registered, by `kid`; one that is not here, with the client. */
  readonly keysSince?: KeysSince;
}

/** RFC 3339, by `kid`. */
export type KeysSince = Readonly<Record<string, string>>;

/** The identity provider that names a partner's officers (RFC 7523). */
export interface NamingProvider {
  readonly partner: PartnerCode;
  readonly issuer: string;
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  readonly validAfter: Date;
  /** As of a client. */
  readonly keysSince?: KeysSince;
}
