export { writeDemoPki, type ClientFiles, type DemoPki, type KeyPairFiles } from './demo-pki.js';
export { writeCertificates, writeFileAtomically, writePrivateKey } from './files.js';
export {
  createClientCa,
  createServerCa,
  issueClientCertificate,
  issueClientKeyPair,
  issueServerCertificate,
  type CertificateAuthority,
  type IssuedKeyPair,
} from './issue.js';
export { exportPkcs12, newPassphrase } from './pkcs12.js';
export { crlPem, signCrl, type RevokedSerial } from './sign-crl.js';
