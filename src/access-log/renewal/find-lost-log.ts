import { join } from 'node:path';
import type { KeyObject } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { GatewayError, inputInvalid } from '../../core/errors.js';
import { openCheckpoint, type Checkpoint } from '../../core/log/checkpoint.js';
import { checkQuorum, parseWitnessKey } from '../../core/log/cosignature.js';
import {
  formatVerifierKey,
  parseVerifierKey,
  type VerifierKey,
  type VerifierKeys,
} from '../../core/log/note.js';
import type { RenewalStatement } from '../../core/log/renewal.js';
import { openCheckpointCopy } from '../checkpoint-copy.js';
import { newestCosigned, readWitnesses } from '../cover/cosignature.repository.js';
import { coverHashes, readCoverHead, readSlotHeads } from '../cover/cover.repository.js';
import { openJournalCopy } from '../journal/journal-copy.js';
import { localFiles, type JournalFiles } from '../journal/journal-files.js';
import { readTree, rootAt, storedHashes } from '../tree.repository.js';
import { coverId } from '../trees.js';
import { readEarlierLogs } from './renewals.js';

export interface LostLogOptions {
  /** Open and migrated; no gateway runs on it. */
  readonly dataSource: DataSource;
  readonly home: string;
  /** Without it, and after a power cut, the embedded database may have lost what nobody remembers. */
  readonly embedded: boolean;
  /** Where the largest signed checkpoints were remembered; looked for set aside as well. */
  readonly checkpointFile: string | undefined;
  /** vkeys of the earlier log's cover tree, e.g. of a partner's profile. */
  readonly earlierKeys: readonly string[];
  /** Notes of the cover tree that partners and witnesses brought. */
  readonly notes: readonly string[];
  /** vkeys of witnesses the database does not know. */
  readonly witnessKeys: readonly string[];
  readonly witnessQuorum: number;
  /** `LOG_ORIGIN` and Ed25519 keys of the log to be. */
  readonly origin: string;
  readonly checkpointKeys: readonly KeyObject[];
  readonly files?: JournalFiles;
}

/** What a statement says of both logs. */
export type LostLog = Pick<RenewalStatement, 'earlier' | 'next' | 'trees' | 'isWhole'>;

/** Where a checkpoint file is put when its log has ended: beside it, named for that log. */
export const setAsidePath = (path: string, origin: string): string =>
  `${path}.of-${origin.replaceAll(/[^A-Za-z0-9.-]/g, '_')}`;

/**
 * What is known of a log that has lost its journal, and what of it the database has.
 *
 * @throws {GatewayError} ERR_CONFLICT when the journal is there or can be put back, or the log ended
 *   already; ERR_INPUT_INVALID for keys and notes of another log; ERR_LOG_CONTRADICTS_ITSELF when the
 *   database holds something else than what was signed
 */
export async function findLostLog(options: LostLogOptions): Promise<LostLog> {
  const { dataSource, origin, checkpointKeys, earlierKeys, embedded } = options;
  const files = options.files ?? localFiles;
  const keys = readEarlierKeys(earlierKeys);
  const earlierOrigin = keys[0].name.slice(0, -`/${coverId}`.length);
  const [newKey] = checkpointKeys;
  if (newKey === undefined) throw new TypeError('a checkpoint key');
  await refuseUsedOrigin(dataSource, earlierOrigin, origin);
  for (const key of checkpointKeys) {
    const vkey = formatVerifierKey(keys[0].name, key);
    if (earlierKeys.includes(vkey)) {
      throw inputInvalid(
        'SAFECONDUCT_CHECKPOINT_KEY_FILE',
        'SAFECONDUCT_CHECKPOINT_KEY_FILE holds the key of the log that ends; a new log has a new key',
      );
    }
  }
  const publicKeys = keys.map(({ publicKey }) => publicKey);
  const copy = await readCopy(options, files, earlierOrigin, publicKeys);
  await refuseFoundJournal(options.home, files, copy?.journal);
  await refuseOtherLog(dataSource, earlierOrigin, publicKeys);

  const registered = (await readWitnesses(dataSource)).map(({ vkey }) => vkey);
  const witnessKeys = [...new Set([...registered, ...options.witnessKeys])].sort();
  const witnesses = witnessKeys.map(readWitnessKey);
  const signed: Signed[] = [
    ...(copy?.checkpoints ?? []).map((checkpoint) => ({ checkpoint, note: null })),
  ];
  const stored = await newestCosigned(dataSource, options.witnessQuorum);
  const notes = [
    ...(stored === undefined ? [] : [`${stored.checkpoint}${stored.lines.join('')}`]),
    ...(copy?.coverNote === undefined ? [] : [copy.coverNote]),
    ...options.notes,
  ];
  let cosigned: Signed | undefined;
  let newest: Signed | undefined;
  for (const note of notes) {
    const one = { checkpoint: openBrought(note, keys), note };
    signed.push(one);
    if (isLater(one, newest)) newest = one;
    if (isLater(one, cosigned) && isCosigned(note, witnesses, options.witnessQuorum))
      cosigned = one;
  }
  const trees = await compareTrees(dataSource, earlierOrigin, signed);
  const knowsHost = trees.some(({ tree }) => tree === 'host');
  const isWhole = !embedded && knowsHost && trees.every(({ signed: most, kept }) => kept >= most);
  return {
    earlier: {
      origin: earlierOrigin,
      verifierKeys: [...earlierKeys],
      witnessKeys,
      cosigned: cosigned?.note ?? null,
      signed: newest?.note ?? null,
    },
    next: { origin, verifierKey: formatVerifierKey(`${origin}/${coverId}`, newKey) },
    trees,
    isWhole,
  };
}

