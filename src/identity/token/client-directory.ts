import type { PartnerCode } from '../../core/ids.js';

/** A partner's system that may obtain tokens. */
export interface TokenClient {
  /** 1 to 128 printable ASCII characters without space. */
  readonly clientId: string;
  readonly partner: PartnerCode;
  /** Public JWKs its assertions may be signed with, each with `kid`; 1 to 8 of them. */
  readonly jwks: readonly Readonly<Record<string, unknown>>[];
  readonly active: boolean;
  /**
   * Subject of its certificate (RFC 4514) where it authenticates by `tls_client_auth` (RFC 8705
   * §2.1); otherwise it authenticates by `private_key_jwt`.
   */
  readonly tlsSubject?: string;
}

/** The host's records of clients, read live at every token request. */
export interface ClientDirectory {
  byClientId(clientId: string): Promise<TokenClient | undefined>;
}
