import { GatewayError } from '../errors.js';
import { parseWitnessKey } from './cosignature.js';
import { slotCount } from './cover.js';
import { parseVerifierKey, type VerifierKey } from './note.js';

/**
 * What an export of the log, of one tree or several, is verified with. This file owns the format, JSON:
 *
 * ```
 * {"v":1,"kind":"safeconduct/log-keys",
 *  "trees":[{"verifierKeys":["log.example.org/partner/5v2mq7+1f6a...+AZ..."],"coverSlot":17}],
 *  "coverVerifierKeys":["log.example.org/cover+..."],
 *  "witnessVerifierKeys":["witness.agency.example+..."],"witnessQuorum":1}
 * ```
 *
 * - `verifierKeys` are of one tree and have its origin for their name: the key in force first, then
 *   those that give way or are next (C2SP vkey). `coverSlot` is its slot in every round of the cover
 *   tree, null where it has none.
 * - `witnessQuorum` is how many of the witnesses must have cosigned a round.
 *
 * It comes from the gateway, so it proves nothing by itself: each agency holds the keys of its own
 * log, and a witness its own.
 */
export interface LogKeys {
  readonly v: 1;
  readonly kind: typeof logKeysKind;
  readonly trees: readonly TreeKeys[];
  readonly coverVerifierKeys: readonly string[];
  readonly witnessVerifierKeys: readonly string[];
  readonly witnessQuorum: number;
}

export interface TreeKeys {
  readonly verifierKeys: readonly string[];
  readonly coverSlot: number | null;
}

export const logKeysKind = 'safeconduct/log-keys';

/** The same, read. */
export interface ReadLogKeys {
  readonly trees: readonly VerifierKey[];
  /** By origin. */
  readonly slots: ReadonlyMap<string, number>;
  readonly cover: readonly VerifierKey[];
  readonly witnesses: readonly VerifierKey[];
  readonly quorum: number;
}

/** @throws {GatewayError} ERR_CONFIGURATION for what is no such file */
export function readLogKeys(json: unknown): ReadLogKeys {
  const file = (json ?? {}) as Readonly<Partial<Record<keyof LogKeys, unknown>>>;
  if (file.v !== 1 || file.kind !== logKeysKind || !Array.isArray(file.trees)) {
    throw malformed('it is not a file of keys');
  }
  const slots = new Map<string, number>();
  const trees = (file.trees as readonly Partial<TreeKeys>[]).flatMap((tree) => {
    const { verifierKeys, coverSlot } = tree;
    const keys = keysOf('verifierKeys', verifierKeys, parseVerifierKey);
    const origin = keys[0]?.name;
    if (origin === undefined || keys.some(({ name }) => name !== origin)) {
      throw malformed('keys of one tree have one name');
    }
    if (coverSlot !== null && coverSlot !== undefined) {
      slots.set(origin, wholeNumber('coverSlot', coverSlot, 0, slotCount - 1));
    }
    return keys;
  });
  return {
    trees,
    slots,
    cover: keysOf('coverVerifierKeys', file.coverVerifierKeys, parseVerifierKey),
    witnesses: keysOf('witnessVerifierKeys', file.witnessVerifierKeys, parseWitnessKey),
    quorum: wholeNumber('witnessQuorum', file.witnessQuorum, 1, slotCount - 1),
  };
}

function keysOf(
  member: string,
  list: unknown,
  parse: (vkey: string) => VerifierKey,
): readonly VerifierKey[] {
  if (!Array.isArray(list)) throw malformed(`"${member}" is not a list`);
  return list.map((vkey) => {
    try {
      return parse(String(vkey));
    } catch {
      throw malformed(`"${member}" holds what is no verifier key of its kind`);
    }
  });
}

function wholeNumber(member: string, value: unknown, least: number, most: number): number {
  if (!Number.isSafeInteger(value) || Number(value) < least || Number(value) > most) {
    throw malformed(`"${member}" is a number from ${least} to ${most}`);
  }
  return Number(value);
}

function malformed(detail: string): GatewayError {
  return new GatewayError('ERR_CONFIGURATION', { detail: `keys of the log: ${detail}` });
}
