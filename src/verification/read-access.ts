import type { Grant } from '../core/grants/grant.js';
import type { Authority, BudgetLedger, BudgetUse, Caller } from '../grants/index.js';

export interface Access {
  readonly caller: Caller;
  readonly grants: readonly { readonly grant: Grant; readonly budgets: readonly BudgetUse[] }[];
}

/** Who am I, what may I ask, and how much of each budget is used. */
export class ReadAccess {
  constructor(
    private readonly authority: Pick<Authority, 'refresh' | 'establish' | 'grantsOf'>,
    private readonly budget: Pick<BudgetLedger, 'use'>,
    private readonly now: () => Date,
  ) {}

  async execute(asked: Caller): Promise<Access> {
    // 1. Authority as it is now.
    await this.authority.refresh();
    const caller = this.authority.establish(asked);

    // 2. The caller's own grants, each with the use of its budgets.
    const now = this.now();
    const grants = [];
    for (const grant of this.authority.grantsOf(caller.partner)) {
      grants.push({ grant, budgets: await this.budget.use(grant, now) });
    }
    return { caller, grants };
  }
}
