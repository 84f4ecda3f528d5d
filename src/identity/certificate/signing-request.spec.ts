import { describe, expect, test } from '@jest/globals';
import { createPublicKey, sign, type KeyObject } from 'node:crypto';
import { bitString, explicit, integer, sequence } from '../../platform/der/write-der.js';
import { distinguishedName, signingAlgorithm } from '../../platform/pki/sign-certificate.js';
import { ecKey, edKey, keyInfoOf, rsaKey } from '../../../test/support/certificate-builder.js';
import { certificateCauseOf } from './causes.js';
import { readSigningRequest } from './signing-request.js';

function request(key: KeyObject, signer = key): string {
  const info = sequence(
    integer(0),
    distinguishedName('Example partner', 'gateway client'),
    keyInfoOf(key),
    explicit(0),
  );
  const algorithm = signingAlgorithm(signer);
  const signature = bitString(sign(algorithm.hash, info, signer));
  const der = sequence(info, algorithm.identifier, signature);
  const lines = der.toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`;
}

function causeOf(pem: string): string {
  try {
    readSigningRequest(pem);
    return 'accepted';
  } catch (error) {
    return certificateCauseOf(error);
  }
}

describe('a signing request', () => {
  test.each([
    ['P-256', ecKey('csr')],
    ['Ed25519', edKey('csr')],
    ['RSA 3072', rsaKey('leaf')],
  ])('gives its %s key', (_kind, key) => {
    const read = readSigningRequest(request(key));
    expect(read.publicKey.equals(createPublicKey(key))).toBe(true);
    expect(read.subject).toBe('CN=gateway client,O=Example partner');
  });

  test('is refused when another key signed it: its sender may not hold the key', () => {
    expect(causeOf(request(ecKey('csr'), ecKey('stranger')))).toBe('signature');
  });
  test('is refused with a weak key', () => {
    expect(causeOf(request(rsaKey('leaf', 2048)))).toBe('key-weak');
  });
  test('is refused with anything around it', () => {
    expect(causeOf(`${request(ecKey('csr'))}${request(ecKey('csr'))}`)).toBe('malformed');
    expect(causeOf('not a request')).toBe('malformed');
  });
});
