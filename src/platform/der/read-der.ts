/**
 * A strict reader of DER (ITU-T X.690): what has two spellings is refused.
 *
 * Written here because neither library at hand is strict: node-forge's `asn1` takes indefinite and
 * over-long lengths, over-long integers and any non-zero octet as TRUE, and node:crypto's
 * `X509Certificate` does not hand out extensions, algorithm parameters or key usage. A reader that
 * takes two spellings lets one certificate have two fingerprints.
 */

/** Bytes that are not DER, or not of the shape asked for. */
export class DerError extends Error {
  override readonly name = 'DerError';
}

/** Identifier octets used in X.509 (X.690 §8.1.2), class and constructed bit included. */
export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** `[n]` of the context-specific class, constructed. */
export const contextConstructed = (n: number): number => 0xa0 | n;
/** `[n]` of the context-specific class, primitive. */
export const contextPrimitive = (n: number): number => 0x80 | n;

export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
  /** Identifier, length and content octets. */
  readonly raw: Buffer;
}

/** Reads elements one after another from one level; never recurses, so depth costs nothing. */
export class DerReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Identifier octet of the next element, or `undefined` at the end. */
  get nextTag(): number | undefined {
    return this.#bytes[this.#at];
  }

  /** The next element, of the tag asked for. @throws {DerError} */
  read(tag: number): DerElement {
    const element = this.readAny();
    if (element.tag !== tag) throw new DerError('another tag is required');
    return element;
  }

  /** The next element if it has this tag. @throws {DerError} */
  readOptional(tag: number): DerElement | undefined {
    return this.nextTag === tag ? this.readAny() : undefined;
  }

  /** The next element, whatever it is. @throws {DerError} */
  readAny(): DerElement {
    const start = this.#at;
    const tag = this.#octet();
    if ((tag & 0x1f) === 0x1f) throw new DerError('tag number above 30');
    const length = this.#length();
    const contentStart = this.#at;
    if (length > this.#bytes.length - contentStart) throw new DerError('length beyond the end');
    this.#at = contentStart + length;
    return {
      tag,
      content: this.#bytes.subarray(contentStart, this.#at),
      raw: this.#bytes.subarray(start, this.#at),
    };
  }

  /** A reader of the content of the next element. @throws {DerError} */
  enter(tag: number): DerReader {
    return new DerReader(this.read(tag).content);
  }

  /** @throws {DerError} when anything is left */
  end(): void {
    if (!this.isAtEnd) throw new DerError('bytes after the last element');
  }

  #octet(): number {
    const octet = this.#bytes[this.#at];
    if (octet === undefined) throw new DerError('ends too early');
    this.#at += 1;
    return octet;
  }

  /** Definite form in as few octets as possible (X.690 §10.1), at most three of them here. */
  #length(): number {
    const first = this.#octet();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > 3) throw new DerError('indefinite or huge length');
    let length = 0;
    for (let i = 0; i < count; i += 1) length = length * 256 + this.#octet();
    if (length < 0x80 || length < 2 ** (8 * (count - 1))) throw new DerError('over-long length');
    return length;
  }
}

/** One element that is all of `bytes`. @throws {DerError} */
export function readWhole(bytes: Buffer, tag: number): DerElement {
  const reader = new DerReader(bytes);
  const element = reader.read(tag);
  reader.end();
  return element;
}

/** Content octets of an INTEGER, two's complement, as few as possible (X.690 §8.3.2). */
export function integerContent(element: DerElement): Buffer {
  const [first, second] = element.content;
  if (first === undefined) throw new DerError('empty integer');
  if (second !== undefined) {
    const signs = (first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80);
    if (signs) throw new DerError('over-long integer');
  }
  return element.content;
}

/** A non-negative INTEGER that fits 31 bits. @throws {DerError} */
export function smallInteger(element: DerElement): number {
  const content = integerContent(element);
  if (content.length > 4 || (content[0] ?? 0) >= 0x80) throw new DerError('integer out of range');
  return content.readUIntBE(0, content.length);
}

