import { describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import {
  createClientCa,
  createServerCa,
  issueClientKeyPair,
  issueServerCertificate,
} from '../../platform/pki/index.js';
import { certificateCauseOf, checkClientCertificate, parseTrustAnchor } from './index.js';

const now = new Date('2026-03-01T12:00:00Z');
const later = (days: number): Date => new Date(now.getTime() + days * 86_400_000);
const names = (commonName: string) => ({ organization: 'Test', commonName });
const clientCa = createClientCa(names('Client CA'), now);
const serverCa = createServerCa(names('Server CA'), now);

describe('our own issuing', () => {
  test('makes certificates our own check accepts, until they are over', () => {
    const { certificate } = issueClientKeyPair(clientCa, names('north'), now);
    const anchors = [parseTrustAnchor('host', clientCa.certificate)];
    const checked = checkClientCertificate(certificate, anchors, now);
    const read = new X509Certificate(certificate);
    expect(checked.subject).toBe('CN=north,O=Test');
    expect(checked.serial).toBe(read.serialNumber.toLowerCase());
    expect(checked.notAfter).toEqual(read.validToDate);
    const cause = (() => {
      try {
        checkClientCertificate(certificate, anchors, later(366));
        return 'accepted';
      } catch (error) {
        return certificateCauseOf(error);
      }
    })();
    expect(cause).toBe('expired');
  });

  test('makes no server certificate that could be a client, nor an anchor of their CA', () => {
    const { certificate } = issueServerCertificate(
      serverCa,
      names('localhost'),
      ['localhost'],
      now,
    );
    const anchors = [parseTrustAnchor('host', clientCa.certificate)];
    expect(() => checkClientCertificate(certificate, anchors, now)).toThrow('issuer-unknown');
    expect(() => parseTrustAnchor('server', serverCa.certificate)).toThrow('anchor-key-usage');
  });
});
