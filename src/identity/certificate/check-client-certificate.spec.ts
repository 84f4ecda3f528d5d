import { describe, expect, test } from '@jest/globals';
import { constants, createHash, sign, X509Certificate } from 'node:crypto';
import { GatewayError } from '../../core/errors.js';
import {
  bitString,
  booleanTrue,
  element,
  explicit,
  implicit,
  integer,
  namedBitList,
  nullValue,
  objectId,
  octetString,
  sequence,
  setOf,
  time,
  utf8String,
} from '../../platform/der/write-der.js';
import { distinguishedName, extension, oid } from '../../platform/pki/sign-certificate.js';
import {
  buildAuthority,
  buildCertificate,
  buildCrl,
  caName,
  daysFromTestNow,
  ecKey,
  edKey,
  extensions,
  keyInfoOf,
  rsaKey,
  testNow,
  wrapExtensions,
  type RawCertificate,
} from '../../../test/support/certificate-builder.js';
import type { CertificateCause } from './causes.js';
import { checkClientCertificate } from './check-client-certificate.js';
import { parseCrl } from './revocation-list.js';
import { parseTrustAnchor, type TrustAnchor } from './trust-anchor.js';

const anchor = parseTrustAnchor('host-ca', buildAuthority());
const { clientAuth, serverAuth } = oid;
const usual = [
  extensions.basicConstraints,
  extensions.keyUsage(0),
  extensions.purposes(clientAuth),
];
const subjectAlternativeName = (critical: boolean, ...names: Buffer[]): Buffer =>
  extension(oid.subjectAltName, critical, sequence(...names));

const pss = (hash: string, salt: number): Buffer => {
  const identifier = sequence(objectId(hash), nullValue());
  return sequence(
    objectId('1.2.840.113549.1.1.10'),
    sequence(
      explicit(0, identifier),
      explicit(1, sequence(objectId('1.2.840.113549.1.1.8'), identifier)),
      explicit(2, integer(salt)),
    ),
  );
};
const sha256Oid = '2.16.840.1.101.3.4.2.1';
const signPss = (tbs: Buffer): Buffer =>
  sign('sha256', tbs, {
    key: rsaKey('ca'),
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: 32,
  });
const bothAlgorithms = (identifier: Buffer): Partial<RawCertificate> => ({
  innerAlgorithm: identifier,
  outerAlgorithm: identifier,
});

function causeOf(run: () => unknown): string {
  try {
    run();
    return 'accepted';
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'ERR_CERTIFICATE_REFUSED') throw error;
    return error.detail ?? 'no cause';
  }
}

