import { randomBytes } from 'node:crypto';
import { GatewayError, inputInvalid } from '../../core/errors.js';
import type { BookedAct, StaffCaller } from '../../staff/index.js';
import { noteImport } from '../batches.js';
import { fileFormats, type FileFormat, type PeopleFile } from '../file/people-file.js';
import { separators, type Separator } from '../file/csv.js';
import { stageUpload } from '../file/staged-upload.js';
import { importFile, summariseImport, type ImportSummary } from '../import-file.js';
import { readCaseload } from './change-people.js';
import { requestRelease, type DeskOptions, type RequestedAct } from './desk.js';

/** How a file is to be read and what is meant by it, as text out of a request. */
export interface UploadOptions {
  readonly dryRun: boolean;
  /** How many rows are meant. */
  readonly expect?: string;
  readonly caseload?: string;
  readonly format?: string;
  readonly separator?: string;
  readonly encoding?: string;
  /** Bytes of a mapping file. */
  readonly mapping?: Uint8Array;
}

/** How far an import is; for whoever waits for it. */
export type ImportEvent =
  { readonly stagedBytes: number } | { readonly counted: number } | { readonly done: number };

export interface ImportedPeople extends ImportSummary {
  /** Whether the whole file was refused; nothing of it was taken. */
  readonly refused: boolean;
  /** Lines of all rejected rows, in their order. */
  readonly rejectedLines: readonly number[];
  /** The batch that waits, and how many people in it. */
  readonly batch: string | null;
  readonly people: number;
  /** The request to release it, which waits for another registrar. */
  readonly release: BookedAct | undefined;
}

/** Largest file that is taken, bytes: a million people are some 600 MB of JSON Lines. */
export const largestUploadBytes = 1024 * 1024 * 1024;
/** Imports of one gateway at one time; each holds a staged file. */
const mostAtOnce = 2;

/** Registrars import files of people, who wait until another registrar has released them. */
export class ImportPeople {
  #underWay = 0;

  /** @param directory for staged uploads, on the disk of the home */
  constructor(
    private readonly options: DeskOptions,
    private readonly directory: string,
  ) {}

  /**
   * Imports an upload: staged whole under a key of this process first, so that a connection that ends
   * early leaves nothing behind; then read, recorded, taken in; then its release is asked for. A dry
   * run is recorded as reading, for it tells who is on the register.
   *
   * @throws {GatewayError} ERR_ACT_NOT_PERMITTED; ERR_INPUT_INVALID naming the option, or `file` beyond
   *   {@link largestUploadBytes}; ERR_BUSY while others import
   */
  async execute(
    caller: StaffCaller,
    source: AsyncIterable<Uint8Array>,
    upload: UploadOptions,
    onEvent: (event: ImportEvent) => void,
  ): Promise<ImportedPeople> {
    const { acts } = this.options;
    await acts.admit(caller, 'REGISTER_IMPORT');
    const file = readOptions(upload);
    if (this.#underWay >= mostAtOnce) {
      throw new GatewayError('ERR_BUSY', { detail: 'imports are under way' });
    }
    this.#underWay += 1;
    try {
      const staged = await stageUpload(this.directory, source, {
        limitBytes: largestUploadBytes,
        random: (sizeBytes) => randomBytes(sizeBytes),
      });
      try {
        onEvent({ stagedBytes: staged.sizeBytes });
        return await this.#take(caller, { ...file, open: staged.open }, upload, onEvent);
      } finally {
        staged.close();
      }
    } finally {
      this.#underWay -= 1;
    }
  }

  async #take(
    caller: StaffCaller,
    file: PeopleFile,
    upload: UploadOptions,
    onEvent: (event: ImportEvent) => void,
  ): Promise<ImportedPeople> {
    const { acts, register, knownPartners } = this.options;
    const { dryRun, expect, caseload } = upload;
    const result = await importFile(register.store, {
      file,
      dryRun,
      requestedBy: caller.reference,
      knownPartners: await knownPartners(),
      ...(expect === undefined ? {} : { expect: rowsOf(expect) }),
      ...(caseload === undefined ? {} : { caseload: readCaseload(caseload) }),
      // On record before the first row is taken, or the register is asked about it.
      onCounted: async (rows) => {
        await this.#record(caller, dryRun, rows);
        onEvent({ counted: rows });
      },
      onProgress: (done) => onEvent({ done }),
      inRecord: async (work) => acts.recordStep(caller, 'REGISTER_IMPORT', work),
    });
    const summary = summariseImport(result);
    if (!result.taken) {
      return {
        ...summary,
        refused: true,
        rejectedLines: [],
        batch: null,
        people: 0,
        release: undefined,
      };
    }
    const { batchId, rejectedLines } = result.report;
    await noteImport(register.store, result.report);
    const asked =
      batchId === undefined ? undefined : await requestRelease(this.options, caller, batchId);
    return {
      ...summary,
      refused: false,
      rejectedLines,
      batch: batchId ?? null,
      people: asked?.people ?? 0,
      release: asked?.act,
    };
  }

  async #record(caller: StaffCaller, dryRun: boolean, rows: number): Promise<void> {
    const { acts, records, registerActs, newId } = this.options;
    if (dryRun) {
      await records.record(caller, 'REGISTER_READ', { content: { dryRun: 'import', rows } });
      return;
    }
    const nothingYet = { payload: { rows }, work: async () => undefined };
    await registerActs.handOver(newId(), nothingYet, async (content) =>
      acts.perform(caller, 'REGISTER_IMPORT', content),
    );
  }

  async release(caller: StaffCaller, batchId: string): Promise<RequestedAct> {
    return requestRelease(this.options, caller, batchId);
  }

  /** Gives a batch up, at once. */
  async discard(caller: StaffCaller, batchId: string): Promise<BookedAct> {
    return this.options.acts.perform(caller, 'REGISTER_DISCARD', { batch: batchId });
  }
}

function readOptions(upload: UploadOptions): Omit<PeopleFile, 'open'> {
  const { format, separator, encoding, mapping } = upload;
  const separatorNames: Readonly<Record<string, Separator>> = {
    COMMA: ',',
    SEMICOLON: ';',
    TAB: '\t',
  };
  const named = separator === undefined ? undefined : separatorNames[separator];
  if (separator !== undefined && (named === undefined || !separators.includes(named))) {
    throw inputInvalid('separator');
  }
  if (format !== undefined && !(fileFormats as readonly string[]).includes(format)) {
    throw inputInvalid('format');
  }
  if (upload.expect !== undefined) rowsOf(upload.expect);
  if (upload.caseload !== undefined) readCaseload(upload.caseload);
  return {
    ...(format === undefined ? {} : { format: format as FileFormat }),
    ...(named === undefined ? {} : { separator: named }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(mapping === undefined ? {} : { mapping }),
  };
}

function rowsOf(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw inputInvalid('expect');
  return Number(text);
}
