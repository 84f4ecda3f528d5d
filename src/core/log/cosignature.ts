import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { GatewayError } from '../errors.js';
import { parseCheckpoint } from './checkpoint.js';
import {
  formatSignatureLine,
  readVerifierKey,
  splitNote,
  verifierKeyId,
  writeVerifierKey,
  type SignatureLine,
  type VerifierKey,
} from './note.js';

/**
 * Cosignatures of witnesses on checkpoints (c2sp.org/tlog-cosignature), Ed25519, signature type
 * 0x04.
 *
 * A cosignature is one more signature line of the checkpoint's note. After the key id it holds the
 * time in seconds since 1970 (8 bytes, big-endian) and an Ed25519 signature (64) over
 *
 * ```
 * cosignature/v1
 * time 1679315147
 * log.example.org/cover
 * 20852163
 * CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 * ```
 *
 * (the note's text, whole). It states that at this time no larger consistent tree of this origin was
 * known to the witness. Ed25519 does not commit to the witness's name: one key, one witness.
 */
export interface Cosignature {
  readonly witness: VerifierKey;
  readonly timeSeconds: number;
  /** The signature line as it stood in the note, with its newline. */
  readonly line: string;
}

const cosignatureType = Uint8Array.of(0x04);
const signatureBytes = 64;

/** The witness vkey (type 0x04) of a public (or private) Ed25519 key under a name. */
export function formatWitnessKey(name: string, key: KeyObject): string {
  return writeVerifierKey(name, key, cosignatureType);
}

/** @throws {GatewayError} ERR_NOTE_MALFORMED */
export function parseWitnessKey(vkey: string): VerifierKey {
  return readVerifierKey(vkey, cosignatureType);
}

/** Whether two keys are the same key, whatever they are called. */
export function isSameKey(a: KeyObject, b: KeyObject): boolean {
  const point = (key: KeyObject) =>
    (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' }).x;
  return point(a) === point(b);
}

/**
 * (Witness side) Cosigns a checkpoint; only once it has been checked and remembered.
 *
 * @param checkpoint signed note; what it says is signed, not its signatures
 * @param timeSeconds since 1970
 * @returns the signature line to add to the note, with its newline
 */
export function cosignCheckpoint(
  checkpoint: string,
  signer: { readonly name: string; readonly privateKey: KeyObject },
  timeSeconds: number,
): string {
  const { text } = splitNote(checkpoint);
  parseCheckpoint(text);
  if (!Number.isSafeInteger(timeSeconds) || timeSeconds < 0) {
    throw new TypeError('a time is whole seconds since 1970');
  }
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(timeSeconds));
  const signature = Buffer.concat([
    time,
    sign(null, messageOf(timeSeconds, text), signer.privateKey),
  ]);
  const keyId = verifierKeyId(signer.name, signer.privateKey, cosignatureType);
  return formatSignatureLine({ name: signer.name, keyId, signature });
}

/**
 * The cosignatures of known witnesses on a checkpoint, each key once, the latest of it. Lines of
 * unknown keys are passed over; one failing line of a known key refuses the whole note.
 *
 * @throws {GatewayError} ERR_NOTE_MALFORMED, ERR_PROOF_INVALID
 */
export function readCosignatures(
  note: string,
  witnesses: readonly VerifierKey[],
): readonly Cosignature[] {
  const { text, signatures } = splitNote(note);
  parseCheckpoint(text);
  const found: Cosignature[] = [];
  for (const line of signatures) {
    for (const witness of witnesses) {
      if (witness.name !== line.name || !witness.keyId.equals(line.keyId)) continue;
      const cosignature = checkLine(line, text, witness);
      const at = found.findIndex((known) => isSameKey(known.witness.publicKey, witness.publicKey));
      if (at < 0) found.push(cosignature);
      else if ((found[at]?.timeSeconds ?? 0) < cosignature.timeSeconds) found[at] = cosignature;
    }
  }
  return found;
}

/**
 * (Partner side) Checks that at least `quorum` different keys of known witnesses have cosigned.
 *
 * @throws {GatewayError} ERR_NOTE_MALFORMED, ERR_PROOF_INVALID
 */
export function checkQuorum(
  note: string,
  witnesses: readonly VerifierKey[],
  quorum: number,
): readonly Cosignature[] {
  const found = readCosignatures(note, witnesses);
  if (found.length < quorum) {
    throw new GatewayError('ERR_PROOF_INVALID', {
      detail: `${found.length} known witnesses have cosigned, and ${quorum} are asked for`,
    });
  }
  return found;
}

function checkLine(line: SignatureLine, text: string, witness: VerifierKey): Cosignature {
  const { signature } = line;
  const timed = signature.length === 8 + signatureBytes && signature.readUInt32BE(0) < 0x200000;
  const timeSeconds = timed ? Number(signature.readBigUInt64BE(0)) : 0;
  const message = messageOf(timeSeconds, text);
  if (!timed || !verify(null, message, witness.publicKey, signature.subarray(8))) {
    throw new GatewayError('ERR_PROOF_INVALID', {
      detail: 'a cosignature of a known witness does not verify',
    });
  }
  return { witness, timeSeconds, line: formatSignatureLine(line) };
}

function messageOf(timeSeconds: number, text: string): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${timeSeconds}\n${text}`, 'utf8');
}
