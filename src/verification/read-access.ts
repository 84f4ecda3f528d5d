import type { Grant } from '../core/grants/grant.js';
import { stateAt } from '../core/grants/states.js';
import type { Authority, BudgetLedger, BudgetUse, Caller } from '../grants/index.js';

export interface Access {
  readonly caller: Caller;
  readonly grants: readonly { readonly grant: Grant; readonly budgets: readonly BudgetUse[] }[];
}

/** Who am I, what may I ask, and how much of each budget is used. */
export class ReadAccess {
  constructor(
    private readonly authority: Pick<
      Authority,
      'refresh' | 'establish' | 'grantsOf' | 'awaitingAcceptance'
    >,
    private readonly budget: Pick<BudgetLedger, 'use'>,
    private readonly now: () => Date,
  ) {}

  async execute(asked: Caller): Promise<Access> {
    // 1. Authority as it is now.
    await this.authority.refresh();
    const caller = this.authority.establish(asked);

    // 2. The caller's own grants and versions to accept, each with the use of its budgets.
    const now = this.now();
    const grants = [];
    const own = [
      ...this.authority.grantsOf(caller.partner),
      ...this.authority.awaitingAcceptance(caller.partner),
    ];
    for (const listed of own) {
      const grant = { ...listed, state: stateAt(listed, now) };
      grants.push({ grant, budgets: await this.budget.use(grant, now) });
    }
    return { caller, grants };
  }
}
