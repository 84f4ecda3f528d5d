import type { AccessLog, RecordCount } from '../access-log/index.js';
import { inputInvalid } from '../core/errors.js';
import type { StaffCaller, StaffRecords } from '../staff/index.js';

/** What one partner did in one month. */
export interface MonthSummary {
  readonly partner: string;
  readonly answered: number | null;
  readonly matches: number | null;
  readonly refused: number | null;
  /** Cases put before liaison officers. */
  readonly referrals: number | null;
}

/** What a question is answered with; crossings and readings are recorded, and are no answers. */
const answers: ReadonlySet<string> = new Set(['MATCH', 'POSSIBLE_MATCH', 'NOT_CONFIRMED']);

/** Counts below this are not told. */
export const fewest = 10;

/**
 * One line a partner and month, for oversight: whole months that are over, counts only. A count below
 * {@link fewest} is null, and so is the one it could be worked out from: matches are told only where
 * the answers that were none are enough as well. Rehearsals are no answers.
 */
export function summarise(counts: readonly RecordCount[]): readonly MonthSummary[] {
  const partners = [...new Set(counts.flatMap(({ partner }) => partner ?? []))].sort();
  const told = (count: number): number | null => (count === 0 || count >= fewest ? count : null);
  return partners.map((partner) => {
    const sum = (isOf: (outcome: string) => boolean) =>
      counts
        .filter((one) => one.partner === partner && isOf(one.outcome))
        .reduce((total, { count }) => total + count, 0);
    const refused = sum((outcome) => outcome.startsWith('ERR_'));
    const matches = sum((outcome) => outcome === 'MATCH');
    const answered = sum((outcome) => answers.has(outcome));
    const rest = told(answered - matches);
    return {
      partner,
      answered: told(answered),
      matches: rest === null ? null : told(matches),
      refused: told(refused),
      referrals: told(sum((outcome) => outcome === 'REFERRAL_REQUESTED')),
    };
  });
}

/** The summary for oversight. */
export class ReadSummary {
  constructor(
    private readonly accessLog: Pick<AccessLog, 'search'>,
    private readonly records: StaffRecords,
    private readonly testGrants: () => Promise<readonly string[]>,
    private readonly now: () => Date,
  ) {}

  /**
   * @param month such as `2026-03`; one that is over
   * @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_INPUT_INVALID, ERR_LOG_UNAVAILABLE
   */
  async execute(caller: StaffCaller, month: string): Promise<readonly MonthSummary[]> {
    const [, year, number] = /^([0-9]{4})-(0[1-9]|1[0-2])$/.exec(month) ?? [];
    const from = new Date(Date.UTC(Number(year), Number(number) - 1));
    const to = new Date(Date.UTC(Number(year), Number(number)));
    if (year === undefined || to > this.now()) throw inputInvalid('month');
    await this.records.record(caller, 'LOG_SUMMARY_READ', { content: { month } });
    const exceptGrants = await this.testGrants();
    return summarise(await this.accessLog.search.count({ filter: { from, to, exceptGrants } }));
  }
}
