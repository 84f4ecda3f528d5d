import {
  DerError,
  DerReader,
  contextConstructed,
  contextPrimitive,
  derTag,
  integerContent,
  objectIdentifier,
  readDefaultFalse,
  readTime,
  readWhole,
  smallInteger,
  wholeOctets,
  type DerElement,
} from '../../platform/der/read-der.js';
import { certificateRefused, refuseMalformed } from './causes.js';

/** One extension; its value is the content of `extnValue`. */
export interface Extension {
  readonly critical: boolean;
  readonly value: Buffer;
}

/** A certificate's members as encoded (RFC 5280 §4.1), read but not judged. */
export interface CertificateParts {
  /** The signed bytes. */
  readonly tbs: Buffer;
  readonly outerAlgorithm: DerElement;
  readonly innerAlgorithm: DerElement;
  readonly signature: Buffer;
  /** Positive, at most 20 octets, in lower-case hex of its content octets. */
  readonly serial: string;
  readonly issuer: DerElement;
  readonly subject: DerElement;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly keyInfo: DerElement;
  /** By dotted object identifier; none is there twice. */
  readonly extensions: ReadonlyMap<string, Extension>;
}

/** More than any certificate we issue or want to read. */
const maxSizeBytes = 16_384;

/**
 * Reads one certificate that is exactly `der`, version 3.
 *
 * @throws {GatewayError} ERR_CERTIFICATE_REFUSED
 */
export function readCertificate(der: Buffer): CertificateParts {
  if (der.length > maxSizeBytes) throw certificateRefused('too-large');
  return refuseMalformed('malformed', () => {
    const certificate = new DerReader(readWhole(der, derTag.sequence).content);
    const tbs = certificate.read(derTag.sequence);
    const outerAlgorithm = certificate.read(derTag.sequence);
    const signature = wholeOctets(certificate.read(derTag.bitString));
    certificate.end();

    const reader = new DerReader(tbs.content);
    const version = reader.readOptional(contextConstructed(0));
    if (version === undefined || !isVersion3(version)) throw certificateRefused('version');
    const serial = serialNumber(reader.read(derTag.integer));
    const innerAlgorithm = reader.read(derTag.sequence);
    const issuer = reader.read(derTag.sequence);
    const validity = reader.enter(derTag.sequence);
    const notBefore = readTime(validity);
    const notAfter = readTime(validity);
    validity.end();
    const subject = reader.read(derTag.sequence);
    const keyInfo = reader.read(derTag.sequence);
    // Unique identifiers let two parties share a name; RFC 5280 §4.1.2.8 forbids issuing them.
    if (reader.nextTag === contextPrimitive(1) || reader.nextTag === contextPrimitive(2)) {
      throw certificateRefused('unique-identifier');
    }
    const wrapped = reader.readOptional(contextConstructed(3));
    reader.end();
    return {
      tbs: tbs.raw,
      outerAlgorithm,
      innerAlgorithm,
      signature,
      serial,
      issuer,
      subject,
      notBefore,
      notAfter,
      keyInfo,
      extensions: wrapped === undefined ? new Map<string, Extension>() : readExtensions(wrapped),
    };
  });
}

function isVersion3(field: DerElement): boolean {
  const reader = new DerReader(field.content);
  const version = smallInteger(reader.read(derTag.integer));
  reader.end();
  return version === 2;
}

/** RFC 5280 §4.1.2.2: positive and no longer than 20 octets. */
export function serialNumber(element: DerElement): string {
  const content = integerContent(element);
  const isPositive = (content[0] ?? 0x80) < 0x80 && content.some((octet) => octet !== 0);
  if (!isPositive || content.length > 20) throw certificateRefused('serial');
  return content.toString('hex');
}

/**
 * `Extensions` inside an explicit context tag. Two of one kind would let two readers take
 * different ones (RFC 5280 §4.2).
 */
export function readExtensions(wrapped: DerElement): ReadonlyMap<string, Extension> {
  const outer = new DerReader(wrapped.content);
  const list = outer.enter(derTag.sequence);
  outer.end();
  if (list.isAtEnd) throw new DerError('no extensions in the list');
  const extensions = new Map<string, Extension>();
  while (!list.isAtEnd) {
    const reader = list.enter(derTag.sequence);
    const id = objectIdentifier(reader.read(derTag.objectIdentifier));
    const critical = readDefaultFalse(reader);
    const value = reader.read(derTag.octetString).content;
    reader.end();
    if (extensions.has(id)) throw certificateRefused('extension-repeated');
    extensions.set(id, { critical, value });
  }
  return extensions;
}