describe('accepts a client certificate', () => {
  const rsaAnchor = parseTrustAnchor('rsa-ca', buildAuthority({ key: rsaKey('ca') }));
  const edAnchor = parseTrustAnchor('ed-ca', buildAuthority({ key: edKey('ca') }));
  const good: [string, Partial<RawCertificate>, TrustAnchor][] = [
    ['with a P-256 key from a P-256 authority', {}, anchor],
    ['with a P-384 key', { keyInfo: keyInfoOf(ecKey('leaf', 'P-384')) }, anchor],
    ['with an Ed25519 key', { keyInfo: keyInfoOf(edKey('leaf')) }, anchor],
    ['with an RSA key of 3072 bits', { keyInfo: keyInfoOf(rsaKey('leaf')) }, anchor],
    ['signed by RSA PKCS #1', { key: rsaKey('ca') }, rsaAnchor],
    [
      'signed by RSASSA-PSS',
      { key: rsaKey('ca'), ...bothAlgorithms(pss(sha256Oid, 32)), sign: signPss },
      rsaAnchor,
    ],
    ['signed by Ed25519', { key: edKey('ca') }, edAnchor],
    ['without key usage', { extensions: wrapExtensions(usual[0]!, usual[2]!) }, anchor],
    [
      'with client and server purposes',
      { extensions: wrapExtensions(extensions.purposes(serverAuth, clientAuth)) },
      anchor,
    ],
    [
      'with an unknown extension that is not critical',
      {
        extensions: wrapExtensions(...usual, extension('1.3.6.1.4.1.99999.1', false, nullValue())),
      },
      anchor,
    ],
    [
      'without a subject when the alternative names are critical',
      {
        subject: sequence(),
        extensions: wrapExtensions(
          ...usual,
          subjectAlternativeName(true, implicit(2, Buffer.from('client.example'))),
        ),
      },
      anchor,
    ],
    ['with a serial of 20 octets', { serial: integer(Buffer.alloc(20, 0x7f)) }, anchor],
    [
      'whose end is after 2050',
      { validity: sequence(time(daysFromTestNow(-1)), time(new Date('2051-01-01T00:00:00Z'))) },
      anchor,
    ],
    [
      'on its first second',
      { validity: sequence(time(testNow), time(daysFromTestNow(1))) },
      anchor,
    ],
    [
      'on its last second',
      { validity: sequence(time(daysFromTestNow(-1)), time(testNow)) },
      anchor,
    ],
  ];

  test.each(good)('%s', (_rule, bent, issuer) => {
    const checked = checkClientCertificate(buildCertificate(bent), [issuer], testNow);
    expect(checked.anchorId).toBe(issuer.id);
  });

  test('and says whose it is', () => {
    const der = buildCertificate({
      serial: integer(Buffer.from('00c0ffee', 'hex')),
      extensions: wrapExtensions(
        ...usual,
        subjectAlternativeName(
          false,
          implicit(2, Buffer.from('Client.Example')),
          implicit(1, Buffer.from('desk@client.example')),
          implicit(6, Buffer.from('urn:example:client')),
          implicit(7, Buffer.from([192, 0, 2, 1])),
          implicit(7, Buffer.from('20010db8000000000000000000000001', 'hex')),
        ),
      ),
    });
    const digest = createHash('sha256').update(der).digest();
    expect(checkClientCertificate(der, [anchor], testNow)).toEqual({
      anchorId: 'host-ca',
      serial: '00c0ffee',
      subject: 'CN=gateway client,O=Example partner',
      alternativeNames: [
        { kind: 'dns', value: 'client.example' },
        { kind: 'email', value: 'desk@client.example' },
        { kind: 'uri', value: 'urn:example:client' },
        { kind: 'ip', value: '192.0.2.1' },
        { kind: 'ip', value: '2001:db8::1' },
      ],
      notAfter: daysFromTestNow(30),
      fingerprintSha256: {
        base64url: digest.toString('base64url'),
        hex: digest.toString('hex'),
      },
    });
    expect(new X509Certificate(der).fingerprint256.replaceAll(':', '').toLowerCase()).toBe(
      digest.toString('hex'),
    );
  });

  test('a subject that imitates another is written apart from it', () => {
    const subjectOf = (subject: Buffer): string =>
      checkClientCertificate(buildCertificate({ subject }), [anchor], testNow).subject;
    expect(subjectOf(sequence(setOf(sequence(objectId('2.5.4.3'), utf8String('a,O=b')))))).toBe(
      'CN=a\\,O=b',
    );
    const bmpString = element(0x1e, Buffer.from('0061', 'hex'));
    expect(subjectOf(sequence(setOf(sequence(objectId('2.5.4.3'), bmpString))))).toBe(
      'CN=#1e020061',
    );
  });

  test('from the second of two anchors that share a name', () => {
    const older = parseTrustAnchor('older', buildAuthority({ key: ecKey('older ca') }));
    const checked = checkClientCertificate(buildCertificate(), [older, anchor], testNow);
    expect(checked.anchorId).toBe('host-ca');
  });
});

/** SubjectPublicKeyInfo of RSA with a chosen modulus and exponent. */
const rsaInfo = (modulus: Buffer, exponent: number): Buffer =>
  sequence(
    sequence(objectId('1.2.840.113549.1.1.1'), nullValue()),
    bitString(sequence(integer(modulus), integer(exponent))),
  );
const modulusOf = (bits: number): Buffer => {
  const modulus = Buffer.alloc(bits / 8, 0xa5);
  return modulus;
};
const ecInfo = (curve: Buffer, point: Buffer): Buffer =>
  sequence(sequence(objectId('1.2.840.10045.2.1'), curve), bitString(point));
