import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { GatewayError } from '../../core/errors.js';
import type { Caseload } from '../../core/ids.js';
import {
  largestUploadBytes,
  rejectedRows,
  surveyFile,
  writeRejectedRows,
  type ImportSummary,
  type PeopleFile,
  type Separator,
} from '../../register/index.js';
import { exitCodes } from '../exit-codes.js';
import { hintOf, inWords } from './import-codes.js';
import { startProgress, type Progress } from '../progress.js';
import { describe, waitForAct, withStaffClient, type ActJson, type ActOptions } from './run-act.js';
import { refusalOf, type StaffClient } from './staff-client.js';

export interface ImportOptions extends ActOptions {
  readonly caseload?: string;
  readonly expect?: string;
  readonly mapping?: string;
  readonly separator?: string;
  readonly encoding?: string;
  readonly dryRun?: true;
  readonly rejected?: string;
}

interface ImportedJson extends ImportSummary {
  readonly refused: boolean;
  readonly rejectedLines: readonly number[];
  readonly batch: string | null;
  readonly people: number;
  readonly release: ActJson | null;
}

type Line =
  | { readonly stagedBytes: number }
  | { readonly counted: number }
  | { readonly done: number }
  | { readonly result: ImportedJson }
  | { readonly error: Parameters<typeof refusalOf>[0] };

/** `safeconduct register import FILE`; what it prints is in the contract. */
export async function importPeople(path: string, options: ImportOptions): Promise<void> {
  const file = describeFile(path, options);
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    await withStaffClient(options, async (client) => {
      const uploaded = await upload(client, path, file, options, stop.signal);
      const rejectedFile = await keepRejected(path, file, options, uploaded);
      const imported = uploaded.result;
      print(imported, options, rejectedFile);
      process.exitCode =
        imported.refused || imported.rejected > 0 ? exitCodes.wrongUse : exitCodes.done;
      if (options.wait === true && imported.release !== null) {
        const act = await waitForAct(client, imported.release);
        process.stderr.write(`${describe(act)}\n`);
      }
    });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stderr.write(
      'Interrupted. What had arrived whole is still being taken in; run the same command again.\n',
    );
    process.exitCode = exitCodes.interrupted;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}

interface DescribedFile {
  readonly sizeBytes: number;
  readonly people: PeopleFile;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
}

const separatorNames: Readonly<Record<string, readonly [Separator, string]>> = {
  ',': [',', 'COMMA'],
  comma: [',', 'COMMA'],
  ';': [';', 'SEMICOLON'],
  semicolon: [';', 'SEMICOLON'],
  '\t': ['\t', 'TAB'],
  '\\t': ['\t', 'TAB'],
  tab: ['\t', 'TAB'],
};

function describeFile(path: string, options: ImportOptions): DescribedFile {
  const { caseload, expect, mapping: mappingPath, separator: given, encoding } = options;
  const sizeBytes = sizeOf(path);
  if (sizeBytes > largestUploadBytes) throw wrongUse(`${path} is larger than 1 GiB`);
  if (expect !== undefined && !/^\d{1,9}$/.test(expect)) throw wrongUse('--expect takes a number');
  const separator = given === undefined ? undefined : separatorNames[given];
  if (given !== undefined && separator === undefined) {
    throw wrongUse('--separator takes ",", ";" or "tab"');
  }
  const mapping = mappingPath === undefined ? undefined : readBytes(mappingPath);
  const query = new URLSearchParams();
  if (options.dryRun === true) query.set('dryRun', 'true');
  if (expect !== undefined) query.set('expect', expect);
  if (caseload !== undefined) query.set('caseload', caseload);
  if (separator !== undefined) query.set('separator', separator[1]);
  if (encoding !== undefined) query.set('encoding', encoding);
  return {
    sizeBytes,
    query,
    headers: {
      'content-length': String(sizeBytes),
      ...(mapping === undefined ? {} : { 'safeconduct-mapping': mapping.toString('base64url') }),
    },
    people: {
      open: () => createReadStream(path),
      ...(separator === undefined ? {} : { separator: separator[0] }),
      ...(encoding === undefined ? {} : { encoding }),
      ...(mapping === undefined ? {} : { mapping }),
    },
  };
}

