import { dayOf } from '../core/dates/index.js';
import type { Caseload, PartnerCode } from '../core/ids.js';
import { subjectBlockingTerms } from '../core/matching/index.js';
import { beginBatch, type AcceptedRow } from './import-batch.js';
import { readImportRow, type ReadRow, type RowRules } from './import-row.js';
import { readLines } from './read-lines.js';
import { ReferenceDirectory } from './reference-directory.js';
import type { RegisterStore } from './register-store.js';
import { wholeRow, type RowFaultCode, type RowWarningCode } from './row-reader.js';
import { encodeContent } from './subject-blob.js';

export interface ImportCommand {
  /** JSON Lines, UTF-8. */
  readonly source: AsyncIterable<Uint8Array>;
  /** Who imports: an account of the staff, or of the command line. */
  readonly requestedBy: string;
  /** When given, every row has to name it. */
  readonly caseload?: Caseload;
  /** Partners a person may be kept from; states are known by themselves. */
  readonly knownPartners: ReadonlySet<PartnerCode>;
  /** Only say what would happen. */
  readonly dryRun: boolean;
  /** Told after each batch of rows. */
  readonly onProgress?: (rows: number) => void;
}

/** Lines are those of the file, from 1; `column` is a path of member names. Never a value. */
export interface ImportReport {
  readonly rows: number;
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly rejected: number;
  /** The first 10,000, as of the warnings; the counts go on. */
  readonly rejections: readonly ImportFinding<RowFaultCode>[];
  readonly warnings: readonly ImportFinding<RowWarningCode>[];
  /** The batch that waits for its release; absent when nobody is pending from this import. */
  readonly batchId?: string;
  /** Register version after the last change. */
  readonly version: bigint;
}

export interface ImportFinding<Code extends string> {
  readonly line: number;
  readonly column: string;
  readonly code: Code;
}

/** Findings that are listed; counts go on beyond. */
export const mostFindings = 10_000;
/** Longest row, bytes. */
export const longestRow = 64 * 1024;
/** Rows in one transaction. */
const rowsPerBatch = 1024;

/**
 * Imports people. Rows that cannot be read are reported and left out, the rest goes in, a batch of
 * rows at a time, each wholly or not at all: interrupted and run again it ends in the same state.
 * Everybody new or changed is pending until another person releases the batch; a new suppression
 * holds at once.
 *
 * @throws {GatewayError} ERR_ROW_CONFLICT when the batch is released while it is still being loaded
 */
export async function importRegister(
  store: RegisterStore,
  command: ImportCommand,
): Promise<ImportReport> {
  const counts = { rows: 0, added: 0, changed: 0, unchanged: 0, rejected: 0 };
  const rejections: ImportFinding<RowFaultCode>[] = [];
  const warnings: ImportFinding<RowWarningCode>[] = [];
  const rules: RowRules = {
    caseload: command.caseload,
    knownPartners: command.knownPartners,
    today: dayOf(store.now()),
  };
  const termKey = store.keys.rememberingTermKey();

  // 1. Who is on the register: reference keys out of the sealed pages.
  const directory = new ReferenceDirectory();
  await store.dataSource.transaction('REPEATABLE READ', async (manager) =>
    directory.catchUp(store, manager, await store.readHead(manager, 'read')),
  );
  const batch = beginBatch(store, directory, command);

  let accepted: AcceptedRow[] = [];
  let writing = Promise.resolve();
  // 6. One transaction a batch, what is unchanged stays untouched; the next rows are read meanwhile.
  const flush = async () => {
    const rows = accepted;
    const rowsRead = counts.rows;
    accepted = [];
    await writing;
    writing = batch.take(rows).then((outcome) => {
      counts.added += outcome.added;
      counts.changed += outcome.changed;
      counts.unchanged += outcome.unchanged;
      command.onProgress?.(rowsRead);
    });
    // A failure is met at the next await; until then it is not "unhandled".
    writing.catch(() => undefined);
  };
  const reject = (line: number, faults: readonly { column: string; code: RowFaultCode }[]) => {
    counts.rejected += 1;
    for (const { column, code } of faults) note(rejections, { line, column, code });
  };

  try {
    // 2. Line by line, one at a time in memory.
    for await (const { number: line, bytes } of readLines(command.source, longestRow)) {
      if (bytes?.length === 0) continue;
      counts.rows += 1;
      if (bytes === undefined) {
        reject(line, [{ column: wholeRow, code: 'ROW_TOO_LONG' }]);
        continue;
      }

      // 3. Read strictly: unknown members, values out of their rules.
      const read: ReadRow = readImportRow(bytes, rules);

      // 4. A reference counts as named by its first row, readable or not: never "last wins".
      const { identity } = read;
      const referenceKey =
        identity && store.keys.referenceKey(identity.caseload, identity.reference);
      if (referenceKey !== undefined && !directory.name(referenceKey)) {
        reject(line, [{ column: 'reference', code: 'REFERENCE_REPEATED' }]);
        continue;
      }
      if (!read.ok || referenceKey === undefined) {
        reject(line, read.ok ? [] : read.faults);
        continue;
      }

      // 5. Keyed: from here on only hashes and sealed bytes are kept.
      const { content, suppressedFor } = read.row;
      const terms = subjectBlockingTerms({ ...content, suppressedFor: [] });
      for (const { column, code } of read.row.warnings) note(warnings, { line, column, code });
      if (terms.length === 0)
        note(warnings, { line, column: 'names', code: 'TOO_LITTLE_TO_MATCH' });
      const json = encodeContent(content);
      accepted.push({
        referenceKey,
        caseload: content.caseload,
        json,
        contentKey: store.keys.contentKey(json),
        terms: Buffer.concat(terms.map(termKey)),
        suppressedFor: suppressedFor ?? [],
      });
      if (accepted.length === rowsPerBatch) await flush();
    }
    await flush();
  } finally {
    // Whatever ends the reading, no transaction is left running behind the answer.
    await writing;
  }

  // 7. The batch waits for somebody else.
  const batchId = batch.id();
  return {
    ...counts,
    rejections,
    warnings,
    ...(batchId === undefined ? {} : { batchId }),
    version: directory.version,
  };
}

function note<T>(findings: T[], finding: T): void {
  if (findings.length < mostFindings) findings.push(finding);
}
