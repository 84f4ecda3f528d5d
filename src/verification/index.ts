export type { Answer, DisclosedSubject, Outcome, Receipt } from './answer.js';
export { ReadAccess, type Access } from './read-access.js';
export { RecordRefusal } from './record-refusal.js';
export { ReadReceipt } from './read-receipt.js';
export {
  mostReferrals,
  ReadReferrals,
  type ReadReferral,
  type ReferralPage,
} from './referred/read-referrals.js';
export { RequestReferral, type RequestReferralCommand } from './referred/request-referral.js';
export { isCaseReference, type Question } from './question.js';
export { largestBatch, VerifyIdentities, type BatchResult } from './verify-identities.js';
export { VerifyIdentity } from './verify-identity.js';
export type { CoveredReceipt } from '../core/log/receipt.js';
