import { closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { GatewayError } from '../../core/errors.js';
import { csvHeading, csvLine, ocsfEvent, type ExportedRecord } from '../../core/log/siem.js';
import { startProgress } from '../progress.js';
import { filterOf, type FilterOptions } from './log-filter.js';
import { recordFields } from './log-records.js';
import type { StaffClient } from './staff-client.js';

export interface ProofOptions extends FilterOptions {
  readonly out?: string;
  readonly format: string;
  readonly first: string;
  readonly last?: string;
}

export interface CopyOptions extends FilterOptions {
  readonly out?: string;
  readonly format: string;
  readonly cursor?: string;
  readonly follow?: true;
}

const mostAtOnce = 1_000;
const followMs = 5_000;

/** Exports with proofs: one part after another, each proven by itself, all of one tree. */
export async function exportProofs(
  client: StaffClient,
  options: ProofOptions,
  find: (filter: object) => AsyncIterable<ExportedRecord>,
): Promise<void> {
  const partner = options.partner ?? null;
  if ((options.partner === undefined) === (options.host === undefined)) {
    throw wrongUse('an export with proofs is of one tree: --partner CODE or --host');
  }
  const {
    partner: _partner,
    host: _host,
    ...narrower
  } = filterOf(options) as {
    partner?: string;
    host?: boolean;
  };
  const part = (input: object) =>
    client.ask<readonly string[]>(
      'query Export($input: LogExportInput!) { logExport(input: $input) }',
      {
        input: { partner, ...input },
      },
    );
  await withOutput(options.out, async (write) => {
    if (Object.keys(narrower).length > 0) {
      const indexes: number[] = [];
      for await (const { index } of find(filterOf(options))) indexes.push(index);
      indexes.sort((a, b) => a - b);
      if (indexes.length === 0) throw new GatewayError('ERR_NOT_FOUND', { detail: 'nothing fits' });
      for (let at = 0; at < indexes.length; at += mostAtOnce) {
        for (const line of await part({ indexes: indexes.slice(at, at + mostAtOnce) }))
          write(`${line}\n`);
      }
      return;
    }
    const { trees } = await client.ask<{
      readonly trees: readonly { partner: string | null; size: number }[];
    }>('{ logTrees { trees { partner size } } }');
    const size = trees.find((tree) => tree.partner === partner)?.size ?? 0;
    const from = wholeNumber('--first', options.first);
    const to =
      options.last === undefined ? size : Math.min(size, wholeNumber('--last', options.last) + 1);
    if (from >= to) throw wrongUse(`the tree has ${size} records`);
    const progress = startProgress('export', to - from, 0);
    for (let at = from; at < to; at += mostAtOnce) {
      const end = Math.min(to, at + mostAtOnce);
      for (const line of await part({ from: at, to: end })) write(`${line}\n`);
      progress.reach(end - from);
    }
    progress.stop();
  });
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
