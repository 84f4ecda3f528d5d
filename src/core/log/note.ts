import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { GatewayError } from '../errors.js';
import { sha256 } from '../bytes.js';

/**
 * Signed notes (c2sp.org/signed-note) with Ed25519 keys (RFC 8032), signature type 0x01.
 *
 * ```
 * example.org/log/host
 * 3
 * rrgPz...=
 *
 * — example.org/log/host Az3grlgtz...=
 * ```
 *
 * The text ends in a newline; the last empty line parts it from the signatures. A signature line is
 * em dash, space, key name, space, standard base64 of `key id (4) || signature (64)`, newline.
 *
 * A verifier key (vkey) is `<name>+<key id, 8 hex digits>+<standard base64 of 0x01 || public key>`.
 */

export interface VerifierKey {
  readonly name: string;
  /** SHA-256(name || 0x0A || signature type || public key), first 4 bytes. */
  readonly keyId: Buffer;
  readonly publicKey: KeyObject;
}

/** The keys of one name: one, or several while that name changes its key; each has its own key id. */
export type VerifierKeys = VerifierKey | readonly [VerifierKey, ...VerifierKey[]];

/** The list of them, whichever was given. */
export function listKeys(keys: VerifierKeys): readonly [VerifierKey, ...VerifierKey[]] {
  return 'name' in keys ? [keys] : keys;
}

/** The keys of one name out of many; `undefined` when there are none. */
export function keysOfName(
  keys: readonly VerifierKey[],
  name: string,
): readonly [VerifierKey, ...VerifierKey[]] | undefined {
  const [first, ...others] = keys.filter((key) => key.name === name);
  return first === undefined ? undefined : [first, ...others];
}

export interface NoteSigner {
  readonly name: string;
  readonly privateKey: KeyObject;
}

/** What a note said once opened, and whose signatures it bore, each name once. */
export interface OpenedNote {
  readonly text: string;
  readonly signers: readonly VerifierKey[];
}

const ed25519Type = Uint8Array.of(0x01);
const newline = Uint8Array.of(0x0a);
const largestNoteBytes = 256 * 1024;
const mostSignatures = 128;

/** The vkey of a public (or private) Ed25519 key under a name. */
export function formatVerifierKey(name: string, key: KeyObject): string {
  return writeVerifierKey(name, key, ed25519Type);
}

/** The vkey of a public (or private) Ed25519 key under a name, for one signature type. */
export function writeVerifierKey(name: string, key: KeyObject, type: Uint8Array): string {
  const raw = rawPublicKey(key);
  const encoded = Buffer.concat([type, raw]).toString('base64');
  return `${name}+${verifierKeyId(name, key, type).toString('hex')}+${encoded}`;
}

/** First 4 bytes of SHA-256(name || 0x0A || type || public key). */
export function verifierKeyId(name: string, key: KeyObject, type: Uint8Array): Buffer {
  checkKeyName(name);
  return keyIdOf(name, type, rawPublicKey(key));
}

/** A signature line of a note, with its newline. */
export function formatSignatureLine({ name, keyId, signature }: SignatureLine): string {
  return `— ${name} ${Buffer.concat([keyId, signature]).toString('base64')}\n`;
}

/**
 * @param vkey see the head of this file
 * @throws {GatewayError} ERR_NOTE_MALFORMED
 */
export function parseVerifierKey(vkey: string): VerifierKey {
  return readVerifierKey(vkey, ed25519Type);
}

/**
 * A vkey of one signature type.
 *
 * @param type the one byte of the type, e.g. 0x01
 * @throws {GatewayError} ERR_NOTE_MALFORMED
 */
export function readVerifierKey(vkey: string, type: Uint8Array): VerifierKey {
  const parts = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+=*)$/.exec(vkey);
  const [, name, keyId, encoded] = parts ?? [];
  if (name === undefined || keyId === undefined || encoded === undefined || !isKeyName(name)) {
    throw malformed('a verifier key is <name>+<8 hex digits>+<base64>');
  }
  const bytes = decodeBase64(encoded);
  if (bytes?.length !== 33 || bytes[0] !== type[0]) {
    throw malformed('a verifier key holds its type and 32 bytes of Ed25519 public key');
  }
  const raw = bytes.subarray(1);
  const id = keyIdOf(name, type, raw);
  if (id.toString('hex') !== keyId) throw malformed('the key id is not that of name and key');
  const publicKey = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') },
    format: 'jwk',
  });
  return { name, keyId: id, publicKey };
}

/**
 * Signs a text and returns the note. One signature line for each signer, in order.
 *
 * @param text ends in a newline, no other control characters
 */