/** BOOLEAN: 0x00 or 0xFF (X.690 §11.1). @throws {DerError} */
export function booleanValue(element: DerElement): boolean {
  const [octet] = element.content;
  if (element.content.length !== 1 || (octet !== 0x00 && octet !== 0xff)) {
    throw new DerError('boolean is neither 00 nor FF');
  }
  return octet === 0xff;
}

/** `BOOLEAN DEFAULT FALSE`: FALSE must be left out (X.690 §11.5). @throws {DerError} */
export function readDefaultFalse(reader: DerReader): boolean {
  const element = reader.readOptional(derTag.boolean);
  if (element === undefined) return false;
  if (!booleanValue(element)) throw new DerError('a default is spelled out');
  return true;
}

/** OBJECT IDENTIFIER in dotted form (X.690 §8.19). @throws {DerError} */
export function objectIdentifier(element: DerElement): string {
  const { content } = element;
  if (content.length === 0 || content.length > 64) throw new DerError('object identifier length');
  const arcs: bigint[] = [];
  let arc = 0n;
  let isFirstOctet = true;
  for (const octet of content) {
    if (isFirstOctet && octet === 0x80) throw new DerError('over-long object identifier');
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    isFirstOctet = (octet & 0x80) === 0;
    if (isFirstOctet) {
      arcs.push(arc);
      arc = 0n;
    }
  }
  if (!isFirstOctet) throw new DerError('object identifier ends too early');
  const [head = 0n, ...rest] = arcs;
  const root = head < 40n ? 0n : head < 80n ? 1n : 2n;
  return [root, head - root * 40n, ...rest].join('.');
}

/** Octets of a BIT STRING that has whole octets, such as a key or a signature. */
export function wholeOctets(element: DerElement): Buffer {
  if (element.content[0] !== 0) throw new DerError('bit string has unused bits');
  return element.content.subarray(1);
}

/**
 * Numbers of the bits set in a named bit list, bit 0 first. Trailing zero bits must have been
 * removed (X.690 §11.2.2). @throws {DerError}
 */
export function namedBits(element: DerElement): ReadonlySet<number> {
  const [unused, ...octets] = element.content;
  const last = octets.at(-1);
  if (unused === undefined || unused > 7) throw new DerError('bit string has no unused-bit count');
  if (last === undefined) {
    if (unused !== 0) throw new DerError('empty bit string has unused bits');
    return new Set();
  }
  if ((last & ((1 << unused) - 1)) !== 0 || ((last >> unused) & 1) === 0) {
    throw new DerError('bit string is not in its shortest form');
  }
  const bits = new Set<number>();
  octets.forEach((octet, i) => {
    for (let bit = 0; bit < 8; bit += 1) if (octet & (0x80 >> bit)) bits.add(i * 8 + bit);
  });
  return bits;
}

/**
 * `Time` of RFC 5280 §4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050, seconds given,
 * ending in `Z`, no fractions. @throws {DerError}
 */
export function readTime(reader: DerReader): Date {
  const element = reader.readAny();
  const text = element.content.toString('latin1');
  let year: number;
  let rest: string;
  if (element.tag === derTag.utcTime && /^\d{12}Z$/.test(text)) {
    const short = Number(text.slice(0, 2));
    year = short >= 50 ? 1900 + short : 2000 + short;
    rest = text.slice(2);
  } else if (element.tag === derTag.generalizedTime && /^\d{14}Z$/.test(text)) {
    year = Number(text.slice(0, 4));
    rest = text.slice(4);
    if (year < 2050) throw new DerError('a year before 2050 in GeneralizedTime');
  } else {
    throw new DerError('not a time');
  }
  const iso = `${year}-${rest.slice(0, 2)}-${rest.slice(2, 4)}T${rest.slice(4, 6)}:${rest.slice(6, 8)}:${rest.slice(8, 10)}.000Z`;
  const time = new Date(iso);
  if (Number.isNaN(time.getTime()) || time.toISOString() !== iso) {
    throw new DerError('no such time');
  }
  return time;
}