async function upload(
  client: StaffClient,
  path: string,
  file: DescribedFile,
  { dryRun }: ImportOptions,
  signal: AbortSignal,
): Promise<UploadedFile> {
  const sending = startProgress('bytes sent', file.sizeBytes, 0);
  const hash = createHash('sha256');
  const body = async function* () {
    let sent = 0;
    for await (const chunk of createReadStream(path)) {
      sent += (chunk as Buffer).length;
      hash.update(chunk as Buffer);
      sending.reach(sent);
      yield chunk as Buffer;
    }
    sending.stop();
  };
  let reading: Progress | undefined;
  let result: ImportedJson | undefined;
  try {
    await client.stream(
      `/register/import?${file.query.toString()}`,
      { headers: file.headers, body: body(), signal },
      async (answer) => {
        for await (const line of linesOf(answer)) {
          if ('counted' in line) {
            reading = startProgress(dryRun === true ? 'looked at' : 'read', line.counted, 0);
          } else if ('done' in line) reading?.reach(line.done);
          else if ('result' in line) result = line.result;
          else if ('error' in line) throw refusalOf(line.error, 200);
        }
      },
    );
  } finally {
    sending.stop();
    reading?.stop();
  }
  if (result === undefined) {
    throw new GatewayError('ERR_BUSY', {
      detail: 'the connection ended before the import did; run the same command again',
    });
  }
  return { result, digest: hash.digest('base64url') };
}

/** What came of a file, and the digest of the bytes that were sent. */
interface UploadedFile {
  readonly result: ImportedJson;
  readonly digest: string;
}

async function* linesOf(answer: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let kept = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer) {
    const parts = (kept + decoder.decode(chunk, { stream: true })).split('\n');
    kept = parts.pop() ?? '';
    for (const part of parts) if (part !== '') yield JSON.parse(part) as Line;
  }
}

/** Rejected rows, cut out of the file on this machine: they never come back over the network. */
async function keepRejected(
  path: string,
  file: DescribedFile,
  { caseload, dryRun, rejected }: ImportOptions,
  { digest, result: { refused, rejectedLines } }: UploadedFile,
): Promise<string | undefined> {
  const isAsked = dryRun !== true || rejected !== undefined;
  if (refused || rejectedLines.length === 0 || !isAsked) return undefined;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  if (hash.digest('base64url') !== digest) {
    process.stderr.write('The file has changed meanwhile: its rejected rows are not written.\n');
    return undefined;
  }
  const { layout } = await surveyFile(file.people, caseload as Caseload | undefined);
  const rows = rejectedRows(file.people.open, layout, rejectedLines);
  return writeRejectedRows(path, rows, rejected);
}

function print(
  imported: ImportedJson,
  { json, dryRun, expect }: ImportOptions,
  rejectedFile: string | undefined,
): void {
  const { rows, added, changed, unchanged, rejected, rejections, warnings } = imported;
  const { batch, people, release, refused } = imported;
  const summary = { rows, added, changed, unchanged, rejected, rejections, warnings };
  if (json === true) {
    const more = { batch, people, act: release?.id ?? null, rejectedFile: rejectedFile ?? null };
    process.stdout.write(
      `${JSON.stringify(dryRun === true ? summary : { ...summary, ...more })}\n`,
    );
  } else {
    const said = dryRun === true ? 'would be ' : '';
    process.stdout.write(
      refused
        ? `refused: ${rows} rows${expect === undefined ? '' : ` where ${expect} were meant`}, nothing was taken\n`
        : `${rows} rows: ${said}${added} added, ${changed} changed, ${unchanged} unchanged, ${rejected} rejected\n`,
    );
    for (const { line, column, code } of rejections.slice(0, mostPrinted)) {
      process.stdout.write(`line ${line}, ${inWords(column)}: ${code}${hintOf(code)}\n`);
    }
    for (const { line, column, code } of warnings.slice(0, mostPrinted)) {
      process.stdout.write(`line ${line}, ${column}: ${code} (a warning)\n`);
    }
    if (rejections.length > mostPrinted || warnings.length > mostPrinted) {
      process.stdout.write(`Only ${mostPrinted} of each are shown; --json shows all.\n`);
    }
    if (batch !== null) {
      process.stdout.write(
        `pending: batch ${batch} of ${people} people waits for another registrar: safeconduct register release ${batch}\n`,
      );
    }
  }
  if (rejectedFile !== undefined) {
    process.stderr.write(`Rejected rows are in ${rejectedFile} (0600): correct and import it.\n`);
  }
}

/** Findings shown to a person. */
const mostPrinted = 50;

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    throw wrongUse(`${path} cannot be read`);
  }
}

function sizeOf(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() !== true) throw wrongUse(`${path} is not a file`);
  return stats.size;
}

function wrongUse(detail: string): GatewayError {
  return new GatewayError('ERR_INPUT_INVALID', { detail });
}