export function signNote(text: string, ...signers: readonly NoteSigner[]): string {
  if (!text.endsWith('\n') || !isNoteText(text) || signers.length === 0) {
    throw new TypeError('a note is text that ends in a newline, and at least one signer');
  }
  const bytes = Buffer.from(text, 'utf8');
  const lines = signers.map(({ name, privateKey }) => {
    const keyId = verifierKeyId(name, privateKey, ed25519Type);
    return formatSignatureLine({ name, keyId, signature: sign(null, bytes, privateKey) });
  });
  return `${text}\n${lines.join('')}`;
}

/**
 * Opens a note: returns its text once at least one known key has signed it. Signatures of unknown
 * keys are ignored; one failing signature of a known key refuses the whole note.
 *
 * @throws {GatewayError} ERR_NOTE_MALFORMED, ERR_PROOF_INVALID
 */
export function openNote(note: string, keys: readonly VerifierKey[]): OpenedNote {
  const { text, signatures } = splitNote(note);
  const bytes = Buffer.from(text, 'utf8');
  const signers = new Set<VerifierKey>();
  for (const { name, keyId, signature } of signatures) {
    for (const key of keys) {
      if (key.name !== name || !key.keyId.equals(keyId)) continue;
      if (signature.length !== 64 || !verify(null, bytes, key.publicKey, signature)) {
        throw new GatewayError('ERR_PROOF_INVALID', {
          detail: 'a signature of a known key does not verify',
        });
      }
      signers.add(key);
    }
  }
  if (signers.size === 0) {
    throw new GatewayError('ERR_PROOF_INVALID', { detail: 'no known key has signed the note' });
  }
  return { text, signers: [...signers] };
}

/** One signature of a note, not yet checked. */
export interface SignatureLine {
  readonly name: string;
  readonly keyId: Buffer;
  /** What follows the key id; its form is the signature type's. */
  readonly signature: Buffer;
}

/**
 * Text and signatures of a note, nothing of it checked but its form.
 *
 * @throws {GatewayError} ERR_NOTE_MALFORMED
 */
export function splitNote(note: string): {
  readonly text: string;
  readonly signatures: readonly SignatureLine[];
} {
  if (Buffer.byteLength(note) > largestNoteBytes || !isNoteText(note)) {
    throw malformed('a note is well-formed text of at most 256 KiB without control characters');
  }
  const at = note.lastIndexOf('\n\n');
  if (at < 0 || !note.endsWith('\n')) throw malformed('a note is text, an empty line, signatures');
  const text = note.slice(0, at + 1);
  const lines = note.slice(at + 2, -1).split('\n');
  if (lines.length > mostSignatures) throw malformed('too many signatures');
  return { text, signatures: lines.map(parseSignatureLine) };
}

function parseSignatureLine(line: string): SignatureLine {
  const [, name, encoded] = /^— (\S+) ([A-Za-z0-9+/]+=*)$/u.exec(line) ?? [];
  const bytes = encoded === undefined ? undefined : decodeBase64(encoded);
  if (name === undefined || !isKeyName(name) || bytes === undefined || bytes.length < 5) {
    throw malformed('a signature line is "— <name> <base64>"');
  }
  return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

/** Standard base64 with padding (RFC 4648 §4) in its one canonical spelling, or `undefined`. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** A log signs with the same key thousands of times a second. */
const rawPublicKeys = new WeakMap<KeyObject, Buffer>();

function rawPublicKey(key: KeyObject): Buffer {
  const known = rawPublicKeys.get(key);
  if (known !== undefined) return known;
  const raw = exportPublicKey(key);
  rawPublicKeys.set(key, raw);
  return raw;
}

function exportPublicKey(key: KeyObject): Buffer {
  if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('notes are signed with Ed25519');
  const { x } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' });
  if (x === undefined) throw new TypeError('the key has no public part');
  return Buffer.from(x, 'base64url');
}

function keyIdOf(name: string, type: Uint8Array, raw: Uint8Array): Buffer {
  return sha256(Buffer.from(name, 'utf8'), newline, type, raw).subarray(0, 4);
}

/** Non-empty, no Unicode space, no plus, no control character. */
function isKeyName(name: string): boolean {
  return name !== '' && !/[\s\u0085+]/u.test(name) && isNoteText(name);
}

function checkKeyName(name: string): void {
  if (!isKeyName(name)) throw new TypeError('a key name has no spaces and no plus');
}

function isNoteText(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 && code !== 0x0a) return false;
  }
  return text.isWellFormed();
}

function malformed(detail: string): GatewayError {
  return new GatewayError('ERR_NOTE_MALFORMED', { detail });
}
