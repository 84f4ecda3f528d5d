import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { GatewayError } from '../../core/errors.js';

/**
 * What a witness remembers, in one JSON file of mode 0600. Hashes are standard base64.
 *
 * It is on disk before anything it says is signed: a witness that forgets signs two histories.
 */
export interface WitnessState {
  /** The cover tree's checkpoint it checked last, as a signed note. */
  readonly checkpoint: string;
  readonly size: number;
  /** The cover tree's right edge at that size (core/log/tree.ts, Frontier). */
  readonly frontier: readonly string[];
  /** The checkpoint last seen in its own slot, as a signed note. */
  readonly ownTree: string;
  /** Set once the gateway was caught; nothing is signed after it. */
  readonly alarm?: { readonly what: string; readonly evidence: string };
}

/** @throws {GatewayError} ERR_CONFIGURATION when the file is there and is no state */
export function readWitnessState(path: string): WitnessState | undefined {
  if (!existsSync(path)) return undefined;
  try {
    const state = JSON.parse(readFileSync(path, 'utf8')) as Partial<WitnessState>;
    const { checkpoint, size, frontier, ownTree } = state;
    const isState =
      typeof checkpoint === 'string' &&
      typeof ownTree === 'string' &&
      Number.isSafeInteger(size) &&
      Array.isArray(frontier);
    if (!isState) throw new TypeError('not a state');
    return state as WitnessState;
  } catch (cause) {
    throw new GatewayError('ERR_CONFIGURATION', {
      detail: `--state: ${path} is not what a witness remembers; look at it before anything is signed`,
      cause,
    });
  }
}

export function writeWitnessState(path: string, state: WitnessState): void {
  writeDurably(path, `${JSON.stringify(state, null, 2)}\n`);
}

/** Keeps what shows that the gateway told two things; returns where. */
export function keepEvidence(
  statePath: string,
  at: Date,
  evidence: Readonly<Record<string, unknown>>,
): string {
  const path = `${statePath}.evidence-${at.toISOString().replaceAll(/[:.]/g, '-')}.json`;
  writeDurably(path, `${JSON.stringify({ at: at.toISOString(), ...evidence }, null, 2)}\n`);
  return path;
}

/** The file is there whole, after a power cut too, or as it was before. */
function writeDurably(path: string, content: string): void {
  const directory = dirname(path);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const temporary = `${path}.tmp`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  const entry = openSync(join(directory, '.'), 'r');
  try {
    fsyncSync(entry);
  } finally {
    closeSync(entry);
  }
}
