import { grantKeyActs, testGrantActs, withTestGrant } from './grants/index.js';
import { clientActs, credentialActs, officerActs, organisationActs } from './partners/index.js';
import { keyActs } from './identity/keys/index.js';
import { accountActs, type ActHandler, type ChangingAct } from './staff/index.js';

/** How each act of staff is done: every room's acts in one place. One missing does not compile. */
export const actHandlers: Readonly<Record<ChangingAct, ActHandler>> = {
  ...accountActs,
  ...organisationActs,
  PARTNER_ADD: withTestGrant(organisationActs.PARTNER_ADD),
  ...credentialActs,
  ...clientActs,
  ...officerActs,
  ...grantKeyActs,
  ...testGrantActs,
  ...keyActs,
};
