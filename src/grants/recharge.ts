import type { EntityManager } from 'typeorm';
import type { RestoredRecords } from '../access-log/index.js';
import type { BudgetLevel, BudgetTerms } from '../core/budget/index.js';
import { isTestGrant } from '../core/grants/grant.js';
import type { GrantId, PartnerCode, StateCode } from '../core/ids.js';
import type { Budgets } from './budgets.js';
import { readGrants } from './grant.repository.js';
import { decodeKeptCharge } from './kept-charge.js';

/** The longest a charge counts for anything: values tried, in days, and a day more. */
const longestDays = 31;

/**
 * Charges a restored database for what was asked since its backup: a budget that was spent stays
 * spent. What each question charged is in the sealed part of its record; it is charged by the same
 * function, as of its time, and what the database still knows of is free as a repeated request is.
 *
 * Left out is a question under a grant the backup does not know, of a partner without any other.
 */
export function rechargeRestored(
  budgets: Pick<Budgets, 'recharge'>,
  openedAt: Date,
): RestoredRecords {
  return {
    since: new Date(openedAt.getTime() - longestDays * 86_400_000),
    apply: async (manager, { owner, record, host }) => {
      const { grant, requestId, reference } = record;
      const charge = host.charge === undefined ? undefined : decodeKeptCharge(host.charge);
      if (charge === undefined || owner === null || grant === null || requestId === null) return;
      const partner = owner as PartnerCode;
      const asked = await termsOf(manager, partner, grant);
      if (asked === undefined) return;
      await budgets.recharge(manager, {
        partner,
        ...asked,
        ...(host.officer === null ? {} : { officer: host.officer }),
        ...(host.test === true ? { isTest: true as const } : {}),
        grant: grant as GrantId,
        requestId,
        charge,
        matched: reference,
        at: new Date(record.at),
      });
    },
  };
}

/** State of the partner, and terms each level is limited by, as far as the backup knows them. */
async function termsOf(
  manager: EntityManager,
  partner: PartnerCode,
  grant: string,
): Promise<
  | {
      readonly state: StateCode;
      readonly terms: Readonly<Record<BudgetLevel, readonly BudgetTerms[]>>;
    }
  | undefined
> {
  const states = new Map(
    (
      await manager.query<{ code: string; state: StateCode }[]>('SELECT code, state FROM partner')
    ).map(({ code, state }) => [code, state]),
  );
  const state = states.get(partner);
  const grants = (await readGrants(manager)).filter((one) => one.id === grant || !isTestGrant(one));
  const ofPartner = grants.filter((one) => one.partner === partner);
  const own = ofPartner.filter(({ id }) => id === grant);
  const asked = own.length > 0 ? own : ofPartner;
  if (state === undefined || asked.length === 0) return undefined;
  return {
    state,
    terms: {
      OFFICER: asked,
      GRANT: asked,
      PARTNER: ofPartner,
      STATE: grants.filter((one) => states.get(one.partner) === state),
    },
  };
}
