import { createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import {
  bitString,
  booleanTrue,
  explicit,
  integer,
  namedBitList,
  objectId,
  sequence,
  time,
} from '../../src/platform/der/write-der.js';
import {
  distinguishedName,
  extension,
  oid,
  signingAlgorithm,
} from '../../src/platform/pki/sign-certificate.js';

/** Keys are slow to make: one of each kind serves the whole suite. */
const made = new Map<string, KeyObject>();
function once(name: string, make: () => KeyObject): KeyObject {
  const key = made.get(name) ?? make();
  made.set(name, key);
  return key;
}

export const ecKey = (name: string, namedCurve = 'P-256'): KeyObject =>
  once(`ec ${namedCurve} ${name}`, () => generateKeyPairSync('ec', { namedCurve }).privateKey);
export const edKey = (name: string): KeyObject =>
  once(`ed ${name}`, () => generateKeyPairSync('ed25519').privateKey);
export const rsaKey = (name: string, modulusLength = 3072, publicExponent = 65537): KeyObject =>
  once(
    `rsa ${modulusLength} ${publicExponent} ${name}`,
    () => generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey,
  );

/** The day the tests are set on. */
export const testNow = new Date('2026-03-01T12:00:00Z');
export const daysFromTestNow = (days: number): Date =>
  new Date(testNow.getTime() + days * 86_400_000);

export const caName = (name = 'Test client CA'): Buffer => distinguishedName('Example host', name);

export const keyInfoOf = (key: KeyObject): Buffer =>
  createPublicKey(key).export({ format: 'der', type: 'spki' });

export const extensions = {
  basicConstraints: extension(oid.basicConstraints, true, sequence()),
  authority: extension(oid.basicConstraints, true, sequence(booleanTrue())),
  keyUsage: (...bits: number[]) => extension(oid.keyUsage, true, namedBitList(...bits)),
  purposes: (...ids: string[]) =>
    extension(oid.extKeyUsage, false, sequence(...ids.map((id) => objectId(id)))),
};

/** Every member of a certificate as DER, so that a test can bend exactly one. */
export interface RawCertificate {
  version: Buffer;
  serial: Buffer;
  innerAlgorithm: Buffer;
  outerAlgorithm: Buffer;
  issuer: Buffer;
  validity: Buffer;
  subject: Buffer;
  keyInfo: Buffer;
  /** Between the key and the extensions: where unique identifiers go. */
  identifiers: Buffer;
  /** `[3]` and its content; empty for none. */
  extensions: Buffer;
  key: KeyObject;
  /** Signs the TBSCertificate; by default under the key's usual algorithm. */
  sign: (tbs: Buffer) => Buffer;
}

export const wrapExtensions = (...list: Buffer[]): Buffer => explicit(3, sequence(...list));

const leafExtensions = wrapExtensions(
  extensions.basicConstraints,
  extensions.keyUsage(0),
  extensions.purposes(oid.clientAuth),
);

/** A certificate in DER: an acceptable client certificate but for `bent`. */
export function buildCertificate(bent: Partial<RawCertificate> = {}): Buffer {
  const key = bent.key ?? ecKey('ca');
  const algorithm = signingAlgorithm(key);
  const raw: RawCertificate = {
    version: explicit(0, integer(2)),
    serial: integer(4660),
    innerAlgorithm: algorithm.identifier,
    outerAlgorithm: algorithm.identifier,
    issuer: caName(),
    validity: sequence(time(daysFromTestNow(-30)), time(daysFromTestNow(30))),
    subject: distinguishedName('Example partner', 'gateway client'),
    keyInfo: keyInfoOf(ecKey('leaf')),
    identifiers: Buffer.alloc(0),
    extensions: leafExtensions,
    key,
    sign: (tbs) => sign(algorithm.hash, tbs, key),
    ...bent,
  };
  const tbs = sequence(
    raw.version,
    raw.serial,
    raw.innerAlgorithm,
    raw.issuer,
    raw.validity,
    raw.subject,
    raw.keyInfo,
    raw.identifiers,
    raw.extensions,
  );
  return sequence(tbs, raw.outerAlgorithm, bitString(raw.sign(tbs)));
}

/** A CA certificate in DER: an acceptable anchor but for `bent`. */
export const buildAuthority = (bent: Partial<RawCertificate> = {}): Buffer =>
  buildCertificate({
    subject: caName(),
    keyInfo: keyInfoOf(bent.key ?? ecKey('ca')),
    extensions: wrapExtensions(extensions.authority, extensions.keyUsage(5, 6)),
    ...bent,
  });

export interface RawCrl {
  issuer: Buffer;
  thisUpdate: Date;
  nextUpdate: Date;
  serials: Buffer[];
  entryExtensions: Buffer;
  listExtensions: Buffer[];
  version: Buffer;
  innerAlgorithm: Buffer;
  key: KeyObject;
}

/** A complete CRL in DER, acceptable but for `bent`. */
export function buildCrl(bent: Partial<RawCrl> = {}): Buffer {
  const key = bent.key ?? ecKey('ca');
  const algorithm = signingAlgorithm(key);
  const serials = bent.serials ?? [integer(7), integer(8)];
  const tbs = sequence(
    bent.version ?? integer(1),
    bent.innerAlgorithm ?? algorithm.identifier,
    bent.issuer ?? caName(),
    time(bent.thisUpdate ?? daysFromTestNow(-1)),
    time(bent.nextUpdate ?? daysFromTestNow(6)),
    ...(serials.length === 0
      ? []
      : [
          sequence(
            ...serials.map((serial) =>
              sequence(serial, time(daysFromTestNow(-2)), bent.entryExtensions ?? Buffer.alloc(0)),
            ),
          ),
        ]),
    explicit(0, sequence(...(bent.listExtensions ?? [extension('2.5.29.20', false, integer(1))]))),
  );
  return sequence(tbs, algorithm.identifier, bitString(sign(algorithm.hash, tbs, key)));
}
