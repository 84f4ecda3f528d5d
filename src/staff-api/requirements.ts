import type { StaffAct } from '../core/staff/acts.js';

/**
 * What each field of the staff schema asks of its caller. A root field names an act of the table of
 * role and act (core/staff/acts.ts), which decides; a mutation does exactly the act it names.
 * `OF_THE_ACT`: the act it speaks of decides. `RESULT`: part of what a root field gave. A field of the
 * schema that is not here stops the start-up.
 */
export type StaffRequirement = StaffAct | 'OF_THE_ACT' | 'RESULT';

const result = (type: string, names: string) =>
  Object.fromEntries(names.split(' ').map((name) => [`${type}.${name}`, 'RESULT' as const]));

/** The act of each mutation but those that decide about another. */
export const mutationActs = {
  addStaff: 'STAFF_ADD',
  setStaffRoles: 'STAFF_ROLES_SET',
  addStaffCertificate: 'STAFF_CERTIFICATE_ADD',
  resumeStaff: 'STAFF_RESUME',
  suspendStaff: 'STAFF_SUSPEND',
  revokeStaffCertificate: 'STAFF_CERTIFICATE_REVOKE',
  addPartner: 'PARTNER_ADD',
  setPartnerContacts: 'PARTNER_CONTACTS_SET',
  resumePartner: 'PARTNER_RESUME',
  suspendPartner: 'PARTNER_SUSPEND',
  suspendState: 'STATE_SUSPEND',
  addCertificate: 'CERTIFICATE_ADD',
  revokeCertificate: 'CERTIFICATE_REVOKE',
  addAnchor: 'ANCHOR_ADD',
  revokeAnchor: 'ANCHOR_REVOKE',
  importCrl: 'CRL_IMPORT',
  setClientKeys: 'CLIENT_KEYS_SET',
  removeClientKey: 'CLIENT_KEY_REMOVE',
  suspendClient: 'CLIENT_SUSPEND',
  setClientTlsSubject: 'CLIENT_TLS_SET',
  setOfficerProvider: 'OFFICER_PROVIDER_SET',
  removeOfficerProvider: 'OFFICER_PROVIDER_REMOVE',
  revokeOfficer: 'OFFICER_REVOKE',
  addGrantKey: 'GRANT_KEY_ADD',
  removeGrantKey: 'GRANT_KEY_REMOVE',
  renewTestGrant: 'TEST_GRANT_RENEW',
  rotateGatewayKey: 'KEY_ROTATE',
  removeGatewayKey: 'KEY_REMOVE',
  revokeGatewayKey: 'KEY_REVOKE',
  addPerson: 'REGISTER_IMPORT',
  correctPerson: 'REGISTER_CORRECT',
  changeVisaStatus: 'REGISTER_CORRECT',
  suppressPeople: 'REGISTER_SUPPRESS',
  liftSuppressions: 'REGISTER_LIFT',
  erasePeople: 'REGISTER_ERASE',
  setLegalHold: 'REGISTER_HOLD',
  liftLegalHold: 'REGISTER_HOLD_LIFT',
  mergePeople: 'REGISTER_MERGE',
  keepPeopleApart: 'REGISTER_KEEP_APART',
  requestRelease: 'REGISTER_RELEASE',
  discardBatch: 'REGISTER_DISCARD',
  exportPeople: 'REGISTER_EXPORT',
} as const satisfies Readonly<Record<string, StaffAct>>;

export const staffRequirements: Readonly<Record<string, StaffRequirement>> = {
  'Query.self': 'SELF_READ',
  'Query.acts': 'ACTS_READ',
  'Query.act': 'ACTS_READ',
  'Query.staff': 'STAFF_READ',
  'Query.partners': 'PARTNER_READ',
  'Query.partner': 'PARTNER_READ',
  'Query.hostAnchors': 'PARTNER_READ',
  'Query.partnerBundle': 'PARTNER_READ',
  'Query.grantKeys': 'PARTNER_READ',
  'Query.gatewayKeys': 'KEYS_READ',
  'Query.listenerCertificates': 'KEYS_READ',
  'Query.person': 'REGISTER_READ',
  'Query.household': 'REGISTER_READ',
  'Query.importBatches': 'REGISTER_READ',
  'Query.importBatch': 'REGISTER_READ',
  'Query.likelyDuplicates': 'REGISTER_READ',
  'Query.legalHolds': 'REGISTER_READ',
  'Query.registerRequest': 'REGISTER_READ',
  'Query.erasurePlan': 'REGISTER_READ',
  'Query.registerStatistics': 'REGISTER_STATISTICS_READ',
  ...Object.fromEntries(
    Object.entries(mutationActs).map(([field, act]) => [`Mutation.${field}`, act]),
  ),
  'Mutation.approveAct': 'OF_THE_ACT',
  'Mutation.refuseAct': 'OF_THE_ACT',
  ...result('Self', 'reference name roles approvesFrom certificateFingerprint'),
  ...result(
    'Act',
    'id act state content digest needsSecond requestedBy requestedAt expiresAt decidedBy decidedAt enforcedMs',
  ),
  ...result(
    'StaffMember',
    'account reference name roles active founding createdAt approvesFrom certificates',
  ),
  ...result('StaffCertificate', 'fingerprint notAfter active'),
  ...result('Partner', 'code name state active contacts certificates anchors clients'),
  ...result('PartnerCertificate', 'fingerprint serial notAfter active'),
  ...result('PartnerAnchor', 'id rule active crlNextUpdate'),
  ...result('AnchorRule', 'kind value'),
  ...result('PartnerClient', 'clientId kids jwks active'),
  ...result(
    'PartnerBundle',
    'partner issuer caCertificates logVerifierKey coverVerifierKey coverSlot schema errorTable testGrant',
  ),
  ...result('TestGrant', 'id version digest state validUntil'),
  ...result('GrantKey', 'kid active jwk'),
  ...result('GatewayKey', 'use thumbprint kid state inForceFrom endedAt heldBy missingAt'),
  ...result('ListenerCertificate', 'door replica fingerprint notAfter'),
  ...result(
    'Person',
    'id caseload reference version state content waiting batch suppressedFor held',
  ),
  ...result('ImportFinding', 'column code count'),
  ...result(
    'ImportBatch',
    'id state requestedBy requestedAt people added changed rows unchanged rejected findings decidedBy decidedAt',
  ),
  ...result('BatchReview', 'batch duplicateCount duplicates release'),
  ...result('DuplicateSide', 'caseload reference state'),
  ...result('LikelyDuplicate', 'one other likelihood agreeing sameHousehold'),
  ...result('LegalHold', 'id endsAt'),
  ...result('ErasurePlan', 'people held backupsCoveredBy'),
  ...result('RegisterChange', 'act people fields batch release plan'),
  ...result('RegisterRequest', 'kind requestedBy requestedAt people content'),
  ...result('RegisterStatistics', 'people caseloads'),
  ...result('CaseloadCount', 'caseload people'),
};
