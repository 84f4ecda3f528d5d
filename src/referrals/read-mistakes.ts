import type { PartnerCode } from '../core/ids.js';
import type { StaffCaller, StaffRecords } from '../staff/index.js';
import type { MistakeContent } from './mistakes.js';
import type { ToldKeys } from './told-keys.js';

/** A report as people of the host read it; the person by the inside id. */
export interface MistakeReport extends MistakeContent {
  readonly id: string;
  readonly partner: PartnerCode;
  readonly recordedAt: Date;
}

const mostReports = 200;

/** What partners reported as wrong, for liaison officers and registrars; reading is recorded. */
export class ReadMistakes {
  constructor(
    private readonly keys: ToldKeys,
    private readonly records: Pick<StaffRecords, 'record'>,
    private readonly now: () => Date,
  ) {}

  /** Of the last days, the latest first. @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_LOG_UNAVAILABLE */
  async execute(caller: StaffCaller, days: number): Promise<readonly MistakeReport[]> {
    await this.records.record(caller, 'MISTAKES_READ', { content: { days } });
    const rows = await this.keys.dataSource.query<
      { id: string; epoch: string; partner: PartnerCode; recordedAt: Date; sealed: Buffer }[]
    >(
      `SELECT id, epoch, partner, recorded_at AS "recordedAt", sealed FROM mistake_report
       WHERE recorded_at >= $1 ORDER BY recorded_at DESC, id LIMIT ${mostReports}`,
      [new Date(this.now().getTime() - days * 86_400_000)],
    );
    const keys = await this.keys.live();
    return rows.flatMap(({ id, epoch, partner, recordedAt, sealed }) => {
      const key = keys.find((one) => one.epoch === epoch);
      if (key === undefined) return [];
      return [{ id, partner, recordedAt, ...(key.open(sealed, 'mistake', id) as MistakeContent) }];
    });
  }
}
