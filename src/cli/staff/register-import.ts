import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  createReadStream,
  existsSync,
  readFileSync,
  statSync,
} from 'node:fs';
import { GatewayError, isGatewayError } from '../../core/errors.js';
import type { Caseload } from '../../core/ids.js';
import {
  FileFault,
  largestUploadBytes,
  rejectedRows,
  surveyFile,
  writeRejectedRows,
  type PeopleFile,
  type Separator,
} from '../../register/index.js';
import { exitCodes } from '../exit-codes.js';
import {
  askExpectedRows,
  isRowCount,
  isTerminal,
  sayNothingExpected,
  type Asked,
} from './expected-rows.js';
import { printImport, type ImportedJson } from './import-summary.js';
import { startProgress, type Progress } from '../progress.js';
import { describe, waitForAct, withStaffClient, type ActOptions } from './run-act.js';
import { refusalOf, type StaffClient } from './staff-client.js';
import { readWholeFile } from './whole-file.js';

export interface ImportOptions extends ActOptions {
  readonly caseload?: string;
  readonly expect?: string;
  readonly mapping?: string;
  readonly separator?: string;
  readonly encoding?: string;
  readonly dryRun?: true;
  readonly rejected?: string;
}

type Line =
  | { readonly stagedBytes: number }
  | { readonly counted: number }
  | { readonly done: number }
  | { readonly result: ImportedJson }
  | { readonly error: Parameters<typeof refusalOf>[0] };

/** `safeconduct register import FILE`; what it prints is in the contract. */
export async function importPeople(path: string, given: ImportOptions): Promise<void> {
  const options = await withExpectation(path, given);
  const file = describeFile(path, options);
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    await withStaffClient(options, async (client) => {
      const uploaded = await upload(client, path, file, options, stop.signal);
      const imported = uploaded.result;
      // What was taken in is said even where its rejected rows cannot be written.
      const kept = await keepRejected(path, file, options, uploaded).catch((cause: unknown) => ({
        cause,
      }));
      const rejectedFile = typeof kept === 'object' ? undefined : kept;
      printImport(imported, options, rejectedFile);
      if (typeof kept === 'object') sayNotWritten(kept.cause);
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

/** How many rows are meant is asked of whoever sits there; a dry run only says what would be. */
async function withExpectation(path: string, given: ImportOptions): Promise<ImportOptions> {
  // What is wrong with the command itself is said before anybody is asked.
  const { people } = describeFile(path, given);
  if (given.expect !== undefined || given.dryRun === true) return given;
  const asked: Asked = { input: process.stdin, output: process.stderr };
  if (isTerminal(asked)) return { ...given, expect: await askExpectedRows(path, asked) };
  const rows = await countRows(people, given.caseload);
  if (rows !== undefined) sayNothingExpected(path, rows, asked.output);
  return given;
}

/** Rows of the file; `undefined` for one that will be refused, and with a reason. */
async function countRows(people: PeopleFile, caseload: string | undefined) {
  try {
    return (await surveyFile(people, caseload as Caseload | undefined)).rows;
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    return undefined;
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
  const { caseload, expect, mapping: mappingPath, separator: given, encoding, rejected } = options;
  const sizeBytes = sizeOf(path);
  if (sizeBytes > largestUploadBytes) throw wrongUse(`${path} is larger than 1 GiB`);
  if (expect !== undefined && !isRowCount(expect)) throw wrongUse('--expect takes a number');
  if (rejected !== undefined && existsSync(rejected))
    throw wrongUse(`${rejected} is there already`);
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
  let unread: unknown;
  const body = async function* () {
    let sent = 0;
    try {
      for await (const chunk of readWholeFile(path, file.sizeBytes)) {
        sent += chunk.length;
        hash.update(chunk);
        sending.reach(sent);
        yield chunk;
      }
    } catch (error) {
      unread = error;
      throw error;
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
  } catch (error) {
    // The connection broke because the file did.
    throw unread ?? error;
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

function sayNotWritten(cause: unknown): void {
  const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
  const why = isGatewayError(cause) ? (cause.detail ?? cause.code) : code;
  process.stderr.write(
    `The rejected rows could not be written (${why}): a --dry-run with --rejected FILE writes them elsewhere.\n`,
  );
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    throw wrongUse(`${path} cannot be read`);
  }
}

function sizeOf(path: string): number {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw wrongUse(`${path} is not there`);
  if (!stats.isFile()) throw wrongUse(`${path} is not a file`);
  try {
    accessSync(path, constants.R_OK);
  } catch {
    throw wrongUse(`${path} cannot be read`);
  }
  return stats.size;
}

function wrongUse(detail: string): GatewayError {
  return new GatewayError('ERR_INPUT_INVALID', { detail });
}
