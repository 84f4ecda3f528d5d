import { Partners1763800000001 } from './partners.migration.js';

export type { Anchor, Credential, OAuthClient, Partner } from './partner.js';
export { readPartners } from './partner.repository.js';
export {
  partnerActs,
  revokeClient,
  revokeCredential,
  suspendPartner,
  type Restrictions,
} from './partner-acts.js';
export { registerPartner, type PartnerRegistration } from './register-partner.js';
export const partnerMigrations = [Partners1763800000001];
