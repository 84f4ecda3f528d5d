import type { Grant } from '../core/grants/grant.js';
import { stateAt } from '../core/grants/states.js';
import {
  endsWithinDays,
  type Authority,
  type BudgetLedger,
  type BudgetUse,
  type Caller,
  type End,
} from '../grants/index.js';

export interface Access {
  readonly caller: Caller;
  readonly grants: readonly { readonly grant: Grant; readonly budgets: readonly BudgetUse[] }[];
  /** What the partner itself lives by, the next to end first. */
  readonly credentials: readonly (End & { readonly endsWithinDays: number | null })[];
}

/** Who am I, what may I ask, and how much of each budget is used. */
export class ReadAccess {
  constructor(
    private readonly authority: Pick<
      Authority,
      'refresh' | 'establish' | 'grantsOf' | 'awaitingAcceptance' | 'ends'
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
    return { caller, grants, credentials: this.#credentials(caller, now) };
  }

  /** Its own, and the certificate of this connection, which its CA's rule may have let in. */
  #credentials(caller: Caller, now: Date): Access['credentials'] {
    const { partner, certificate, certificateFingerprint: id } = caller;
    const own = this.authority.ends().filter((end) => end.partner === partner);
    const isListed = own.some((end) => end.kind === 'CERTIFICATE' && end.id === id);
    const present: readonly End[] = isListed
      ? []
      : [{ kind: 'CERTIFICATE', partner, id, at: certificate.notAfter }];
    return [...present, ...own]
      .map((end) => ({ ...end, endsWithinDays: endsWithinDays(end, now) }))
      .sort((a, b) => a.at.getTime() - b.at.getTime() || (a.id < b.id ? -1 : 1));
  }
}
