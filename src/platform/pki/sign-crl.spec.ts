import { describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { parseCrl, parseTrustAnchor } from '../../identity/certificate/index.js';
import { createClientCa, crlPem, issueClientKeyPair, signCrl } from './index.js';

const now = new Date('2026-03-01T12:00:00Z');
const later = new Date('2026-03-08T12:00:00Z');
const names = (commonName: string) => ({ organization: 'Test', commonName });
const ca = createClientCa(names('CA'), now);
const anchor = parseTrustAnchor('host', ca.certificate);
const list = { number: 1, thisUpdate: now, nextUpdate: later };

describe('a revocation list we sign', () => {
  test('names the serials revoked, as our own reader reads it', () => {
    const { certificate } = issueClientKeyPair(ca, names('north'), now);
    const serial = new X509Certificate(certificate).serialNumber.toLowerCase();
    const crl = parseCrl(signCrl(ca, [{ serial, revokedAt: now }], list), anchor);
    expect(crl).toEqual({
      anchorId: 'host',
      thisUpdate: now,
      nextUpdate: later,
      revokedSerials: new Set([serial]),
    });
  });

  test('may be empty', () => {
    expect(parseCrl(signCrl(ca, [], list), anchor).revokedSerials.size).toBe(0);
  });

  test('is not taken for one of another CA of the same name', () => {
    const namesake = createClientCa(names('CA'), now);
    expect(() => parseCrl(signCrl(namesake, [], list), anchor)).toThrow('signature');
  });

  test('is not taken when a byte was changed', () => {
    const der = signCrl(ca, [{ serial: '4001', revokedAt: now }], list);
    for (let at = 0; at < der.length; at += 7) {
      const changed = Buffer.from(der);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => parseCrl(changed, anchor)).toThrow();
    }
  });

  test('has the label of a list in PEM', () => {
    expect(crlPem(signCrl(ca, [], list))).toMatch(
      /^-----BEGIN X509 CRL-----\n[\s\S]+-----END X509 CRL-----\n$/,
    );
  });
});
