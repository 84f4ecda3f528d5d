import type { Caseload, PartnerCode, StateCode } from '../ids.js';
import type { Grant } from './grant.js';

/** Whom a partner may be told of under a grant: the one definition, for questions and referrals. */
export interface GrantScope {
  readonly caseloads: ReadonlySet<Caseload>;
  readonly partner: PartnerCode;
  readonly state: StateCode;
  readonly requiresNotice: boolean;
}

export function scopeOf(
  grant: Pick<Grant, 'caseloads' | 'requiresNotice'>,
  { partner, state }: { readonly partner: PartnerCode; readonly state: StateCode },
): GrantScope {
  return {
    caseloads: new Set(grant.caseloads),
    partner,
    state,
    requiresNotice: grant.requiresNotice === true,
  };
}
