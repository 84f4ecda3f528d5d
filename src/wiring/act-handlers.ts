import {
  clientActs,
  credentialActs,
  documentActs,
  officerActs,
  organisationActs,
  stopActs,
  revocationListActs,
} from '../partners/index.js';
import { grantActs, grantKeyActs, testGrantActs, withTestGrant } from '../grants/index.js';
import { keyActs } from '../identity/keys/index.js';
import type { ReferralAct, ReferralActs } from '../referrals/index.js';
import type { RegisterAct, RegisterActs } from '../register/index.js';
import { accountActs, type ActHandler, type ChangingAct } from '../staff/index.js';

/** How each act of staff is done that needs nothing but the database. */
export const actHandlers: Readonly<
  Record<Exclude<ChangingAct, RegisterAct | ReferralAct>, ActHandler>
> = {
  ...accountActs,
  ...organisationActs,
  PARTNER_ADD: withTestGrant(organisationActs.PARTNER_ADD),
  ...credentialActs,
  ...revocationListActs,
  ...clientActs,
  ...officerActs,
  ...grantKeyActs,
  ...testGrantActs,
  ...documentActs,
  ...stopActs,
  ...grantActs,
  ...keyActs,
};

/** Every room's acts in one place. One missing does not compile. */
export const allActHandlers = (
  register: RegisterActs,
  referrals: ReferralActs,
): Readonly<Record<ChangingAct, ActHandler>> => ({
  ...actHandlers,
  ...register.handlers,
  ...referrals.handlers,
});