interface Signed {
  readonly checkpoint: Checkpoint;
  readonly note: string | null;
}

const isLater = (one: Signed, other: Signed | undefined): boolean =>
  other === undefined || one.checkpoint.size > other.checkpoint.size;

function readEarlierKeys(vkeys: readonly string[]): readonly [VerifierKey, ...VerifierKey[]] {
  let keys: readonly VerifierKey[];
  try {
    keys = vkeys.map(parseVerifierKey);
  } catch (cause) {
    throw new GatewayError('ERR_INPUT_INVALID', {
      argument: 'earlier-key',
      detail: '--earlier-key is a verifier key (coverVerifierKeys of any partner’s profile)',
      cause,
    });
  }
  const [first, ...others] = keys;
  const isCover = first?.name.endsWith(`/${coverId}`) === true;
  if (first === undefined || !isCover || others.some(({ name }) => name !== first.name)) {
    throw inputInvalid('earlier-key', '--earlier-key is that of the cover tree of one log');
  }
  return [first, ...others];
}

function readWitnessKey(vkey: string): VerifierKey {
  try {
    return parseWitnessKey(vkey);
  } catch (cause) {
    throw new GatewayError('ERR_INPUT_INVALID', {
      argument: 'witness-key',
      detail: '--witness-key is a verifier key of a cosigning witness',
      cause,
    });
  }
}

/** A log that ended never begins again, under its own name or behind another. */
async function refuseUsedOrigin(
  dataSource: DataSource,
  earlier: string,
  next: string,
): Promise<void> {
  if (earlier === next) {
    throw inputInvalid(
      'SAFECONDUCT_LOG_ORIGIN',
      `SAFECONDUCT_LOG_ORIGIN is still ${next}, the log that ends; a new log has a new origin`,
    );
  }
  const logs = await readEarlierLogs(dataSource);
  if (logs.some(({ statement }) => statement.earlier.origin === earlier)) {
    throw conflict(`${earlier} has ended already: this database goes on as ${next}`);
  }
  if (logs.some(({ statement }) => statement.earlier.origin === next)) {
    throw inputInvalid('SAFECONDUCT_LOG_ORIGIN', `${next} has ended, and never begins again`);
  }
}

interface RememberedLog {
  readonly journal: string | undefined;
  readonly checkpoints: readonly Checkpoint[];
  readonly coverNote: string | undefined;
}

/** The checkpoint file of the earlier log, in its place or set aside by a renewal that was cut off. */
async function readCopy(
  { checkpointFile }: LostLogOptions,
  files: JournalFiles,
  earlierOrigin: string,
  publicKeys: readonly KeyObject[],
): Promise<RememberedLog | undefined> {
  if (checkpointFile === undefined) return undefined;
  for (const path of [setAsidePath(checkpointFile, earlierOrigin), checkpointFile]) {
    const copy = await openCheckpointCopy({
      path,
      files,
      checkpointKeys: {
        signing: () => publicKeys,
        accepted: () => publicKeys,
        held: () => publicKeys,
      },
      onFault: () => undefined,
    });
    if (copy.journal === undefined) continue;
    return {
      journal: copy.journal,
      checkpoints: copy.checkpoints,
      coverNote: copy.noteOf(`${earlierOrigin}/${coverId}`),
    };
  }
  return undefined;
}

