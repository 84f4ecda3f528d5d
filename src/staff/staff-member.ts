import type { StaffFacts, StaffRole } from '../core/staff/acts.js';

/** A person of the host with an account. */
export interface StaffMember extends StaffFacts {
  /** Number of the person among the host's staff; unique. */
  readonly reference: string;
  readonly name: string;
  readonly founding: boolean;
  readonly createdAt: Date;
  readonly certificates: readonly StaffCertificate[];
}

export interface StaffCertificate {
  /** base64url SHA-256 of the DER. */
  readonly fingerprint: string;
  readonly notAfter: Date;
  readonly active: boolean;
}

/** A member of staff behind a connection. */
export interface StaffCaller extends StaffFacts {
  readonly reference: string;
  readonly name: string;
  /** base64url SHA-256 of the certificate of the connection. */
  readonly certificateFingerprint: string;
}

/** A person as named by those who give them an account. */
export interface NewStaff {
  readonly reference: string;
  readonly name: string;
  readonly roles: readonly StaffRole[];
  /** DER. */
  readonly certificate: Buffer;
}
