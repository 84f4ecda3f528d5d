import { Partners1763800000001 } from './partners.migration.js';

export type { Anchor, Credential, OAuthClient, Partner } from './partner.js';
export {
  insertAnchor,
  insertCredential,
  insertOAuthClient,
  insertPartner,
  readPartners,
} from './partner.repository.js';
export const partnerMigrations = [Partners1763800000001];