const p256 = objectId('1.2.840.10045.3.1.7');
const leafPoint = keyInfoOf(ecKey('leaf')).subarray(-65);
const onlyPurposes = (...ids: string[]): Partial<RawCertificate> => ({
  extensions: wrapExtensions(extensions.basicConstraints, extensions.purposes(...ids)),
});
const withExtensions = (...list: Buffer[]): Partial<RawCertificate> => ({
  extensions: wrapExtensions(...usual, ...list),
});
const validBetween = (from: Buffer, until: Buffer): Partial<RawCertificate> => ({
  validity: sequence(from, until),
});
const utcTime = (text: string): Buffer => element(0x17, Buffer.from(text));
const generalizedTime = (text: string): Buffer => element(0x18, Buffer.from(text));
const before = time(daysFromTestNow(-1));
const after = time(daysFromTestNow(1));
const commonName = (value: Buffer): Buffer => sequence(setOf(sequence(objectId('2.5.4.3'), value)));

const hostile: [CertificateCause, string, Partial<RawCertificate>][] = [
  // who signed it
  ['issuer-unknown', 'of an unknown authority', { issuer: caName('Another CA') }],
  ['issuer-unknown', 'signed by itself', { issuer: distinguishedName('Example partner', 'x') }],
  [
    'issuer-unknown',
    'whose issuer name is encoded in another string type',
    {
      issuer: sequence(
        setOf(sequence(objectId('2.5.4.10'), element(0x13, Buffer.from('Example host')))),
        setOf(sequence(objectId('2.5.4.3'), element(0x13, Buffer.from('Test client CA')))),
      ),
    },
  ],
  ['issuer-unknown', 'without an issuer', { issuer: sequence() }],
  ['signature', 'signed by a stranger in the name of the anchor', { key: ecKey('stranger') }],
  ['signature', 'signed by another kind of key in its name', { key: edKey('stranger') }],
  ['signature', 'signed by its own key', { key: ecKey('leaf') }],
  ['signature', 'with an empty signature', { sign: () => Buffer.alloc(0) }],
  [
    'signature',
    'with a signature of zeros (CVE-2022-21449)',
    { sign: () => sequence(integer(0), integer(0)) },
  ],
  [
    'signature',
    'with bytes after the signature value',
    { sign: (tbs) => Buffer.concat([sign('sha256', tbs, ecKey('ca')), Buffer.of(0)]) },
  ],
  // how it was signed
  [
    'algorithms-differ',
    'whose inner algorithm is not the outer one',
    { innerAlgorithm: sequence(objectId('1.2.840.10045.4.3.3')) },
  ],
  [
    'algorithms-differ',
    'whose algorithms differ in parameters only',
    { innerAlgorithm: sequence(objectId('1.2.840.10045.4.3.2'), nullValue()) },
  ],
  [
    'signature-algorithm',
    'signed with SHA-1',
    {
      ...bothAlgorithms(sequence(objectId('1.2.840.10045.4.1'))),
      sign: (tbs) => sign('sha1', tbs, ecKey('ca')),
    },
  ],
  [
    'signature-algorithm',
    'signed with RSA and SHA-1',
    bothAlgorithms(sequence(objectId('1.2.840.113549.1.1.5'), nullValue())),
  ],
  [
    'signature-algorithm',
    'signed with RSA and MD5',
    bothAlgorithms(sequence(objectId('1.2.840.113549.1.1.4'), nullValue())),
  ],
  [
    'signature-algorithm',
    'signed with ECDSA whose parameters are NULL',
    bothAlgorithms(sequence(objectId('1.2.840.10045.4.3.2'), nullValue())),
  ],
  [
    'signature-algorithm',
    'signed with RSA without the NULL parameters',
    bothAlgorithms(sequence(objectId('1.2.840.113549.1.1.11'))),
  ],
  [
    'signature-algorithm',
    'signed with RSASSA-PSS over SHA-1',
    bothAlgorithms(pss('1.3.14.3.2.26', 20)),
  ],
  [
    'signature-algorithm',
    'signed with RSASSA-PSS and a short salt',
    bothAlgorithms(pss(sha256Oid, 8)),
  ],
  [
    'signature-algorithm',
    'signed with RSASSA-PSS and default parameters',
    bothAlgorithms(sequence(objectId('1.2.840.113549.1.1.10'), sequence())),
  ],
  [
    'signature-algorithm',
    'of an algorithm nobody knows',
    bothAlgorithms(sequence(objectId('1.2.3'))),
  ],
  // when
  ['not-yet-valid', 'not valid yet', validBetween(after, time(daysFromTestNow(2)))],
  ['expired', 'over', validBetween(time(daysFromTestNow(-2)), before)],
  [
    'expired',
    'over in the last century',
    validBetween(utcTime('500101000000Z'), utcTime('990101000000Z')),
  ],
  ['not-yet-valid', 'that ends before it begins', validBetween(after, before)],
  ['malformed', 'with a time of day zone', validBetween(utcTime('2601010000+0100'), after)],
  ['malformed', 'with a time without seconds', validBetween(utcTime('2601010000Z'), after)],
  ['malformed', 'with the 30th of February', validBetween(utcTime('260230000000Z'), after)],
  ['malformed', 'with hour 24', validBetween(before, utcTime('270101240000Z'))],
  [
    'malformed',
    'with a fraction of a second',
    validBetween(before, generalizedTime('20600101000000.5Z')),
  ],
  [
    'malformed',
    'with GeneralizedTime before 2050',
    validBetween(before, generalizedTime('20270101000000Z')),
  ],
  // the form
  ['version', 'of version 1', { version: Buffer.alloc(0), extensions: Buffer.alloc(0) }],
  ['version', 'of version 2', { version: explicit(0, integer(1)) }],
  ['version', 'of version 4', { version: explicit(0, integer(3)) }],
  ['serial', 'with serial number zero', { serial: integer(0) }],
  ['serial', 'with a negative serial number', { serial: element(0x02, Buffer.of(0xff)) }],
  ['serial', 'with a serial number of 21 octets', { serial: integer(Buffer.alloc(21, 0x7f)) }],
  ['malformed', 'with an over-long serial number', { serial: element(0x02, Buffer.of(0, 1)) }],
  ['malformed', 'with an empty serial number', { serial: element(0x02) }],
  [
    'unique-identifier',
    'with an issuer unique identifier',
    { identifiers: element(0x81, Buffer.of(0, 1)) },
  ],
  [
    'unique-identifier',
    'with a subject unique identifier',
    { identifiers: element(0x82, Buffer.of(0, 1)) },
  ],
  ['malformed', 'with something unknown before the extensions', { identifiers: nullValue() }],
  ['malformed', 'with an empty list of extensions', { extensions: wrapExtensions() }],
  [
    'malformed',
    'with two lists of extensions',
    { extensions: Buffer.concat([wrapExtensions(...usual), wrapExtensions(...usual)]) },
  ],
  // what it may be used for
  [
    'extended-key-usage',
    'without a purpose',
    { extensions: wrapExtensions(extensions.keyUsage(0)) },
  ],
  ['extended-key-usage', 'without extensions', { extensions: Buffer.alloc(0) }],
  ['extended-key-usage', 'for servers', onlyPurposes(serverAuth)],
  ['extended-key-usage', 'for any purpose but none by name', onlyPurposes('2.5.29.37.0')],
  [
    'extended-key-usage',
    'for a purpose that only begins like ours',
    onlyPurposes(`${clientAuth}.1`),
  ],
  [
    'extended-key-usage',
    'with an empty list of purposes',
    { extensions: wrapExtensions(extension(oid.extKeyUsage, false, sequence())) },
  ],
  [
    'key-usage',
    'that may only encipher',
    { extensions: wrapExtensions(extensions.keyUsage(2), usual[2]!) },
  ],
  [
    'key-usage',
    'that may sign certificates',
    { extensions: wrapExtensions(extensions.keyUsage(0, 5), usual[2]!) },
  ],
  [
    'key-usage',
    'that may sign revocation lists',
    { extensions: wrapExtensions(extensions.keyUsage(0, 6), usual[2]!) },
  ],
  [
    'key-usage',
    'with a key usage of no bits',
    {
      extensions: wrapExtensions(
        extension(oid.keyUsage, true, element(0x03, Buffer.of(0))),
        usual[2]!,
      ),
    },
  ],
  [
    'key-usage',
    'with a key usage not in its shortest form',
    {
      extensions: wrapExtensions(
        extension(oid.keyUsage, true, element(0x03, Buffer.of(0, 0x80))),
        usual[2]!,
      ),
    },
  ],
  [
    'key-usage',
    'with bytes after its key usage',
    {
      extensions: wrapExtensions(
        extension(oid.keyUsage, true, Buffer.concat([namedBitList(0), nullValue()])),
        usual[2]!,
      ),
    },
  ],
  [
    'is-authority',
    'of an authority',
    { extensions: wrapExtensions(extensions.authority, usual[2]!) },
  ],
  [
    'is-authority',
    'with a path length and no authority',
    {
      extensions: wrapExtensions(
        extension(oid.basicConstraints, true, sequence(integer(0))),
        usual[2]!,
      ),
    },
  ],
  [
    'is-authority',
    'that spells out that it is no authority',
    {
      extensions: wrapExtensions(
        extension(oid.basicConstraints, true, sequence(element(0x01, Buffer.of(0)))),
        usual[2]!,
      ),
    },
  ],
  [
    'is-authority',
    'whose authority flag is neither true nor false',
    {
      extensions: wrapExtensions(
        extension(oid.basicConstraints, true, sequence(element(0x01, Buffer.of(1)))),
        usual[2]!,
      ),
    },
  ],
  // extensions
  [
    'extension-critical',
    'with an unknown critical extension',
    withExtensions(extension('1.3.6.1.4.1.99999.1', true, nullValue())),
  ],
  [
    'extension-critical',
    'with critical name constraints',
    withExtensions(extension('2.5.29.30', true, sequence())),
  ],
  [
    'extension-critical',
    'with critical policies',
    withExtensions(extension('2.5.29.32', true, sequence())),
  ],
  [
    'extension-repeated',
    'with a purpose list twice',
    withExtensions(extensions.purposes(serverAuth)),
  ],
  [
    'extension-repeated',
    'with an unknown extension twice',
    withExtensions(extension('1.2.3', false, nullValue()), extension('1.2.3', false, nullValue())),
  ],
  [
    'malformed',
    'that spells out that an extension is not critical',
    withExtensions(
      sequence(objectId('1.2.3'), element(0x01, Buffer.of(0)), octetString(nullValue())),
    ),
  ],
  [
    'malformed',
    'with a critical flag of 01',
    withExtensions(
      sequence(objectId('1.2.3'), element(0x01, Buffer.of(1)), octetString(nullValue())),
    ),
  ],
  [
    'malformed',
    'with an extension without a value',
    withExtensions(sequence(objectId('1.2.3'), booleanTrue())),
  ],
  [
    'malformed',
    'with an over-long object identifier',
    withExtensions(sequence(element(0x06, Buffer.of(0x2a, 0x80, 3)), octetString())),
  ],
  [
    'malformed',
    'with an unfinished object identifier',
    withExtensions(sequence(element(0x06, Buffer.of(0x2a, 0x83)), octetString())),
  ],
  // names
  ['subject', 'without subject and alternative name', { subject: sequence() }],
  [
    'subject',
    'without subject whose alternative names are not critical',
    {
      subject: sequence(),
      ...withExtensions(subjectAlternativeName(false, implicit(2, Buffer.from('a.example')))),
    },
  ],
  ['subject', 'with NUL in its name', { subject: commonName(utf8String('partner\0.example')) }],
  [
    'subject',
    'with a line break in its name',
    { subject: commonName(utf8String('partner\nO=other')) },
  ],
  [
    'subject',
    'whose name is not UTF-8',
    { subject: commonName(element(0x0c, Buffer.of(0xc3, 0x28))) },
  ],
  ['subject', 'with an empty name component', { subject: sequence(setOf()) }],
  [
    'subject',
    'whose name set is out of order',
    {
      subject: sequence(
        element(
          0x31,
          sequence(objectId('2.5.4.10'), utf8String('o')),
          sequence(objectId('2.5.4.3'), utf8String('c')),
        ),
      ),
    },
  ],
  [
    'alternative-name',
    'with an empty list of alternative names',
    withExtensions(subjectAlternativeName(false)),
  ],
  [
    'alternative-name',
    'with NUL in a host name',
    withExtensions(subjectAlternativeName(false, implicit(2, Buffer.from('a.example\0.b')))),
  ],
  [
    'alternative-name',
    'with a wild card for a host',
    withExtensions(subjectAlternativeName(false, implicit(2, Buffer.from('*.example')))),
  ],
  [
    'alternative-name',
    'with an address of five octets',
    withExtensions(subjectAlternativeName(false, implicit(7, Buffer.alloc(5)))),
  ],
  [
    'alternative-name',
    'with an unknown kind of name',
    withExtensions(subjectAlternativeName(false, implicit(9, Buffer.alloc(1)))),
  ],
  // the key
  ['key-weak', 'with RSA of 2048 bits', { keyInfo: keyInfoOf(rsaKey('leaf', 2048)) }],
  ['key-weak', 'with RSA of 1024 bits', { keyInfo: rsaInfo(modulusOf(1024), 65537) }],
  ['key-weak', 'with RSA of 16384 bits', { keyInfo: rsaInfo(modulusOf(16384), 65537) }],
  ['key-weak', 'with RSA exponent 3', { keyInfo: rsaInfo(modulusOf(3072), 3) }],
  ['key-weak', 'with RSA exponent 1', { keyInfo: rsaInfo(modulusOf(3072), 1) }],
  ['key-weak', 'with an even RSA exponent', { keyInfo: rsaInfo(modulusOf(3072), 65538) }],
  ['key-weak', 'with an even RSA modulus', { keyInfo: rsaInfo(Buffer.alloc(384, 0xa4), 65537) }],
  ['key-algorithm', 'with P-521', { keyInfo: keyInfoOf(ecKey('leaf', 'P-521')) }],
  ['key-algorithm', 'with P-224', { keyInfo: keyInfoOf(ecKey('leaf', 'secp224r1')) }],
  ['key-algorithm', 'with secp256k1', { keyInfo: keyInfoOf(ecKey('leaf', 'secp256k1')) }],
  [
    'key-algorithm',
    'with curve parameters spelled out (CVE-2020-0601)',
    { keyInfo: ecInfo(sequence(integer(1)), leafPoint) },
  ],
  [
    'key-algorithm',
    'with a point that is not on the curve',
    { keyInfo: ecInfo(p256, Buffer.concat([Buffer.of(4), Buffer.alloc(64, 9)])) },
  ],
  ['key-algorithm', 'with the point at infinity', { keyInfo: ecInfo(p256, Buffer.of(0)) }],
  [
    'key-algorithm',
    'with a compressed point',
    { keyInfo: ecInfo(p256, Buffer.concat([Buffer.of(2), leafPoint.subarray(1, 33)])) },
  ],
  [
    'key-algorithm',
    'with Ed448',
    { keyInfo: sequence(sequence(objectId('1.3.101.113')), bitString(Buffer.alloc(57))) },
  ],
  [
    'key-algorithm',
    'with X25519',
    { keyInfo: sequence(sequence(objectId('1.3.101.110')), bitString(Buffer.alloc(32, 9))) },
  ],
  [
    'key-algorithm',
    'with an Ed25519 key of 31 octets',
    { keyInfo: sequence(sequence(objectId('1.3.101.112')), bitString(Buffer.alloc(31, 9))) },
  ],
  [
    'key-algorithm',
    'with parameters on its Ed25519 key',
    {
      keyInfo: sequence(
        sequence(objectId('1.3.101.112'), nullValue()),
        bitString(Buffer.alloc(32, 9)),
      ),
    },
  ],
  [
    'key-algorithm',
    'with DSA',
    {
      keyInfo: sequence(sequence(objectId('1.2.840.10040.4.1'), sequence()), bitString(integer(5))),
    },
  ],
];

