import type { AccessLog, TreeName } from '../access-log/index.js';
import { GatewayError, inputInvalid } from '../core/errors.js';
import { isPartnerCode } from '../core/ids.js';
import type { LogKeys } from '../core/log/log-keys.js';
import type { RecordView } from '../core/log/record-view.js';
import type { StaffCaller, StaffRecords } from '../staff/index.js';
import type { Cursors } from './cursor.js';
import { logKeysOf, type KeyedLog } from './log-keys.js';
import { viewOf } from './record-view.js';

/** Which records are exported with proofs, of one tree. */
export type ExportWanted =
  | { readonly partner: string | null; readonly from: number; readonly to: number }
  | { readonly partner: string | null; readonly indexes: readonly number[] };

/** Records in their order, and where the next begin. */
export interface Tail {
  readonly records: readonly RecordView[];
  readonly cursor: string;
  /** Nothing later is there now. */
  readonly atEnd: boolean;
}

export interface TreeView {
  readonly partner: string | null;
  readonly size: number;
  /** The first of its keys: the one in force. */
  readonly verifierKey: string;
  readonly verifierKeys: readonly string[];
  /** Slot in the cover tree; null for one that found none. */
  readonly coverSlot: number | null;
}

/** Trees, and what verifies them up to the cosigned cover tree. */
export interface TreesView extends Omit<LogKeys, 'v' | 'kind' | 'trees'> {
  readonly trees: readonly TreeView[];
  readonly coverVerifierKey: string;
  readonly check: CheckView;
}

/** How far the check of the whole log has come. */
export interface CheckView {
  readonly endedAt: Date | null;
  readonly startedAt: Date | null;
  readonly checked: number;
  readonly total: number;
  readonly relisted: number;
}

/** Most records of one call. */
export const mostExported = 1_000;

/** Copies of the log: with proofs for whoever has to believe them, opened for a SIEM. */
export class ExportLog {
  constructor(
    private readonly accessLog: KeyedLog &
      Pick<AccessLog, 'search' | 'export' | 'check' | 'checkpoint' | 'coverVerifierKey'>,
    private readonly records: StaffRecords,
    private readonly cursors: Cursors,
  ) {}

  /** The trees there are, and what verifies them. */
  async trees(caller: StaffCaller): Promise<TreesView> {
    await this.records.record(caller, 'LOG_EXPORT_READ', { content: { trees: true } });
    const there = await this.accessLog.search.trees();
    const keys = await logKeysOf(
      this.accessLog,
      there.map(({ partner }) => treeName(partner)),
    );
    const { coverVerifierKeys, witnessVerifierKeys, witnessQuorum } = keys;
    const { endedAt, startedAt, ...progress } = this.accessLog.check.progress;
    return {
      trees: there.map(({ partner, size }, at) => {
        const { verifierKeys = [], coverSlot = null } = keys.trees[at] ?? {};
        return { partner, size, verifierKey: verifierKeys[0] ?? '', verifierKeys, coverSlot };
      }),
      coverVerifierKey: this.accessLog.coverVerifierKey(),
      coverVerifierKeys,
      witnessVerifierKeys,
      witnessQuorum,
      check: { ...progress, endedAt: endedAt ?? null, startedAt: startedAt ?? null },
    };
  }

  /** Signed checkpoint of one tree. */
  async checkpoint(caller: StaffCaller, partner: string | null): Promise<string> {
    const name = treeName(partner);
    await this.records.record(caller, 'LOG_EXPORT_READ', { content: { checkpoint: partner } });
    return this.accessLog.checkpoint(name);
  }

  /**
   * Up to 1,000 records of one tree with their proof: the lines of one whole export
   * (core/log/export.ts). Several after each other in a file are one export for `log verify`.
   *
   * @throws {GatewayError} ERR_INPUT_INVALID, ERR_ACT_NOT_PERMITTED, ERR_LOG_UNAVAILABLE
   */
  async export(caller: StaffCaller, wanted: ExportWanted): Promise<readonly string[]> {
    const name = treeName(wanted.partner);
    const what = 'indexes' in wanted ? picked(wanted.indexes) : range(wanted.from, wanted.to);
    await this.records.record(caller, 'LOG_EXPORT_READ', {
      content: {
        partner: wanted.partner,
        ...('indexes' in what ? { records: what.indexes.length } : what),
      },
    });
    const lines: string[] = [];
    for await (const line of this.accessLog.export(name, what)) lines.push(JSON.stringify(line));
    return lines;
  }

  /**
   * Records of all trees as they were written, opened: each tree in its order, so that none is passed
   * over whatever is written meanwhile.
   *
   * @param after cursor of the call before; none begins with the first record
   */
  async tail(caller: StaffCaller, after: string | null, first: number): Promise<Tail> {
    if (!Number.isSafeInteger(first) || first < 1 || first > mostExported) {
      throw inputInvalid('first');
    }
    const sizes = { ...this.#sizes(caller, after) };
    await this.records.record(caller, 'LOG_EXPORT_READ', { content: { tail: first } });
    const records: RecordView[] = [];
    let atEnd = true;
    for (const { partner, size } of await this.accessLog.search.trees()) {
      const key = partner ?? '';
      const from = sizes[key] ?? 0;
      const most = first - records.length;
      if (most > 0 && from < size) {
        const page = await this.accessLog.search.tail(partner, from, most);
        records.push(...page.map(viewOf));
        sizes[key] = from + page.length;
      }
      if ((sizes[key] ?? 0) < size) atEnd = false;
    }
    return { records, cursor: this.cursors.write(caller.account, tailQuery, sizes), atEnd };
  }

  #sizes({ account }: StaffCaller, after: string | null): Readonly<Record<string, number>> {
    if (after === null) return {};
    return this.cursors.read(account, tailQuery, after) as Readonly<Record<string, number>>;
  }
}

const tailQuery = { kind: 'tail' };

function treeName(partner: string | null): TreeName {
  if (partner === null) return { kind: 'host' };
  if (!isPartnerCode(partner)) throw new GatewayError('ERR_NOT_FOUND', { argument: 'partner' });
  return { kind: 'partner', partner };
}

function range(from: number, to: number): { readonly from: number; readonly to: number } {
  const isRange = Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && to > from;
  if (!isRange || to - from > mostExported) throw inputInvalid('to');
  return { from, to };
}

function picked(indexes: readonly number[]): { readonly indexes: readonly number[] } {
  const isList =
    indexes.length > 0 &&
    indexes.length <= mostExported &&
    indexes.every(
      (index, at) =>
        Number.isSafeInteger(index) &&
        index >= 0 &&
        (at === 0 || index > (indexes[at - 1] ?? index)),
    );
  if (!isList) throw inputInvalid('indexes');
  return { indexes };
}
