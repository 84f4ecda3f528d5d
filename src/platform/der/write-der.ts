/** Writes DER (ITU-T X.690) over Buffers; the other half of `read-der.ts`. */
import { contextConstructed, contextPrimitive, derTag } from './read-der.js';

/** Identifier, length and content octets; the contents are concatenated. */
export function element(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  if (content.length < 0x80) return Buffer.concat([Buffer.of(tag, content.length), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const octets = length.subarray(length.findIndex((octet) => octet !== 0));
  return Buffer.concat([Buffer.of(tag, 0x80 | octets.length), octets, content]);
}

export const sequence = (...items: readonly Uint8Array[]): Buffer =>
  element(derTag.sequence, ...items);

/** SET OF: items in ascending order of their encoding (X.690 §11.6). */
export const setOf = (...items: readonly Uint8Array[]): Buffer =>
  element(
    derTag.set,
    ...items.map((item) => Buffer.from(item)).sort((a, b) => Buffer.compare(a, b)),
  );

/** `[n] EXPLICIT`, or an IMPLICIT constructed type. */
export const explicit = (n: number, ...items: readonly Uint8Array[]): Buffer =>
  element(contextConstructed(n), ...items);

/** `[n] IMPLICIT` of a primitive type. */
export const implicit = (n: number, content: Uint8Array): Buffer =>
  element(contextPrimitive(n), content);

/** INTEGER of a non-negative number or of unsigned big-endian octets. */
export function integer(value: number | Uint8Array): Buffer {
  const octets = typeof value === 'number' ? numberOctets(value) : Buffer.from(value);
  let start = 0;
  while (start < octets.length - 1 && octets[start] === 0) start += 1;
  const shortest = octets.subarray(start);
  const needsSign = (shortest[0] ?? 0) >= 0x80;
  return element(derTag.integer, ...(needsSign ? [Buffer.of(0)] : []), shortest);
}

function numberOctets(value: number): Buffer {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** 32) throw new TypeError('integer');
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return octets;
}

/** OBJECT IDENTIFIER from its dotted form. */
export function objectId(dotted: string): Buffer {
  const [first = NaN, second = NaN, ...rest] = dotted.split('.').map(Number);
  const octets = [first * 40 + second, ...rest].flatMap((arc) => {
    if (!Number.isSafeInteger(arc)) throw new TypeError('object identifier');
    const groups = [arc % 128];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      groups.unshift((left % 128) | 0x80);
    }
    return groups;
  });
  return element(derTag.objectIdentifier, Buffer.from(octets));
}

export const nullValue = (): Buffer => element(derTag.null);
export const booleanTrue = (): Buffer => element(derTag.boolean, Buffer.of(0xff));
export const octetString = (...contents: readonly Uint8Array[]): Buffer =>
  element(derTag.octetString, ...contents);
export const bitString = (octets: Uint8Array): Buffer =>
  element(derTag.bitString, Buffer.of(0), octets);
export const utf8String = (text: string): Buffer =>
  element(derTag.utf8String, Buffer.from(text, 'utf8'));

/** BIT STRING of a named bit list of at most eight bits, trailing zeros removed (§11.2.2). */
export function namedBitList(...bits: readonly number[]): Buffer {
  const octet = bits.reduce((sum, bit) => sum | (0x80 >> bit), 0);
  return element(derTag.bitString, Buffer.of(7 - Math.max(...bits), octet));
}

/** `Time` of RFC 5280 §4.1.2.5, whole seconds. */
export function time(value: Date): Buffer {
  const text = value.toISOString().replace(/[-:T]|\.\d{3}/g, '');
  return value.getUTCFullYear() < 2050
    ? element(derTag.utcTime, Buffer.from(text.slice(2), 'latin1'))
    : element(derTag.generalizedTime, Buffer.from(text, 'latin1'));
}