describe('refuses a client certificate', () => {
  test.each(hostile)('%s: %s', (cause, _what, bent) => {
    expect(causeOf(() => checkClientCertificate(buildCertificate(bent), [anchor], testNow))).toBe(
      cause,
    );
  });

  const good = buildCertificate();
  const body = good.subarray(4);
  const bytes: [CertificateCause, string, Buffer][] = [
    ['malformed', 'no bytes', Buffer.alloc(0)],
    ['malformed', 'a PEM file', Buffer.from('-----BEGIN CERTIFICATE-----')],
    ['malformed', 'a certificate cut short', good.subarray(0, -1)],
    ['malformed', 'a byte after the certificate', Buffer.concat([good, Buffer.of(0)])],
    ['malformed', 'a second certificate after it', Buffer.concat([good, good])],
    [
      'malformed',
      'an indefinite length',
      Buffer.concat([Buffer.of(0x30, 0x80), body, Buffer.of(0, 0)]),
    ],
    [
      'malformed',
      'an over-long length',
      Buffer.concat([Buffer.of(0x30, 0x83, 0), good.subarray(2)]),
    ],
    ['malformed', 'a length beyond the end', Buffer.of(0x30, 0x82, 0xff, 0xff, 0x30)],
    ['malformed', 'a length of more than three octets', Buffer.of(0x30, 0x84, 0, 0, 0, 1, 0)],
    ['malformed', 'a high tag number', Buffer.of(0x3f, 0x81, 0x01, 0x00)],
    [
      'too-large',
      'more than 16 KiB',
      buildCertificate(withExtensions(extension('1.2.3', false, Buffer.alloc(16_384)))),
    ],
  ];
  test.each(bytes)('%s: %s', (cause, _what, der) => {
    expect(causeOf(() => checkClientCertificate(der, [anchor], testNow))).toBe(cause);
  });

  test('in 112 ways written out, each another certificate, and in every bit', () => {
    const all = [
      ...hostile.map(([, , bent]) => buildCertificate(bent)),
      ...bytes.map(([, , der]) => der),
    ];
    expect(new Set(all.map((der) => der.toString('hex'))).size).toBe(all.length);
    expect(all.length).toBe(112);
    expect(good.length * 8).toBeGreaterThanOrEqual(2_000);
  });

  test('with any one bit flipped', () => {
    for (let bit = 0; bit < good.length * 8; bit += 1) {
      const flipped = Buffer.from(good);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(causeOf(() => checkClientCertificate(flipped, [anchor], testNow))).not.toBe(
        'accepted',
      );
    }
  });

  test('when no anchor is registered', () => {
    expect(causeOf(() => checkClientCertificate(good, [], testNow))).toBe('issuer-unknown');
  });

  test('when its anchor is not valid yet or over', () => {
    const later = parseTrustAnchor(
      'later',
      buildAuthority(validBetween(after, time(daysFromTestNow(9)))),
    );
    const earlier = parseTrustAnchor(
      'earlier',
      buildAuthority(validBetween(time(daysFromTestNow(-9)), before)),
    );
    expect(causeOf(() => checkClientCertificate(good, [later], testNow))).toBe(
      'anchor-not-yet-valid',
    );
    expect(causeOf(() => checkClientCertificate(good, [earlier], testNow))).toBe('anchor-expired');
  });

  test('issued by a certificate that the anchor issued', () => {
    const between = buildCertificate({
      subject: caName('Intermediate CA'),
      keyInfo: keyInfoOf(ecKey('intermediate')),
      extensions: wrapExtensions(extensions.authority, extensions.keyUsage(5)),
    });
    expect(new X509Certificate(between).ca).toBe(true);
    const leaf = buildCertificate({
      issuer: caName('Intermediate CA'),
      key: ecKey('intermediate'),
    });
    expect(causeOf(() => checkClientCertificate(leaf, [anchor], testNow))).toBe('issuer-unknown');
  });

  test('never because the clock is unset: that is our own mistake', () => {
    expect(() => checkClientCertificate(good, [anchor], new Date(NaN))).toThrow(TypeError);
  });
});

