import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { GatewayError } from '../../core/errors.js';
import { logKeysKind, type LogKeys, type TreeKeys } from '../../core/log/log-keys.js';
import { csvHeading, csvLine, ocsfEvent, type ExportedRecord } from '../../core/log/siem.js';
import { writeFileAtomically } from '../../platform/pki/index.js';
import { startProgress } from '../progress.js';
import { filterOf, type FilterOptions } from './log-filter.js';
import { recordFields } from './log-records.js';
import type { StaffClient } from './staff-client.js';

export interface ProofOptions extends FilterOptions {
  readonly out?: string;
  readonly format: string;
  readonly first: string;
  readonly last?: string;
  /** Every tree, one after another. */
  readonly everyTree?: true;
  /** Where what verifies them goes. */
  readonly keys?: string;
}

interface TreesJson extends Omit<LogKeys, 'v' | 'kind' | 'trees'> {
  readonly trees: readonly (TreeKeys & {
    readonly partner: string | null;
    readonly size: number;
  })[];
}

const treesQuery = `{ logTrees { trees { partner size verifierKeys coverSlot }
  coverVerifierKeys witnessVerifierKeys witnessQuorum } }`;

export interface CopyOptions extends FilterOptions {
  readonly out?: string;
  readonly format: string;
  readonly cursor?: string;
  readonly follow?: true;
}

const mostAtOnce = 1_000;
const followMs = 5_000;

/** Exports with proofs: one part after another, each proven by itself; of one tree, or of each. */
export async function exportProofs(
  client: StaffClient,
  options: ProofOptions,
  find: (filter: object) => AsyncIterable<ExportedRecord>,
): Promise<void> {
  const ways = [options.partner, options.host, options.everyTree].filter(
    (way) => way !== undefined,
  );
  if (ways.length !== 1) {
    throw wrongUse(
      'an export with proofs is of one tree or of each: --partner, --host or --every-tree',
    );
  }
  if (options.keys !== undefined && existsSync(options.keys)) {
    throw wrongUse(`${options.keys} is there already`);
  }
  const known = await client.ask<TreesJson>(treesQuery);
  const wanted = known.trees.filter(
    ({ partner }) => options.everyTree === true || partner === (options.partner ?? null),
  );
  let exported = 0;
  await withOutput(options.out, async (write) => {
    for (const tree of wanted) exported += await exportTree(client, options, tree, find, write);
    if (exported === 0) throw new GatewayError('ERR_NOT_FOUND', { detail: 'nothing fits' });
  });
  if (options.keys === undefined) return;
  const { coverVerifierKeys, witnessVerifierKeys, witnessQuorum } = known;
  const keys: LogKeys = {
    v: 1,
    kind: logKeysKind,
    trees: wanted.map(({ verifierKeys, coverSlot }) => ({ verifierKeys, coverSlot })),
    coverVerifierKeys,
    witnessVerifierKeys,
    witnessQuorum,
  };
  await writeFileAtomically(options.keys, `${JSON.stringify(keys, null, 2)}\n`, 0o600);
}

/** @returns how many records */
async function exportTree(
  client: StaffClient,
  options: ProofOptions,
  { partner, size }: { readonly partner: string | null; readonly size: number },
  find: (filter: object) => AsyncIterable<ExportedRecord>,
  write: (text: string) => void,
): Promise<number> {
  const part = async (input: object): Promise<void> => {
    const lines = await client.ask<readonly string[]>(
      'query Export($input: LogExportInput!) { logExport(input: $input) }',
      { input: { partner, ...input } },
    );
    for (const line of lines) write(`${line}\n`);
  };
  const {
    partner: _partner,
    host: _host,
    ...narrower
  } = filterOf(options) as {
    partner?: string;
    host?: boolean;
  };
  if (Object.keys(narrower).length > 0) {
    const indexes: number[] = [];
    const ofTree = partner === null ? { host: true } : { partner };
    for await (const { index } of find({ ...narrower, ...ofTree })) indexes.push(index);
    indexes.sort((a, b) => a - b);
    for (let at = 0; at < indexes.length; at += mostAtOnce) {
      await part({ indexes: indexes.slice(at, at + mostAtOnce) });
    }
    return indexes.length;
  }
  const from = wholeNumber('--first', options.first);
  const to =
    options.last === undefined ? size : Math.min(size, wholeNumber('--last', options.last) + 1);
  if (from >= to) {
    if (options.everyTree === true) return 0;
    throw wrongUse(`the tree has ${size} records`);
  }
  const progress = startProgress('export', to - from, 0);
  for (let at = from; at < to; at += mostAtOnce) {
    const end = Math.min(to, at + mostAtOnce);
    await part({ from: at, to: end });
    progress.reach(end - from);
  }
  progress.stop();
  return to - from;
}

const writers: Readonly<Record<string, (record: ExportedRecord) => string>> = {
  jsonl: (record) => `${JSON.stringify(record)}\n`,
  csv: csvLine,
  ocsf: (record) => `${JSON.stringify(ocsfEvent(record))}\n`,
};

/** A copy for a SIEM: from a cursor on; what was written is remembered after it was written. */
export async function copyLog(client: StaffClient, options: CopyOptions): Promise<void> {
  const line = Object.hasOwn(writers, options.format) ? writers[options.format] : undefined;
  if (line === undefined) throw wrongUse('--format is proofs, jsonl, csv or ocsf');
  const narrowed = Object.keys(filterOf(options)).length > 0;
  if (narrowed) throw wrongUse('a copy for a SIEM is of everything; filters go with proofs');
  let after = readCursor(options.cursor);
  await withOutput(
    options.out,
    async (write) => {
      if (options.format === 'csv' && after === null) write(csvHeading);
      for (;;) {
        const tail: { records: readonly ExportedRecord[]; cursor: string; atEnd: boolean } =
          await client.ask(
            `query Tail($after: String) { logTail(first: 1000, after: $after) { cursor atEnd records { ${recordFields} } } }`,
            { after },
          );
        for (const record of tail.records) write(line(record));
        after = tail.cursor;
        if (options.cursor !== undefined) writeCursor(options.cursor, after);
        if (!tail.atEnd) continue;
        if (options.follow !== true) return;
        await pause(followMs);
      }
    },
    options.cursor !== undefined,
  );
}

function readCursor(path: string | undefined): string | null {
  if (path === undefined) return null;
  try {
    return readFileSync(path, 'utf8').trim() || null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new GatewayError('ERR_CONFIGURATION', { detail: `${path} cannot be read` });
  }
}

function writeCursor(path: string, cursor: string): void {
  writeFileSync(`${path}.new`, `${cursor}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** @param append goes on with a file that is there */
async function withOutput(
  path: string | undefined,
  work: (write: (text: string) => void) => Promise<void>,
  append = false,
): Promise<void> {
  if (path === undefined) {
    await work((text) => process.stdout.write(text));
    return;
  }
  const file = openOutput(path, append);
  try {
    await work((text) => {
      writeSync(file, text);
    });
  } finally {
    closeSync(file);
  }
}

function openOutput(path: string, append: boolean): number {
  try {
    return openSync(path, append ? 'a' : 'wx', 0o600);
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new GatewayError('ERR_CONFIGURATION', {
      detail: isThere ? `${path} is there already` : `${path} cannot be written`,
    });
  }
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw wrongUse(`${name} is a number`);
  return Number(text);
}

const wrongUse = (detail: string) => new GatewayError('ERR_INPUT_INVALID', { detail });
