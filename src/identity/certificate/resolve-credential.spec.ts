import { describe, expect, test } from '@jest/globals';
import type { PartnerCode } from '../../core/ids.js';
import {
  buildAuthority,
  buildCertificate,
  daysFromTestNow,
  testNow,
} from '../../../test/support/certificate-builder.js';
import { certificateCauseOf } from './causes.js';
import { checkClientCertificate } from './check-client-certificate.js';
import {
  resolveCredential,
  type CertificateCredential,
  type CredentialDirectory,
} from './resolve-credential.js';
import { parseTrustAnchor } from './trust-anchor.js';

const certificate = checkClientCertificate(
  buildCertificate(),
  [parseTrustAnchor('host-ca', buildAuthority())],
  testNow,
);
const credential = (id: string): CertificateCredential => ({
  id,
  partner: 'AUS-BORDER' as PartnerCode,
  validAfter: daysFromTestNow(-1),
});
const directory = (records: {
  pinned?: CertificateCredential;
  ruled?: CertificateCredential;
  revokedSerial?: string;
}): CredentialDirectory => ({
  byFingerprint: async (hex) =>
    hex === certificate.fingerprintSha256.hex ? records.pinned : undefined,
  byAnchorRule: async () => records.ruled,
  isRevoked: async (anchorId, serial) => anchorId === 'host-ca' && serial === records.revokedSerial,
});
const resolve = async (records: Parameters<typeof directory>[0]): Promise<string> => {
  try {
    return (await resolveCredential(certificate, directory(records), testNow)).id;
  } catch (error) {
    return certificateCauseOf(error);
  }
};

describe('a checked certificate', () => {
  test('is the credential registered for its fingerprint, before any rule', async () => {
    expect(await resolve({ pinned: credential('pinned'), ruled: credential('ruled') })).toBe(
      'pinned',
    );
  });
  test('is the credential its anchor rule gives it when no fingerprint is registered', async () => {
    expect(await resolve({ ruled: credential('ruled') })).toBe('ruled');
  });
  test('is refused when nothing is registered', async () => {
    expect(await resolve({})).toBe('credential-unknown');
  });
  test('is refused when its credential is revoked, even if a rule would take it', async () => {
    const pinned = { ...credential('pinned'), revokedAt: daysFromTestNow(-0.5) };
    expect(await resolve({ pinned, ruled: credential('ruled') })).toBe('credential-revoked');
  });
  test('is refused when its serial is revoked, under whatever fingerprint', async () => {
    expect(await resolve({ ruled: credential('ruled'), revokedSerial: certificate.serial })).toBe(
      'credential-revoked',
    );
  });
  test('is refused before its credential is usable', async () => {
    const pinned = { ...credential('pinned'), validAfter: daysFromTestNow(1) };
    expect(await resolve({ pinned })).toBe('credential-not-yet-usable');
  });
});