describe('an anchor', () => {
  const refused: [CertificateCause, string, Partial<RawCertificate>][] = [
    [
      'anchor-not-authority',
      'is an authority',
      { extensions: wrapExtensions(extensions.keyUsage(5)) },
    ],
    [
      'anchor-not-authority',
      'says so',
      { extensions: wrapExtensions(extensions.basicConstraints, extensions.keyUsage(5)) },
    ],
    ['anchor-key-usage', 'has a key usage', { extensions: wrapExtensions(extensions.authority) }],
    [
      'anchor-key-usage',
      'may sign certificates',
      { extensions: wrapExtensions(extensions.authority, extensions.keyUsage(6)) },
    ],
    [
      'anchor-key-usage',
      'is not for servers only',
      {
        extensions: wrapExtensions(
          extensions.authority,
          extensions.keyUsage(5),
          extensions.purposes(serverAuth),
        ),
      },
    ],
    [
      'extension-critical',
      'has no constraint we do not enforce',
      {
        extensions: wrapExtensions(
          extensions.authority,
          extensions.keyUsage(5),
          extension('2.5.29.30', true, sequence()),
        ),
      },
    ],
    ['key-weak', 'has a strong key', { keyInfo: keyInfoOf(rsaKey('leaf', 2048)) }],
    ['subject', 'has a name', { subject: sequence() }],
    ['version', 'is of version 3', { version: Buffer.alloc(0), extensions: Buffer.alloc(0) }],
  ];
  test.each(refused)('refused with %s unless it %s', (cause, _rule, bent) => {
    expect(causeOf(() => parseTrustAnchor('bent', buildAuthority(bent)))).toBe(cause);
  });
});

