import { decideAct } from '../core/staff/acts.js';
import { GatewayError } from '../core/errors.js';
import type { StaffCaller } from '../staff/index.js';
import type {
  ConfirmationAlarmRow,
  ConfirmationAlarms,
  ConfirmationCounts,
} from './confirmation-alarms.js';

/** For security: who is told of people nobody sees arrive. Accounts and counts, no people. */
export class ReadConfirmations {
  constructor(
    private readonly alarms: Pick<ConfirmationAlarms, 'list' | 'counts'>,
    private readonly now: () => Date,
  ) {}

  /** Alarms of the last days or still standing. @throws {GatewayError} ERR_ACT_NOT_PERMITTED */
  async listAlarms(caller: StaffCaller, days: number): Promise<readonly ConfirmationAlarmRow[]> {
    decide(caller);
    return this.alarms.list(new Date(this.now().getTime() - days * 86_400_000));
  }

  /** Of the last 30 days, by account. @throws {GatewayError} ERR_ACT_NOT_PERMITTED */
  async counts(caller: StaffCaller): Promise<readonly ConfirmationCounts[]> {
    decide(caller);
    return this.alarms.counts(this.now());
  }
}

function decide(caller: StaffCaller): void {
  const decision = decideAct('CONFIRMATIONS_READ', caller);
  if (!decision.allow) throw new GatewayError(decision.code);
}
