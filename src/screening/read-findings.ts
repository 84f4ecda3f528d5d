import type { StaffCaller, StaffRecords } from '../staff/index.js';
import type { ScreenFinding, ScreenRounds } from './screen-rounds.js';

const millisecondsPerDay = 86_400_000;
/** Rounds of a day are more than one reading gives. */
const mostReadings = 400;

/** What the screen found, for security and the protection officer; reading is recorded. */
export class ReadFindings {
  constructor(
    private readonly rounds: ScreenRounds,
    private readonly records: Pick<StaffRecords, 'record'>,
    private readonly now: () => Date,
  ) {}

  /** @throws {GatewayError} ERR_ACT_NOT_PERMITTED, ERR_LOG_UNAVAILABLE */
  async execute(caller: StaffCaller, days: number): Promise<readonly ScreenFinding[]> {
    await this.records.record(caller, 'SCREEN_READ', { content: { days } });
    const findings: ScreenFinding[] = [];
    let from = new Date(this.now().getTime() - days * millisecondsPerDay);
    for (let reading = 0; reading < mostReadings; reading += 1) {
      const report = await this.rounds.read(from);
      findings.push(...report.findings);
      if (report.readUntil.getTime() === from.getTime()) break;
      from = report.readUntil;
    }
    return findings.reverse();
  }
}
