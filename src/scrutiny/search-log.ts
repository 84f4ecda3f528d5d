import {
  mostFound,
  type AccessLog,
  type CountUnit,
  type LogFilter,
  type LogPosition,
  type RecordCount,
} from '../access-log/index.js';
import { GatewayError, inputInvalid } from '../core/errors.js';
import type { RecordView } from '../core/log/record-view.js';
import type { StaffCaller, StaffRecords } from '../staff/index.js';
import type { Cursors } from './cursor.js';
import { filterJson, readLogQuery, type LogQuery } from './log-query.js';
import { viewOf } from './record-view.js';

/** One page of a Relay connection. */
export interface Page<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

export interface PageWanted {
  /** 1 to 100. */
  readonly first: number;
  readonly after?: string | null | undefined;
}

const mostReasonLength = 200;
/** Longest time counted at once, by unit. */
const mostDays: Readonly<Record<CountUnit, number>> = { HOUR: 31, DAY: 400, MONTH: 4_000 };

/** The log for security officers. Everything read is a record of the host's tree before it is shown. */
export class SearchLog {
  constructor(
    private readonly accessLog: Pick<AccessLog, 'search' | 'witnesses'>,
    private readonly records: StaffRecords,
    private readonly cursors: Cursors,
    private readonly now: () => Date,
  ) {}

  /**
   * Records that fit, the latest first.
   *
   * @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_INPUT_INVALID, ERR_LOG_UNAVAILABLE
   */
  async find(caller: StaffCaller, query: LogQuery, page: PageWanted): Promise<Page<RecordView>> {
    const filter = readLogQuery(query);
    const { first } = page;
    if (!Number.isSafeInteger(first) || first < 1 || first > mostFound) throw inputInvalid('first');
    const bound = { ...filterJson(filter), case: filter.caseReference ?? null };
    const after = this.#place(caller, bound, page.after);
    await this.#readingIsRecorded(caller, filter, { first });
    const found = await this.accessLog.search.find(filter, { first: first + 1, after }, this.now());
    const edges = found.slice(0, first).map((read) => {
      const { at, kind, index } = read.position;
      const place = [at.toISOString(), kind, index];
      return { cursor: this.cursors.write(caller.account, bound, place), node: viewOf(read) };
    });
    return {
      edges,
      pageInfo: {
        hasNextPage: found.length > first,
        hasPreviousPage: after !== undefined,
        startCursor: edges[0]?.cursor ?? null,
        endCursor: edges.at(-1)?.cursor ?? null,
      },
    };
  }

  /** How many records fit, by partner, outcome and time. */
  async count(
    caller: StaffCaller,
    query: LogQuery,
    unit: CountUnit | undefined,
  ): Promise<readonly RecordCount[]> {
    const filter = readLogQuery(query);
    const { from, to } = filter;
    if (from === undefined || to === undefined || !(from < to)) throw inputInvalid('filter.from');
    const days = (to.getTime() - from.getTime()) / 86_400_000;
    if (unit !== undefined && days > mostDays[unit]) throw inputInvalid('unit');
    const { officer, clientId, caseReference, reference, sameQuestionAs, ...plain } = filter;
    if ([officer, clientId, caseReference, reference, sameQuestionAs].some(Boolean)) {
      throw inputInvalid('filter', 'counts are by what stands in records');
    }
    await this.#readingIsRecorded(caller, filter, { counts: unit ?? 'ALL' });
    return this.accessLog.search.count({
      filter: { ...plain, from, to },
      ...(unit === undefined ? {} : { unit }),
    });
  }

  /**
   * The case a record was for; the reason stands in the record of this reading.
   *
   * @returns null where the record has none, or its key was destroyed
   * @throws {GatewayError} ERR_NOT_FOUND, ERR_INPUT_INVALID for a reason of less than 10 characters
   */
  async revealCaseReference(
    caller: StaffCaller,
    id: string,
    reason: string,
  ): Promise<string | null> {
    const given = reason.trim();
    if (given.length < 10 || given.length > mostReasonLength) throw inputInvalid('reason');
    const found = await this.accessLog.search.record(id);
    await this.records.record(caller, 'CASE_REFERENCE_READ', {
      content: { record: id.slice(0, 64), reason: given },
    });
    if (found === undefined) throw new GatewayError('ERR_NOT_FOUND', { argument: 'record' });
    return found.host?.caseReference ?? null;
  }

  /** Who cosigned what, and when. */
  async witnesses(caller: StaffCaller) {
    await this.records.record(caller, 'WITNESSES_READ', { content: {} });
    return this.accessLog.witnesses.list();
  }

  #place(
    { account }: StaffCaller,
    query: unknown,
    cursor: string | null | undefined,
  ): LogPosition | undefined {
    if (cursor === null || cursor === undefined) return undefined;
    const place = this.cursors.read(account, query, cursor) as readonly [string, number, number];
    return { at: new Date(place[0]), kind: place[1], index: place[2] };
  }

  async #readingIsRecorded(
    caller: StaffCaller,
    filter: LogFilter,
    how: Readonly<Record<string, string | number>>,
  ): Promise<void> {
    const { caseReference } = filter;
    await this.records.record(caller, 'LOG_READ', {
      content: { ...how, filter: filterJson(filter) },
      ...(caseReference === undefined ? {} : { caseReference }),
    });
  }
}