/** The journal in its place, or one that fits beside it. A journal without a line says nothing. */
async function refuseFoundJournal(
  home: string,
  files: JournalFiles,
  wanted: string | undefined,
): Promise<void> {
  const present = await openJournalCopy(join(home, 'journal'), files);
  if (present !== undefined && present.lastNumber > 0) {
    throw conflict(
      present.id === wanted || wanted === undefined
        ? 'the journal is in its place: start the gateway. Where the start says that it does not ' +
            'reach as far as what was signed, move it out of the home, keeping it, and come back'
        : 'another journal is in SAFECONDUCT_HOME/journal than the checkpoint file knows: move it ' +
            'out of the home, keeping it, and put back the one that belongs there',
    );
  }
  for (const beside of await directoriesIn(home, files)) {
    const journal = await openJournalCopy(beside, files);
    if (journal === undefined || journal.lastNumber === 0) continue;
    if (wanted === undefined || journal.id === wanted) {
      throw conflict(
        `${beside} holds the journal: put its files into ${join(home, 'journal')} and start`,
      );
    }
  }
}

async function directoriesIn(home: string, files: JournalFiles): Promise<readonly string[]> {
  const merge = join(home, 'journal-merge');
  const beside = (await files.list(home)).filter((name) => /^journal[.-]/.test(name));
  const merged = beside.includes('journal-merge') ? await files.list(merge) : [];
  return [
    ...beside.filter((name) => name !== 'journal-merge').map((name) => join(home, name)),
    ...merged.map((name) => join(merge, name)),
  ];
}

/** The keys that are named have signed what this database holds. */
async function refuseOtherLog(
  dataSource: DataSource,
  earlierOrigin: string,
  publicKeys: readonly KeyObject[],
): Promise<void> {
  const { size } = await readCoverHead(dataSource);
  const host = (await readSlotHeads(dataSource, size - 1)).find(({ tree }) => tree === 'host');
  if (host === undefined) return;
  try {
    openCheckpoint(host.note, namedKeys(`${earlierOrigin}/host`, publicKeys));
  } catch (cause) {
    throw new GatewayError('ERR_INPUT_INVALID', {
      argument: 'earlier-key',
      detail: '--earlier-key has not signed the log in this database',
      cause,
    });
  }
}

function namedKeys(name: string, publicKeys: readonly KeyObject[]): VerifierKeys {
  const [first, ...others] = publicKeys.map((key) =>
    parseVerifierKey(formatVerifierKey(name, key)),
  );
  if (first === undefined) throw new TypeError('a key');
  return [first, ...others];
}

function openBrought(note: string, keys: VerifierKeys): Checkpoint {
  try {
    return openCheckpoint(note, keys);
  } catch (cause) {
    throw new GatewayError('ERR_INPUT_INVALID', {
      argument: 'note',
      detail: 'a note that was brought is no checkpoint signed by --earlier-key',
      cause,
    });
  }
}

function isCosigned(note: string, witnesses: readonly VerifierKey[], quorum: number): boolean {
  try {
    checkQuorum(note, witnesses, quorum);
    return true;
  } catch {
    return false;
  }
}

/**
 * What was signed of each tree beside what the database has. Where it has as much, it has to be that.
 *
 * @throws {GatewayError} ERR_LOG_CONTRADICTS_ITSELF
 */
async function compareTrees(
  dataSource: DataSource,
  earlierOrigin: string,
  signed: readonly Signed[],
): Promise<LostLog['trees']> {
  const most = new Map<string, { signed: number; kept: number }>();
  for (const { checkpoint } of signed) {
    if (!checkpoint.origin.startsWith(`${earlierOrigin}/`)) {
      throw inputInvalid('note', `a checkpoint of ${checkpoint.origin} is of another log`);
    }
    const tree = checkpoint.origin.slice(earlierOrigin.length + 1);
    const id = tree.replace(/^partner\//, '');
    const isCover = tree === coverId;
    const kept = isCover
      ? (await readCoverHead(dataSource)).size
      : ((await readTree(dataSource, id))?.size ?? 0);
    if (kept >= checkpoint.size) {
      const reader = isCover ? coverHashes(dataSource) : storedHashes(dataSource, id);
      if (!(await rootAt(reader, checkpoint.size)).equals(checkpoint.root)) {
        throw new GatewayError('ERR_LOG_CONTRADICTS_ITSELF', {
          detail:
            `${checkpoint.origin} was signed with another root at size ${checkpoint.size}: a new log ` +
            'goes on from no changed records (docs/operations.md, "The log is another than what was signed")',
        });
      }
    }
    const before = most.get(tree)?.signed ?? 0;
    most.set(tree, { signed: Math.max(before, checkpoint.size), kept });
  }
  return [...most]
    .map(([tree, sizes]) => ({ tree, ...sizes }))
    .sort((a, b) => (a.tree < b.tree ? -1 : 1));
}

const conflict = (detail: string): GatewayError => new GatewayError('ERR_CONFLICT', { detail });
