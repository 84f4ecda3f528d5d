export {
  certificateCauseOf,
  certificateCauses,
  certificateRefused,
  type CertificateCause,
} from './causes.js';
export { checkClientCertificate, type CheckedCertificate } from './check-client-certificate.js';
export type { AlternativeName } from './names.js';
export {
  resolveCredential,
  type CertificateCredential,
  type CredentialDirectory,
} from './resolve-credential.js';
export { parseCrl, type RevocationList } from './revocation-list.js';
export { readStaffAnchors } from './staff-anchors.js';
export { parseTrustAnchor, type TrustAnchor } from './trust-anchor.js';
export { readSigningRequest, type SigningRequest } from './signing-request.js';
