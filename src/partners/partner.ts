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
  readonly kind: 'CLIENT_CERTIFICATE';
  /** base64url SHA-256 of the certificate's DER (`x5t#S256`, RFC 8705 §3.1). */
  readonly fingerprint: string;
  readonly active: boolean;
  readonly validAfter: Date;
}

/** Certificate of a CA whose client certificates this gateway judges. */
export interface Anchor {
  readonly id: string;
  readonly certificate: Buffer;
}

/** A partner's system at the token endpoint (OAuth client, RFC 7591 names). */
export interface OAuthClient {
  readonly clientId: string;
  readonly partner: PartnerCode;
  readonly jwks: { readonly keys: readonly Readonly<Record<string, unknown>>[] };
  readonly active: boolean;
  readonly validAfter: Date;
}
