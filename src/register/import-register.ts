import type { EntityManager } from 'typeorm';
import type { RestrictingAct } from '../access-log/index.js';
import { dayOf } from '../core/dates/index.js';
import type { Caseload, PartnerCode } from '../core/ids.js';
import { DeadBuffers } from '../platform/memory/dead-buffers.js';
import { beginBatch } from './import-batch.js';
import type { AcceptedRow } from './import-step.js';
import { readJsonLines, type SourceRow } from './file/people-file.js';
import type { RowRules } from './import-row.js';
import { NamedReferences } from './named-references.js';
import { ReferenceDirectory } from './reference-directory.js';
import type { RegisterStore } from './register-store.js';
import type { RowFaultCode, RowWarningCode } from './row-reader.js';
import { encodeContent, sharingOf } from './subject-blob.js';

export interface ImportCommand extends ImportRules {
  /** JSON Lines, UTF-8. */
  readonly source: AsyncIterable<Uint8Array>;
}

export interface ImportRules {
  /** Who imports: an account of the staff, or of the command line. */
  readonly requestedBy: string;
  /** When given, every row has to name it. */
  readonly caseload?: Caseload;
  /** Partners a person may be kept from; states are known by themselves. */
  readonly knownPartners: ReadonlySet<PartnerCode>;
  /** Only say what would happen. */
  readonly dryRun: boolean;
  /** Only for the people who come with the release. */
  readonly builtIn?: boolean;
  /** Rows in one transaction; 1,024 when absent. */
  readonly rowsPerTransaction?: number;
  /** Without it what a file takes away stands in the database alone: where there is no log. */
  readonly inRecord?: InRecord;
  /** Told after each batch of rows. */
  readonly onProgress?: (rows: number) => void;
}

/**
 * Makes an access record, and does `work` in its transaction (AccessLog.append, `alongside`): what it
 * took away from partners of people who were on the register is in the journal with the record.
 */
export type InRecord = (
  work: (manager: EntityManager) => Promise<readonly RestrictingAct[]>,
) => Promise<void>;

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
  /** Lines of all rejected rows, in their order. */
  readonly rejectedLines: readonly number[];
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
const rowsPerTransaction = 1024;

/** {@link importRows} of JSON Lines, read once. */
export async function importRegister(
  store: RegisterStore,
  command: ImportCommand,
): Promise<ImportReport> {
  return importRows(store, (rules) => readJsonLines(command.source, rules), command);
}

/**
 * Imports people. Rows that cannot be read are reported and left out, the rest goes in, a batch of
 * rows at a time, each wholly or not at all: interrupted and run again it ends in the same state.
 * Everybody new or changed is pending until another person releases the batch; a new suppression
 * holds at once.
 *
 * @throws {GatewayError} ERR_ROW_CONFLICT when the batch is released while it is still being loaded
 */
export async function importRows(
  store: RegisterStore,
  rowsOf: (rules: RowRules) => AsyncIterable<SourceRow>,
  command: ImportRules,
): Promise<ImportReport> {
  const counts = { rows: 0, added: 0, changed: 0, unchanged: 0, rejected: 0 };
  const rejections: ImportFinding<RowFaultCode>[] = [];
  const warnings: ImportFinding<RowWarningCode>[] = [];
  const rejectedLines: number[] = [];
  const named = new NamedReferences(store.random(32));
  const rules: RowRules = {
    caseload: command.caseload,
    knownPartners: command.knownPartners,
    today: dayOf(store.now()),
    builtIn: command.builtIn === true,
  };

  // 1. Who is on the register: reference keys out of the sealed pages.
  const directory = new ReferenceDirectory();
  await store.dataSource.transaction('REPEATABLE READ', async (manager) =>
    directory.catchUp(store, manager, await store.readHead(manager, 'read')),
  );
  const batch = beginBatch(store, directory, command);
  const buffers = new DeadBuffers();

  let accepted: AcceptedRow[] = [];
  let writing = Promise.resolve();
  // 5. One transaction a batch, what is unchanged stays untouched; the next rows are read meanwhile.
  const flush = async () => {
    const rows = accepted;
    const rowsRead = counts.rows;
    accepted = [];
    await writing;
    writing = batch.take(rows).then((outcome) => {
      counts.added += outcome.added;
      counts.changed += outcome.changed;
      counts.unchanged += outcome.unchanged;
      buffers.sweep();
      command.onProgress?.(rowsRead);
    });
    // A failure is met at the next await; until then it is not "unhandled".
    writing.catch(() => undefined);
  };
  const reject = (line: number, faults: readonly { column: string; code: RowFaultCode }[]) => {
    counts.rejected += 1;
    rejectedLines.push(line);
    for (const { column, code } of faults) note(rejections, { line, column, code });
  };

  try {
    // 2. Row by row, one at a time in memory, read strictly: unknown members, values out of rules.
    for await (const { line, read } of rowsOf(rules)) {
      counts.rows += 1;

      // 3. A reference counts as named by its first row, readable or not: never "last wins".
      if (read.reference !== undefined && !named.add(read.reference)) {
        reject(line, [{ column: 'reference', code: 'REFERENCE_REPEATED' }]);
        continue;
      }
      if (!read.ok) {
        reject(line, read.faults);
        continue;
      }

      // 4. Keyed: from here on only hashes and sealed bytes are kept.
      const { content, terms, suppressedFor } = read.row;
      for (const { column, code } of read.row.warnings) note(warnings, { line, column, code });
      if (terms.length === 0) note(warnings, { line, column: 'row', code: 'TOO_LITTLE_TO_MATCH' });
      const json = encodeContent(content);
      accepted.push({
        referenceKey: store.keys.referenceKey(content.caseload, content.reference),
        caseload: content.caseload,
        json,
        contentKey: store.keys.contentKey(json),
        terms: store.keys.termKeys(terms),
        ...sharingOf(content),
        sharingGiven: content.sharing !== undefined,
        suppressedFor: suppressedFor ?? [],
      });
      if (accepted.length >= (command.rowsPerTransaction ?? rowsPerTransaction)) await flush();
    }
    await flush();
  } finally {
    // Whatever ends the reading, no transaction is left running behind the answer.
    await writing;
  }

  // 6. The batch waits for somebody else.
  const batchId = batch.id();
  return {
    ...counts,
    rejections,
    warnings,
    rejectedLines,
    ...(batchId === undefined ? {} : { batchId }),
    version: directory.version,
  };
}

function note<T>(findings: T[], finding: T): void {
  if (findings.length < mostFindings) findings.push(finding);
}
