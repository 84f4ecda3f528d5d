import { type KeyObject } from 'node:crypto';
import { GatewayError } from '../errors.js';
import { decodeBase64, listKeys, openNote, signNote, type VerifierKeys } from './note.js';
import { hashSizeBytes, largestTreeSize } from './tree.js';

/**
 * Checkpoints (c2sp.org/tlog-checkpoint): a signed note over a tree's origin, size and root.
 *
 * ```
 * log.example.org/partner/5v2mq7
 * 20852163
 * CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 *
 * — log.example.org/partner/5v2mq7 Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe...=
 * ```
 *
 * The origin is the key name. The gateway writes no extension lines; readers accept and skip them.
 */
export interface Checkpoint {
  readonly origin: string;
  /** Leaves in the tree. */
  readonly size: number;
  /** 32 bytes. */
  readonly root: Buffer;
}

/** Note text of a checkpoint. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/**
 * @param text note text, without signatures
 * @throws {GatewayError} ERR_NOTE_MALFORMED
 */
export function parseCheckpoint(text: string): Checkpoint {
  if (!text.endsWith('\n')) throw malformed('it does not end in a newline');
  const lines = text.slice(0, -1).split('\n');
  const [origin, digits, encoded] = lines;
  if (lines.some((line) => line === '') || origin === undefined) throw malformed('a line is empty');
  const root = encoded === undefined ? undefined : decodeBase64(encoded);
  if (root?.length !== hashSizeBytes) throw malformed('the third line is not a root hash');
  if (digits === undefined || !/^(?:0|[1-9][0-9]{0,14})$/.test(digits)) {
    throw malformed('the second line is not a tree size');
  }
  const size = Number(digits);
  if (size > largestTreeSize) throw malformed('the second line is not a tree size');
  return { origin, size, root };
}

/**
 * The checkpoint as a note signed by the tree's own keys, whose name is the origin: one, or while a
 * key gives way to another both, so that whoever knows either can check it.
 */
export function signCheckpoint(
  checkpoint: Checkpoint,
  ...privateKeys: readonly KeyObject[]
): string {
  const signers = privateKeys.map((privateKey) => ({ name: checkpoint.origin, privateKey }));
  return signNote(formatCheckpoint(checkpoint), ...signers);
}

/**
 * Opens a signed checkpoint of the tree whose keys these are.
 *
 * @param keys the log's own key or keys; their name is the origin expected
 * @throws {GatewayError} ERR_NOTE_MALFORMED, ERR_PROOF_INVALID
 */
export function openCheckpoint(note: string, keys: VerifierKeys): Checkpoint {
  const list = listKeys(keys);
  const checkpoint = parseCheckpoint(openNote(note, list).text);
  if (list.some(({ name }) => name !== checkpoint.origin)) {
    throw new GatewayError('ERR_PROOF_INVALID', { detail: 'the checkpoint is of another tree' });
  }
  return checkpoint;
}

function malformed(detail: string): GatewayError {
  return new GatewayError('ERR_NOTE_MALFORMED', { detail: `checkpoint: ${detail}` });
}
