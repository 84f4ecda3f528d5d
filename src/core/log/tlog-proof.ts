import { GatewayError } from '../errors.js';
import { checkInclusion } from './proof.js';
import { openCheckpoint, type Checkpoint } from './checkpoint.js';
import { decodeBase64, type VerifierKeys } from './note.js';
import { hashLeaf, hashSizeBytes, largestTreeSize } from './tree.js';

/**
 * Text of an inclusion proof together with its signed checkpoint (c2sp.org/tlog-proof).
 *
 * ```
 * c2sp.org/tlog-proof@v1
 * index 5
 * vBoGQ7EuTS18d5GPROD095qDi2z57Ftcm4P+EdnlTms=      (hashes from the leaf up, standard base64)
 *
 * log.example.org/partner/5v2mq7                     (the signed checkpoint, verbatim)
 * ...
 * ```
 *
 * The optional `extra` line is neither written nor trusted; readers skip it.
 */
export interface TlogProof {
  /** Leaf index, from 0. */
  readonly index: number;
  /** Hashes of 32 bytes, from {@link proveInclusion}. */
  readonly hashes: readonly Buffer[];
  /** Signed note, from {@link signCheckpoint}. */
  readonly checkpoint: string;
}

const header = 'c2sp.org/tlog-proof@v1';
const mostHashes = 64;

/** @param textOf base64 of a hash; proofs of one group of leaves have most of theirs in common */
export function encodeTlogProof(
  { index, hashes, checkpoint }: TlogProof,
  textOf: (hash: Buffer) => string = base64Of,
): string {
  let lines = `${header}\nindex ${index}\n`;
  for (const hash of hashes) lines += `${textOf(hash)}\n`;
  return `${lines}\n${checkpoint}`;
}

const base64Of = (hash: Buffer): string => hash.toString('base64');

/** {@link encodeTlogProof}'s base64 that is made once for each hash. */
export function rememberedBase64(): (hash: Buffer) => string {
  const known = new Map<Buffer, string>();
  return (hash) => {
    let text = known.get(hash);
    if (text === undefined) known.set(hash, (text = base64Of(hash)));
    return text;
  };
}

/** @throws {GatewayError} ERR_NOTE_MALFORMED */
export function decodeTlogProof(text: string): TlogProof {
  const end = text.indexOf('\n\n');
  if (end < 0 || !text.endsWith('\n')) throw malformed('there is no checkpoint');
  const [first, ...lines] = text.slice(0, end).split('\n');
  if (first !== header) throw malformed('the first line is not that of a proof');
  if (lines[0]?.startsWith('extra ') === true) {
    if (decodeBase64(lines[0].slice(6)) === undefined) throw malformed('extra data is not base64');
    lines.shift();
  }
  const digits = /^index (0|[1-9][0-9]{0,14})$/.exec(lines.shift() ?? '')?.[1];
  if (digits === undefined || Number(digits) >= largestTreeSize) throw malformed('no leaf index');
  if (lines.length > mostHashes) throw malformed('too many hashes');
  const hashes = lines.map((line) => {
    const hash = decodeBase64(line);
    if (hash?.length !== hashSizeBytes) throw malformed('a line is not a hash');
    return hash;
  });
  return { index: Number(digits), hashes, checkpoint: text.slice(end + 2) };
}

/**
 * Checks that a record is in the tree of `key`, under a checkpoint that key (one of them) has signed.
 *
 * @param record leaf bytes
 * @returns the leaf's index and the checkpoint it is under
 * @throws {GatewayError} ERR_NOTE_MALFORMED, ERR_PROOF_INVALID
 */
export function checkTlogProof(
  record: Uint8Array,
  proof: string,
  key: VerifierKeys,
): { readonly index: number; readonly checkpoint: Checkpoint } {
  const { index, hashes, checkpoint: note } = decodeTlogProof(proof);
  const checkpoint = openCheckpoint(note, key);
  checkInclusion(checkpoint.size, index, hashLeaf(record), hashes, checkpoint.root);
  return { index, checkpoint };
}

function malformed(detail: string): GatewayError {
  return new GatewayError('ERR_NOTE_MALFORMED', { detail: `proof: ${detail}` });
}
