import type { AccessLog } from '../access-log/index.js';
import type { Caller } from '../grants/index.js';
import type { CoveredReceipt } from '../core/log/receipt.js';
import { isUuid } from './question.js';

/** The receipt of one of the caller's own verifications again, proven against the log as it is now. */
export class ReadReceipt {
  constructor(private readonly accessLog: AccessLog) {}

  /** `undefined` for what does not exist and for what is another partner's alike. */
  async execute(caller: Caller, id: string): Promise<CoveredReceipt | undefined> {
    if (!isUuid(id)) return undefined;
    return this.accessLog.receipt(caller.partner, id);
  }
}
