import type { Grant } from '../core/grants/grant.js';
import type { Authority, BudgetUse, Caller, QuestionBudget } from '../grants/index.js';

export interface Access {
  readonly caller: Caller;
  readonly grants: readonly { readonly grant: Grant; readonly budgets: readonly BudgetUse[] }[];
}

/** Who am I, what may I ask, and how much of each budget is used. */
export class ReadAccess {
  constructor(
    private readonly authority: Authority,
    private readonly budget: QuestionBudget,
    private readonly now: () => Date,
  ) {}

  async execute(asked: Caller): Promise<Access> {
    // 1. Authority as it is now.
    await this.authority.refresh();
    const caller = this.authority.establish(asked);

    // 2. The caller's own grants, each with the use of its budget.
    const now = this.now();
    const grants = [];
    for (const grant of this.authority.grantsOf(caller.partner)) {
      const use = await this.budget.use(grant.id, grant.questionsPerDay, now);
      grants.push({ grant, budgets: [use] });
    }
    return { caller, grants };
  }
}