describe('a revocation list', () => {
  const listed = (bent: Parameters<typeof buildCrl>[0] = {}): TrustAnchor => ({
    ...anchor,
    crl: parseCrl(buildCrl(bent), anchor),
  });

  test('refuses the serials on it and no other', () => {
    const check = (serial: number): string =>
      causeOf(() =>
        checkClientCertificate(buildCertificate({ serial: integer(serial) }), [listed()], testNow),
      );
    expect([check(7), check(8), check(9)]).toEqual(['revoked', 'revoked', 'accepted']);
  });

  test('may be empty', () => {
    expect(parseCrl(buildCrl({ serials: [] }), anchor).revokedSerials.size).toBe(0);
  });

  test('of one anchor does not touch certificates of another without a list', () => {
    const other = parseTrustAnchor(
      'other',
      buildAuthority({ key: ecKey('other'), subject: caName('Other') }),
    );
    const leaf = buildCertificate({
      key: ecKey('other'),
      issuer: caName('Other'),
      serial: integer(7),
    });
    expect(causeOf(() => checkClientCertificate(leaf, [listed(), other], testNow))).toBe(
      'accepted',
    );
  });

  test('that is over or not begun refuses', () => {
    const check = (bent: Parameters<typeof buildCrl>[0]): string =>
      causeOf(() => checkClientCertificate(buildCertificate(), [listed(bent)], testNow));
    expect(check({ nextUpdate: daysFromTestNow(-0.5) })).toBe('crl-not-current');
    expect(check({ thisUpdate: daysFromTestNow(0.5) })).toBe('crl-not-current');
  });

  const refused: [CertificateCause, string, Parameters<typeof buildCrl>[0]][] = [
    ['signature', 'signed by a stranger', { key: ecKey('stranger') }],
    ['crl-issuer', 'of another issuer', { issuer: caName('Other') }],
    ['version', 'of version 1', { version: integer(0) }],
    [
      'algorithms-differ',
      'with two algorithms',
      { innerAlgorithm: sequence(objectId('1.2.840.10045.4.3.3')) },
    ],
    [
      'extension-critical',
      'that is only a delta',
      { listExtensions: [extension('2.5.29.27', true, integer(1))] },
    ],
    [
      'extension-critical',
      'for a part of the certificates',
      { listExtensions: [extension('2.5.29.28', true, sequence())] },
    ],
    [
      'extension-critical',
      'with entries of another issuer',
      { entryExtensions: sequence(extension('2.5.29.29', true, sequence())) },
    ],
    ['serial', 'with serial number zero', { serials: [integer(0)] }],
  ];
  test.each(refused)('refused with %s: %s', (cause, _what, bent) => {
    expect(causeOf(() => parseCrl(buildCrl(bent), anchor))).toBe(cause);
  });

  test('of an anchor that may not sign lists is refused', () => {
    const silent = parseTrustAnchor(
      'silent',
      buildAuthority({ extensions: wrapExtensions(extensions.authority, extensions.keyUsage(5)) }),
    );
    expect(causeOf(() => parseCrl(buildCrl(), silent))).toBe('anchor-key-usage');
  });

  test('handed to another anchor is our own mistake', () => {
    const wrong = { ...anchor, id: 'wrong', crl: parseCrl(buildCrl(), anchor) };
    expect(() => checkClientCertificate(buildCertificate(), [wrong], testNow)).toThrow(TypeError);
  });
});
