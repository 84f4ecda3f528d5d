import { GatewayError } from '../core/errors.js';
import { mayBeWithdrawn } from '../core/referrals/referral.js';
import type { Receipt } from '../core/log/receipt.js';
import type { Caller } from '../grants/index.js';
import { closedReferrals } from './close-again.js';
import { isId } from './crossing.js';
import { ownReferral, type OwnReferral } from './own-referral.js';
import type { PartnerRecord } from './partner-record.js';
import type { ReferralStore } from './referral-store.js';

export interface WithdrawReferralCommand {
  readonly requestId: string;
  readonly referralId: string;
}

/** A referral and the proof that what was asked about it is on record. */
export interface RecordedReferral {
  readonly referral: OwnReferral;
  readonly receipt: Receipt;
}

/** A partner takes back a case that is open to it. Nothing of it is told any more, whatever was decided. */
export class WithdrawReferral {
  constructor(
    private readonly store: ReferralStore,
    private readonly records: PartnerRecord,
    private readonly now: () => Date,
  ) {}

  /**
   * Withdrawn again, it stays withdrawn.
   *
   * @throws {GatewayError} ERR_REFERRAL_NOT_USABLE for an unknown one, another partner's and one that is
   *   not open alike; ERR_INPUT_INVALID; ERR_LOG_UNAVAILABLE
   */
  async execute(caller: Caller, command: WithdrawReferralCommand): Promise<RecordedReferral> {
    const { requestId, referralId } = command;
    const asked = { requestId, said: { referralId } };
    return this.records.recorded(caller, asked, async (id) => {
      const now = this.now();
      const found = isId(referralId)
        ? await this.store.find(caller.partner, referralId, now)
        : undefined;
      if (found === undefined || !(found.withdrawn || mayBeWithdrawn(found, now))) {
        throw new GatewayError('ERR_REFERRAL_NOT_USABLE');
      }
      const receipt = await this.records.append(
        id,
        caller,
        asked,
        { ...found.content, subject: null },
        'REFERRAL_WITHDRAWN',
        found.withdrawn
          ? {}
          : {
              alongside: async (manager) => {
                // Told or withdrawn in between: looked at again.
                const isFirst = await this.store.withdraw(manager, referralId, now);
                if (!isFirst) throw new GatewayError('ERR_ROW_CONFLICT');
                return closedReferrals('WITHDRAWN', [referralId], now);
              },
            },
      );
      return { referral: ownReferral({ ...found, withdrawn: true }, now), receipt };
    });
  }
}
