import {
  DerError,
  DerReader,
  derTag,
  objectIdentifier,
  type DerElement,
} from '../../platform/der/read-der.js';
import { isIP } from 'node:net';

/** Short names of attribute types (RFC 4514 §3, and `serialNumber` of RFC 4519 §2.31). */
const attributeNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'STREET',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
};

/** A subject alternative name of one of the kinds a rule may name (RFC 5280 §4.2.1.6). */
export interface AlternativeName {
  readonly kind: 'dns' | 'email' | 'uri' | 'ip';
  /** Lower case for `dns`; canonical text for `ip`; as encoded otherwise. */
  readonly value: string;
}

/**
 * A distinguished name as one string (RFC 4514 §2), the last component first. Two different names
 * never share a string: what is not plain text is written as `#` and the hex of its DER.
 *
 * @param name the `Name` SEQUENCE
 * @throws {DerError}
 */
export function distinguishedName(name: DerElement): string {
  const components: string[] = [];
  const sequence = new DerReader(name.content);
  while (!sequence.isAtEnd) {
    const set = sequence.enter(derTag.set);
    const parts: string[] = [];
    let previous: Buffer | undefined;
    do {
      const attribute = set.read(derTag.sequence);
      // SET OF is in ascending order in DER (X.690 §11.6).
      if (previous !== undefined && Buffer.compare(previous, attribute.raw) >= 0) {
        throw new DerError('set is out of order');
      }
      previous = attribute.raw;
      parts.push(attributeText(attribute));
    } while (!set.isAtEnd);
    components.unshift(parts.join('+'));
  }
  return components.join(',');
}

function attributeText(attribute: DerElement): string {
  const reader = new DerReader(attribute.content);
  const type = objectIdentifier(reader.read(derTag.objectIdentifier));
  const value = reader.readAny();
  reader.end();
  const text = directoryString(value);
  return `${attributeNames[type] ?? type}=${text === undefined ? `#${value.raw.toString('hex')}` : escapeValue(text)}`;
}

function directoryString(value: DerElement): string | undefined {
  switch (value.tag) {
    case derTag.utf8String:
      return decodeUtf8(value.content);
    case derTag.printableString:
    case derTag.ia5String:
      return decodeAscii(value.content);
    default:
      return undefined;
  }
}

/** RFC 4514 §2.4. */
function escapeValue(text: string): string {
  return text
    .replace(/["+,;<>\\]/g, (character) => `\\${character}`)
    .replace(/^[ #]/, (character) => `\\${character}`)
    .replace(/ $/, '\\ ');
}

function decodeUtf8(bytes: Buffer): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new DerError('not UTF-8');
  }
  return refuseControls(text);
}

function decodeAscii(bytes: Buffer): string {
  if (bytes.some((octet) => octet > 0x7e)) throw new DerError('not ASCII');
  return refuseControls(bytes.toString('latin1'));
}

/** NUL and other controls end or forge a line wherever a name is shown or compared. */
function refuseControls(text: string): string {
  if (text.length === 0 || /\p{Cc}/u.test(text)) throw new DerError('empty or with controls');
  return text;
}

/**
 * The names of a SubjectAltName extension that a rule may use; other kinds are read and left out.
 *
 * @throws {DerError} also when it is empty
 */
export function alternativeNames(extensionValue: Buffer): readonly AlternativeName[] {
  const outer = new DerReader(extensionValue);
  const names = outer.enter(derTag.sequence);
  outer.end();
  const found: AlternativeName[] = [];
  do {
    const name = names.readAny();
    switch (name.tag) {
      case 0x81:
        found.push({ kind: 'email', value: decodeAscii(name.content) });
        break;
      case 0x82:
        found.push({ kind: 'dns', value: dnsName(name.content) });
        break;
      case 0x86:
        found.push({ kind: 'uri', value: decodeAscii(name.content) });
        break;
      case 0x87:
        found.push({ kind: 'ip', value: ipAddress(name.content) });
        break;
      case 0xa0: // otherName
      case 0xa3: // x400Address
      case 0xa4: // directoryName
      case 0xa5: // ediPartyName
      case 0x88: // registeredID
        break;
      default:
        throw new DerError('no such kind of name');
    }
  } while (!names.isAtEnd);
  return found;
}

function dnsName(content: Buffer): string {
  const text = decodeAscii(content).toLowerCase();
  const label = '(?!-)[a-z0-9_-]{1,63}(?<!-)';
  if (!new RegExp(`^${label}(?:\\.${label})*$`).test(text) || text.length > 253) {
    throw new DerError('not a host name');
  }
  return text;
}

function ipAddress(content: Buffer): string {
  if (content.length === 4) return content.join('.');
  if (content.length !== 16) throw new DerError('not an address');
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(content.readUInt16BE(i).toString(16));
  const text = new URL(`https://[${groups.join(':')}]`).hostname.slice(1, -1);
  if (isIP(text) !== 6) throw new DerError('not an address');
  return text;
}
