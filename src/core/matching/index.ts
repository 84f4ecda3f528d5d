export { evidenceElements, type EvidenceElement, type PersonEvidenceInput } from './evidence.js';
export {
  evidenceElementsOf,
  maxEvidenceDocuments,
  maxEvidenceNames,
  meetsEvidenceFloor,
  parseEvidence,
  restrictEvidence,
  type Evidence,
} from './parse-evidence.js';
export { canonicalElements, canonicalEvidence, type CanonicalElements } from './canonical.js';
export {
  candidateCap,
  evidenceBlockingTerms,
  maxQuestionTerms,
  maxSubjectTerms,
  preparedBlockingTerms,
  subjectBlockingTerms,
  type BlockingTerm,
} from './blocking.js';
export {
  maxSubjectDocuments,
  maxSubjectNames,
  prepareSubject,
  type PreparedSubject,
} from './prepare.js';
export {
  compareEvidence,
  type Comparison,
  type ElementComparison,
  type ElementLevel,
} from './compare.js';
export {
  classify,
  thresholds,
  type Agreement,
  type AssuranceLevel,
  type Classification,
  type ElementAgreement,
  type Outcome,
} from './classify.js';
export {
  explainCandidateCap,
  explainComparison,
  type ElementExplanation,
  type ExplainedForm,
} from './explain.js';
export { romanise } from './romanise.js';
export { parseMachineReadableZone, type MachineReadableZone } from './mrz.js';
// For the import of the register: what may be kept, and how it is cleaned.
export {
  cleanName,
  findNameFault,
  foldDigits,
  maxDocumentNumberLength,
  maxNameLength,
  type TextFault,
} from './text.js';
export { foldDocumentNumber, isDocumentNumber } from './document.js';
