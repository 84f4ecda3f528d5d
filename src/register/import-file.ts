import { FileFault, type FileFaultCode } from './file/file-fault.js';
import { surveyFile, type FileLayout, type PeopleFile } from './file/people-file.js';
import {
  importRows,
  type ImportFinding,
  type ImportReport,
  type ImportRules,
} from './import-register.js';
import type { RegisterStore } from './register-store.js';
import type { RowFaultCode, RowWarningCode } from './row-reader.js';

export interface ImportFileCommand extends ImportRules {
  readonly file: PeopleFile;
  /** How many rows are meant; any other number stops before anything is written. */
  readonly expect?: number;
  /** Told how many rows there are, before the first is read for good. */
  readonly onCounted?: (rows: number) => void | Promise<void>;
}

export type ImportFileResult =
  | { readonly taken: true; readonly layout: FileLayout; readonly report: ImportReport }
  | { readonly taken: false; readonly refusal: FileRefusal };

/** Why nothing of a file was taken in. */
export interface FileRefusal {
  readonly code: FileFaultCode;
  readonly line: number;
  readonly column: string;
  /** How many rows the file has, where they could be counted. */
  readonly rows: number | undefined;
}

/**
 * Imports a file of people, CSV or JSON Lines. The whole file is looked through first: a file that
 * does not decode, whose heading is not understood, or that has more or fewer rows than are meant
 * leaves no trace.
 *
 * @throws {GatewayError} as {@link importRows}
 */
export async function importFile(
  store: RegisterStore,
  command: ImportFileCommand,
): Promise<ImportFileResult> {
  let rows: number | undefined;
  try {
    const survey = await surveyFile(command.file, command.caseload);
    rows = survey.rows;
    if (command.expect !== undefined && command.expect !== rows) {
      throw new FileFault('ROW_COUNT_DIFFERS');
    }
    await command.onCounted?.(rows);
    const report = await importRows(store, (rules) => survey.read(rules), command);
    return { taken: true, layout: survey.layout, report };
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    const { code, line, column } = error;
    return { taken: false, refusal: { code, line, column, rows } };
  }
}

/** What `register import --dry-run --json` prints (contract, "Register import in detail"). */
export interface ImportSummary {
  readonly rows: number;
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
  readonly rejected: number;
  readonly rejections: readonly ImportFinding<RowFaultCode | FileFaultCode>[];
  readonly warnings: readonly ImportFinding<RowWarningCode>[];
}

/** Counts and findings, never a value. A refused file has one rejection, and no row is taken. */
export function summariseImport(result: ImportFileResult): ImportSummary {
  if (result.taken) {
    const { rows, added, changed, unchanged, rejected, rejections, warnings } = result.report;
    return { rows, added, changed, unchanged, rejected, rejections, warnings };
  }
  const { code, line, column, rows = 0 } = result.refusal;
  return {
    rows,
    added: 0,
    changed: 0,
    unchanged: 0,
    rejected: rows,
    rejections: [{ line, column, code }],
    warnings: [],
  };
}

/** 0 when every row was taken, 2 when some or all were not. */
export function importExitCode(result: ImportFileResult): 0 | 2 {
  return result.taken && result.report.rejected === 0 ? 0 : 2;
}
