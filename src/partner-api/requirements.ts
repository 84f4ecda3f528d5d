/**
 * What each field of the partner schema asks of its caller. `CALLER`: an established caller, nothing
 * more. `ANSWER`: part of an answer to the caller's own question. `GRANTED`: the field's level in the
 * grant the question names; selecting it when withheld is refused before any look-up. A field of the
 * schema that is not here stops the start-up.
 */
type Requirement = 'CALLER' | 'ANSWER' | 'GRANTED';

const all = (type: string, requirement: Requirement, names: string) =>
  Object.fromEntries(names.split(' ').map((name) => [`${type}.${name}`, requirement]));

export const partnerRequirements: Readonly<Record<string, Requirement>> = {
  ...all('Query', 'CALLER', 'access receipt notices referral referrals'),
  ...all(
    'Mutation',
    'CALLER',
    'verifyIdentity verifyIdentities acceptGrant confirmCrossing correctCrossing reportMistake requestReferral withdrawReferral',
  ),
  ...all('Access', 'CALLER', 'partner officer tokenExpiresAt grants credentials'),
  ...all('CredentialStatus', 'CALLER', 'kind id notAfter endsWithinDays'),
  ...all('PartnerIdentity', 'CALLER', 'code name state'),
  ...all(
    'Grant',
    'CALLER',
    'id version digest state purpose legalBasis fields matchOn assuranceLevel requiresNamedOfficer handling validFrom validUntil budgets test',
  ),
  ...all('AcceptGrantPayload', 'CALLER', 'grant receipt'),
  ...all('ReportMistakePayload', 'CALLER', 'id recordedAt receipt'),
  ...all('ConfirmCrossingPayload', 'CALLER', 'confirmation receipt'),
  ...all('CorrectCrossingPayload', 'CALLER', 'confirmation receipt'),
  ...all('CrossingConfirmation', 'CALLER', 'id verificationId revision crossing recordedAt'),
  ...all('Crossing', 'CALLER', 'state borderPoint crossedAt'),
  ...all('RequestReferralPayload', 'CALLER', 'referral receipt'),
  ...all('WithdrawReferralPayload', 'CALLER', 'referral receipt'),
  ...all(
    'Referral',
    'CALLER',
    'id verificationId requestId grantId reason state requestedAt deadline checkAgainAt verification',
  ),
  ...all('ReferralConnection', 'CALLER', 'edges pageInfo'),
  ...all('ReferralEdge', 'CALLER', 'cursor node'),
  ...all('NoticeConnection', 'CALLER', 'edges pageInfo'),
  ...all('NoticeEdge', 'CALLER', 'cursor node'),
  ...all('Notice', 'CALLER', 'id reference fields since'),
  ...all('PageInfo', 'CALLER', 'hasNextPage hasPreviousPage startCursor endCursor'),
  ...all('FieldScope', 'CALLER', 'field level'),
  ...all('BudgetStatus', 'CALLER', 'kind limit used resetsAt'),
  ...all(
    'Verification',
    'ANSWER',
    'id requestId answeredAt relyUntil outcome handling evidence subject receipt',
  ),
  ...all('VerificationRefusal', 'ANSWER', 'requestId code reference retryAt'),
  ...all('EvidenceAgreement', 'ANSWER', 'element agreement'),
  ...all('Receipt', 'ANSWER', 'record salt proof cover'),
  ...all('CoverProof', 'ANSWER', 'leaf slotPath proof'),
  ...all('DisclosedSubject', 'ANSWER', 'reference'),
  ...all(
    'DisclosedSubject',
    'GRANTED',
    'fullName fatherName dateOfBirth sex nationality documentNumber visaReference visaClass visaStatus visaExpires',
  ),
  ...all('Disclosed', 'GRANTED', 'level present agreement value'),
};
