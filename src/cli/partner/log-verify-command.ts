import { createReadStream, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { decodeBase64Url } from '../../core/bytes.js';
import { GatewayError } from '../../core/errors.js';
import { type Checkpoint } from '../../core/log/checkpoint.js';
import { parseWitnessKey } from '../../core/log/cosignature.js';
import {
  checkCoverProof,
  parseCoverProof,
  slotCount,
  type CoverProof,
} from '../../core/log/cover.js';
import {
  ExportChecker,
  exportKind,
  type ExportEnd,
  type ExportHead,
  type ExportLine,
} from '../../core/log/export.js';
import { readLogKeys } from '../../core/log/log-keys.js';
import {
  keysOfName,
  parseVerifierKey,
  type VerifierKey,
  type VerifierKeys,
} from '../../core/log/note.js';
import { decodeRecord } from '../../core/log/record.js';
import { checkTlogProof } from '../../core/log/tlog-proof.js';
import { exitCodes } from '../exit-codes.js';
import { readProfile } from './profile.js';

export interface LogVerifyOptions {
  readonly profile?: string;
  readonly logKey?: readonly string[];
  readonly coverKey?: readonly string[];
  readonly witnessKey?: readonly string[];
  readonly quorum?: string;
  /** A number for every tree, or `ORIGIN=NUMBER` for one. */
  readonly slot?: readonly string[];
  readonly keys?: string;
  readonly receipt?: string;
  readonly json?: true;
}

interface Keys {
  readonly trees: readonly VerifierKey[];
  readonly cover: VerifierKeys | undefined;
  readonly witnesses: readonly VerifierKey[];
  readonly quorum: number;
  readonly slotOf: (origin: string) => number | undefined;
}

/** A receipt as it stands in a file. */
interface ReceiptJson {
  readonly record: string;
  readonly proof: string;
  readonly cover?: CoverProof | null;
}

/** What was found good; what is not throws. */
interface Verified {
  readonly records: number;
  /** Trees and sizes proven under. */
  readonly checkpoints: readonly { readonly origin: string; readonly size: number }[];
  /** How many were proven up to a cosigned round. */
  readonly covered: number;
  readonly receipt?: 'in the export' | 'proven by itself';
}

/** Checks an export or a file of receipts offline; see `safeconduct log verify --help`. */
export async function logVerify(path: string, options: LogVerifyOptions): Promise<void> {
  const keys = readKeys(options);
  const receipt = options.receipt === undefined ? undefined : readReceiptFile(options.receipt);
  let verified: Verified;
  try {
    verified = await verifyFile(path, keys, receipt);
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code === 'ERR_CONFIGURATION') throw error;
    const why = error.detail ?? error.code;
    process.stdout.write(
      options.json === true ? `${JSON.stringify({ valid: false, why })}\n` : `NOT VALID: ${why}\n`,
    );
    process.exitCode = exitCodes.notValid;
    return;
  }
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ valid: true, ...verified })}\n`
      : `valid: ${verified.records} records under ${verified.checkpoints
          .map(({ origin, size }) => `${origin} at size ${size}`)
          .join(
            ', ',
          )}${verified.covered > 0 ? `; ${verified.covered} of them proven up to a cosigned round` : '; no cosigned round'}${
          verified.receipt === undefined ? '' : `; the receipt is ${verified.receipt}`
        }\n`,
  );
}

async function verifyFile(
  path: string,
  keys: Keys,
  receipt: ReceiptJson | undefined,
): Promise<Verified> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  let checker: ExportChecker | undefined;
  /** The last part of each tree whose end has been read. */
  const parts = new Map<string, ExportChecker>();
  let number = 0;
  let origin = '';
  let inPart = 0;
  let records = 0;
  let covered = 0;
  let receiptFound = false;
  const own = receipt === undefined ? undefined : verifyReceipt(receipt, keys);
  const checkpoints = new Map<string, Checkpoint>();
  /** An export ends: what was read makes the root that was signed. */
  const finish = (part: ExportChecker, end: ExportEnd): void => {
    const { checkpoint, cover } = part.finish(end);
    const known = checkpoints.get(checkpoint.origin);
    if (known?.size === checkpoint.size && !known.root.equals(checkpoint.root)) {
      throw invalid('two roots of one size were signed');
    }
    checkpoints.set(checkpoint.origin, checkpoint);
    if (cover !== null && checkCover(cover, checkpoint, keys)) covered += inPart;
    compareReceipt(checkpoint.origin, checkpoint.size, checkpoint.root, own?.checkpoint);
  };
  try {
    for await (const text of lines) {
      number += 1;
      if (text.trim() === '') continue;
      const line = parseLine(text);
      if (checker === undefined && line['kind'] === exportKind) {
        const head = line as unknown as ExportHead;
        checker = new ExportChecker(head, keyOf(keys, head.origin));
        origin = head.origin;
        const before = parts.get(origin);
        if (before?.isRange === true && head.proofs === 'range' && !before.isContinuedBy(head)) {
          throw invalid('a part does not go on where the one before it ends');
        }
        inPart = 0;
      } else if (checker === undefined && parts.size > 0) {
        throw invalid('there are lines after the end');
      } else if (checker === undefined) {
        const found = receiptIn(line);
        if (found === undefined) continue;
        const proven = verifyReceipt(found, keys);
        records += 1;
        if (proven.covered) covered += 1;
        checkpoints.set(proven.checkpoint.origin, proven.checkpoint);
        if (found.record === receipt?.record) receiptFound = true;
      } else if ('checkpoint' in line) {
        finish(checker, line as unknown as ExportEnd);
        parts.set(origin, checker);
        checker = undefined;
      } else {
        const entry = line as unknown as ExportLine;
        checker.take(entry);
        records += 1;
        inPart += 1;
        if (entry.record === receipt?.record && entry.index === own?.index) receiptFound = true;
        compareReceipt(origin, checker.size, checker.rootSoFar, own?.checkpoint);
      }
    }
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'ERR_CONFIGURATION') throw error;
    if (error instanceof GatewayError)
      throw invalid(`line ${number}: ${error.detail ?? error.code}`);
    throw new GatewayError('ERR_CONFIGURATION', { detail: `${path} cannot be read`, cause: error });
  }
  if (checker !== undefined) throw invalid('the end is missing: the file was cut');
  if (records === 0 && parts.size === 0) throw invalid('it holds no record and no receipt');
  if (receipt !== undefined && !receiptFound) {
    throw invalid('the record of the receipt is not in it, or is in another place');
  }
  return {
    records,
    covered,
    checkpoints: [...checkpoints.values()].map(({ origin, size }) => ({ origin, size })),
    ...(receipt === undefined ? {} : { receipt: 'in the export' }),
  };
}

/** A receipt signed at a size the export passes has to have the root the export has there. */
function compareReceipt(
  origin: string,
  size: number,
  root: Buffer | undefined,
  receipt: Checkpoint | undefined,
): void {
  if (receipt?.origin !== origin || receipt.size !== size) return;
  if (root !== undefined && !root.equals(receipt.root)) {
    throw invalid('the receipt was signed under another root of the same size');
  }
}

function verifyReceipt(receipt: ReceiptJson, keys: Keys) {
  const bytes = decodeBase64Url(receipt.record);
  if (bytes === undefined) throw invalid('a record is not base64url');
  decodeRecord(bytes);
  const origin = /\n\n([^\n]+)\n/.exec(receipt.proof)?.[1] ?? '';
  const { index, checkpoint } = checkTlogProof(bytes, receipt.proof, keyOf(keys, origin));
  const cover = (receipt.cover ?? null) === null ? null : parseCoverProof(receipt.cover);
  return { index, checkpoint, covered: cover !== null && checkCover(cover, checkpoint, keys) };
}

/** @returns false when no key of the cover tree, or no slot, was given: then it is not looked at */
function checkCover(cover: CoverProof, checkpoint: Checkpoint, keys: Keys): boolean {
  const slot = keys.slotOf(checkpoint.origin);
  if (keys.cover === undefined || slot === undefined) return false;
  checkCoverProof(cover, checkpoint, {
    tree: keyOf(keys, checkpoint.origin),
    cover: keys.cover,
    slot,
    witnesses: keys.witnesses,
    quorum: keys.quorum,
  });
  return true;
}

function readKeys(options: LogVerifyOptions): Keys {
  const profile = options.profile === undefined ? undefined : readProfile(options.profile);
  const parsed = <Key>(name: string, parse: (vkey: string) => Key, vkey: string): Key => {
    try {
      return parse(vkey);
    } catch {
      throw new GatewayError('ERR_CONFIGURATION', { detail: `${name}: not a verifier key` });
    }
  };
  const number = (name: string, text: string | undefined, most: number): number | undefined => {
    if (text === undefined) return undefined;
    if (!/^\d{1,2}$/.test(text) || Number(text) > most) {
      throw new GatewayError('ERR_CONFIGURATION', { detail: `${name} is at most ${most}` });
    }
    return Number(text);
  };
  const file = options.keys === undefined ? undefined : readLogKeys(readJson(options.keys));
  const trees = (options.logKey ?? []).map((vkey) => parsed('--log-key', parseVerifierKey, vkey));
  const witnesses = (options.witnessKey ?? []).map((vkey) =>
    parsed('--witness-key', parseWitnessKey, vkey),
  );
  const covers =
    options.coverKey?.map((vkey) => parsed('--cover-key', parseVerifierKey, vkey)) ??
    file?.cover ??
    profile?.coverVerifierKeys ??
    [];
  const slots = new Map(file?.slots);
  let everySlot: number | undefined;
  for (const text of options.slot ?? []) {
    const [, origin, slot = ''] = /^(?:(.+)=)?([^=]*)$/.exec(text) ?? [];
    const at = number('--slot', slot, slotCount - 1);
    if (origin === undefined) everySlot = at;
    else if (at !== undefined) slots.set(origin, at);
  }
  // A profile is that of one partner, whose slot is its own tree's.
  const own = profile?.logVerifierKeys[0]?.name;
  const keys = {
    trees: [...trees, ...(file?.trees ?? []), ...(profile?.logVerifierKeys ?? [])],
    cover: keysOfName(covers, covers[0]?.name ?? ''),
    witnesses: [...witnesses, ...(file?.witnesses ?? []), ...(profile?.witnessVerifierKeys ?? [])],
    quorum: number('--quorum', options.quorum, 63) ?? file?.quorum ?? profile?.witnessQuorum ?? 1,
    slotOf: (origin: string) =>
      slots.get(origin) ?? everySlot ?? (origin === own ? profile?.coverSlot : undefined),
  };
  if (keys.trees.length === 0) {
    throw new GatewayError('ERR_CONFIGURATION', {
      detail: 'a verifier key of the log is needed: --profile, --keys or --log-key',
    });
  }
  return keys;
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown;
  } catch {
    throw new GatewayError('ERR_CONFIGURATION', { detail: `--keys: ${path} is no file of keys` });
  }
}

function keyOf(keys: Keys, origin: string): VerifierKeys {
  const key = keysOfName(keys.trees, origin);
  if (key === undefined) throw invalid('it is of a tree whose verifier key was not given');
  return key;
}

function readReceiptFile(path: string): ReceiptJson {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw new GatewayError('ERR_CONFIGURATION', { detail: `--receipt: ${path} cannot be read` });
  }
  const receipt = receiptIn(parseLine(text));
  if (receipt === undefined) {
    throw new GatewayError('ERR_CONFIGURATION', { detail: `--receipt: ${path} holds no receipt` });
  }
  return receipt;
}

/** A receipt, or an answer line with one. */
function receiptIn(json: Readonly<Record<string, unknown>>): ReceiptJson | undefined {
  const candidate = (json['receipt'] ?? json) as Partial<ReceiptJson>;
  return typeof candidate.record === 'string' && typeof candidate.proof === 'string'
    ? (candidate as ReceiptJson)
    : undefined;
}

function parseLine(text: string): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === 'object' && json !== null) return json as Record<string, unknown>;
  } catch {
    // Said below, for whatever is no object.
  }
  throw invalid('a line is not a JSON object');
}

function invalid(detail: string): GatewayError {
  return new GatewayError('ERR_PROOF_INVALID', { detail });
}
