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
} as const satisfies Readonly<Record<string, StaffAct>>;

export const staffRequirements: Readonly<Record<string, StaffRequirement>> = {
  'Query.self': 'SELF_READ',
  'Query.acts': 'ACTS_READ',
  'Query.act': 'ACTS_READ',
  'Query.staff': 'STAFF_READ',
  'Query.partners': 'PARTNER_READ',
  'Query.partner': 'PARTNER_READ',
  'Query.hostAnchors': 'PARTNER_READ',
  ...Object.fromEntries(
    Object.entries(mutationActs).map(([field, act]) => [`Mutation.${field}`, act]),
  ),
  'Query.logRecords': 'LOG_READ',
  'Query.logCounts': 'LOG_READ',
  'Query.logSummary': 'LOG_SUMMARY_READ',
  'Query.logTrees': 'LOG_EXPORT_READ',
  'Query.logCheckpoint': 'LOG_EXPORT_READ',
  'Query.logExport': 'LOG_EXPORT_READ',
  'Query.logTail': 'LOG_EXPORT_READ',
  'Query.witnesses': 'WITNESSES_READ',
  'Mutation.revealCaseReference': 'CASE_REFERENCE_READ',
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
  ...result('PartnerClient', 'clientId kids active'),
  ...result('LogRecordConnection', 'edges pageInfo'),
  ...result('LogRecordEdge', 'cursor node'),
  ...result('PageInfo', 'hasNextPage endCursor'),
  ...result(
    'LogRecord',
    'id at partner tree index requestId grant grantVersion purpose outcome fields reference officer clientId certificate finding hasCaseReference forgotten',
  ),
  ...result('LogField', 'field level'),
  ...result('LogCount', 'from partner outcome count'),
  ...result('LogMonth', 'partner answered matches refused'),
  ...result('LogTrees', 'trees coverVerifierKey'),
  ...result('LogTree', 'partner size verifierKey coverSlot'),
  ...result('LogTail', 'records cursor atEnd'),
  ...result('CaseReferenceRevealed', 'caseReference'),
  ...result('LogWitness', 'verifierKey partner registeredAt size cosignedAt'),
};
