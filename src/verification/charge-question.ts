import { chargesOf } from '../core/budget/index.js';
import { isTestGrant, type Grant } from '../core/grants/grant.js';
import { stateAt } from '../core/grants/states.js';
import { restrictEvidence, type Evidence } from '../core/matching/index.js';
import type { Authority, BudgetLedger, Caller, Charged } from '../grants/index.js';

/**
 * Charges what is asked, from the question alone. What a partner and its state may use together follows
 * from what is in force today alone.
 *
 * @throws {GatewayError} as {@link BudgetLedger.charge}
 */
export async function chargeQuestion(
  budget: Pick<BudgetLedger, 'charge'>,
  authority: Pick<Authority, 'grantsOf' | 'grantsOfState'>,
  asked: {
    readonly caller: Caller;
    readonly grant: Grant;
    readonly requestId: string;
    readonly canonicalQuestion: string;
    readonly evidence: Evidence;
    readonly isReferral?: true;
  },
  at: Date,
): Promise<Charged> {
  const { caller, grant, requestId, canonicalQuestion, evidence, isReferral } = asked;
  const counts = (one: Grant) => !isTestGrant(one) && stateAt(one, at) === 'ACTIVE';
  return budget.charge(
    {
      partner: caller.partner,
      state: caller.state,
      ...(caller.officer === undefined ? {} : { officer: caller.officer }),
      grant,
      isTest: isTestGrant(grant),
      peers: {
        partner: authority.grantsOf(caller.partner).filter(counts),
        state: authority.grantsOfState(caller.state).filter(counts),
      },
      requestId,
      canonicalQuestion,
      charges: chargesUnder(grant, evidence),
      ...(isReferral === undefined ? {} : { isReferral }),
    },
    at,
  );
}

/** What evidence charges under a grant. */
export const chargesUnder = ({ matchOn }: Pick<Grant, 'matchOn'>, evidence: Evidence) =>
  chargesOf(restrictEvidence(evidence, new Set(matchOn)), matchOn.includes('DOCUMENT'));
