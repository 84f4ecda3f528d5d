import { KeyAges1769000004003 } from './key-ages.migration.js';
import { RevocationLists1770000000701 } from './revocation-lists.migration.js';
import { Documents1769000000302 } from './documents.migration.js';
import { Officers1768000000004 } from './officers.migration.js';
import { PartnerActs1768000000002 } from './partner-acts.migration.js';
import { Partners1763800000001 } from './partners.migration.js';
import { Stops1770000000601 } from './stop.migration.js';

export type {
  Anchor,
  AnchorInForce,
  AnchorRule,
  Credential,
  JournaledList,
  KeysSince,
  NamingProvider,
  OAuthClient,
  Partner,
} from './partner.js';
export { officerActs } from './officer-acts.js';
export { clientActs, keysMember } from './client-acts.js';
export { credentialActs } from './credential-acts.js';
export {
  journalEarlierLists,
  revocationListActs,
  revocationListAppliers,
} from './revocation-list-acts.js';
export { anchorRuleKinds } from './partner.js';
export { documentActs } from './document-acts.js';
export {
  documentIdForm,
  documentIdOf,
  documentModes,
  DocumentReport,
  noDocumentRule,
  readDocumentRules,
  type DocumentMode,
  type DocumentReportLine,
  type DocumentRule,
  type DocumentsView,
} from './documents.js';
export { lockPartner, organisationActs } from './partner-acts.js';
export {
  readPartnerCodes,
  ReadPartners,
  type AnchorView,
  type PartnerView,
} from './read-partners.js';
export { readPartners } from './partner.repository.js';
export {
  bundledLog,
  ReadBundle,
  type BundledLog,
  type BundleSources,
  type PartnerBundle,
} from './read-bundle.js';
export { readStops, ReadStops, stopActs, type Stop } from './stops.js';
export { registerPartner, type PartnerRegistration } from './register-partner.js';
export const partnerMigrations = [
  Partners1763800000001,
  PartnerActs1768000000002,
  Officers1768000000004,
  Documents1769000000302,
  KeyAges1769000004003,
  Stops1770000000601,
  RevocationLists1770000000701,
];
